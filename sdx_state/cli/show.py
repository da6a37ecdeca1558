"""`sdx-state show`."""

from __future__ import annotations

from pathlib import Path

import click

from sdx_state.cli.planning import print_plan


@click.command()
@click.argument("planfile", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--verbose", is_flag=True, help="List every resource, however many are alike.")
def command(planfile: Path, form: str, verbose: bool) -> None:
    """Show a saved plan.

    Prints PLANFILE without asking the tenant.
    """
    from sdx_state.apply.saved import load_plan
    from sdx_state.report.document import plan_json

    plan = load_plan(planfile).plan
    if form == "json":
        click.echo(plan_json(plan), nl=False)
    else:
        print_plan(plan, verbose=verbose)
