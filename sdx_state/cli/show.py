"""`sdx-state show`."""

from __future__ import annotations

from pathlib import Path

import click

from sdx_state.cli.context import Context
from sdx_state.cli.forms import Forms
from sdx_state.cli.reports import Reports, format_options


@click.command()
@click.argument("planfile", type=click.Path(dir_okay=False, path_type=Path))
@format_options
@click.option("--verbose", is_flag=True, help="List every resource, however many are alike.")
@click.option("--hash", "hash_only", is_flag=True, help="Print its hash alone, for `apply --expect`.")
@click.pass_obj
def command(
    context: Context, planfile: Path, forms: Forms, budget: int, personal: bool, verbose: bool, hash_only: bool
) -> None:
    """Show a saved plan.

    Prints PLANFILE without asking the tenant. What a respondent would hear is read from the tenant: only
    `plan --format html` shows that.
    """
    from sdx_state.app.saved import load_plan

    with Reports(context, forms, budget, personal, verbose).whole() as reports:
        saved = load_plan(planfile, context.key())
        if hash_only:
            click.echo(saved.hash)
            return
        reports.hash = saved.hash
        if reports.text_on_stdout:
            click.echo(f"Hash of the saved plan: {saved.hash}\n")
        reports.show(saved.plan)
