"""`sdx-state apply`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.failure import Stop
from sdx_state.cli.forms import Forms
from sdx_state.cli.locking import lock_option
from sdx_state.cli.planning import (
    allow_deletes_option,
    approval_options,
    plan_options,
)
from sdx_state.cli.reports import Reports, format_options

_HASH = re.compile(r"sha256:[0-9a-f]{64}")


def _expected(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    if value is not None and not _HASH.fullmatch(value):
        raise click.BadParameter("expected sha256: and 64 hexadecimal digits, as `plan --out` and `show` print it")
    return value


@click.command()
@click.argument("planfile", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "--expect",
    "expected",
    metavar="HASH",
    callback=_expected,
    help="Apply PLANFILE only if this is its hash, which `plan --out` prints.",
)
@click.option("--resume", is_flag=True, help="Continue the last run if it was cut off: its plan only.")
@approval_options
@allow_deletes_option
@format_options
@plan_options
@lock_option
@sandbox_option
@click.pass_obj
def command(
    context: Context,
    planfile: Path | None,
    expected: str | None,
    resume: bool,
    auto_approve: Literal["low", "medium", "high"] | None,
    allowed: tuple[str, ...],
    allow_deletes: int | None,
    forms: Forms,
    budget: int,
    personal: bool,
    verbose: bool,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    refresh_phones: bool,
    sandbox: bool,
) -> None:
    """Change the tenant to match the configuration.

    Makes a plan, shows it, asks, and applies it. With PLANFILE, applies that plan without asking if a new plan would
    do the same and is not riskier; otherwise it writes nothing (exit 3, or 6 for the risk). Critical changes need
    --allow, here or with `plan --out`. --expect accepts only the reviewed plan: another user who can write PLANFILE
    could replace it.
    """
    from sdx_state.app.saved import allowed_of, consent_of, load_plan, rest_of
    from sdx_state.apply.approval import UNATTENDED, Consent
    from sdx_state.cli.consent import approved, proven_by_store
    from sdx_state.cli.console import reading, say_waiting
    from sdx_state.cli.running import carried_out
    from sdx_state.handoff.pack import FOLDER

    if (planfile is not None or resume) and (targets or excludes):
        raise click.UsageError("a saved plan is applied whole: leave --target and --exclude out")
    if planfile is not None and resume:
        raise click.UsageError("--resume continues the plan of the last run: omit PLANFILE")
    if expected is not None and planfile is None:
        raise click.UsageError("--expect names the hash of a saved plan: give PLANFILE too")
    with Reports(context, forms, budget, personal, verbose).whole() as reports:
        reports.outcomes = ()
        reviewed = load_plan(planfile, context.key(), expected) if planfile is not None else None
        project = context.project()
        intention = context.intention(quiet=True)
        with (
            context.workspace(project, sandbox=sandbox) as workspace,
            workspace.writing("apply", say_waiting) as journal,
        ):
            reports.where = workspace.where
            if resume:
                from sdx_state.app.undo import interrupted

                reviewed = interrupted(workspace, journal)
                if reviewed is None:
                    raise Stop("there is nothing to resume", "The last run completed. Nothing was written.")
            elif reviewed is not None:
                reviewed = proven_by_store(reviewed, workspace.store)
            if reviewed is not None:
                targets, excludes = reviewed.plan.targets, reviewed.plan.excludes
            with reading("Reading the tenant") as progress:
                planned = workspace.plan(
                    intention,
                    progress,
                    ask_again=refresh_phones,
                    targets=targets,
                    excludes=excludes,
                    allowed=allowed,
                    reviewed=reviewed.plan if reviewed is not None else None,
                    waiting=say_waiting,
                )
            if reviewed is not None:
                planned = rest_of(reviewed, planned, proven=workspace.proven, risen=planfile is not None)
                if allow_deletes is None:
                    allow_deletes = consent_of(reviewed, planned.plan)
                allowed += allowed_of(reviewed)
            reports.show(planned.plan)
            level = auto_approve or (UNATTENDED if planfile is not None else None)  # a saved plan was looked at
            consent = Consent(level, allowed, allow_deletes)
            plan = approved(workspace, planned, consent, "Do you want to make these changes?")
            code = carried_out(
                workspace,
                journal,
                plan,
                "apply",
                context.folder / FOLDER,
                project.handoff_links,
                reports,
            )
    raise click.exceptions.Exit(code)
