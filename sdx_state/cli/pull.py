"""`sdx-state pull`."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sdx_state.cli.completing import addresses
from sdx_state.cli.context import SHARED, Context, Shared, sandbox_option, stored_tenant
from sdx_state.cli.locking import lock_option
from sdx_state.cli.outputs import OutputFile
from sdx_state.records import dataclass

if TYPE_CHECKING:
    from sdx_state.app.pull import Pulled
    from sdx_state.config.settings import Project
    from sdx_state.model.plan import Change, Unmanaged
    from sdx_state.model.whereabouts import Whereabouts

SHOWN = 10  # resources that are listed


@click.command()
@click.option(
    "--snapshot",
    type=OutputFile(),
    help="Store the tenant in this file instead, for plans without credentials. Writes no YAML.",
)
@click.option("--shared-snapshot", is_flag=True, help="Store the tenant beside the shared state instead, likewise.")
@click.option(
    "--with-personal-data", is_flag=True, help="Store users' names, phones, e-mails and agent ids as they are."
)
@click.option(
    "--target", "targets", metavar="GLOB", multiple=True, help="Pull only these addresses.", shell_complete=addresses
)
@click.option("--diff", "only_shown", is_flag=True, help="Show what would be written as a diff. Writes nothing.")
@click.option("--overwrite", is_flag=True, help="Replace edits in the files that were never applied.")
@click.option("--new", is_flag=True, help="Write down live resources that no file declares.")
@lock_option
@sandbox_option
@click.pass_obj
def command(
    context: Context,
    snapshot: Path | None,
    shared_snapshot: bool,
    with_personal_data: bool,
    targets: tuple[str, ...],
    only_shown: bool,
    overwrite: bool,
    new: bool,
    sandbox: bool,
) -> None:
    """Write live resources to YAML.

    Imports the live resources, and proves that the next plan is empty; otherwise it changes no file.

    Existing files keep their comments, their layout and their addresses. The first pull of a project writes the whole
    tenant. Later ones ask before an edit is lost and before anything new is declared, or take --overwrite and --new.
    Without a terminal, they stop before an edit is lost, and leave alone what no file declares.
    """
    from sdx_state.app.pull import pull, show_pull
    from sdx_state.app.pull_conditions import NotPulled
    from sdx_state.cli.console import reading, say, say_waiting
    from sdx_state.cli.planning import print_plan
    from sdx_state.model.texts import counted

    stored, option = stored_tenant(snapshot, shared_snapshot)
    given = {"--target": targets, "--diff": only_shown, "--overwrite": overwrite, "--new": new}
    if stored is not None and any(given.values()):
        others = " and ".join(name for name, value in given.items() if value)
        raise click.UsageError(f"{option} writes no YAML: it cannot be combined with {others}")
    project, shown = context.project(), Shown(overwrite, new)
    if stored is not None:
        count, where = _stored(context, project, stored, personal=with_personal_data, sandbox=sandbox)
        ended = "." if with_personal_data else ", users under pseudonyms."
        click.echo(f"{counted(count, 'resource')} in {where}{ended}")
        return
    try:
        with (
            context.workspace(project, sandbox=sandbox) as workspace,
            reading("Reading the tenant") as progress,
        ):
            load = partial(context.configuration, without=["nothing-declared"])  # this command declares it
            if only_shown:
                pulled = show_pull(workspace, load, context.folder, progress, shown, targets)
            else:
                choices = Asked(overwrite, new, workspace.where)
                pulled = pull(workspace, load, context.folder, progress, say_waiting, choices, targets)
    except NotPulled as error:
        if error.plan is not None:
            print_plan(error.plan, verbose=False)
        raise
    for path in pulled.files:
        say(f"  {'wrote' if path.exists() else 'removed'} {path}")
    _say_written_back(pulled)
    _say_left(pulled)
    if only_shown:
        _show(pulled, shown)
        return
    click.echo(
        f"{counted(pulled.resources, 'resource')} in {counted(len(pulled.files), 'changed file')}, "
        f"{pulled.imported} newly imported. The next plan is empty{' for these' if targets else ''}."
    )


def _say_written_back(pulled: Pulled) -> None:
    """Print which values of templates, blocks and their items changed, and where."""
    from sdx_state.cli.console import say
    from sdx_state.report.escape import escape

    for place in pulled.written_back[:SHOWN]:
        say(f"  {escape(place)}")
    if len(pulled.written_back) > SHOWN:
        say(f"  ... and {len(pulled.written_back) - SHOWN} more values of templates and blocks")


def _say_left(pulled: Pulled) -> None:
    """Print what was not written down."""
    from sdx_state.cli.console import err_colour, say
    from sdx_state.model.texts import counted
    from sdx_state.report.diagnostics import diagnostics_text
    from sdx_state.report.escape import escape

    if pulled.left_out:
        say(diagnostics_text(pulled.left_out, colour=err_colour()))
    if pulled.not_declared:
        listed = ", ".join(f"{one.kind} {one.id}" for one in pulled.not_declared[:SHOWN])
        more = ", ..." if len(pulled.not_declared) > SHOWN else ""
        left = counted(len(pulled.not_declared), "live resource")
        say(f"{left} not declared, and left alone: {escape(listed)}{more}")
        say("To write them down as well: sdx-state pull --new")


def _show(pulled: Pulled, shown: Shown) -> None:
    """Print what would be written."""
    from sdx_state.cli.console import out_colour, say
    from sdx_state.model.texts import counted
    from sdx_state.report.file_diff import diff_text

    if shown.edits:
        say(f"Never applied, and replaced here: edits of {counted(len(shown.edits), 'resource')}.")
        say("To replace them: sdx-state pull --overwrite")
    click.echo(diff_text(pulled.drafts, colour=out_colour()), nl=False)
    count = counted(len(pulled.drafts), "file")
    say(f"{count} would change. Nothing was written." if pulled.drafts else "No file would change.")


@dataclass(frozen=True)
class Asked:
    """Choices by options, or by a person at a terminal.

    Attributes:
        overwriting: The tenant's values replace edits in the files.
        taking: What no file declares is written down.
        where: The tenant that the questions are about.
    """

    overwriting: bool
    taking: bool
    where: Whereabouts

    def overwrite(self, edits: list[Change]) -> bool:
        """Show `edits`, and tell whether they may be lost."""
        from sdx_state.cli.console import confirmed, say
        from sdx_state.report.escape import escape

        if self.overwriting:
            return True
        say("Changed in the files and never applied; the tenant says otherwise:")
        for change in edits[:SHOWN]:
            fields = ", ".join(field.path for field in change.fields if field.origin != "drift")
            what = "no longer declared" if change.action.value == "delete" else fields
            place = f" ({change.source.file}:{change.source.line})" if change.source else ""
            say(f"  {escape(change.address)}: {escape(what)}{escape(place)}")
        if len(edits) > SHOWN:
            say(f"  and {len(edits) - SHOWN} more")
        return confirmed(self.where, f"Replace these {len(edits)} with what the tenant says?")

    def take(self, new: list[Unmanaged]) -> bool:
        """Show `new`, and tell whether it is to be written down."""
        from sdx_state.cli.console import confirmed, say
        from sdx_state.report.escape import escape

        if self.taking or not sys.stdin.isatty():
            return self.taking
        say("Live, and declared by no file:")
        for one in new[:SHOWN]:
            say(f"  {one.kind} {escape(one.id)} {escape(one.label)}")
        if len(new) > SHOWN:
            say(f"  and {len(new) - SHOWN} more")
        return confirmed(self.where, f"Write these {len(new)} down as well?")


@dataclass
class Shown:
    """Choices of a pull that is only shown: it is shown whole, and asks nothing.

    Attributes:
        overwriting: Edits may be lost.
        taking: What no file declares is written down.
        edits: What would be lost.
    """

    overwriting: bool
    taking: bool
    edits: list[Change] = field(default_factory=list)

    def overwrite(self, edits: list[Change]) -> bool:
        """Remember `edits` unless they may be lost."""
        self.edits = [] if self.overwriting else edits
        return True

    def take(self, new: list[Unmanaged]) -> bool:
        """Tell whether live resources are written down that no file declares."""
        return self.taking


def _stored(
    context: Context, project: Project, place: Path | Shared, *, personal: bool, sandbox: bool
) -> tuple[int, str]:
    """Store the tenant in `place`; return how many resources it has, and the place in words."""
    from sdx_state.app.rehearsal import store_tenant
    from sdx_state.app.shared_snapshot import keep_snapshot, snapshot_shelf
    from sdx_state.cli.console import reading

    keep: Callable[..., int]
    with context.workspace(project, sandbox=sandbox) as workspace, reading("Reading the tenant") as progress:
        if place == SHARED:
            shelf = snapshot_shelf(workspace.store)
            keep, where = partial(keep_snapshot, shelf), f"the snapshot in {shelf.store.name}"
        else:
            keep, where = partial(store_tenant, path=place), str(place)
        ledger = workspace.store.load()
        everything = workspace.read_for_storing(ledger, progress, personal=personal)
        evidence = workspace.evidence(ledger, everything, progress)
        return keep(everything, ledger, personal=personal, evidence=evidence, machine=context.machine), where
