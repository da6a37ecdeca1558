"""`sdx-state state migrate`: the state in another backend."""

from __future__ import annotations

from pathlib import Path

import click

from sdx_state.cli.context import Context
from sdx_state.cli.failure import Stop
from sdx_state.cli.locking import lock_option


@click.command()
@click.option(
    "--from",
    "former",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="The old sdx.yaml; without it, the state is in .sdx/.",
)
@click.option("--auto-approve", is_flag=True, help="Do not ask.")
@lock_option
@click.pass_obj
def migrate(context: Context, former: Path | None, auto_approve: bool) -> None:
    """Move the state to the backend that sdx.yaml names.

    The state moves with its history, and its old place then refuses use. If the command is interrupted, run it again.
    With environments, run it for each, with --env.
    """
    from sdx_state.app.migration import NotMigrated, former_project, movable, require_movable
    from sdx_state.app.migration import migrate as migrated
    from sdx_state.cli.console import confirmed
    from sdx_state.config.settings import StateSettings
    from sdx_state.model.texts import counted
    from sdx_state.records import replace

    place = context.place()
    before = former_project(former.absolute(), context.environment).state if former is not None else StateSettings()
    try:
        source = movable(replace(place, state=before).store(sandbox=False))
        target = movable(place.store(sandbox=False))
        require_movable(source, target)
        question = f"Move the state from {source.where} to {target.where}?"
        if not auto_approve and not confirmed(context.where_of(source.load(), False), question):
            raise Stop("not approved", "Nothing was changed. Without a terminal, --auto-approve says yes.")
        with source.lock("state migrate") as fence, target.lock("state migrate") as onto:
            done = migrated(source, target, fence, onto)
    except NotMigrated as error:
        raise Stop(f"the state was not moved: {error}", error.advice) from error
    resources = counted(len(done.entries), "resource")
    click.echo(f"Moved {resources} with all history to {target.where} (serial {done.serial}).")
    click.echo(f"{source.where} refuses further use.")
