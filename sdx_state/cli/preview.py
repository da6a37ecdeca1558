"""`sdx-state preview`."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sdx_state.cli.completing import addresses
from sdx_state.cli.context import Context
from sdx_state.cli.failure import Stop
from sdx_state.cli.outputs import OutputFile

if TYPE_CHECKING:
    from sdx_state.app.preview import Channel


@click.command("preview")
@click.argument("survey", shell_complete=addresses)
@click.option("--language", metavar="LANGUAGE", help="Show this language alone: default, de-default, or de.")
@click.option("--channel", type=click.Choice(["email", "web", "sms", "voice"]), help="Show this channel alone.")
@click.option("--out", type=OutputFile(), help="Write the page to this file instead of stdout.")
@click.option("--serve", is_flag=True, help="Show the page in the browser; it reloads when a file is saved.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of --serve.  [default: any free one]")
@click.option("--no-browser", is_flag=True, help="Print the address of --serve instead of opening it.")
@click.pass_obj
def command(
    context: Context,
    survey: str,
    language: str | None,
    channel: Channel | None,
    out: Path | None,
    serve: bool,
    port: int,
    no_browser: bool,
) -> None:
    """Show a survey as respondents see and hear it.

    SURVEY is an address or a key. The page has every language and channel, with lengths. It is made from the files;
    no tenant is asked.
    """
    if serve and out is not None:
        raise click.UsageError("--serve and --out cannot be combined")
    if not serve and (port or no_browser):
        raise click.UsageError("--port and --no-browser are for --serve")
    if serve:
        _serve(context, survey, language, channel, port, no_browser)
        return
    from sdx_state.app.declared import load_declared
    from sdx_state.app.preview import NoPreview, preview_of
    from sdx_state.cli.console import print_document, say
    from sdx_state.report.preview import preview_html
    from sdx_state.state.named_files import write_output

    configuration = load_declared(context.folder, context.environment, context.environ)
    try:
        html = preview_html(preview_of(configuration, survey, language, channel))
    except NoPreview as error:
        raise Stop(str(error), error.advice) from error
    if out is None:
        print_document(html)
        return
    write_output(out, html.encode())
    say(f"Wrote {out}")


def _serve(
    context: Context, survey: str, language: str | None, channel: Channel | None, port: int, no_browser: bool
) -> None:
    """Show the page in the browser until Ctrl-C."""
    from sdx_state.app.page_server import PageServer, stamp_of
    from sdx_state.cli.console import say
    from sdx_state.programs.browser import open_browser

    load = partial(served_page, context, survey, language, channel)
    try:
        server = PageServer(load, partial(stamp_of, context.folder), port)
    except OSError as error:
        raise Stop(f"port {port} cannot be used: {error.strerror}", "Name another one, or none: --port 0") from error
    with server:
        opened = not no_browser and open_browser(server.url)
        say(f"{'Opened' if opened else 'Open in a browser of this machine:'} {server.url}")
        say("The page reloads when a file is saved. Press Ctrl-C to stop.")
        try:
            server.watch(context.machine)
        except KeyboardInterrupt:
            say("Stopped.")


def served_page(context: Context, survey: str, language: str | None, channel: Channel | None) -> Callable[[str], str]:
    """Return what makes the page from the files as they are now; where these are broken, from what is wrong."""
    from sdx_state.app.declared import load_declared
    from sdx_state.app.preview import NoPreview, preview_of
    from sdx_state.config.errors import ConfigurationError
    from sdx_state.model.diagnostic import Diagnostic
    from sdx_state.report.preview import diagnostics_html, preview_html

    try:
        configuration = load_declared(context.folder, context.environment, context.environ)
        return partial(preview_html, preview_of(configuration, survey, language, channel))
    except ConfigurationError as error:
        return partial(diagnostics_html, "The configuration is invalid", error.diagnostics)
    except NoPreview as error:
        found = Diagnostic("no-match", "error", str(error), help=error.advice)
        return partial(diagnostics_html, "There is no such preview", [found])
