"""`sdx-state plan`."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from shlex import quote
from typing import TYPE_CHECKING

import click

from sdx_state.cli.context import Context, sandbox_option, stored_tenant
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
from sdx_state.records import replace

if TYPE_CHECKING:
    from sdx_state.apply.review import Review
    from sdx_state.model.plan import Plan
    from sdx_state.plan.conversation import Conversation

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
@click.option(
    "--shared-snapshot", is_flag=True, help="With --sandbox: plan against the tenant stored beside the shared state."
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
    shared_snapshot: bool,
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
    from sdx_state.apply.approval import Consent, violations
    from sdx_state.cli.console import reading, say_where
    from sdx_state.risk.limits import with_limits

    stored, option = stored_tenant(snapshot, shared_snapshot)
    if stored is not None and not sandbox:
        raise click.UsageError(f"{option} goes with --sandbox: it is planned against on this machine")
    with Reports(context, forms, budget, personal, verbose).whole() as reports:
        project = context.project()
        with ExitStack() as stack:
            begun = stack.enter_context(context.reading_ahead(project, live=stored is None and not sandbox))
            intention = context.intention(quiet=True)
            before = context.before(base) if base is not None else None
            base_intention = before.intention if before is not None else None
            workspace, intention, base_intention = stack.enter_context(
                context.tenant(project, intention, base_intention, sandbox=sandbox, snapshot=stored, begun=begun)
            )
            reports.where = workspace.where
            if stored is not None:
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
        reports.show(plan, _told(planned, plan) if reports.wants("html", "markdown") else ())
        if out is not None and not plan.errors:
            reports.hash = _saved(context, planned, plan, out, remembered=stored is None, sandbox=sandbox)
        if plan.errors:
            raise click.exceptions.Exit(error_code(plan))
        stop_after_planning(plan)
        if detailed_exitcode and not plan.empty:
            raise click.exceptions.Exit(CHANGES)


def _told(planned: Review, plan: Plan) -> tuple[Conversation, ...]:
    from sdx_state.plan.conversation import conversations

    return tuple(conversations(plan, planned.intention, planned.snapshot))


def _saved(context: Context, planned: Review, plan: Plan, out: Path, *, remembered: bool, sandbox: bool) -> str:
    """Save `plan` to `out`, say how to apply it, and return its hash."""
    from sdx_state.app.saved import save_plan
    from sdx_state.cli.consent import remember_saved
    from sdx_state.cli.console import say

    hash = save_plan(plan, planned.intention, planned.snapshot, out, context.key())
    if remembered:
        remember_saved(context.store(sandbox), hash)
    say(f"\nSaved. To carry out exactly this:  sdx-state apply {quote(str(out))} --expect {hash}")
    return hash
