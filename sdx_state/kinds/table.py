"""The table of kinds: every room asks it, and none keeps a copy."""

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

# In the order of writes: what others name comes first.
KINDS: Mapping[str, Kind] = MappingProxyType(_table)


def register(kind: Kind) -> Kind:
    """Add `kind` to the table, after all that is there, and return it.

    Raises:
        ValueError: Its name or its section is taken, or it names a kind that is not there.
    """
    if kind.name in _table or any(kind.collection == one.collection for one in _table.values()):
        raise ValueError(f"there is a kind {kind.name!r}, or a section {kind.collection!r}, already")
    if kind.parent is not None and (kind.parent not in _table or _table[kind.parent].parent is not None):
        raise ValueError(f"{kind.name}: its parent {kind.parent!r} has to be a kind without a parent")
    if kind.parent is not None and children_of(kind.parent):
        raise ValueError(f"{kind.name}: {children_of(kind.parent)[0].name!r} lives under {kind.parent!r} already")
    for field in kind.references:
        known = _table.get(field.refers_to)
        if known is None or not known.keyed_by_identity:
            raise ValueError(
                f"{kind.name}.{field.name}: {field.refers_to!r} has to be a kind that its key identifies"
            )
    _table[kind.name] = kind
    _forget()
    return kind


@contextmanager
def registered(kind: Kind) -> Iterator[Kind]:
    """Have `kind` in the table within the block."""
    register(kind)
    try:
        yield kind
    finally:
        del _table[kind.name]
        _forget()


def cached_by_table(function: Callable[P, T]) -> Callable[P, T]:
    """Keep what `function` returns for each of its arguments as long as the table stays as it is."""
    kept: Any = cache(function)
    _caches.append(kept.cache_clear)

    @wraps(function)
    def cached(*args: P.args, **named: P.kwargs) -> T:
        found: T = kept(*args, **named)
        return found

    return cached


def _forget() -> None:
    for clear in _caches:
        clear()


@cached_by_table
def veils_of(name: str) -> Mapping[str, Sort]:
    """Return the fields of the kind `name` that tell of people, and the sort of pseudonym that stands for each."""
    found = {field.name: field.veil for field in _table[name].fields}
    for field in _table[name].references:
        named = _table[field.refers_to]
        found[field.name] = found[field.name] or named.by_name[named.identity].veil
    return {name: veil for name, veil in found.items() if veil}


@cached_by_table
def children_of(name: Hashable) -> tuple[Kind, ...]:
    """Return the kinds that live under the kind `name`."""
    return tuple(kind for kind in _table.values() if kind.parent == name)


@cached_by_table
def in_reading_order() -> tuple[Kind, ...]:
    """Return the kinds without a parent as reports list them: look-ups, which are seldom news, come last."""
    return tuple(sorted((one for one in _table.values() if one.parent is None), key=lambda one: one.lookup_only))


@cached_by_table
def child_names() -> frozenset[str]:
    """Return the names of the kinds that live under another."""
    return frozenset(kind.name for kind in _table.values() if kind.parent is not None)


@cached_by_table
def parent_names() -> frozenset[str]:
    """Return the names of the kinds that others live under."""
    return frozenset(kind.parent for kind in _table.values() if kind.parent is not None)


@cached_by_table
def written_names() -> frozenset[str]:
    """Return the names of the kinds that a tenant lists, and in which something can be created in principle."""
    return frozenset(kind.name for kind in _table.values() if not kind.lookup_only)
