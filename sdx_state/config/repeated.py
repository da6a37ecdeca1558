"""Diagnostics told as one: many of one kind in one file, and those of a value that several declarations use.

A column of numbers without a country is one mistake, and so is a text of a template that ten surveys take.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from sdx_state.model.diagnostic import Diagnostic

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


def once_for_all_uses(diagnostics: Iterable[Diagnostic]) -> list[Diagnostic]:
    """Return `diagnostics`; of those that differ only in the declaration that uses a value, the first and a count."""
    found: dict[object, Diagnostic] = {}
    others: dict[tuple[object, ...], int] = {}
    for number, one in enumerate(diagnostics):
        source = one.source
        if source is None or source.use is None:
            found[number] = one
            continue
        message = one.message.removeprefix(f"{one.address}: ") if one.address is not None else one.message
        same = (one.code, one.severity, message, one.help, source.file, source.line, source.column)
        others[same] = others.get(same, -1) + 1
        found.setdefault(same, one)
    for key, count in others.items():
        one = found[key]
        if count and one.source is not None and one.source.use is not None:
            use = replace(one.source.use, others=one.source.use.others + count)
            found[key] = replace(one, source=replace(one.source, use=use))
    return list(found.values())
