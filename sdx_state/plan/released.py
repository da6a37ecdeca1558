"""Fields that were managed at the last apply and are not declared any more: they keep their values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sdx_state.kinds import KINDS
from sdx_state.kinds.field import FieldType
from sdx_state.kinds.wire import read_field
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import ORDER_PATH, FieldPath
from sdx_state.model.ledger import Entry
from sdx_state.model.resource import Desired, Live
from sdx_state.model.value import DEFAULT_LANGUAGE, Value
from sdx_state.plan.diff import are_scalars, flattened

_TEXTS = (FieldType.TEXT, FieldType.PROMPT)
_NOTHING: Mapping[str, str] = {}
_PLACED = frozenset({ORDER_PATH})


def no_longer_managed(desired: Desired, entry: Entry | None, live: Live) -> Iterator[Diagnostic]:
    """Return an information for each field of `live` that is null in YAML, or no longer declared there.

    The next apply stops remembering these fields, so that each is named once. A null is named as long as it is there.

    Args:
        desired: What is declared.
        entry: What was last applied, None for nothing.
        live: The resource as it is.
    """
    values = desired.values
    applied = entry.applied if entry is not None else _NOTHING
    if are_scalars(values) and all_declared(applied, values):
        return iter(())  # the common case
    return _released(desired, applied, live)


def all_declared(applied: Mapping[str, str], values: Mapping[str, Value]) -> bool:
    """Return True if all that was applied is in `values`, the position aside, which is declared by the order."""
    return applied.keys() <= values.keys() or applied.keys() - _PLACED <= values.keys()


def _released(desired: Desired, applied: Mapping[str, str], live: Live) -> Iterator[Diagnostic]:
    kind, values = KINDS[desired.kind], desired.values
    nulls = [name for name, value in values.items() if value is None and name not in desired.ignore]
    for name in nulls:
        if _value(read_field(kind.by_name[name], live.raw), "") is not None:
            yield _diagnostic(desired, FieldPath(name), f"{name} is null, so it is not managed and keeps its value")
    # Almost always every path is that of a declared text.
    suspects = [
        path
        for path in applied
        if (value := values.get(path)).__class__ is not str and (value is None or isinstance(value, Mapping))
    ]
    if not suspects:
        return
    managed = {path.with_language() for path, _ in flattened(desired)}
    for path in map(FieldPath, suspects):
        name, language = path.field, path.inner
        left_alone = name in desired.ignore or name in nulls or path == ORDER_PATH
        if left_alone or name not in kind.by_name or path.with_language() in managed:
            continue
        if _value(read_field(kind.by_name[name], live.raw), language) is not None:
            yield _diagnostic(desired, path, f"{path} is no longer managed and keeps its value")


def _value(live: Value, language: str) -> object:
    """Return the live text in `language`, or the whole value where no language is named; None where there is none."""
    if not language:
        return live
    if isinstance(live, Mapping):
        return live.get(language) or None
    return live if language == DEFAULT_LANGUAGE else None


def _diagnostic(desired: Desired, path: FieldPath, message: str) -> Diagnostic:
    field = KINDS[desired.kind].by_name[path.field]
    advice = '; to clear it, declare it as ""' if field.type in _TEXTS else "; to change it, declare a value"
    return Diagnostic(
        "field-released", "info", f"{desired.address}: {message}{advice}", desired.source_of(path), desired.address
    )
