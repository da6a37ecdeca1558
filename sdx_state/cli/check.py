"""`sdx-state check`."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.failure import Stop
from sdx_state.cli.forms import Forms
from sdx_state.cli.found import FoundReports, found_format_option
from sdx_state.cli.outputs import OutputFile
from sdx_state.cli.planning import stop_on_errors
from sdx_state.model.conversation import Check

if TYPE_CHECKING:
    from sdx_state.app.workspace import Workspace
    from sdx_state.config.configuration import Configuration


@click.command()
@click.option("--only", "globs", multiple=True, metavar="GLOB", help="Only the checks, or surveys, of this name.")
@found_format_option
@click.option("--junit", type=OutputFile(), help="Write a JUnit report to this file as well.")
@click.option("--yes", is_flag=True, help="Do not ask before creating interactions in a real tenant.")
@sandbox_option
@click.pass_obj
def command(
    context: Context, globs: tuple[str, ...], forms: Forms, junit: Path | None, yes: bool, sandbox: bool
) -> None:
    """Run the conversations in `checks:` against the tenant.

    Plays them as web interactions, which reach no respondent, and compares the surveys' messages. Exits with 1 if
    any is not as expected.
    """
    from sdx_state.api.client import Client
    from sdx_state.app.declared import intention_of
    from sdx_state.check.play import Player, needed, not_as_declared
    from sdx_state.cli.console import err_colour, out_colour, reading, say
    from sdx_state.cli.running import Signals, signal_code
    from sdx_state.model.urls import on_this_machine
    from sdx_state.report.checks import checks_json, checks_junit, last_line, left_text, played_text
    from sdx_state.report.diagnostics import diagnostics_text
    from sdx_state.report.found import Found

    if junit is not None and not junit.parent.is_dir():
        raise Stop(f"{junit.parent} is not a directory: the report could not be written", "Nothing was created.")
    with FoundReports(context, "check", (*forms, *([("junit", junit)] if junit else []))).whole() as reports:
        configuration = context.configuration(quiet=True)
        chosen = _chosen(configuration, globs)
        _require_patterns(chosen)
        with context.workspace(configuration.project, sandbox=sandbox) as workspace:
            with reading("Reading the tenant") as progress:
                plan = workspace.plan(needed(intention_of(configuration)), progress, graded=False).plan
            if plan.diagnostics:
                say(diagnostics_text(plan.diagnostics, colour=err_colour()))
            reports.found = Found("check", "The plan has errors.", plan.diagnostics)
            stop_on_errors(plan)
            for survey in not_as_declared(plan, chosen):
                say(f"{survey} is not as declared: what is checked is what is live. See: sdx-state plan")
            if not (yes or on_this_machine(workspace.origin)):
                _ask(workspace, len(chosen))
            player, signals = Player(Client.from_endpoints(workspace.client), plan.ids), Signals()
            results = []
            with signals.ending(player, workspace.client, "then it is cleaned up after"):
                for number, check in enumerate(chosen, 1):
                    with reading(f"[{number}/{len(chosen)}] {check.key}") as progress:
                        progress.expect(len(check.steps))
                        results.append(player.play(check, progress.advance))
                    if reports.text_on_stdout:
                        click.echo(played_text(results[-1], colour=out_colour()))
        found = (*plan.diagnostics, *(one for played in results for one in played.diagnostics))
        reports.found = Found("check", last_line(results), found)
        reports.own = {"json": lambda: checks_json(results), "junit": lambda: checks_junit(results)}
        if reports.text_on_stdout:
            click.echo(last_line(results))
        left = left_text(results)
        if left is not None:
            say(left)
        if not all(one.passed for one in results):
            raise click.exceptions.Exit(1 if all(one.held for one in results) else signal_code(signals.received))


def _chosen(configuration: Configuration, globs: tuple[str, ...]) -> list[Check]:
    """Return the checks that one of `globs` names by their key or their survey; all of them without globs.

    Raises:
        Stop: A glob matches nothing, or there is no check.
    """
    from sdx_state.plan.targets import unmatched

    checks = configuration.checks
    if not checks:
        raise Stop("there is nothing to check", "Describe conversations under `checks:`.")
    names = {name for check in checks for name in (check.key, check.survey)}
    otherwise = f"known: {', '.join(sorted(names)[:10])}"
    for wrong in unmatched({"--only": globs}, names, configuration.moved, otherwise):
        raise Stop(wrong.message, f"{wrong.help}\nNothing was created.")
    if not globs:
        return list(checks)
    return [one for one in checks if any(fnmatchcase(name, glob) for glob in globs for name in (one.key, one.survey))]


def _require_patterns(chosen: list[Check]) -> None:
    """Stop before anything is created where a pattern could not be looked for in the end."""
    from sdx_state.model.pattern import INSTALL_PATTERNS, PatternsMissing, check_pattern

    for said in (said for check in chosen for said in check.patterns):
        try:
            check_pattern(said.text)
        except PatternsMissing as error:
            raise Stop(f"{said.source}: {error}", f"Nothing was created. Install it: {INSTALL_PATTERNS}") from None


def _ask(workspace: Workspace, count: int) -> None:
    from sdx_state.cli.console import confirmed

    what = "a conversation" if count == 1 else f"{count} conversations"
    question = (
        f"Run {what} in {workspace.origin}? They are web interactions, which reach no respondent by themselves.\n"
        "  Started interactions remain and count in reports, and the survey's triggers and events run on their "
        "answers."
    )
    if not confirmed(workspace.where, question):
        raise Stop("not approved: nothing was created", "In a pipeline: --yes")
