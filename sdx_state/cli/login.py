"""`sdx-state login`."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import click

from sdx_state.cli.context import Context
from sdx_state.cli.failure import Stop

if TYPE_CHECKING:
    from sdx_state.api.oauth import Grant


@click.command()
@click.option(
    "--with",
    "way",
    type=click.Choice(["browser", "token", "basic"]),
    default="browser",
    show_default=True,
    help="Sign in through the browser, or store an access token, or customer UUID and auth token.",
)
@click.option("--client-id", envvar="SDX_CLIENT_ID", metavar="ID", help="Of the OAuth client.  [env: SDX_CLIENT_ID]")
@click.option(
    "--secret-in-redirect",
    is_flag=True,
    help="For servers that insist on it: the client secret stands in the address that the browser opens, and so in "
    "its history, and in logs on the way.",
)
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.pass_obj
def command(context: Context, way: str, client_id: str | None, secret_in_redirect: bool, no_browser: bool) -> None:
    """Sign in, once for each host.

    Secrets are asked for without echo, or read from stdin, a line each. They are kept in the keyring, or in a file
    that you alone can read, for the host of this project and no other.
    """
    from sdx_state.api.stored import Vault, record_of

    base = context.base()
    if way == "browser":
        record = record_of(_through_browser(context, client_id, secret_in_redirect, no_browser))
    else:
        from sdx_state.api import credentials_from

        names = {"token": ["SDX_ACCESS_TOKEN"], "basic": ["SDX_CUSTOMER_UUID", "SDX_AUTH_TOKEN"]}[way]
        record = record_of(credentials_from({name: _asked(name) for name in names}))
    vault = Vault.of_this_machine()
    vault.save(base.origin, record)
    click.echo(f"Signed in to {base.origin}. Kept in {vault.where}.")


def _through_browser(context: Context, client_id: str | None, secret_in_redirect: bool, no_browser: bool) -> Grant:
    from sdx_state.api.loopback import Loopback
    from sdx_state.api.oauth import SignIn, token_transport
    from sdx_state.api.retry import SystemClock
    from sdx_state.cli.console import say

    if os.environ.get("CI") and not no_browser:
        raise Stop("a pipeline has no browser", "Give it SDX_CUSTOMER_UUID and SDX_AUTH_TOKEN as secrets instead.")
    if client_id is None:
        raise Stop("no OAuth client is named", "--client-id ID; the tenant's settings, tab Integrations, list them.")
    try:
        import oauthlib  # noqa: F401 - only whether it is there
    except ModuleNotFoundError as error:
        raise Stop(f"signing in needs {error.name}", "Install it: pip install 'sdx-state[oauth]'") from error
    base = context.base()
    secret = os.environ.get("SDX_CLIENT_SECRET", "").strip() or _asked("SDX_CLIENT_SECRET")
    with Loopback() as loopback:
        attempt = SignIn(base, client_id, loopback.uri)
        address = attempt.url(secret if secret_in_redirect else None)
        if no_browser or not _opened(address):
            if secret_in_redirect:
                raise Stop("no browser could be opened", "Without --secret-in-redirect the address can be printed.")
            say(f"Open this address in a browser of this machine:\n\n  {address}\n")
        else:
            say(f"The browser asks whether {base.origin} may be used.")
        came_back = loopback.wait()
    transport = token_transport(base, os.environ.get("SDX_CA_FILE") or None)
    try:
        return attempt.exchange(came_back, secret, transport, SystemClock())
    finally:
        transport.close()


def _opened(address: str) -> bool:
    import webbrowser

    return webbrowser.open(address)


def _asked(name: str) -> str:
    """Return a secret: from the terminal without echo, or a line of stdin."""
    what = {"SDX_CUSTOMER_UUID": "Customer UUID", "SDX_AUTH_TOKEN": "Auth token", "SDX_ACCESS_TOKEN": "Access token"}
    if sys.stdin.isatty():
        shown = what.get(name, "Client secret")
        return str(click.prompt(shown, hide_input=name != "SDX_CUSTOMER_UUID", err=True)).strip()
    return sys.stdin.readline().strip()
