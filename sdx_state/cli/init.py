"""`sdx-state init`."""

from __future__ import annotations

from pathlib import Path

import click

from sdx_state.cli.context import Context
from sdx_state.cli.failure import Stop


@click.command("init")
@click.option("--host", default="demo.surveydynamix.com", show_default=True, help="The host that you log in to.")
@click.option("--sample", is_flag=True, help="Write a first survey too, to try things with.")
@click.pass_obj
def command(context: Context, host: str, sample: bool) -> None:
    """Start a project in this folder.

    Writes sdx.yaml, the schemas that editors complete from, and a .gitignore that keeps the state out of Git.
    """
    from sdx_state.config.scaffold import scaffold

    project = context.folder / "sdx.yaml"
    if project.exists():
        raise Stop(f"{project} exists already", "This is a project. Nothing was changed.")
    written: list[Path] = scaffold(context.folder, host, sample=sample)
    for path in written:
        click.echo(f"  wrote {path}")
    pull = (
        "  export SDX_CUSTOMER_UUID=... SDX_AUTH_TOKEN=...\n"
        "  sdx-state pull                           write your tenant as YAML"
    )
    trial = (
        "  sdx-state validate                       check the files\n"
        "  sdx-state plan --sandbox                 see what would happen in a tenant on this machine\n"
    )
    click.echo(f"\nNext:\n{trial if sample else ''}{pull}\n\nRead more: sdx-state help first-tenant")
