"""What `plan`, `apply` and `destroy` have in common on the command line: options, and printing a plan."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sdx_state.cli.failure import DECIDE, LIMIT, Stop

if TYPE_CHECKING:
    from sdx_state.app.workspace import Planned
    from sdx_state.config import Project
    from sdx_state.model.plan import Plan
    from sdx_state.risk.limits import Refusal

F = TypeVar("F", bound=Callable[..., Any])


allow_deletes_option = click.option(
    "--allow-deletes", type=click.IntRange(min=0), metavar="N", help="Consent to exactly N deletes."
)


allow_option = click.option(
    "--allow", "allowed", multiple=True, metavar="ADDRESS", help="Allow this change whatever its risk."
)


def approval_options(command: F) -> F:
    """Add the options that approve beforehand."""
    for option in (
        allow_option,
        click.option(
            "--auto-approve",
            type=click.Choice(["low", "medium", "high"]),
            is_flag=False,
            flag_value="high",
            help="Do not ask, up to this risk (high unless named). What is critical needs --allow.",
        ),
    ):
        command = option(command)
    return command


def plan_options(command: F) -> F:
    """Add the options that say what of a tenant is planned."""
    for option in (
        click.option(
            "--refresh-phones", is_flag=True, help="Look up phone numbers again (each look-up is paid for)."
        ),
        click.option("--exclude", "excludes", multiple=True, metavar="GLOB", help="Leave these addresses out."),
        click.option(
            "--target",
            "targets",
            multiple=True,
            metavar="GLOB",
            help="Only these addresses, and what they depend on.",
        ),
        click.option("--verbose", is_flag=True, help="List every resource, however many are alike."),
    ):
        command = option(command)
    return command


def print_plan(plan: Plan, *, verbose: bool, aside: bool = False) -> None:
    """Print `plan` as text on stdout; on stderr if it stands `aside` of what a program reads."""
    from sdx_state.cli.console import err_colour, out_colour, width
    from sdx_state.report.text import plan_text

    colour = err_colour() if aside else out_colour()
    click.echo(plan_text(plan, width=width(), colour=colour, verbose=verbose), err=aside)


def error_code(plan: Plan) -> int:
    """Return the exit code of a plan with errors: 5 where a person has to choose between candidates."""
    return DECIDE if any(finding.decide for finding in plan.errors) else 1


def stop_on_errors(plan: Plan) -> None:
    """End the command if the plan has errors."""
    if plan.errors:
        count = len(plan.errors)
        message = f"the plan has {count} error{'s' if count > 1 else ''}, shown above"
        raise Stop(message, "Nothing was written.", error_code(plan), told=True)


def limits_of(
    planned: Planned, project: Project, *, consented: int | None, destroying: bool = False
) -> list[Refusal]:
    """Return every limit that the plan breaks."""
    from datetime import datetime, timezone

    from sdx_state.risk.limits import frozen, refusals

    return frozen(planned.plan, project.freezes, datetime.now(timezone.utc)) + refusals(
        planned.plan,
        owned=len(planned.ledger.entries),
        declared=len(planned.intention.resources),
        deletes=project.limits.deletes,
        deletes_percent=project.limits.deletes_percent,
        consented=consented,
        destroying=destroying,
    )


def stop_on_limits(planned: Planned, project: Project, *, consented: int | None) -> None:
    """End the command if a limit forbids the plan."""
    stop_if(limits_of(planned, project, consented=consented))


def stop_on_risen(reviewed: Plan, plan: Plan, allowed: tuple[str, ...]) -> None:
    """End the command if the plan is riskier than it was when it was reviewed."""
    from sdx_state.risk.consent import risen

    stop_if(risen(reviewed, plan, allowed))


def stop_after_planning(plan: Plan) -> None:
    """End the command that only plans if `apply` would stop at a limit, which the plan names."""
    if plan.limits:
        names = ", ".join(dict.fromkeys(finding.limit or "" for finding in plan.limits))
        advice = "\n".join(dict.fromkeys(finding.hint or "" for finding in plan.limits))
        raise Stop(f"apply would stop here: {names}", advice, LIMIT, told=True)


def refusal_line(refusal: Refusal) -> str:
    """Return what a limit is and what breaks it, with its place."""
    source = refusal.source
    place = f" ({source.file}:{source.line})" if source is not None and source.line else ""
    return f"{refusal.rule}: {refusal.message}{place}"


def stop_if(found: list[Refusal]) -> None:
    """End the command if there is any refusal."""
    if found:
        message = "\n".join(map(refusal_line, found))
        advice = "\n".join(dict.fromkeys(refusal.advice for refusal in found))
        raise Stop(message, f"Nothing was written. {advice}", LIMIT, limits=tuple(found))
