"""`--format` of commands that make no plan: `validate`, `drift` and `check`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import click

from sdx_state.cli.context import Context
from sdx_state.cli.failure import Failure
from sdx_state.cli.forms import Forms, Written, format_option

if TYPE_CHECKING:
    from sdx_state.report.found import Found

NAMES = ("text", "json", "markdown", "html", "junit", "sarif", "codequality", "github", "openmetrics")


def _require(name: str, _context: Context | None) -> None:
    if name not in NAMES:
        from sdx_state.model.alike import nearest

        near = nearest(name, NAMES)
        raise click.BadParameter(
            f"{name!r} is none of {', '.join(NAMES)}" + (f". Did you mean {near}?" if near else "")
        )


found_format_option = format_option(", ".join(NAMES), _require)


class FoundReports(Written):
    """The forms that one command was asked for, all of what it found.

    Attributes:
        found: What is reported; None before there is anything.
        own: Forms that the command has of its own, by name.
    """

    def __init__(self, context: Context, command: str, forms: Forms) -> None:
        super().__init__(forms)
        self._context, self._command = context, command
        self.found: Found | None = None
        self.own: Mapping[str, Callable[[], str]] = {}

    @property
    def ready(self) -> bool:
        """True if the command got as far as looking for findings."""
        return self.found is not None

    def stopped(self, failure: Failure) -> None:
        """Report `failure`, where what was found does not say it already."""
        from sdx_state.report.found import Found

        if not (failure.told and self.found is not None):
            self.found = Found(self._command, failure.message.partition("\n")[0], failure.found)
        self.own = {}

    def rendered(self, form: str) -> str:
        """Return what was found, in `form`."""
        from sdx_state.report.diagnostics import diagnostics_text
        from sdx_state.report.formats import FOUND_FORMATS, Options

        if form in self.own:
            return self.own[form]()
        if self.found is None:
            raise ValueError("there is nothing to report yet")
        if form == "text":
            return diagnostics_text(self.found.diagnostics, colour=False) + "\n"
        options = Options(environment=self._context.environment, folder=self._context.place_in_repository())
        return FOUND_FORMATS[form](self.found, options)

    def mode_of(self, form: str) -> int:
        """Return the mode of a new file. Metrics contain only counts, and another user collects them."""
        from sdx_state.state.files import READABLE_FILE

        return READABLE_FILE if form == "openmetrics" else super().mode_of(form)
