"""`sdx-state logout`."""

from __future__ import annotations

import click

from sdx_state.cli.context import Context


@click.command()
@click.pass_obj
def command(context: Context) -> None:
    """Remove the stored credentials for this host.

    Environment variables stay as they are; a token stays valid until it ends or is revoked in the tenant's settings.
    """
    from sdx_state.api.vault import Vault
    from sdx_state.cli.console import say

    base, vault = context.base(), Vault.of_this_machine(context.environ)
    with vault.held():
        forgotten = vault.delete(base.origin)
    if forgotten:
        click.echo(f"Removed the stored credentials for {base.origin} in {vault.where}.")
        say("A token stays valid until it ends or is revoked in the tenant's settings.")
    else:
        click.echo(f"There are none for {base.origin} in {vault.where}.")
