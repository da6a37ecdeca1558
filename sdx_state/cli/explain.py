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

    from sdx_state.config import describe
    from sdx_state.kinds import ALL_KINDS

    kinds = [kind.name for kind in ALL_KINDS]
    if name is None:
        for kind in kinds:
            found = describe(kind)
            click.echo(f"{kind:13} {found.text if found else ''}")
        return
    found = describe(name)
    if found is None:
        above = describe(name.partition(".")[0])
        known = [*kinds, *(f"{above.name}.{field}" for field in above.fields)] if above else kinds
        near = get_close_matches(name, known, n=1)
        raise Stop(f"there is no {name}", f"Did you mean {near[0]}?" if near else f"There are: {', '.join(known)}")
    click.echo(f"{found.name}: {found.type}{', required' if found.required else ''}\n\n{found.text}")
    if found.fields:
        click.echo()
        widest = max(len(field) for field in found.fields)
        for field, text in found.fields.items():
            click.echo(f"  {field:{widest}}  {text}")
