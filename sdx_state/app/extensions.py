"""What installed packages add: rules, lints, formats and state backends, by entry points.

An installed package is trusted as this program is. A project's folder and the current one are not: nothing is loaded
from there, also where Python would look there first.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from sdx_state.app.installed import Places, entry_points
from sdx_state.model.alike import nearest
from sdx_state.model.diagnostic import Diagnostic

if TYPE_CHECKING:
    from sdx_state.config import Configuration
    from sdx_state.model.plan import Change, Plan
    from sdx_state.programs.machine import Machine
    from sdx_state.risk.facts import Facts
    from sdx_state.state.backend import Backend
    from sdx_state.state.signing import SigningKey

Group = Literal["rules", "lints", "formats", "state_backends"]
PREFIX = "sdx_state."
FAILED = "extension-failed"
_NOUNS: Mapping[Group, str] = {
    "rules": "rule",
    "lints": "lint",
    "formats": "format",
    "state_backends": "state backend",
}


class Rule(Protocol):
    """A rule of one's own: judges one change that writes to the tenant."""

    def __call__(self, change: Change, facts: Facts) -> Diagnostic | None:
        """Return what is to be said of `change`, None for nothing. An error forbids applying."""
        ...


class Lint(Protocol):
    """A lint of one's own: judges what is declared, without a tenant."""

    def __call__(self, configuration: Configuration) -> Iterable[Diagnostic]:
        """Return what is to be said of `configuration`. An error forbids applying."""
        ...


class StateBackend(Protocol):
    """Opens the state that `state: {backend: NAME, settings: {...}}` of a project means."""

    def __call__(
        self, name: str, settings: Mapping[str, object], *, key: SigningKey | None, machine: Machine
    ) -> Backend:
        """Return the store.

        Args:
            name: Tells the states of one project apart: `state`, or `state.ENVIRONMENT`.
            settings: `state.settings` of the project file. Credentials are not among them.
            key: Signs what is written; None for no signatures.
            machine: Time, waiting and chance.
        """
        ...


class ExtensionFailed(Exception):
    """An extension does not load, raises, or returns something else than it has to.

    Attributes:
        advice: What to do next.
    """

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


@dataclass(frozen=True)
class Extension:
    """One thing that a package adds.

    Attributes:
        group: What it is.
        name: Its name.
        package: The package, with its version.
        target: The module and the object in it.
        places: Where it may be loaded from.
    """

    group: Group
    name: str
    package: str
    target: str
    places: Places = field(default_factory=Places, repr=False)

    @property
    def title(self) -> str:
        """What messages call it."""
        return f"{_NOUNS[self.group]} `{self.name}` of {self.package}"

    def call(self, *arguments: Any, about: str = "", **named: Any) -> Any:
        """Call it and return what it returns.

        Args:
            arguments: For it.
            about: What it is called for, for messages.
            named: For it.

        Raises:
            ExtensionFailed: It does not load, or it raises.
        """
        loaded = self.load()
        try:
            return loaded(*arguments, **named)
        except (Exception, SystemExit) as error:
            on = f" on {about}" if about else ""
            raise self.failed(f"failed{on}: {_words(error)}") from error

    def diagnostics(self, *arguments: Any, about: str = "") -> tuple[Diagnostic, ...]:
        """Call it and return the diagnostics that it returns: one, several or none.

        Raises:
            ExtensionFailed: It does not load, raises, or returns something else.
        """
        said = self.call(*arguments, about=about)
        if said is None or isinstance(said, Diagnostic):
            return () if said is None else (said,)
        try:
            found = tuple(said)
        except (Exception, SystemExit) as error:  # a generator raises here
            on = f" on {about}" if about else ""
            raise self.failed(f"failed{on}: {_words(error)}") from error
        if not all(isinstance(one, Diagnostic) for one in found):
            kinds = ", ".join(sorted({type(one).__name__ for one in found if not isinstance(one, Diagnostic)}))
            raise self.failed(f"returned {kinds}, and must return a Diagnostic, several, or None")
        return found

    def load(self) -> Callable[..., Any]:
        """Return the callable.

        Raises:
            ExtensionFailed: It cannot be imported, or is none.
        """
        module, _, attribute = self.target.partition(":")
        try:
            with self.places.alone():
                found: Any = importlib.import_module(module)
            for name in filter(None, attribute.split(".")):
                found = getattr(found, name)
        except (Exception, SystemExit) as error:
            raise self.failed(f"does not load: {_words(error)}") from error
        if not callable(found):
            raise self.failed(f"does not load: {self.target} cannot be called")
        called: Callable[..., Any] = found
        return called

    def failed(self, why: str) -> ExtensionFailed:
        """Return the failure of this extension."""
        package = self.package.partition(" ")[0]
        return ExtensionFailed(f"{self.title} {why}", f"Update the package, or remove it: pip uninstall {package}")


