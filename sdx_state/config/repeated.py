"""Many diagnostics of one kind in one file, told as one: a column of numbers without a country is one mistake."""

from __future__ import annotations

import re
from collections.abc import Callable

from sdx_state.model.diagnostic import Diagnostic
from sdx_state.records import replace

MAX_ALIKE = 3  # are reported one by one
MAX_LINES = 10  # are named
_PARTICULAR = re.compile(r"`[^`]*`|[0-9]+")


class Grouped:
    """Takes the diagnostics of a file and tells them when it is closed, those alike as one."""

    def __init__(self, report: Callable[[Diagnostic], None]) -> None:
        self._report = report
        self._groups: dict[tuple[str, str], list[Diagnostic]] = {}

    def __call__(self, diagnostic: Diagnostic) -> None:
        """Take `diagnostic`."""
        alike = _PARTICULAR.sub("`", diagnostic.message)
        self._groups.setdefault((diagnostic.severity, alike), []).append(diagnostic)

    def close(self) -> None:
        """Tell what was taken."""
        for group in self._groups.values():
            if len(group) <= MAX_ALIKE:
                for diagnostic in group:
                    self._report(diagnostic)
                continue
            first, *rest = group
            lines = ", ".join(str(one.source.line) for one in rest[:MAX_LINES] if one.source)
            more = " and others" if len(rest) > MAX_LINES else ""
            message = f"{first.message} (and {len(rest)} more alike, at lines {lines}{more})"
            self._report(replace(first, message=message))
