"""Findings of a command that makes no plan, in the formats that a plan has."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sdx_state.model.diagnostic import SEVERITIES, Diagnostic
from sdx_state.records import dataclass
from sdx_state.report.escape import escape
from sdx_state.report.places import place_of, with_use

# The module that renders a format is imported when the format is chosen.


@dataclass(frozen=True)
class Found:
    """Findings of a command.

    Attributes:
        command: The command's name.
        headline: The result in one sentence.
        diagnostics: What was found.
    """

    command: str
    headline: str
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def successful(self) -> bool:
        """True if there is no error."""
        return all(one.severity != "error" for one in self.diagnostics)

    @property
    def worst_first(self) -> list[Diagnostic]:
        """The diagnostics, errors first."""
        return sorted(self.diagnostics, key=lambda one: SEVERITIES.index(one.severity))


def found_json(found: Found) -> str:
    """Return `found` as JSON text, pure ASCII, with a line end."""
    from sdx_state.report.diagnostics import diagnostics_json

    return diagnostics_json(found.diagnostics)


def found_junit(found: Found, folder: str = "") -> str:
    """Return `found` as XML: a test for each diagnostic, of which errors fail, and one for the command itself."""
    from sdx_state.report.junit import diagnostic_case, passing_case, suite_of

    cases = [diagnostic_case(one, found.command, folder) for one in found.diagnostics]
    if found.successful:
        cases.append(passing_case(found.command, found.headline))
    return suite_of(f"sdx-state {found.command}", cases)


def found_markdown(found: Found, budget: int) -> str:
    """Return `found` as a comment of at most `budget` bytes, the worst first."""
    from sdx_state.report.comment import comment

    marker = f"<!-- sdx-state {found.command} -->"
    return comment(marker, escape(found.headline), list(_lines(found.worst_first)), budget)


def found_html(found: Found) -> str:
    """Return `found` as one HTML page that loads nothing."""
    from sdx_state.report.template import page

    return page("found.html", {"found": found}, style="plan.css")


def _lines(diagnostics: Iterable[Diagnostic]) -> Iterator[str]:
    for one in diagnostics:
        place = place_of(one.source, column=True)
        message = with_use(escape(one.message), one.source)
        yield f"{f'{place}: ' if place else ''}{one.severity}[{escape(one.code)}]: {message}"
        if one.help:
            yield f"    {escape(one.help)}"