@dataclass(frozen=True)
class Extensions:
    """All that installed packages add.

    Attributes:
        all: The extensions, by group and name.
    """

    all: tuple[Extension, ...] = ()

    def of(self, group: Group) -> tuple[Extension, ...]:
        """Return the extensions of `group`."""
        return tuple(one for one in self.all if one.group == group)

    def named(self, group: Group, name: str, known: Iterable[str] = ()) -> Extension:
        """Return the extension `name` of `group`.

        Args:
            group: What it is.
            name: Its name.
            known: Names that are not those of extensions, for a hint.

        Raises:
            ExtensionFailed: There is none, or two packages have one of that name.
        """
        found = [one for one in self.of(group) if one.name == name]
        if len(found) > 1:
            packages = " and ".join(one.package for one in found)
            raise ExtensionFailed(f"{_NOUNS[group]} `{name}` is in {packages}", "Uninstall one of the two packages.")
        if not found:
            raise self.missing(group, name, known)
        return found[0]

    def missing(self, group: Group, name: str, known: Iterable[str] = ()) -> ExtensionFailed:
        """Return the failure of a name that no package knows; `known` are names that are not those of extensions."""
        names = [*known, *(one.name for one in self.of(group))]
        near = nearest(name, names)
        hint = f"Did you mean `{near}`?" if near else f"There are: {', '.join(names)}."
        return ExtensionFailed(f"there is no {_NOUNS[group]} `{name[:80]}`", hint)

    def judged(self, plan: Plan, facts: Facts) -> tuple[Diagnostic, ...]:
        """Return what the rules of all packages say of each change in `plan` that writes.

        A rule that fails is an error, which names the first change that it failed on.
        """
        changes = [change for change in plan.changes if change.writes]
        found: list[Diagnostic] = []
        for rule in self.of("rules"):
            failures: list[tuple[Change, ExtensionFailed]] = []
            for change in changes:
                try:
                    said = rule.diagnostics(change, facts, about=change.address)
                except ExtensionFailed as error:
                    failures.append((change, error))
                    continue
                found += [
                    replace(one, address=one.address or change.address, source=one.source or change.source)
                    for one in said
                ]
            if failures:
                first, failure = failures[0]
                more = f" (and on {len(failures) - 1} more changes)" if len(failures) > 1 else ""
                found.append(_failure(failure, more, first))
        return tuple(found)

    def linted(self, configuration: Configuration) -> tuple[Diagnostic, ...]:
        """Return what the lints of all packages say of `configuration`. A lint that fails is an error."""
        found: list[Diagnostic] = []
        for lint in self.of("lints"):
            try:
                found += lint.diagnostics(configuration)
            except ExtensionFailed as error:
                found.append(_failure(error))
        return tuple(found)


def _failure(error: ExtensionFailed, more: str = "", change: Change | None = None) -> Diagnostic:
    source, address = (change.source, change.address) if change is not None else (None, None)
    return Diagnostic(FAILED, "error", f"{error}{more}", source, address, error.advice)


def extensions(folder: Path) -> Extensions:
    """Return what installed packages add, for the project in `folder`."""
    return _extensions(tuple(sys.path), Path.cwd(), folder)


@lru_cache(maxsize=8)
def _extensions(path: tuple[str, ...], current: Path, folder: Path) -> Extensions:
    places = Places.of(path, (current, folder))
    found = [
        Extension(group, point.name, point.package, point.target, places)
        for point in entry_points(places.trusted, PREFIX)
        for group in _NOUNS
        if point.group == PREFIX + group
    ]
    return Extensions(tuple(found))


def _words(error: BaseException) -> str:
    """Return what `error` says, on one line."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:300]}" if said else type(error).__name__
