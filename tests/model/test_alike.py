"""Uses of "did you mean": each was reviewed, because a hint must not change the meaning."""

from __future__ import annotations

import ast
from pathlib import Path

import sdx_state
from tests.parsed import modules, parsed, walk

PACKAGE = Path(sdx_state.__file__).parent
HINTS = {"closest", "did_you_mean", "nearest"}
# Words of a closed list, or names of the project: no two of them are as near as a word and its typing error. Time
# zones have their own rule (`kinds/timezone.py`), and codes of countries no hint of likeness at all.
REVIEWED = {
    "app/extensions.py", "app/preview.py", "cli/explain.py", "cli/found.py", "cli/help.py", "cli/main.py",
    "cli/state.py", "config/across.py", "config/baseline.py", "config/codes.py", "config/conversations.py",
    "config/expansion.py", "config/explain.py", "config/for_each.py", "config/headers.py", "config/layers.py",
    "config/project.py", "config/references.py", "config/rule_schema.py", "config/rules.py", "config/templates.py",
    "config/variables.py", "kinds/question.py", "kinds/timezone.py", "live/asked.py", "model/alike.py",
    "plan/targets.py", "risk/grade.py",
}  # fmt: skip


def test_hints_are_given_in_reviewed_places_only() -> None:
    found = set()
    for path in modules():
        for node in walk(parsed(path)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in HINTS:
                found.add(path.relative_to(PACKAGE).as_posix())
    assert found == REVIEWED
