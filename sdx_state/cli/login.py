"""`sdx-state login`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from sdx_state.cli.context import Context
from sdx_state.cli.failure import Stop

if TYPE_CHECKING:
    from sdx_state.api.credentials import Credentials
    from sdx_state.api.oauth import Grant
    from sdx_state.model.urls import BaseUrl


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
    help="For servers that require it: the address that the browser opens contains the client secret, and so do "
    "its history, logs on the way and, while it starts, this machine's process list.",
)
@click.option("--no-browser", is_flag=True, help="Print the address instead of opening it.")
@click.pass_obj
def command(context: Context, way: str, client_id: str | None, secret_in_redirect: bool, no_browser: bool) -> None:
    """Sign in to the host of this project.

    Secrets are asked for without echo, or read from stdin, a line each. What the tenant accepts is kept in the
    keyring, or in a file that you alone can read, for the host of this project and no other.
    """
    from sdx_state.api.credentials import VARIABLES, Credentials, credentials_from
    from sdx_state.api.vault import Vault
    from sdx_state.cli.console import say

    base = context.base()
    if way == "browser":
        grant = _through_browser(context, base, client_id, secret_in_redirect, no_browser)
        accepted: Grant | Credentials = grant
        credentials = Credentials(grant.access_token)
    else:
        names = {"token": ["SDX_ACCESS_TOKEN"], "basic": ["SDX_CUSTOMER_UUID", "SDX_AUTH_TOKEN"]}[way]
        credentials = credentials_from({name: _asked(name) for name in names})
        accepted = credentials
    _require_accepted(context, base, credentials)
    vault = Vault.of_this_machine(context.environ)
    with vault.held(create=True):
        vault.save(base.origin, accepted)
    click.echo(f"Signed in to {base.origin}. Kept in {vault.where}.")
    given = [name for name in VARIABLES if context.environ.get(name, "").strip()]
    if given:
        say(f"warning: {', '.join(given)} in the environment goes before what is kept.")


def _require_accepted(context: Context, base: BaseUrl, credentials: Credentials) -> None:
    """Return if the tenant takes `credentials`, and they are not of another than the project's."""
    from sdx_state.api.endpoints import Connection, Endpoints
    from sdx_state.api.errors import SurveyDynamixError
    from sdx_state.app.tenant import tenant_name
    from sdx_state.cli.redaction import learn
    from sdx_state.live.glimpse import glimpse
    from sdx_state.report.advice import advice_for

    learn([credentials.token], credentials.customer_uuid)
    tenant_name(base.origin, context.pinned_tenant(), credentials.customer_uuid)
    try:
        connection = Connection(base, credentials, ca_file=context.ca_file, one_run=True)
        with Endpoints(connection, machine=context.machine) as endpoints:
            glimpse(endpoints)
    except SurveyDynamixError as error:
        raise Stop(str(error), f"{advice_for(error)}\nNothing was stored.") from error


def _through_browser(
    context: Context, base: BaseUrl, client_id: str | None, secret_in_redirect: bool, no_browser: bool
) -> Grant:
    from sdx_state.api.loopback import Loopback
    from sdx_state.api.oauth import SignIn, token_transport
    from sdx_state.cli.console import say
    from sdx_state.cli.redaction import learn
    from sdx_state.programs.browser import open_browser

    if context.environ.get("CI"):
        raise Stop(
            "a pipeline has no browser and no person to press a button",
            "Give it SDX_CUSTOMER_UUID and SDX_AUTH_TOKEN, or SDX_ACCESS_TOKEN, as secrets instead.",
        )
    if client_id is None:
        raise Stop(
            "no OAuth client is named",
            "--client-id ID; the tenant's settings, tab Integrations, list them. Or without one: --with token, "
            "--with basic.",
        )
    try:
        import oauthlib  # noqa: F401 - only whether it is there
    except ModuleNotFoundError as error:
        raise Stop(f"signing in needs {error.name}", "Install it: pip install 'sdx-state[oauth]'") from error
    secret = context.environ.get("SDX_CLIENT_SECRET", "").strip() or _asked("SDX_CLIENT_SECRET")
    if not secret:
        raise Stop("the client secret is empty", "Give it on stdin, or as SDX_CLIENT_SECRET.")
    learn([secret])
    with Loopback() as loopback:
        attempt = SignIn(base, client_id, loopback.uri, context.machine)
        loopback.expect(attempt.is_answer)
        address = attempt.url(secret if secret_in_redirect else None)
        if no_browser or not open_browser(address):
            if secret_in_redirect:
                raise Stop("no browser could be opened", "Without --secret-in-redirect the address can be printed.")
            say(f"Open this address in a browser of this machine:\n\n  {address}\n")
        else:
            say(f"The browser asks whether {base.origin} may be used.")
        came_back = loopback.wait()
    transport = token_transport(base, context.ca_file, context.machine)
    try:
        return attempt.exchange(came_back, secret, transport, context.machine)
    finally:
        transport.close()


def _asked(name: str) -> str:
    """Return a secret: from the terminal without echo, or a line of stdin."""
    what = {"SDX_CUSTOMER_UUID": "Customer UUID", "SDX_AUTH_TOKEN": "Auth token", "SDX_ACCESS_TOKEN": "Access token"}
    if sys.stdin.isatty():
        shown = what.get(name, "Client secret")
        return str(click.prompt(shown, hide_input=name != "SDX_CUSTOMER_UUID", err=True)).strip()
    return sys.stdin.readline().strip()
