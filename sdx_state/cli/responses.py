"""`sdx-state responses`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from sdx_state.cli.completing import addresses
from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.failure import DECIDE, Stop
from sdx_state.cli.outputs import OutputFile

if TYPE_CHECKING:
    from sdx_state.live.asked import Asked
    from sdx_state.live.responses import OtherExport, Reading
    from sdx_state.report.responses import Renderer, ResponseFile


def _bound(*, end: bool) -> Callable[[click.Context, click.Parameter, str | None], str]:
    """Return what reads an option as a bound in time, or says what is wrong with it."""

    def read(ctx: click.Context, param: click.Parameter, value: str | None) -> str:
        from sdx_state.live.responses import bound

        try:
            return bound(value, end=end) if value is not None else ""
        except ValueError as error:
            raise click.BadParameter(f"{value!r}: {error}", ctx, param) from error

    return read


@click.command("responses")
@click.argument("survey", shell_complete=addresses)
@click.option("--since", callback=_bound(end=False), metavar="DAY|MOMENT", help="Submitted then, or later.")
@click.option(
    "--until", callback=_bound(end=True), metavar="DAY|MOMENT", help="Submitted before; a day counts whole."
)
@click.option("--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True)
@click.option("--output", type=OutputFile(), metavar="FILE", help="Write to FILE, not to stdout.")
@click.option("--resume", is_flag=True, help="Continue where FILE ends; create it if it does not exist.")
@click.option("--with-recordings", is_flag=True, help="Add recording_url: anyone with the address can listen.")
@click.option("--bom", is_flag=True, help="Begin with a byte-order mark, as Excel needs it.")
@sandbox_option
@click.pass_obj
def command(
    context: Context,
    survey: str,
    since: str,
    until: str,
    form: Literal["csv", "jsonl"],
    output: Path | None,
    resume: bool,
    with_recordings: bool,
    bom: bool,
    sandbox: bool,
) -> None:
    """Export the responses of a survey.

    SURVEY is an address, or its key. Each row has the address of its question, which stays when labels change.

    Times are UTC unless they say their offset. With --since, older responses are not read if the server is proven to
    filter by time; the time of every response is compared here too. With --output and --resume, a later run reads
    only what is new.
    """
    from sdx_state.cli.console import reading, say
    from sdx_state.live.asked import SurveyNotFound, find_survey
    from sdx_state.live.responses import Period, Reading
    from sdx_state.report.escape import escape
    from sdx_state.report.responses import Renderer
    from sdx_state.state.named_files import open_stream
    from sdx_state.state.staging import errors_naming, write_all

    if bom and form != "csv":
        raise click.UsageError("--bom is for --format csv: JSON Lines have no byte-order mark")
    if resume and output is None:
        raise click.UsageError("--resume needs --output: what went to stdout cannot be looked at again")
    if since and until and until <= since:
        raise click.UsageError("--until is not after --since")
    period, renderer = Period(since, until), Renderer(form, recordings=with_recordings, mark=bom)
    project, intention = context.project(), context.intention()
    with context.workspace(project, sandbox=sandbox) as workspace:
        ledger = workspace.store.load()
        try:
            with reading("Reading the tenant") as progress:
                client, parallelism, scope = workspace.client, workspace.parallelism, workspace.scope
                asked = find_survey(client, survey, intention, ledger, parallelism, progress, scope)
        except SurveyNotFound as error:
            raise Stop(str(error), error.advice, DECIDE if error.decide else 1) from error
        for message in asked.undecided:
            say(f"warning: {escape(message)}. Its responses have no address.")
        stream = open_stream(output) if output is not None and not resume else None
        if output is None:
            export = Reading(workspace.client, asked, period)
            _print(export, renderer, asked, _stdout(renderer))
        elif stream is not None:
            with open(stream, "wb", buffering=0) as into:  # noqa: PTH123 - an open descriptor, and no name
                export = Reading(workspace.client, asked, period)
                with errors_naming(output or ""):
                    _print(export, renderer, asked, lambda data: write_all(into.fileno(), data))
        else:
            file = _opened(output, renderer, asked, resume=resume)
            with file:
                export = Reading(workspace.client, asked, period, file.written)
                _write(export, file, asked, resume=resume)
    if export.undated:
        say(f"Left out, for --since and --until cannot place them: {export.undated} without a time.")
    if export.unlisted:
        say(
            f"warning: responses to questions that {escape(asked.address)} does not have now: {export.unlisted}. "
            "That they belong to this survey could not be verified."
        )
    if renderer.neutralised:
        say(
            "An apostrophe is in front of what a spreadsheet would execute, in cells: "
            f"{renderer.neutralised}. --format jsonl has them as they are."
        )


def _print(export: Reading, renderer: Renderer, asked: Asked, out: Callable[[bytes], None]) -> None:
    """Print the responses on stdout, or into a file that is not regular."""
    from sdx_state.api.errors import SurveyDynamixError
    from sdx_state.report.advice import advice_for

    out(renderer.head)
    try:
        with _counting(asked.address, visible=not sys.stdout.isatty()) as progress:
            for batch in export.batches():
                out(renderer.rows(batch))
                progress(export.rows, export.latest)
    except SurveyDynamixError as error:
        advice = "The output is incomplete. With --output FILE, --resume can continue it."
        raise Stop(str(error), f"{advice_for(error)}\n{advice}") from error


def _opened(output: Path, renderer: Renderer, asked: Asked, *, resume: bool) -> ResponseFile:
    """Open the file to write to."""
    from sdx_state.live.responses import OtherExport
    from sdx_state.report.responses import ResponseFile

    try:
        path = output.resolve() if output.is_symlink() else output
        return ResponseFile(path, renderer, asked.address, resume=resume)
    except FileExistsError as error:
        raise Stop(f"{output} is there already", "--resume continues where it ends. Or name another file.") from error
    except OtherExport as error:
        raise _other(output, error) from error


def _write(export: Reading, file: ResponseFile, asked: Asked, *, resume: bool) -> None:
    """Add the responses to `file`, and say how to resume if it does not complete."""
    from sdx_state.api.errors import SurveyDynamixError
    from sdx_state.cli.console import say
    from sdx_state.live.responses import OtherExport
    from sdx_state.report.advice import advice_for

    before, added = file.written.rows if file.written else 0, 0
    again = "the same command" if resume else "the same command with --resume"
    try:
        with _counting(asked.address) as progress:
            for batch in export.batches():
                file.add(batch)
                added += len(batch)
                progress(export.rows, export.latest)
        file.sync()
    except OtherExport as error:
        raise _other(file.path, error) from error
    except (SurveyDynamixError, OSError) as error:
        failure = str(error) if isinstance(error, SurveyDynamixError) else f"{file.path}: {error.strerror}"
        advice = advice_for(error) if isinstance(error, SurveyDynamixError) else "Make room."
        kept = f"{before + added} responses are in {file.path}. To continue from there, run {again}."
        raise Stop(failure, f"{advice}\n{kept}") from error
    except KeyboardInterrupt:
        say(f"\n{before + added} responses are in {file.path}. To continue from there, run {again}.")
        raise
    total = f", {before + added} in all" if before else ""
    click.echo(f"{added} responses of {asked.address} added to {file.path}{total}.")


def _other(output: Path, error: OtherExport) -> Stop:
    return Stop(
        f"{output} {error}",
        "Nothing was written. Use the options that it was made with, or name another file.",
    )


def _stdout(renderer: Renderer) -> Callable[[bytes], None]:
    """Return what writes to stdout: bytes as they are, and on a terminal nothing that it would act on."""
    from sdx_state.cli.redaction import stdout_bytes
    from sdx_state.report.responses import shown

    binary = stdout_bytes()

    def write(data: bytes) -> None:
        if binary is None or sys.stdout.isatty():
            click.echo(shown(data) if sys.stdout.isatty() and renderer.form == "csv" else data.decode(), nl=False)
        else:
            binary.write(data)
            binary.flush()

    return write


@contextmanager
def _counting(what: str, *, visible: bool = True) -> Iterator[Callable[[int, str], None]]:
    """Show how many responses were read, and up to when, on a terminal. How many there are, the API does not say."""
    from sdx_state.cli.console import watched

    if not visible or not watched():
        yield lambda _rows, _latest: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    counted = TextColumn("{task.completed:,.0f} read, up to {task.fields[latest]}", markup=False)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), counted, TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=None, latest="...")
        yield lambda rows, latest: bar.update(task, completed=rows, latest=latest or "...")
