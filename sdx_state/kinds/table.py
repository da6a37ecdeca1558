"""The table of kinds. Every room reads it; none keeps a copy."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, wraps
from types import MappingProxyType
from typing import Any, ParamSpec, TypeVar

from sdx_state.kinds.field import Sort
from sdx_state.kinds.kind import Kind

P = ParamSpec("P")
T = TypeVar("T")

_table: dict[str, Kind] = {}
_caches: list[Callable[[], None]] = []

# In the order of writes: a kind comes before those that refer to it.
KINDS: Mapping[str, Kind] = MappingProxyType(_table)


def register(kind: Kind) -> Kind:
    """Add `kind` at the end of the table and return it.

    Raises:
        ValueError: Its name or its section is taken, or it refers to an unknown kind.
    """
    if kind.name in _table or any(kind.collection == one.collection for one in _table.values()):
        raise ValueError(f"kind {kind.name!r} or section {kind.collection!r} is already registered")
    if kind.parent is not None and (kind.parent not in _table or _table[kind.parent].parent is not None):
        raise ValueError(f"{kind.name}: its parent {kind.parent!r} must be a registered kind without a parent")
    if kind.parent is not None and children_of(kind.parent):
        raise ValueError(
            f"{kind.name}: {kind.parent!r} already has the child kind {children_of(kind.parent)[0].name!r}"
        )
    for field in kind.references:
        known = _table.get(field.refers_to)
        if known is None or not known.keyed_by_identity:
            raise ValueError(
                f"{kind.name}.{field.name}: {field.refers_to!r} must be a kind that is identified by its key"
            )
    _table[kind.name] = kind
    _clear_caches()
    return kind


@contextmanager
def registered(kind: Kind) -> Iterator[Kind]:
    """Register `kind` for the duration of the block."""
    register(kind)
    try:
        yield kind
    finally:
        del _table[kind.name]
        _clear_caches()


def cached_by_table(function: Callable[P, T]) -> Callable[P, T]:
    """Cache the results of `function` until the table changes."""
    kept: Any = cache(function)
    _caches.append(kept.cache_clear)

    @wraps(function)
    def cached(*args: P.args, **named: P.kwargs) -> T:
        found: T = kept(*args, **named)
        return found

    return cached


def _clear_caches() -> None:
    for clear in _caches:
        clear()


@cached_by_table
def veils_of(name: str) -> Mapping[str, Sort]:
    """Return the personal fields of the kind `name`, each with the type of its pseudonym."""
    found = {field.name: field.veil for field in _table[name].fields}
    for field in _table[name].references:
        named = _table[field.refers_to]
        found[field.name] = found[field.name] or named.by_name[named.identity].veil
    return {name: veil for name, veil in found.items() if veil}


@cached_by_table
def veiled_kinds() -> frozenset[str]:
    """Return the names of the kinds whose resources have a pseudonym as identity."""
    return frozenset(kind.name for kind in _table.values() if kind.identity in veils_of(kind.name))


@cached_by_table
def children_of(name: Hashable) -> tuple[Kind, ...]:
    """Return the kinds whose parent is the kind `name`."""
    return tuple(kind for kind in _table.values() if kind.parent == name)


@cached_by_table
def in_reading_order() -> tuple[Kind, ...]:
    """Return the kinds without a parent in the order of reports: look-ups come last, because they seldom change."""
    return tuple(sorted((one for one in _table.values() if one.parent is None), key=lambda one: one.lookup_only))


@cached_by_table
def child_names() -> frozenset[str]:
    """Return the names of the kinds that have a parent."""
    return frozenset(kind.name for kind in _table.values() if kind.parent is not None)


@cached_by_table
def parent_names() -> frozenset[str]:
    """Return the names of the kinds that have children."""
    return frozenset(kind.parent for kind in _table.values() if kind.parent is not None)


@cached_by_table
def written_names() -> frozenset[str]:
    """Return the names of the kinds that a tenant lists and whose resources can be created in principle."""
    return frozenset(kind.name for kind in _table.values() if not kind.lookup_only)
