"""One extension of each sort, as a package of one's own would have it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sdx_state.config.configuration import Configuration
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Action, Change, Plan, Risk
from sdx_state.programs.machine import Machine
from sdx_state.report.formats import Options
from sdx_state.risk.facts import Facts
from sdx_state.state.local import LocalStore
from sdx_state.state.signing import SigningKey


def no_friday(change: Change, facts: Facts) -> Diagnostic | None:
    """Surveys about Fridays stay."""
    if change.action is Action.DELETE and "friday" in change.address:
        return Diagnostic("no-friday", "error", f"{change.address} is about Fridays and stays", help="keep it")
    if change.action is Action.UPDATE:
        return Diagnostic("no-friday", "warning", f"{change.address} will change")
    return None


def friday_renamed(change: Change, facts: Facts) -> Risk | None:
    """Reports find surveys about Fridays by their names."""
    renamed = any(field.path == "name" for field in change.fields)
    if change.action is Action.UPDATE and renamed and "friday" in change.address:
        return Risk("friday-renamed", "critical", "reports find this survey by its name")
    return None


def greeting_without_brand(configuration: Configuration) -> Iterator[Diagnostic]:
    """Every greeting names the brand."""
    for address, resource in configuration.resources.items():
        text = resource.values.get("greeting_text")
        if isinstance(text, str) and "Acme" not in text:
            message = f"{address} greets without naming Acme"
            yield Diagnostic(
                "greeting-without-brand", "warning", message, resource.source_of("greeting_text"), address
            )


def csv_of(plan: Plan, told: Sequence[Any], options: Options) -> str:
    """Return a line for each change."""
    return "".join(f"{change.action.value},{change.address}\n" for change in plan.changes)


def folder(name: str, settings: Mapping[str, object], *, key: SigningKey | None, machine: Machine) -> LocalStore:
    """Keep the state in a folder that a team shares."""
    return LocalStore(Path(str(settings["path"])), name, None, key, machine)
