"""`sdx-state completion`."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from sdx_state.cli.failure import Stop
from sdx_state.programs.environment import settings_withheld


@click.command("completion")
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def command(ctx: click.Context, shell: str) -> None:
    """Print the completion script for SHELL.

    For bash:  source <(sdx-state completion bash)
    """
    completion = get_completion_class(shell)
    root = ctx.find_root().command
    if completion is None:
        raise Stop(f"there is no completion for {shell}")
    with settings_withheld():  # click asks bash for its version
        script = completion(root, {}, "sdx-state", "_SDX_STATE_COMPLETE").source()
    click.echo(script)
