"""The baseline of `drift`: known drift that a team accepts, each entry with a reason, an owner and an end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Folder, read_text
from sdx_state.config.parse import build
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Node, Place, Table, items, table
from sdx_state.model.accepted import Accepted
from sdx_state.model.alike import did_you_mean
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source

SECTION = "accepted"
_REQUIRED = ("address", "reason", "owner", "expires")
_KNOWN = (*_REQUIRED, "path")


def load_baseline(path: Path) -> tuple[Accepted, ...]:
    """Return the entries of the baseline file at `path`.

    Raises:
        ConfigurationError: With everything that is wrong with it.
    """
    diagnostics: list[Diagnostic] = []
    if not path.exists():
        raise ConfigurationError(
            [Diagnostic("unreadable-file", "error", f"there is no baseline {path}", Source(path.name, 1, 1))]
        )
    source = read_text(Folder(path.parent), path.name, diagnostics.append)
    document = build(source, diagnostics.append) if source is not None else None
    if source is None or diagnostics:
        raise ConfigurationError(diagnostics)
    reader = _Reader(source, diagnostics)
    entries = [entry for entry in map(reader.entry, *reader.entries(table(document))) if entry is not None]
    if diagnostics:
        raise ConfigurationError(diagnostics)
    return tuple(entries)


class _Reader:
    def __init__(self, source: SourceText, diagnostics: list[Diagnostic]) -> None:
        self.source, self.diagnostics = source, diagnostics

    def entries(self, document: Table) -> tuple[list[Node], list[Place]]:
        for key in document:
            if key != SECTION:
                self._complain(
                    "unknown-key",
                    document.key_place(key),
                    f"unknown section `{key}`",
                    f"entries belong under `{SECTION}:`",
                )
        listed = items(document.get(SECTION))
        return list(listed), listed.places

    def entry(self, node: Node, place: Place) -> Accepted | None:
        fields = table(node)
        before = len(self.diagnostics)
        if not isinstance(node, Table):
            self._complain("wrong-type", place, "an entry is a mapping", f"with {', '.join(_REQUIRED)}")
        for key in fields:
            if key not in _KNOWN:
                self._complain(
                    "unknown-key", fields.key_place(key), f"unknown field `{key}`", did_you_mean(key, _KNOWN)
                )
        for key in _REQUIRED:
            if isinstance(node, Table) and not str(fields.get(key) or "").strip():
                self._complain("missing-field", place, f"an entry needs `{key}`", None)
        try:
            expires = date.fromisoformat(str(fields.get("expires") or "1970-01-01"))
        except ValueError:
            self._complain(
                "invalid-date", fields.value_place("expires"), "`expires` is not a day", "write it as 2027-01-31"
            )
            return None
        if len(self.diagnostics) > before:
            return None
        return Accepted(
            address=str(fields["address"]),
            path=str(fields.get("path") or "*"),
            reason=str(fields["reason"]),
            owner=str(fields["owner"]),
            expires=expires,
            source=Source(self.source.name, *place),
        )

    def _complain(self, code: str, place: Place, message: str, help: str | None) -> None:
        self.diagnostics.append(self.source.diagnostic(code, place, message, help))
