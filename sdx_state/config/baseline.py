"""The baseline of `drift`: known drift that a team accepts, each entry with a reason, an owner and an end."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from sdx_state.config.builder import build
from sdx_state.config.files import Folder, SourceText, read_text
from sdx_state.config.problems import ConfigurationError, Problem
from sdx_state.config.tree import Node, Place, Table, items, table
from sdx_state.model.accepted import Accepted
from sdx_state.model.alike import did_you_mean
from sdx_state.model.resource import Source

SECTION = "accepted"
_REQUIRED = ("address", "reason", "owner", "expires")
_KNOWN = (*_REQUIRED, "path")


def load_baseline(path: Path) -> tuple[Accepted, ...]:
    """Return the entries of the baseline file at `path`.

    Raises:
        ConfigurationError: With everything that is wrong with it.
    """
    problems: list[Problem] = []
    if not path.exists():
        raise ConfigurationError([Problem(path.name, 1, 1, f"there is no baseline {path}")])
    source = read_text(Folder(path.parent), path.name, problems.append)
    document = build(source, problems.append) if source is not None else None
    if source is None or problems:
        raise ConfigurationError(problems)
    reader = _Reader(source, problems)
    entries = [entry for entry in map(reader.entry, *reader.entries(table(document))) if entry is not None]
    if problems:
        raise ConfigurationError(problems)
    return tuple(entries)


class _Reader:
    def __init__(self, source: SourceText, problems: list[Problem]) -> None:
        self.source, self.problems = source, problems

    def entries(self, document: Table) -> tuple[list[Node], list[Place]]:
        for key in document:
            if key != SECTION:
                self._complain(
                    document.key_place(key), f"unknown section `{key}`", f"entries stand under `{SECTION}:`"
                )
        listed = items(document.get(SECTION))
        return list(listed), listed.places

    def entry(self, node: Node, place: Place) -> Accepted | None:
        fields = table(node)
        before = len(self.problems)
        if not isinstance(node, Table):
            self._complain(place, "an entry is a mapping", f"with {', '.join(_REQUIRED)}")
        for key in fields:
            if key not in _KNOWN:
                self._complain(fields.key_place(key), f"unknown field `{key}`", did_you_mean(key, _KNOWN))
        for key in _REQUIRED:
            if isinstance(node, Table) and not str(fields.get(key) or "").strip():
                self._complain(place, f"an entry needs `{key}`", None)
        try:
            expires = date.fromisoformat(str(fields.get("expires") or "1970-01-01"))
        except ValueError:
            self._complain(fields.value_place("expires"), "`expires` is not a day", "write it as 2027-01-31")
            return None
        if len(self.problems) > before:
            return None
        return Accepted(
            address=str(fields["address"]),
            path=str(fields.get("path") or "*"),
            reason=str(fields["reason"]),
            owner=str(fields["owner"]),
            expires=expires,
            source=Source(self.source.name, *place),
        )

    def _complain(self, place: Place, message: str, hint: str | None) -> None:
        self.problems.append(self.source.problem(place, message, hint))
