"""Suppressions of warnings: by `lint: {ignore: [...]}` for a project, and by a comment for a line."""

from __future__ import annotations

from collections.abc import Iterable

from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Suppression:
    """One code that is suppressed.

    Attributes:
        code: The code, as it is written.
        source: Its place.
        line: The line of the file that it covers; None for the whole project.
    """

    code: str
    source: Source
    line: int | None = None

    def covers(self, one: Diagnostic) -> bool:
        """Return True if it suppresses `one`. Errors are never suppressed."""
        if one.code != self.code or one.severity == "error":
            return False
        place = one.source
        return self.line is None or (place is not None and (place.file, place.line) == (self.source.file, self.line))


def unsuppressed(found: Iterable[Diagnostic], suppressions: Iterable[Suppression]) -> tuple[Diagnostic, ...]:
    """Return those of `found` that none of `suppressions` covers."""
    known = tuple(suppressions)
    return tuple(one for one in found if not any(other.covers(one) for other in known)) if known else tuple(found)
