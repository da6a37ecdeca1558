"""`sdx-state explain`."""

from __future__ import annotations

import click

from sdx_state.cli.failure import Stop


@click.command("explain")
@click.argument("name", metavar="KIND[.FIELD]", required=False)
def command(name: str | None) -> None:
    """Say what a kind or a field is.

    For example `sdx-state explain survey.greeting_text`.
    """
    from difflib import get_close_matches

    from sdx_state.config import describe, described_names

    if name is None:
        for one in described_names():
            if "." not in one:
                click.echo(one)
        return
    found = describe(name)
    if found is None:
        near = get_close_matches(name, described_names(), n=1)
        raise Stop(f"there is no {name}", f"Did you mean {near[0]}?" if near else "See: sdx-state explain")
    click.echo(found)
