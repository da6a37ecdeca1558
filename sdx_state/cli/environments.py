"""`sdx-state environments`."""

from __future__ import annotations

import click

from sdx_state.cli.context import Context
from sdx_state.cli.outputs import text_or_json_option


@click.command("environments")
@text_or_json_option
@click.pass_obj
def command(context: Context, form: str) -> None:
    """List the environments of sdx.yaml.

    Shows the host, the pinned tenant, and where the state is. Reads sdx.yaml alone, without credentials. The JSON is
    an array in one line, for a matrix of CI jobs. A project without environments has one row, whose name is null.
    """
    from sdx_state.app.environments import environments_of
    from sdx_state.report.environments import environments_json, environments_text

    found = environments_of(context.folder)
    click.echo(environments_json(found) if form == "json" else environments_text(found))
