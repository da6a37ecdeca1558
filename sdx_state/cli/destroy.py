"""`sdx-state destroy`."""

from __future__ import annotations

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.failure import Stop
from sdx_state.cli.planning import print_plan, stop_on_errors, stop_on_limits


@click.command()
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@click.option("--verbose", is_flag=True, help="List every resource, however many are alike.")
@sandbox_option
@click.pass_obj
def command(context: Context, auto_approve: bool, verbose: bool, sandbox: bool) -> None:
    """Delete everything that is owned.

    That is what was created or adopted here. Nothing else is touched.
    """
    from sdx_state.apply.pack import FOLDER
    from sdx_state.cli.console import confirmed, reading, say_waiting
    from sdx_state.cli.running import carried_out
    from sdx_state.plan.build import Intention

    project = context.project()
    protected = context.intention().protected
    with (
        context.workspace(project, sandbox=sandbox) as workspace,
        workspace.writing("destroy", say_waiting) as journal,
    ):
        with reading("Reading the tenant") as progress:
            planned = workspace.plan(Intention({}), progress, protected=protected, waiting=say_waiting)
        print_plan(planned.plan, verbose=verbose)
        stop_on_errors(planned.plan)
        stop_on_limits(planned, project, consented=None, destroying=True)
        if planned.plan.changes and not auto_approve and not confirmed("Do you really want to delete all of this?"):
            raise Stop("not approved", "Nothing was deleted. Without a terminal, --auto-approve says yes.")
        code = carried_out(workspace, journal, planned, "destroy", context.folder / FOLDER, project.handoff_links)
    raise click.exceptions.Exit(code)
