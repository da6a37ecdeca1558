"""`sdx-state whoami`."""

from __future__ import annotations

import click

from sdx_state.cli.context import Context
from sdx_state.cli.outputs import text_or_json_option


@click.command()
@text_or_json_option
@click.pass_obj
def command(context: Context, form: str) -> None:
    """Show the credentials in use, and their tenant.

    Asks the tenant whether it takes them. An access token does not tell whose it is: the surveys that it shows do.
    """
    from sdx_state.api.endpoints import Connection, Endpoints
    from sdx_state.app.place import whereabouts
    from sdx_state.app.tenant import tenant_name
    from sdx_state.cli.console import say_server_busy
    from sdx_state.live.glimpse import COUNTED, glimpse
    from sdx_state.report.connection import identity_json
    from sdx_state.report.escape import escape

    base, pinned = context.base(), context.pinned_tenant()
    found = context.credentials(base)
    customer = found.credentials.customer_uuid
    tenant_name(base.origin, pinned, customer)
    connection = Connection(
        base,
        found.credentials,
        ca_file=context.ca_file,
        renew=found.renew,
        one_run=True,
        waiting=say_server_busy,
    )
    with Endpoints(connection, machine=context.machine) as endpoints:
        seen = glimpse(endpoints)
    if form == "json":
        where = whereabouts(context.project_if_any(), base, pinned or customer)
        click.echo(identity_json(where, pinned is not None, found.way, found.source, seen))
        return
    if customer is None:
        told = f"{pinned} (pinned in sdx.yaml; " if pinned else "not known (pin `tenant:` in sdx.yaml; "
        told += "an access token does not tell)"
    else:
        told = customer
    count = f"{seen.count} or more" if seen.count == COUNTED else str(seen.count)
    names = ", ".join(f"{escape(name)} (id {escape(id)})" for id, name in seen.names)
    more = ", ..." if seen.count > len(seen.names) else ""
    click.echo(f"host      {base.origin}")
    click.echo(f"tenant    {escape(told)}")
    click.echo(f"surveys   {count}{': ' if names else ''}{names}{more}")
    click.echo(f"way       {found.way}, from {found.source}")
    click.echo("accepted  yes")
