"""`sdx-state plan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from shlex import quote

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.failure import error_code
from sdx_state.cli.forms import Forms
from sdx_state.cli.outputs import OutputFile
from sdx_state.cli.planning import (
    allow_deletes_option,
    allow_option,
    plan_options,
    stop_after_planning,
)
from sdx_state.cli.reports import Reports, format_options

CHANGES = 2


@click.command()
@format_options
@click.option("--out", type=OutputFile(), help="Save the plan for `apply PLANFILE`.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if anything would change.")
@click.option("--base", metavar="REVISION", help="Say which changes are this branch's: compare with this revision.")
@click.option(
    "--snapshot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --sandbox: plan against the tenant stored in this file by `pull --snapshot`. Needs no credentials.",
)
@allow_deletes_option
@allow_option
@plan_options
@sandbox_option
@click.pass_obj
def command(
    context: Context,
    forms: Forms,
    budget: int,
    personal: bool,
    out: Path | None,
    detailed_exitcode: bool,
    base: str | None,
    snapshot: Path | None,
    allow_deletes: int | None,
    allowed: tuple[str, ...],
    verbose: bool,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    refresh_phones: bool,
    sandbox: bool,
) -> None:
    """Show what apply would change. Changes nothing.

    Exits with 1 if the plan has errors, and with 6 if `apply` would stop at a safety limit. Consent to deletes and to
    critical changes is saved with the plan.
    """
    from sdx_state.app.opening import open_stored
    from sdx_state.app.rehearsal import load_tenant
    from sdx_state.app.saved import save_plan
    from sdx_state.apply.approval import Consent, violations
    from sdx_state.cli.consent import remember_saved
    from sdx_state.cli.console import reading, say, say_where
    from sdx_state.plan.conversation import conversations
    from sdx_state.risk.limits import with_limits

    if snapshot is not None and not sandbox:
        raise click.UsageError("--snapshot goes with --sandbox: it is planned against on this machine")
    with Reports(context, forms, budget, personal, verbose).whole() as reports:
        project = context.project()
        intention = context.intention(quiet=True)
        before = context.before(base) if base is not None else None
        base_intention = before.intention if before is not None else None
        opened = (
            open_stored(project, context.place(project), load_tenant(snapshot), intention, base_intention)
            if snapshot is not None
            else context.live(project, intention, base_intention, sandbox=sandbox)
        )
        with opened as (workspace, intention, base_intention):
            reports.where = workspace.where
            if snapshot is not None:
                say_where(workspace.where)
            with reading("Reading the tenant") as progress:
                planned = workspace.plan(
                    intention,
                    progress,
                    ask_again=refresh_phones,
                    targets=targets,
                    excludes=excludes,
                    allowed=allowed,
                    base=base_intention,
                )
            workspace.remember_lookups(planned)
        found = violations(planned, Consent(allow=allowed, deletes=allow_deletes), context.machine.moment())
        plan = replace(with_limits(planned.plan, found), consented=allow_deletes, allowed=allowed)
        if before is not None:
            plan = replace(plan, diagnostics=(*plan.diagnostics, *before.diagnostics))
        told = conversations(plan, planned.intention, planned.snapshot) if reports.wants("html", "markdown") else ()
        reports.show(plan, tuple(told))
        if out is not None and not plan.errors:
            reports.hash = save_plan(plan, intention, planned.snapshot, out, context.key())
            if snapshot is None:
                remember_saved(context.store(sandbox), reports.hash)
            say(f"\nSaved. To carry out exactly this:  sdx-state apply {quote(str(out))} --expect {reports.hash}")
        if plan.errors:
            raise click.exceptions.Exit(error_code(plan))
        stop_after_planning(plan)
        if detailed_exitcode and not plan.empty:
            raise click.exceptions.Exit(CHANGES)
