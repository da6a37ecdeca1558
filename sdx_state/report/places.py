"""Places in the files, as reports write them."""

from __future__ import annotations

from sdx_state.model.plan import Change, FieldChange
from sdx_state.model.resource import Source
from sdx_state.report.escape import escape


def place_of(source: Source | None, *, column: bool = False) -> str:
    """Return `file:line`, safe to show, with the column if asked for.

    It is the file alone where a whole file is meant, and empty where nothing is.
    """
    if source is None or not source.file:
        return ""
    line = f":{source.line}" + (f":{source.column}" if column else "") if source.line else ""
    return escape(source.file) + line


def places_of(source: Source | None) -> str:
    """Return where something is written, and the declaration that uses it, safe to show."""
    place, use = place_of(source), used_by(source)
    return f"{place}, {use}" if use else place


def used_by(source: Source | None) -> str:
    """Return the declaration that uses what is written at `source`, safe to show; empty if it is that itself."""
    return f"for {escape(str(source.use))}" if source is not None and source.use is not None else ""


def with_use(message: str, source: Source | None) -> str:
    """Return `message`, which is safe to show, with the declaration that uses the value it is about."""
    use = used_by(source)
    return f"{message} ({use})" if use else message


def field_place(field: FieldChange, change: Change) -> str:
    """Return where `field` is declared, as far as the place of `change` does not say it already."""
    source, head = field.source, change.source
    if source is None or not source.line or (head and (source.file, source.line) == (head.file, head.line)):
        return ""
    return f"line {source.line}" if head and head.file == source.file else place_of(source)
