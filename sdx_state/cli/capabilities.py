"""`sdx-state capabilities`."""

from __future__ import annotations

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.outputs import text_or_json_option


@click.command("capabilities")
@text_or_json_option
@sandbox_option
@click.pass_obj
def command(context: Context, form: str, sandbox: bool) -> None:
    """Show which writes the server supports."""
    from sdx_state.kinds import KINDS
    from sdx_state.kinds.kind import VERBS
    from sdx_state.live.capabilities import all_needs, capabilities
    from sdx_state.report.connection import capabilities_json

    project = context.project()
    with context.workspace(project, sandbox=sandbox) as workspace:
        found = capabilities(workspace.client, all_needs(workspace.client), workspace.capabilities)
    if form == "json":
        click.echo(capabilities_json(workspace.where, found))
        return
    click.echo(f"{'':14}{'create (POST)':24}{'change (PUT)':24}{'delete (DELETE)':24}".rstrip())
    for kind in dict.fromkeys(kind for kind, _ in found):
        cells = [found[kind, verb] for verb in VERBS]
        shown = "".join(f"{('yes' if cell.allowed else 'no') + ', ' + cell.source:24}" for cell in cells)
        click.echo(f"{KINDS[kind].noun:14}{shown}".rstrip())
    click.echo(f"{'phone number':14}look-up only, API reference")
