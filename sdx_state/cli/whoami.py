"""`sdx-state whoami`."""

from __future__ import annotations

import os

import click

from sdx_state.cli.context import Context


@click.command()
@click.pass_obj
def command(context: Context) -> None:
    """Say which credentials are used, and of which tenant they are.

    Asks the tenant whether it takes them.
    """
    from sdx_state.api import Connection, Endpoints
    from sdx_state.api.stored import Vault, find_credentials
    from sdx_state.cli.console import say

    base, vault = context.base(), Vault.of_this_machine()
    found = find_credentials(base, os.environ, vault)
    connection = Connection(base, found.credentials, ca_file=os.environ.get("SDX_CA_FILE") or None)
    with Endpoints(connection) as endpoints:
        next(endpoints.surveys.iterate(), None)
    customer = found.credentials.customer_uuid
    click.echo(f"host      {base.origin}")
    click.echo(f"tenant    {customer or 'not told by an access token: pin `tenant:` in sdx.yaml'}")
    click.echo(f"way       {found.way}, from {found.source}")
    click.echo("accepted  yes")
    mend = vault.open_to_others()
    if mend:
        say(f"Others can read your credentials: {mend}")
