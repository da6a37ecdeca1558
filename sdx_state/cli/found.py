"""`--format` of commands that make no plan: `validate`, `drift` and `check`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sdx_state.cli.context import Context
from sdx_state.cli.failure import foreseen
from sdx_state.cli.reports import Forms, read_forms

if TYPE_CHECKING:
    from sdx_state.report.found import Found

F = TypeVar("F", bound=Callable[..., Any])

NAMES = ("text", "json", "markdown", "html", "junit", "sarif", "codequality", "github", "openmetrics")


def _forms(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> Forms:
    return read_forms(ctx, parameter, values, _require)


def _require(name: str) -> None:
    if name not in NAMES:
        from sdx_state.model.alike import nearest

        near = nearest(name, NAMES)
        raise click.BadParameter(
            f"{name!r} is none of {', '.join(NAMES)}" + (f". Did you mean {near}?" if near else "")
        )


def found_format_option(command: F) -> F:
    """Add the option that says in which forms a command reports what it found."""
    return click.option(
        "--format",
        "forms",
        multiple=True,
        metavar="FORMAT[=FILE]",
        callback=_forms,
        help=f"{', '.join(NAMES)}; on stdout, or in FILE. May be given several times.  [default: text]",
    )(command)


class FoundReports:
    """The forms that one command was asked for, all of what it found.

    Attributes:
        found: What is reported; None before there is anything.
        own: Forms that the command has of its own, by name.
    """

    def __init__(self, context: Context, command: str, forms: Forms) -> None:
        self._context, self._command, self._forms = context, command, forms
        self.found: Found | None = None
        self.own: Mapping[str, Callable[[], str]] = {}

    @property
    def text_on_stdout(self) -> bool:
        """Whether people read stdout, and not a program."""
        return ("text", None) in self._forms

    @contextmanager
    def whole(self) -> Iterator[FoundReports]:
        """Write every form when the block ends, also where a failure that was foreseen ends it."""
        from sdx_state.report.found import Found

        try:
            yield self
        except click.exceptions.Exit:
            self._write()
            raise
        except Exception as error:
            failure = foreseen(error)
            if failure is not None:
                if not (failure.told and self.found is not None):
                    self.found = Found(self._command, failure.message.partition("\n")[0], failure.found)
                self.own = {}
                with suppress(OSError):  # what stopped the command is what has to be told
                    self._write()
            raise
        else:
            self._write()

    def _write(self) -> None:
        from sdx_state.cli.console import print_document
        from sdx_state.cli.redaction import redacted
        from sdx_state.report.diagnostics import diagnostics_text
        from sdx_state.report.formats import FOUND_FORMATS, Options
        from sdx_state.state.files import PRIVATE_FILE, READABLE_FILE
        from sdx_state.state.named_files import write_output

        if self.found is None:
            return
        options = Options(environment=self._context.environment, folder=self._context.place_in_repository())
        for form, file in self._forms:
            if (form, file) == ("text", None):
                continue
            if form in self.own:
                text = self.own[form]()
            elif form == "text":
                text = diagnostics_text(self.found.diagnostics, colour=False) + "\n"
            else:
                text = FOUND_FORMATS[form](self.found, options)
            if file is None:
                print_document(text)
            else:
                # Whoever collects metrics is another user, and they hold counts alone.
                mode = READABLE_FILE if form == "openmetrics" else PRIVATE_FILE
                write_output(file, redacted(text).encode("utf-8", "replace"), mode)
