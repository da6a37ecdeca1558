"""How much of a project is translated, as a table and as JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sdx_state.report.escape import escape

if TYPE_CHECKING:
    from sdx_state.app.translations import Count


def status_table(counts: Sequence[Count]) -> str:
    """Return `counts` as lines with columns."""
    rows = [
        ("language", "complete", "missing", "outdated"),
        *((escape(one.language), str(one.complete), str(one.missing), str(one.outdated)) for one in counts),
    ]
    first = max(len(row[0]) for row in rows)
    return "\n".join(
        f"{name:{first}}" + "".join(f"  {cell:>{len(title)}}" for cell, title in zip(cells, rows[0][1:], strict=True))
        for name, *cells in rows
    )


def status_json(counts: Sequence[Count]) -> str:
    """Return `counts` as JSON text, pure ASCII, with a line end."""
    languages = {
        one.language: {"complete": one.complete, "missing": one.missing, "outdated": one.outdated} for one in counts
    }
    return json.dumps({"format_version": "1.0", "languages": languages}, indent=2) + "\n"
