"""Options of `plan`, `apply` and `destroy`, and printing a plan."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sdx_state.cli.completing import addresses
from sdx_state.cli.failure import LIMIT, Stop, error_code

if TYPE_CHECKING:
    from sdx_state.model.plan import Plan

F = TypeVar("F", bound=Callable[..., Any])


allow_deletes_option = click.option(
    "--allow-deletes", type=click.IntRange(min=0), metavar="N", help="Consent to exactly N deletes."
)


allow_option = click.option(
    "--allow",
    "allowed",
    multiple=True,
    metavar="ADDRESS",
    shell_complete=addresses,
    help="Allow this change whatever its risk.",
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
        click.option(
            "--exclude",
            "excludes",
            multiple=True,
            metavar="GLOB",
            shell_complete=addresses,
            help="Leave these addresses out.",
        ),
        click.option(
            "--target",
            "targets",
            multiple=True,
            metavar="GLOB",
            shell_complete=addresses,
            help="Only these addresses, and what they depend on.",
        ),
        click.option("--verbose", is_flag=True, help="List every resource, however many are alike."),
    ):
        command = option(command)
    return command


def print_plan(plan: Plan, *, verbose: bool, aside: bool = False) -> None:
    """Print `plan` as text on stdout; on stderr if it comes `aside` of output for a program."""
    from sdx_state.cli.console import err_colour, out_colour, width
    from sdx_state.report.text import plan_text

    colour = err_colour() if aside else out_colour()
    click.echo(plan_text(plan, width=width(), colour=colour, verbose=verbose), err=aside)


@contextmanager
def showing_errors() -> Iterator[None]:
    """Print the plan if the block ends because the plan has errors."""
    from sdx_state.apply.approval import Refused

    try:
        yield
    except Refused as error:
        if error.plan is not None:
            print_plan(error.plan, verbose=False)
        raise


def stop_on_errors(plan: Plan) -> None:
    """End the command if the plan has errors."""
    if plan.errors:
        count = len(plan.errors)
        message = f"the plan has {count} error{'s' if count > 1 else ''}, shown above"
        raise Stop(message, "Nothing was written.", error_code(plan), told=True)


def stop_after_planning(plan: Plan) -> None:
    """End the command that only plans if `apply` would stop at a limit, which the plan names."""
    from sdx_state.risk.consent import advice_on

    if plan.limits:
        names = ", ".join(dict.fromkeys(one.code for one in plan.limits))
        raise Stop(f"apply would stop here: {names}", advice_on(plan.limits), LIMIT, told=True)
