"""`sdx-state plan`."""

from __future__ import annotations

from pathlib import Path

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.planning import error_code, plan_options, print_plan

CHANGES = 2


@click.command()
@click.option(
    "--format",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    show_default=True,
    help="How to print the plan.",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan for `apply PLANFILE`.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if anything would change.")
@plan_options
@sandbox_option
@click.pass_obj
def command(
    context: Context,
    form: str,
    out: Path | None,
    detailed_exitcode: bool,
    verbose: bool,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    refresh_phones: bool,
    sandbox: bool,
) -> None:
    """Show what differs in the tenant. Changes nothing.

    Exits with 1 if the plan has errors.
    """
    from sdx_state.apply.saved import save_plan
    from sdx_state.cli.console import reading, say
    from sdx_state.report.document import plan_json

    project = context.project()
    intention = context.intention()
    with context.workspace(project, sandbox=sandbox) as workspace:
        with reading("Reading the tenant") as progress:
            planned = workspace.plan(
                intention, progress, ask_again=refresh_phones, targets=targets, excludes=excludes
            )
        workspace.remember_lookups(planned)
    plan = planned.plan
    if form == "json":
        click.echo(plan_json(plan), nl=False)
    else:
        print_plan(plan, verbose=verbose)
    if out is not None and not plan.errors:
        save_plan(plan, intention, out)
        say(f"\nSaved. To carry out exactly this:  sdx-state apply {out}")
    if plan.errors:
        raise click.exceptions.Exit(error_code(plan))
    if detailed_exitcode and not plan.empty:
        raise click.exceptions.Exit(CHANGES)
