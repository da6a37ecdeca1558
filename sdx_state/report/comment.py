"""Lines of text as a comment on a pull request or an issue, of at most so many bytes."""

from __future__ import annotations

from collections.abc import Sequence

from sdx_state.report.markdown import fence_for
from sdx_state.report.markdown_budget import size

FRAME = 200  # bytes kept for what is neither a line nor the headline


def comment(marker: str, headline: str, lines: Sequence[str], budget: int, rest: str = "") -> str:
    """Return `lines` in a fence under `headline`, as many of the first as fit.

    Args:
        marker: A hidden line that tells the comment from others.
        headline: The result in one sentence, escaped.
        lines: The lines, escaped.
        budget: The bytes that the comment may have in UTF-8.
        rest: Where to find the lines that did not fit.
    """
    fence = fence_for(lines)
    room = budget - size([marker, headline, fence, fence]) - FRAME
    shown: list[str] = []
    for line in lines:
        room -= size([line])
        if room < 0:
            break
        shown.append(line)
    parts = [marker, "", f"**{headline}**", ""]
    parts += [fence, *shown, fence, ""] if any(shown) else []
    if len(shown) < len(lines):
        parts += [f"**{len(lines) - len(shown)} more lines are omitted here.**{rest}", ""]
    return "\n".join(parts)
