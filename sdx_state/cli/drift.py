"""`sdx-state drift`."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.planning import print_plan, stop_on_errors

DRIFTED = 2


@click.command("drift")
@click.option("--format", "form", type=click.Choice(["text", "json", "markdown"]), default="text", show_default=True)
@click.option(
    "--baseline", type=click.Path(dir_okay=False, path_type=Path), help="Known drift that is accepted, as YAML."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if the tenant drifted.")
@sandbox_option
@click.pass_obj
def command(context: Context, form: str, baseline: Path | None, detailed_exitcode: bool, sandbox: bool) -> None:
    """Show what changed in the tenant.

    Compares three ways, with what was last applied: changed in the tenant, in the configuration, in both. With a
    baseline, drift that it does not accept, or an entry whose day is over, ends with 1.
    """
    from sdx_state.cli.console import out_colour, print_document, reading
    from sdx_state.config import load_baseline
    from sdx_state.plan.divergence import divergences, judge
    from sdx_state.report.drift import drift_json, drift_markdown, drift_text

    entries = load_baseline(baseline) if baseline is not None else ()
    project = context.project()
    intention = context.intention()
    with (
        context.workspace(project, sandbox=sandbox) as workspace,
        reading("Reading the tenant") as progress,
    ):
        planned = workspace.plan(intention, progress, graded=False)
    if planned.plan.errors:
        print_plan(planned.plan, verbose=False, aside=form != "text")
    stop_on_errors(planned.plan)
    verdict = judge(list(divergences(planned.plan)), entries, datetime.now(timezone.utc).date())
    if form == "json":
        click.echo(drift_json(verdict), nl=False)
    elif form == "markdown":
        print_document(drift_markdown(verdict))
    else:
        click.echo(drift_text(verdict, colour=out_colour()))
    if verdict.drift and detailed_exitcode:
        raise click.exceptions.Exit(DRIFTED)
    if baseline is not None and (verdict.drift or verdict.expired):
        raise click.exceptions.Exit(1)
