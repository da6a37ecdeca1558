"""`--format`: reading the forms that are asked for, and writing each whole, however the command ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

import click

from sdx_state.cli.context import Context
from sdx_state.cli.failure import Failure, foreseen
from sdx_state.cli.outputs import require_output

F = TypeVar("F", bound=Callable[..., Any])
W = TypeVar("W", bound="Written")
Forms = tuple[tuple[str, Path | None], ...]
Require = Callable[[str, Context | None], None]


def format_option(names: str, require: Require) -> Callable[[F], F]:
    """Return the option that says in which forms a command reports.

    Args:
        names: The formats, for the help.
        require: Returns if there is a format of a name, and raises BadParameter if there is none.
    """

    def read(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> Forms:
        return read_forms(ctx, parameter, values, require)

    return click.option(
        "--format",
        "forms",
        multiple=True,
        metavar="FORMAT[=FILE]",
        callback=read,
        help=f"{names}; on stdout, or in FILE. May be given several times.  [default: text]",
    )


def read_forms(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...], require: Require) -> Forms:
    """Read `FORMAT` and `FORMAT=FILE`; at most one goes to stdout, and it is text where none is named.

    Args:
        ctx: Of the command.
        parameter: The option.
        values: As given.
        require: Returns if there is a format of a name.

    Raises:
        BadParameter: There is no such format, or two would go to stdout.
    """
    forms = []
    for value in values:
        name, _, file = value.partition("=")
        require(name, ctx.find_object(Context))
        if file:
            require_output(Path(file), parameter, ctx)
        forms.append((name, Path(file) if file else None))
    shown = [name for name, file in forms if file is None]
    if len(shown) > 1:
        raise click.BadParameter(f"only one of {' and '.join(shown)} can go to stdout: give the others a FILE")
    return tuple(forms) if shown else (("text", None), *forms)


class Written(ABC):
    """The forms that one command was asked for, written when it ends.

    The command prints text on stdout itself, when there is something to show.
    """

    def __init__(self, forms: Forms) -> None:
        self._forms = forms

    @property
    def text_on_stdout(self) -> bool:
        """True if a person reads stdout, and not a program."""
        return ("text", None) in self._forms

    @property
    @abstractmethod
    def ready(self) -> bool:
        """True if there is anything to report."""

    @abstractmethod
    def rendered(self, form: str) -> str:
        """Return the report in `form`, with a line end.

        Raises:
            ExtensionFailed: The form is that of a package, which failed.
        """

    @abstractmethod
    def stopped(self, failure: Failure) -> None:
        """Report what stopped the command."""

    def mode_of(self, form: str) -> int:
        """Return the mode of a new file that contains `form`."""
        from sdx_state.state.files import PRIVATE_FILE

        return PRIVATE_FILE

    @contextmanager
    def whole(self: W) -> Iterator[W]:
        """Write every form when the block ends, also where a failure that was foreseen ends it."""
        try:
            yield self
        except click.exceptions.Exit:
            self._write()
            raise
        except Exception as error:  # which failures were foreseen, one function knows; all are raised again
            failure = foreseen(error)
            if failure is not None:
                from sdx_state.app.extension import ExtensionFailed

                self.stopped(failure)
                with suppress(OSError, ExtensionFailed):  # report the error that stopped the command instead
                    self._write()
            raise
        else:
            self._write()

    def _write(self) -> None:
        from sdx_state.app.extension import ExtensionFailed
        from sdx_state.cli.console import print_document
        from sdx_state.cli.redaction import redacted
        from sdx_state.state.named_files import write_output

        if not self.ready:
            return
        failed: ExtensionFailed | None = None
        for form, file in self._forms:
            if (form, file) == ("text", None):
                continue
            try:
                text = self.rendered(form)
            except ExtensionFailed as error:
                failed = failed or error  # the other forms are written all the same
                continue
            if file is None:
                print_document(text)
            else:
                write_output(file, redacted(text).encode("utf-8", "replace"), self.mode_of(form))
        if failed is not None:
            raise failed
