"""Many problems of one kind in one file, told as one: a column of numbers without a country is one mistake."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from sdx_state.config.problems import Problem

MAX_ALIKE = 3  # are told one by one
MAX_LINES = 10  # are named
_PARTICULAR = re.compile(r"`[^`]*`|[0-9]+")


class Grouped:
    """Takes the problems of a file and tells them when it is closed, those alike as one."""

    def __init__(self, report: Callable[[Problem], None]) -> None:
        self._report = report
        self._groups: dict[tuple[str, str], list[Problem]] = {}

    def __call__(self, problem: Problem) -> None:
        """Take `problem`."""
        alike = _PARTICULAR.sub("`", problem.message)
        self._groups.setdefault((problem.severity, alike), []).append(problem)

    def close(self) -> None:
        """Tell what was taken."""
        for group in self._groups.values():
            if len(group) <= MAX_ALIKE:
                for problem in group:
                    self._report(problem)
                continue
            first, *rest = group
            lines = ", ".join(str(one.line) for one in rest[:MAX_LINES])
            more = " and others" if len(rest) > MAX_LINES else ""
            message = f"{first.message} (and {len(rest)} more alike, at lines {lines}{more})"
            self._report(replace(first, message=message))
