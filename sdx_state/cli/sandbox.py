"""`sdx-state sandbox`."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import click

from sdx_state.cli.context import Context
from sdx_state.cli.outputs import OutputFile


@click.command("sandbox")
@click.option("--port", type=click.IntRange(0, 65535), default=8080, show_default=True)
@click.option(
    "--shape",
    type=click.Choice(["flat", "nested"]),
    help="Wire shape of the answers.  [default: as the project says]",
)
@click.option("--documented", is_flag=True, help="Configuration is read-only, as the API reference has it.")
@click.option("--oauth-unavailable", is_flag=True, help="No sign-in through the browser, as in the API reference.")
@click.option("--database", type=OutputFile(beside_state=("sandbox.db",)), help="Where the tenant is kept.")
@click.pass_obj
def command(
    context: Context, port: int, shape: str | None, documented: bool, oauth_unavailable: bool, database: Path | None
) -> None:
    """Run a tenant on this machine.

    It speaks HTTP until Ctrl-C.
    """
    from sdx_state.app.opening import require_sandbox, usable_database
    from sdx_state.cli.console import say
    from sdx_state.model.urls import API_PATH, loopback_origin
    from sdx_state.state.files import HIDDEN_FOLDER, make_private_folder

    with require_sandbox():
        from sdx_state.sandbox import SandboxOptions, serve
        from sdx_state.sandbox.oauth import CLIENT_ID, CLIENT_SECRET
    settings = context.project().sandbox if (context.folder / "sdx.yaml").exists() else None
    options = SandboxOptions(
        shape="nested" if (shape or (settings.shape if settings else "flat")) == "nested" else "flat",
        documented=documented or (settings is not None and settings.documented),
        oauth_unavailable=oauth_unavailable,
    )
    if database is None:
        make_private_folder(context.folder / HIDDEN_FOLDER)
        database = context.folder / HIDDEN_FOLDER / "sandbox.db"
    else:
        database = database.resolve()  # a link leads where the user means; one that came with the project does not
    url = loopback_origin(port) + API_PATH
    say(f"A tenant at {url}, kept in {database}. In another terminal:\n")
    say(f"  export SDX_API_URL={url}")
    say(f"  export SDX_CUSTOMER_UUID={options.customer_uuid} SDX_AUTH_TOKEN={options.auth_token}")
    say("  sdx-state plan\n")
    say(f"Change it by hand, as in the admin UI: {loopback_origin(port)}/")
    say(f"  (user {options.customer_uuid}, password {options.auth_token})\n")
    if find_spec("oauthlib") is not None:  # `login` needs it
        say(f"Or sign in: sdx-state login --client-id {CLIENT_ID}   (client secret: {CLIENT_SECRET})\n")
    say("Press Ctrl-C to stop.")
    with usable_database(database):
        serve(database, options, port=port)
