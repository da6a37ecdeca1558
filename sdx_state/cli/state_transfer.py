"""`sdx-state state pull` and `state push`: the state as a file."""

from __future__ import annotations

from typing import IO

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.failure import Stop
from sdx_state.cli.locking import lock_option


@click.command()
@sandbox_option
@click.pass_obj
def pull(context: Context, sandbox: bool) -> None:
    """Print the state as JSON, for a copy.

    It contains addresses, ids and hashes. Put a copy back with `state push`.
    """
    from sdx_state.app.transfer import pulled

    click.echo(pulled(context.store(sandbox)).decode("ascii"), nl=False)


@click.command()
@click.argument("file", type=click.File("rb"))
@click.option("--force", is_flag=True, help="Replace a newer state, or another lineage.")
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@lock_option
@sandbox_option
@click.pass_obj
def push(context: Context, file: IO[bytes], force: bool, auto_approve: bool, sandbox: bool) -> None:
    """Make FILE, from `state pull`, the state.

    The tenant is not touched. A state of another tenant is refused, also with --force.
    """
    from sdx_state.app.transfer import NotPushed, pushed, state_in
    from sdx_state.cli.console import confirmed, say
    from sdx_state.model.texts import counted

    store = context.store(sandbox)
    ledger = state_in(store, file.read(), file.name)
    with store.lock("state push") as fence:
        question = f"Replace the state by {file.name}?"
        if not auto_approve and not confirmed(context.where_of(ledger, sandbox), question):
            raise Stop("not approved", "Nothing was changed. Without a terminal, --auto-approve says yes.")
        try:
            saved, overridden = pushed(store, fence, ledger, file.name, force=force)
        except NotPushed as error:
            raise Stop(f"{file.name} was not pushed: {error}", error.advice) from error
    for reason in overridden:
        say(f"Overridden: {reason}")
    click.echo(f"The state knows {counted(len(saved.entries), 'resource')} (serial {saved.serial}).")
