"""Filters of lists as SQL conditions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

# A field, an operator of the table below, and a value.
Condition: TypeAlias = tuple[str, str, object]

_OPERATORS = {
    "=": "{} = ?",
    "same": "same({}) = same(?)",  # Compares e-mail addresses in any spelling.
    "contains": "instr(lower({}), lower(?)) > 0",
}


def conditions_of(column: str, where: Sequence[Condition]) -> tuple[str, list[object]]:
    """Return the SQL clause for `where` on the JSON text in `column`, empty for none, and its values."""
    parts: list[str] = []
    values: list[object] = []
    for field, operator, value in where:
        extracted = f"cast(json_extract({column}, ?) as text)"
        parts.append(_OPERATORS[operator].format(extracted))
        values += [f"$.{field}", str(value)]
    return (f"where {' and '.join(parts)}" if parts else ""), values
