"""`sdx-state handoff`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.failure import HANDOFF
from sdx_state.cli.locking import lock_option
from sdx_state.cli.outputs import OutputFolder
from sdx_state.cli.planning import allow_deletes_option, showing_errors

if TYPE_CHECKING:
    from sdx_state.app.handoff import Look
    from sdx_state.model.plan import Plan

SHORTEST, USUAL = 5, 15  # seconds between two looks at the tenant


@click.command("handoff")
@click.option("--out", type=OutputFolder(), help="Where to write it.  [default: handoff]")
@click.option("--watch", is_flag=True, help="Poll until nothing is left.")
@click.option(
    "--interval", type=click.IntRange(min=SHORTEST), default=USUAL, show_default=True, help="Seconds between."
)
@allow_deletes_option
@lock_option
@sandbox_option
@click.pass_obj
def command(
    context: Context, out: Path | None, watch: bool, interval: int, allow_deletes: int | None, sandbox: bool
) -> None:
    """Write changes that the API does not support as a task list.

    Writes nothing to the tenant. What a person has done since is found in the tenant and ticked off.
    Exits with 8 while something is left, with 0 when nothing is.
    """
    from sdx_state.app.handoff import look
    from sdx_state.cli.console import err_colour, out_colour, reading, say, say_waiting, ticking
    from sdx_state.cli.running import say_pack
    from sdx_state.handoff.pack import FOLDER
    from sdx_state.report.diagnostics import diagnostics_text
    from sdx_state.report.handoff import pack_texts
    from sdx_state.report.steps import handoff_text

    project = context.project()
    intention = context.intention(quiet=True)
    # A folder that the user names may be a link; the usual one, which came with the project, may not.
    folder = out.resolve() if out is not None and out.is_symlink() else out or context.folder / FOLDER
    links = project.handoff_links

    with (
        context.workspace(project, sandbox=sandbox) as workspace,
        workspace.writing("handoff", say_waiting) as journal,
        showing_errors(),
    ):

        def look_again(before: Plan | None = None) -> Look:
            with reading("Reading the tenant", visible=before is None) as progress:
                return look(workspace, journal, intention, folder, links, pack_texts, progress, allow_deletes, before)

        seen = look_again()
        if seen.plan.diagnostics:
            say(diagnostics_text(seen.plan.diagnostics, colour=err_colour()))
        say_pack(seen.pack)
        click.echo(handoff_text(seen.handoff, seen.pack.done, colour=out_colour()))
        total = len(seen.handoff.steps)
        if watch and total:
            with ticking("Hand-off", total) as bar:
                while seen.handoff.steps:
                    context.machine.sleep(interval)
                    seen = look_again(seen.plan)
                    bar(len(seen.handoff.steps))
                    for title in seen.pack.done:
                        click.echo(handoff_text(seen.handoff, [title], colour=out_colour()).splitlines()[0])
            click.echo(handoff_text(seen.handoff, (), colour=out_colour()))
    raise click.exceptions.Exit(HANDOFF if seen.handoff.steps else 0)
