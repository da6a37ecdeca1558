"""Extensions of installed packages: rules, lints, formats and state backends, by entry points.

An installed package is trusted as this program is. A project's folder and the current one are not: nothing is loaded
from there, also where Python would look there first.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from sdx_state.app.extension import NOUNS, Extension, ExtensionFailed, Group
from sdx_state.app.installed import Places, entry_points
from sdx_state.model.alike import nearest
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.records import dataclass, replace

if TYPE_CHECKING:
    from sdx_state.config.configuration import Configuration
    from sdx_state.model.address import Address
    from sdx_state.model.plan import Change, Plan, Risk
    from sdx_state.risk.facts import Facts

PREFIX = "sdx_state."
FAILED = "extension-failed"


@dataclass(frozen=True)
class Judgement:
    """Risks and findings that the rules of installed packages add to a plan.

    Attributes:
        diagnostics: The findings, each with an address.
        risks: The risks of each change.
    """

    diagnostics: tuple[Diagnostic, ...] = ()
    risks: Mapping[Address, Sequence[Risk]] = field(default_factory=dict)


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
            raise ExtensionFailed(f"{NOUNS[group]} `{name}` is in {packages}", "Uninstall one of the two packages.")
        if not found:
            raise self.missing(group, name, known)
        return found[0]

    def missing(self, group: Group, name: str, known: Iterable[str] = ()) -> ExtensionFailed:
        """Return the failure of a name that no package knows; `known` are names that are not those of extensions."""
        names = [*known, *(one.name for one in self.of(group))]
        near = nearest(name, names)
        hint = f"Did you mean `{near}`?" if near else f"There are: {', '.join(names)}."
        return ExtensionFailed(f"there is no {NOUNS[group]} `{name[:80]}`", hint)

    def judged(self, plan: Plan, facts: Facts) -> Judgement:
        """Return what the rules of all packages say of each change in `plan` that writes.

        A rule that fails is an error, which names the first change that it failed on.
        """
        changes = [change for change in plan.changes if change.writes]
        found: list[Diagnostic] = []
        risks: dict[Address, list[Risk]] = {}
        for rule in self.of("rules"):
            failures: list[tuple[Change, ExtensionFailed]] = []
            for change in changes:
                try:
                    said = rule.judge(change, facts)
                except ExtensionFailed as error:
                    failures.append((change, error))
                    continue
                for one in said:
                    if isinstance(one, Diagnostic):
                        address, source = one.address or change.address, one.source or change.source
                        found.append(replace(one, address=address, source=source))
                    else:
                        risks.setdefault(change.address, []).append(one)
            if failures:
                first, failure = failures[0]
                more = f" (and on {len(failures) - 1} more changes)" if len(failures) > 1 else ""
                found.append(_failure(failure, more, first))
        return Judgement(tuple(found), risks)

    def linted(self, configuration: Configuration) -> tuple[Diagnostic, ...]:
        """Return what the lints of all packages say of `configuration`. A lint that fails is an error."""
        found: list[Diagnostic] = []
        for lint in self.of("lints"):
            try:
                found += lint.found((Diagnostic,), configuration)
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
        for group in NOUNS
        if point.group == PREFIX + group
    ]
    return Extensions(tuple(found))
