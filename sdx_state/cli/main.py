"""The entry point: options that every command has, and the commands, each loaded when it is called."""

from __future__ import annotations

import gc
import importlib
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any, TypeVar

import click

from sdx_state.cli.completing import environments
from sdx_state.cli.context import ENVIRON, Context
from sdx_state.cli.variables import ARGUMENTS, give, take_later, variable_options, with_values
from sdx_state.records import replace

_Command = TypeVar("_Command", Callable[..., Any], click.Command)

COMPLETING = "_SDX_STATE_COMPLETE"  # the scripts of `completion` set it

# In the order in which a newcomer needs them.
TASKS = {
    "Write": ("init", "validate", "preview", "fmt", "translations", "explain", "help"),
    "Plan and apply": ("plan", "show", "apply", "destroy", "handoff"),
    "Take over and watch": ("pull", "drift", "check", "responses"),
    "Look back": ("history", "undo", "state"),
    "Connect": ("environments", "login", "logout", "whoami", "capabilities", "sandbox", "completion"),
}
COMMANDS = tuple(name for names in TASKS.values() for name in names)

NARROW = 52  # click writes help for at least so many columns


class LazyGroup(click.Group):
    """Imports a command's module when the command is called, so that `--version` imports none."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        """Return a context whose help fits a terminal of fewer columns than click assumes at least."""
        if "COLUMNS" in ENVIRON or (sys.stdout is not None and sys.stdout.isatty()):
            import shutil  # `--version` in a pipe needs it not

            columns = shutil.get_terminal_size().columns
            if columns < NARROW:
                extra["terminal_width"] = columns - 2
        return super().make_context(info_name, args, parent, **extra)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse `args`, and remember their order: click tells only that of each option."""
        ctx.meta[ARGUMENTS] = tuple(args)
        return super().parse_args(ctx, args)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the commands in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Return the command `cmd_name`, None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"sdx_state.cli.{cmd_name}")
        command: click.Command = module.command
        with_place(command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands with their help lines, grouped by task."""
        limit = formatter.width - 6 - max(map(len, COMMANDS))
        for task, names in TASKS.items():
            commands = [(name, self.get_command(ctx, name)) for name in names]
            with formatter.section(task):
                formatter.write_dl([(name, one.get_short_help_str(limit)) for name, one in commands if one])

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command named first in `args`; for an unknown one, suggest the nearest."""
        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            from sdx_state.model.alike import nearest

            near = nearest(args[0], COMMANDS)
            hint = f" Did you mean `{near}`?" if near else ""
            ctx.fail(f"No such command {args[0]!r}.{hint}")
        return super().resolve_command(ctx, args)


def _version(ctx: click.Context, _parameter: click.Parameter, wanted: bool) -> None:
    if wanted:
        from sdx_state.version import __version__

        click.echo(f"sdx-state {__version__}")
        ctx.exit()


def _another_folder(ctx: click.Context, _parameter: click.Parameter, folder: Path | None) -> None:
    if folder is not None:
        ctx.obj = replace(ctx.obj, folder=folder)


def _another_environment(ctx: click.Context, _parameter: click.Parameter, name: str | None) -> None:
    if name is not None:
        ctx.obj = replace(ctx.obj, environment=name or None)


def _folder_option(**more: Any) -> Callable[[_Command], _Command]:
    kind = click.Path(exists=True, file_okay=False, path_type=Path)
    return click.option("-C", "folder", metavar="DIR", type=kind, help="Work in DIR, the folder of sdx.yaml.", **more)


def _environment_option(**more: Any) -> Callable[[_Command], _Command]:
    return click.option(
        "--env",
        "environment",
        metavar="NAME",
        help="Use this environment of sdx.yaml.",
        shell_complete=environments,
        **more,
    )


def with_place(command: click.Command) -> None:
    """Let a command take the options before it after its name too, once; so do the commands of a group."""
    if any("-C" in one.opts for one in command.params):
        return
    _folder_option(expose_value=False, is_eager=True, hidden=True, callback=_another_folder)(command)
    _environment_option(expose_value=False, is_eager=True, hidden=True, callback=_another_environment)(command)
    variable_options(expose_value=False, is_eager=True, hidden=True, callback=take_later)(command)
    if isinstance(command, click.Group):
        for one in command.commands.values():
            with_place(one)


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@_folder_option(default=".")
@_environment_option(envvar="SDX_ENV")
@variable_options()
@click.option(
    "--version", is_flag=True, expose_value=False, is_eager=True, callback=_version, help="Print the version."
)
@click.pass_context
def cli(
    ctx: click.Context,
    folder: Path,
    environment: str | None,
    variables: tuple[str, ...],
    var_files: tuple[Path, ...],
) -> None:
    """Survey configuration as code for Survey Dynamix.

    YAML says what surveys, questions, users and phone numbers should be. `plan` shows what differs in the tenant,
    `apply` makes it so. Add --sandbox to try either against a tenant on this machine.
    """
    from sdx_state.programs.machine import THIS_MACHINE

    given = {"--var": variables, "--var-file": var_files}
    give(ctx, given)
    environ = with_values(ctx, ENVIRON) if any(given.values()) else ENVIRON
    ctx.obj = Context(folder, environment or None, environ, THIS_MACHINE)
    level = ENVIRON.get("SDX_LOG", "").upper()
    if level:
        import logging

        # Only this package logs: log messages of libraries may quote any text that a server sent.
        handler = logging.StreamHandler()
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        ours = logging.getLogger("sdx_state")
        ours.addHandler(handler)
        ours.setLevel(level if level in ("DEBUG", "INFO", "WARNING", "ERROR") else "INFO")


def _completing() -> AbstractContextManager[None]:
    """Return what to run completion in: for bash, click starts one, which needs no settings of this program."""
    if COMPLETING not in ENVIRON:
        return nullcontext()
    from sdx_state.programs.environment import settings_withheld

    return settings_withheld()


def entry() -> None:
    """Run the command line, and turn every foreseeable failure into a message and an exit code."""
    from sdx_state.cli.failure import report_bug, report_failure
    from sdx_state.cli.redaction import redacting, settled
    from sdx_state.cli.streams import occupy
    from sdx_state.programs.interrupts import terminable

    occupy()
    # One short run that builds large and mostly acyclic values: looking for cycles all the while finds few.
    gc.set_threshold(100_000, 50, 50)
    with terminable(), redacting(ENVIRON, completing=COMPLETING in ENVIRON), _completing():
        try:
            code = cli.main(prog_name="sdx-state", standalone_mode=False)
        except SystemExit as ended:
            code = ended.code if isinstance(ended.code, int | None) else 1
        except BaseException as error:  # noqa: BLE001 - the one place where failures become messages
            code = report_failure(error)
            if code is None:
                code = report_bug(error, ENVIRON)
        code = settled(code if isinstance(code, int) else 0)
    sys.exit(code)


if __name__ == "__main__":
    entry()
