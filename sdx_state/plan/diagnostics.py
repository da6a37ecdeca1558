"""Diagnostics as JSON, and back."""

from __future__ import annotations

from typing import Any

from sdx_state.decoding.typed import Decode, filled, member, one_of, optional, record, text
from sdx_state.kinds.decode import address, source
from sdx_state.model.diagnostic import SEVERITIES, Diagnostic, Severity
from sdx_state.model.resource import Source

_severity: Decode[Severity] = one_of(SEVERITIES)


def diagnostic_document(one: Diagnostic) -> dict[str, Any]:
    """Return `one` as every JSON output has it."""
    return {
        "code": one.code,
        "severity": one.severity,
        "message": one.message,
        "address": one.address,
        "source": source_document(one.source),
        "help": one.help,
    }


def source_document(source: Source | None) -> dict[str, Any] | None:
    """Return `source` as every JSON output has it."""
    if source is None:
        return None
    document: dict[str, Any] = {"file": source.file, "line": source.line, "column": source.column}
    if source.use is not None:
        use = source.use
        document["use"] = {"file": use.file, "line": use.line, "column": use.column, "key": use.key}
        if use.others:
            document["use"]["others"] = use.others
    return document


def diagnostic(value: object) -> Diagnostic:
    """Decode a diagnostic.

    Raises:
        Malformed: It is none.
    """
    document = record(value)
    return Diagnostic(
        code=member(document, "code", filled),
        severity=member(document, "severity", _severity),
        message=member(document, "message", text),
        source=member(document, "source", optional(source)),
        address=member(document, "address", optional(address)),
        help=member(document, "help", optional(text)),
    )
