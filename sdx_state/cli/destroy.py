"""`sdx-state destroy`."""

from __future__ import annotations

from typing import Literal

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.forms import Forms
from sdx_state.cli.locking import lock_option
from sdx_state.cli.planning import allow_deletes_option, approval_options
from sdx_state.cli.reports import Reports, format_options


@click.command()
@approval_options
@allow_deletes_option
@format_options
@click.option("--verbose", is_flag=True, help="List every resource, however many are alike.")
@lock_option
@sandbox_option
@click.pass_obj
def command(
    context: Context,
    auto_approve: Literal["low", "medium", "high"] | None,
    allowed: tuple[str, ...],
    allow_deletes: int | None,
    forms: Forms,
    budget: int,
    personal: bool,
    verbose: bool,
    sandbox: bool,
) -> None:
    """Delete all managed resources.

    Those were created or imported here. Nothing else is touched. At a terminal, asks for the name of the tenant.
    Without one it needs --auto-approve, --allow-deletes N beyond the limits, and --allow for what is critical.
    """
    from sdx_state.apply.approval import Consent
    from sdx_state.cli.consent import approved
    from sdx_state.cli.console import reading, say_waiting
    from sdx_state.cli.running import carried_out
    from sdx_state.handoff.pack import FOLDER
    from sdx_state.plan.build import Intention

    with Reports(context, forms, budget, personal, verbose).whole() as reports:
        reports.outcomes = ()
        project = context.project()
        protected = context.intention().protected
        with (
            context.workspace(project, sandbox=sandbox) as workspace,
            workspace.writing("destroy", say_waiting) as journal,
        ):
            with reading("Reading the tenant") as progress:
                planned = workspace.plan(
                    Intention({}),
                    progress,
                    allowed=allowed,
                    protected=protected,
                    destroying=True,
                    waiting=say_waiting,
                )
            reports.show(planned.plan)
            consent = Consent(auto_approve, allowed, allow_deletes)
            question = "Do you really want to delete all of this?"
            plan = approved(workspace, planned, consent, question, name_always=True)
            folder, links = context.folder / FOLDER, project.handoff_links
            code = carried_out(workspace, journal, plan, "destroy", folder, links, reports)
    raise click.exceptions.Exit(code)
