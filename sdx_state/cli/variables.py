"""`--var` and `--var-file`: values of variables, of which the last one given wins."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import click

from sdx_state.records import replace

_Command = TypeVar("_Command", Callable[..., Any], click.Command)

ARGUMENTS = "sdx_state.arguments"
_GIVEN = {"--var": "sdx_state.var", "--var-file": "sdx_state.var-file"}


def variable_options(**more: Any) -> Callable[[_Command], _Command]:
    """Return a decorator that adds the options, with `more` settings of each."""

    def add(command: _Command) -> _Command:
        file = click.Path(exists=True, dir_okay=False, path_type=Path)
        by_file = click.option(
            "--var-file",
            "var_files",
            metavar="FILE",
            type=file,
            multiple=True,
            help="Set variables as FILE has them: YAML, `NAME: VALUE`.",
            **more,
        )
        by_name = click.option(
            "--var", "variables", metavar="NAME=VALUE", multiple=True, help="Set a variable of sdx.yaml.", **more
        )
        return by_name(by_file(command))

    return add


def take_later(ctx: click.Context, parameter: click.Parameter, values: Sequence[Any]) -> None:
    """Take values that are given after the name of a command."""
    if values:
        give(ctx, {parameter.opts[0]: values})
        ctx.obj = replace(ctx.obj, environ=with_values(ctx, ctx.obj.environ))


def give(ctx: click.Context, values: Mapping[str, Sequence[Any]]) -> None:
    """Remember `values`, by option."""
    for option, several in values.items():
        ctx.meta.setdefault(_GIVEN[option], []).extend(several)


def with_values(ctx: click.Context, environ: Mapping[str, str]) -> Mapping[str, str]:
    """Return `environ` with the values that are given, as `config.variables` reads them.

    Raises:
        UsageError: A value has no name.
        ConfigurationError: A file cannot be read.
    """
    from sdx_state.config.variables import BY_FILE, BY_OPTION, read_values

    result = {key: value for key, value in environ.items() if not key.startswith((BY_FILE, BY_OPTION))}
    for option, value in _in_order(ctx):
        named = read_values(value) if option == "--var-file" else dict([_split(value)])
        prefix, other = (BY_FILE, BY_OPTION) if option == "--var-file" else (BY_OPTION, BY_FILE)
        for name, text in named.items():
            result.pop(other + name, None)  # the last one wins
            result[prefix + name] = text
    return result


def _in_order(ctx: click.Context) -> list[tuple[str, Any]]:
    """Return option and value of all that is given, in the order of the command line."""
    left = {option: list(ctx.meta.get(key, ())) for option, key in _GIVEN.items()}
    order = [one.partition("=")[0] for one in ctx.meta.get(ARGUMENTS, ()) if one.partition("=")[0] in left]
    if any(order.count(option) != len(values) for option, values in left.items()):
        order = [option for option in ("--var-file", "--var") for _ in left[option]]
    return [(option, left[option].pop(0)) for option in order]


def _split(given: str) -> tuple[str, str]:
    name, sign, value = given.partition("=")
    if not sign or not name:
        raise click.UsageError(f"--var {given[:80]!r}: write --var NAME=VALUE")
    return name, value
