"""`sdx-state fmt`."""

from __future__ import annotations

from pathlib import Path

import click

from sdx_state.cli.context import Context


@click.command()
@click.argument("paths", nargs=-1, metavar="[FILE]...", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--check", is_flag=True, help="Write nothing; exit with 1 if a file is not formatted.")
@click.option("--diff", is_flag=True, help="Show what changes.")
@click.pass_obj
def command(context: Context, paths: tuple[Path, ...], check: bool, diff: bool) -> None:
    """Format YAML files.

    Two spaces a level, one blank line at most. What the files say, and their comments, stay as they are.

    Formats each FILE, or every YAML file of the project. A FILE that is not one of them is skipped.
    """
    from sdx_state.cli.console import say
    from sdx_state.config.format import format_files
    from sdx_state.report.escape import escape
    from sdx_state.report.file_diff import unified

    def skip(path: Path) -> None:
        say(f"skipped: {escape(str(path))} is not a YAML file of this project")

    changed = format_files(context.folder, paths, skip, write=not check)
    for name, old, new in changed:
        if diff:
            lines = unified(name, name, old.splitlines(), new.splitlines())
            too_many = f"{escape(name)}: too many lines change to show them"
            click.echo(too_many if lines is None else "\n".join(lines))
        else:
            click.echo(escape(name))
    if check and changed:
        raise click.exceptions.Exit(1)
