"""`sdx-state undo`."""

from __future__ import annotations

from typing import Literal

import click

from sdx_state.cli.completing import runs
from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.forms import Forms
from sdx_state.cli.locking import lock_option
from sdx_state.cli.planning import allow_deletes_option, approval_options
from sdx_state.cli.reports import Reports, format_options


@click.command("undo")
@click.argument("run", shell_complete=runs)
@approval_options
@allow_deletes_option
@format_options
@click.option("--verbose", is_flag=True, help="List every resource, however many are alike.")
@lock_option
@sandbox_option
@click.pass_obj
def command(
    context: Context,
    run: str,
    auto_approve: Literal["low", "medium", "high"] | None,
    allowed: tuple[str, ...],
    allow_deletes: int | None,
    forms: Forms,
    budget: int,
    personal: bool,
    verbose: bool,
    sandbox: bool,
) -> None:
    """Revert what RUN changed.

    RUN is a name that `sdx-state history` prints, the beginning of one, or `last`. The configuration still says what
    it says: change it back too, or the next apply does it again.
    """
    from sdx_state.app.undo import plan_undo
    from sdx_state.apply.approval import Consent
    from sdx_state.cli.consent import approved
    from sdx_state.cli.console import reading, say, say_waiting
    from sdx_state.cli.running import carried_out
    from sdx_state.handoff.pack import FOLDER

    with Reports(context, forms, budget, personal, verbose).whole() as reports:
        reports.outcomes = ()
        project = context.project()
        protected = context.intention().protected
        with (
            context.workspace(project, sandbox=sandbox) as workspace,
            workspace.writing("undo", say_waiting) as journal,
        ):
            with reading("Reading the tenant") as progress:
                planned = plan_undo(workspace, run, progress, say_waiting, protected, allowed)
            reports.show(planned.plan)
            consent = Consent(auto_approve, allowed, allow_deletes)
            plan = approved(workspace, planned, consent, f"Do you want to undo run {run}?")
            folder, links = context.folder / FOLDER, project.handoff_links
            code = carried_out(workspace, journal, plan, f"undo {run}", folder, links, reports)
    if planned.plan.changes:
        say("\nThe configuration still says otherwise: change it back, or the next apply does it again.")
    raise click.exceptions.Exit(code)
