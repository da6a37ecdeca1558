"""One thing that an installed package adds: what it must be, and calling it."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeVar

from sdx_state.app.installed import Places
from sdx_state.model.advised import AdvisedError
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.records import dataclass

if TYPE_CHECKING:
    from sdx_state.config.configuration import Configuration
    from sdx_state.model.plan import Change, Risk
    from sdx_state.programs.machine import Machine
    from sdx_state.risk.facts import Facts
    from sdx_state.state.backend import Backend
    from sdx_state.state.signing import SigningKey

F = TypeVar("F")

Group = Literal["rules", "lints", "formats", "state_backends"]
NOUNS: Mapping[Group, str] = {
    "rules": "rule",
    "lints": "lint",
    "formats": "format",
    "state_backends": "state backend",
}


class Rule(Protocol):
    """A rule of one's own: judges one change that writes to the tenant."""

    def __call__(self, change: Change, facts: Facts) -> Diagnostic | Risk | Iterable[Diagnostic | Risk] | None:
        """Return the findings about `change`, None for none.

        An error forbids applying. A risk of the name of the rule needs the consent that its level asks for.
        """
        ...


class Lint(Protocol):
    """A lint of one's own: judges what is declared, without a tenant."""

    def __call__(self, configuration: Configuration) -> Iterable[Diagnostic]:
        """Return the findings about `configuration`. An error forbids applying."""
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


class ExtensionFailed(AdvisedError):
    """An extension does not load, raises, or returns something else than it has to."""


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
        """Its name in messages."""
        return f"{NOUNS[self.group]} `{self.name}` of {self.package}"

    def call(self, *arguments: Any, about: str = "", **named: Any) -> Any:
        """Call it and return what it returns.

        Args:
            arguments: For it.
            about: The subject of the call, for messages.
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

    def found(self, sorts: tuple[type[F], ...], *arguments: Any, about: str = "") -> tuple[F, ...]:
        """Call it and return what it returns: one value of `sorts`, several or none.

        Raises:
            ExtensionFailed: It does not load, raises, or returns something else.
        """
        said = self.call(*arguments, about=about)
        if said is None or isinstance(said, sorts):
            return () if said is None else (said,)
        try:
            found = tuple(said)
        except (Exception, SystemExit) as error:  # a generator raises here
            on = f" on {about}" if about else ""
            raise self.failed(f"failed{on}: {_words(error)}") from error
        wrong = {type(one).__name__ for one in found if not isinstance(one, sorts)}
        if wrong:
            due = " or ".join(f"a {one.__name__}" for one in sorts)
            raise self.failed(f"returned {', '.join(sorted(wrong))}, and must return {due}, several, or None")
        return found

    def judge(self, change: Change, facts: Facts) -> tuple[Diagnostic | Risk, ...]:
        """Return what a rule says of `change`.

        Raises:
            ExtensionFailed: It does not load, raises, or returns something else, or a risk that no consent can name
                or cover.
        """
        from sdx_state.model.plan import Risk
        from sdx_state.model.policy import CONSENTABLE

        said: tuple[Diagnostic | Risk, ...] = self.found((Diagnostic, Risk), change, facts, about=change.address)
        for one in said:
            if isinstance(one, Risk) and one.rule != self.name:
                raise self.failed(f"returned a Risk of the rule {one.rule!r}, and must name itself: {self.name!r}")
            if isinstance(one, Risk) and one.level not in CONSENTABLE:
                levels = f"{', '.join(CONSENTABLE[:-1])} or {CONSENTABLE[-1]}"
                raise self.failed(f"returned a Risk of the level {one.level!r}, and must return {levels}")
        return said

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


def _words(error: BaseException) -> str:
    """Return what `error` says, on one line."""
    said = " ".join(str(error).split())
    return f"{type(error).__name__}: {said[:300]}" if said else type(error).__name__
