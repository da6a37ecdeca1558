"""Completion of values that a project knows: addresses, environments and runs. Reads files here, and no network.

Unreadable files complete nothing: a shell cannot show a message.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import wraps
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sdx_state.cli.context import Context

Complete = Callable[[click.Context, click.Parameter, str], list[str]]


def _completer(known: Callable[[Context, bool], Iterable[str]]) -> Complete:
    """Return a completer of what is `known` of the project, and of its sandbox if `--sandbox` was typed."""

    @wraps(known)
    def complete(ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
        try:
            names = known(_context(ctx), bool(ctx.params.get("sandbox")))
            return sorted(name for name in names if name.startswith(incomplete))
        except Exception:  # noqa: BLE001 - whatever is wrong with the project, a shell cannot show it
            return []

    return complete


def _context(ctx: click.Context) -> Context:
    """Return what the options say that were typed so far."""
    from sdx_state.cli.context import ENVIRON, Context
    from sdx_state.programs.machine import THIS_MACHINE

    root = ctx.find_root().params
    return Context(root["folder"], root["environment"] or None, ENVIRON, THIS_MACHINE)


def _addresses(context: Context, sandbox: bool) -> Iterable[str]:
    """Return the managed addresses; before the first apply, the declared ones."""
    managed = context.store(sandbox).load().entries
    if managed:
        return managed
    from sdx_state.app.declared import load_declared

    return load_declared(context.folder, context.environment, context.environ, None).resources


def _runs(context: Context, sandbox: bool) -> Iterable[str]:
    from sdx_state.apply.history import LAST, past_runs
    from sdx_state.state.memory import journal_of

    return [LAST, *(run.run for run in past_runs(journal_of(context.store(sandbox))))]


def _environments(context: Context, _sandbox: bool) -> Iterable[str]:
    from sdx_state.config.project import load_project

    return load_project(context.folder, None, {}).environments


def _explained(context: Context, _sandbox: bool) -> Iterable[str]:
    from sdx_state.cli.explain import project_rules
    from sdx_state.config.codes import rules
    from sdx_state.config.schema import project_keys
    from sdx_state.kinds import KINDS

    return [*KINDS, *project_keys(), "project", "codes", "risk", *rules(), *project_rules(context)]


addresses = _completer(_addresses)
runs = _completer(_runs)
environments = _completer(_environments)
explained = _completer(_explained)
