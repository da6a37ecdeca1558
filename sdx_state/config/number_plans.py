"""Numbering plans: the national numbers that are valid under each calling code.

`number_plans.txt` is made from the library `phonenumbers`, whose import takes as long as the rest of a small plan's
checks (`python -m tests.config.write_number_plans`). A line is a calling code and patterns, with spaces between. The
first ones are of mobile and fixed lines, so that the others are rarely compiled.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path

FILE = "number_plans.txt"


def is_in_plan(digits: str) -> bool:
    """Tell whether `digits`, a number in E.164 without its `+`, is in the plan of its calling code.

    A no is not the last word: the table may be older than the plan.
    """
    for length in (1, 2, 3):
        plans = _plans().get(digits[:length])
        if plans is not None:
            for plan in plans:  # noqa: SIM110 - a generator takes as long as the test
                if _fullmatch(plan)(digits, length) is not None:
                    return True
            return False
    return False


@cache
def _fullmatch(plan: str) -> Callable[[str, int], re.Match[str] | None]:
    return re.compile(plan).fullmatch


@cache
def _plans() -> Mapping[str, tuple[str, ...]]:
    text = Path(__file__).with_name(FILE).read_text(encoding="ascii")  # `importlib.resources` takes 7 ms to import
    lines = (line.split(" ") for line in text.splitlines() if not line.startswith("#"))
    return {code: tuple(plans) for code, *plans in lines}
