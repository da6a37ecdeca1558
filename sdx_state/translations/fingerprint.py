"""The project that a translation file was exported from: its settings, and the places of its texts."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator

from sdx_state.config.scope import SCOPE
from sdx_state.config.tree import Table, table
from sdx_state.translations.exchange import Answer


def fingerprint(settings: Table) -> str:
    """Return what identifies a project in every clone and environment: the tenants, hosts and scopes that it names.

    Args:
        settings: The project file.
    """
    layers = [settings, *map(table, table(settings.get("environments")).values())]
    named = {str(layer["tenant"]).lower() for layer in layers if "tenant" in layer}
    apis = [table(layer.get("api")) for layer in layers]
    named |= {str(api[key]).lower() for api in apis for key in ("host", "url") if key in api}
    scopes = {json.dumps(layer[SCOPE], sort_keys=True) for layer in layers if SCOPE in layer}
    return hashlib.sha256(json.dumps([*sorted(named), *sorted(scopes)]).encode()).hexdigest()[:12]


def is_foreign(answers: Iterable[Answer], known: Collection[str], declared: Collection[str]) -> bool:
    """Tell whether `answers` are of another project with the same settings: they name none of its places.

    Args:
        answers: The answers in a file.
        known: The texts of the project, by their identifiers.
        declared: The addresses that the project declares.
    """
    listed = list(answers)
    places = {place for one in listed for place in _places(one.name)}
    return bool(places) and places.isdisjoint(declared) and any(one.id not in known for one in listed)


def _places(name: str) -> Iterator[str]:
    """Yield the addresses in `name`, which has each with a field behind it."""
    for part in name.split(", "):
        address, space, _ = part.partition(" ")
        if space and "." in address:
            yield address
