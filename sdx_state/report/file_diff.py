"""Changes of files as a unified diff."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import unified_diff
from typing import TYPE_CHECKING

from sdx_state.model.alike import WORK, opcodes
from sdx_state.report.escape import escape, escape_lines
from sdx_state.report.theme import Theme

if TYPE_CHECKING:
    from sdx_state.app.pull import Draft

_NOWHERE = "/dev/null"
_MEANINGS = {"+++": "strong", "---": "strong", "@@ ": "import"}
_SIGNS = {"+": "add", "-": "delete"}


def diff_text(drafts: Iterable[Draft], *, colour: bool) -> str:
    """Return the unified diff of `drafts`, every line escaped; empty if there is none."""
    theme = Theme(colour)
    return "".join(f"{line}\n" for draft in drafts for line in _lines(draft, theme))


def unified(name: str, other: str, before: Sequence[str], after: Sequence[str]) -> list[str] | None:
    """Return the lines of the unified diff of two files, every line escaped; None if too many lines change."""
    if opcodes(before, after, 20 * WORK) is None:
        return None
    return [escape_lines(line.rstrip("\r")) for line in unified_diff(before, after, name, other, lineterm="")]


def _lines(draft: Draft, theme: Theme) -> Iterator[str]:
    before = _NOWHERE if draft.before is None else f"a/{draft.name}"
    after = _NOWHERE if draft.after is None else f"b/{draft.name}"
    found = unified(before, after, _split(draft.before), _split(draft.after))
    if found is None:
        yield f"{escape(draft.name)}: too many lines change to show them"
    for number, line in enumerate(found or ()):
        meaning = _MEANINGS.get(line[:3]) if number < 2 or line[:3] == "@@ " else _SIGNS.get(line[:1])
        yield theme.paint(meaning or "", line)


def _split(text: str | None) -> list[str]:
    """Return the lines of `text`, which end at line feeds only, as those of the files do."""
    lines = (text or "").split("\n")
    return lines[:-1] if lines[-1] == "" else lines
