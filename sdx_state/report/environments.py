"""The environments of a project as a table, and as JSON that a matrix of CI jobs is made of."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sdx_state.app.environments import Environment
from sdx_state.report.escape import escape

_HEADINGS = ("ENVIRONMENT", "HOST", "TENANT", "BACKEND", "STATE")
_NONE = "-"


def environments_text(environments: Sequence[Environment]) -> str:
    """Return one line for each environment below a line of headings, without a line end."""
    rows: list[tuple[str, ...]] = [_HEADINGS]
    for one in environments:
        cells = (one.name, one.host, one.tenant, one.backend, one.location)
        rows.append(tuple(escape(cell) if cell else _NONE for cell in cells))
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADINGS))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def environments_json(environments: Sequence[Environment]) -> str:
    """Return an array with an object for each environment, as JSON in ASCII in one line, without a line end.

    One line, as it becomes an output of a CI job: `NAME=VALUE`.
    """
    return json.dumps([_document(one) for one in environments], ensure_ascii=True)


def _document(one: Environment) -> dict[str, object]:
    return {
        "environment": one.name,
        "host": one.host,
        "tenant": one.tenant,
        "state": {"backend": one.backend, "location": one.location},
    }
