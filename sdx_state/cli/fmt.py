"""`sdx-state fmt`."""

from __future__ import annotations

import click

from sdx_state.cli.context import Context


@click.command()
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is not formatted.")
@click.option("--diff", is_flag=True, help="Show what changes.")
@click.pass_obj
def command(context: Context, check: bool, diff: bool) -> None:
    """Format YAML files.

    Two spaces a level, one blank line at most. What the files say, and their comments, stay as they are.
    """
    from sdx_state.config import format_files
    from sdx_state.report.escape import escape, escape_lines

    changed = format_files(context.folder, write=not check)
    for name, old, new in changed:
        if diff:
            from difflib import unified_diff

            from sdx_state.model.alike import WORK, opcodes

            before, after = old.splitlines(), new.splitlines()
            if opcodes(before, after, 20 * WORK) is None:
                click.echo(f"{escape(name)}: too many lines change to show them")
                continue
            lines = unified_diff(before, after, name, name, lineterm="")
            click.echo(escape_lines("\n".join(lines)))
        else:
            click.echo(escape(name))
    if check and changed:
        raise click.exceptions.Exit(1)
