"""`sdx-state drift`."""

from __future__ import annotations

from pathlib import Path

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.forms import Forms
from sdx_state.cli.found import FoundReports, found_format_option
from sdx_state.cli.planning import stop_on_errors

DRIFTED = 2


@click.command("drift")
@found_format_option
@click.option(
    "--baseline", type=click.Path(dir_okay=False, path_type=Path), help="Known drift that is accepted, as YAML."
)
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if the tenant drifted.")
@sandbox_option
@click.pass_obj
def command(context: Context, forms: Forms, baseline: Path | None, detailed_exitcode: bool, sandbox: bool) -> None:
    """Show changes made in the tenant after the last apply.

    Compares three ways, with what was last applied: changed in the tenant, in the configuration, in both. With a
    baseline, drift that it does not accept, or an entry whose day is over, ends with 1.
    """
    from sdx_state.cli.console import err_colour, out_colour, reading, say
    from sdx_state.config.baseline import load_baseline
    from sdx_state.plan.divergence import divergences, judge
    from sdx_state.report.diagnostics import diagnostics_text
    from sdx_state.report.drift import drift_headline, drift_json, drift_markdown, drift_text
    from sdx_state.report.found import Found
    from sdx_state.report.metrics import drift_metrics

    with FoundReports(context, "drift", forms).whole() as reports:
        entries = load_baseline(baseline) if baseline is not None else ()
        project = context.project()
        with context.reading_ahead(project, live=not sandbox) as begun:
            intention = context.intention(quiet=True)
            with (
                context.workspace(project, sandbox=sandbox, begun=begun) as workspace,
                reading("Reading the tenant") as progress,
            ):
                plan, where = workspace.plan(intention, progress, graded=False).plan, workspace.where
        if plan.diagnostics:
            say(diagnostics_text(plan.diagnostics, colour=err_colour()))
        reports.found = Found("drift", "The plan has errors.", plan.diagnostics)
        stop_on_errors(plan)
        verdict = judge(list(divergences(plan)), entries, context.machine.moment().date())
        found = (*plan.diagnostics, *verdict.diagnostics(strict=baseline is not None))
        reports.found = headline = Found("drift", drift_headline(verdict), found)
        reports.own = {
            "text": lambda: drift_text(verdict, colour=False) + "\n",
            "json": lambda: drift_json(verdict, found, where),
            "markdown": lambda: drift_markdown(verdict),
            "openmetrics": lambda: drift_metrics(verdict, headline, where),
        }
        if reports.text_on_stdout:
            click.echo(drift_text(verdict, colour=out_colour()))
        if verdict.drift and detailed_exitcode:
            raise click.exceptions.Exit(DRIFTED)
        if baseline is not None and (verdict.drift or verdict.expired):
            raise click.exceptions.Exit(1)
