"""The comments of YAML files, and the suppressions in them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator

from sdx_state.config.source_text import SourceText
from sdx_state.model.resource import Source
from sdx_state.model.suppression import Suppression
from sdx_state.patterns import pattern

MARK = "sdx: ignore"
_COMMENT = pattern(r"(?:^|(?<=\s))#.*", re.MULTILINE)
_IGNORE = pattern(r"#\s*sdx: ignore(?:\[(?P<codes>[^\]]*)\])?")
_CODE = pattern(r"[^\s,]+")


def comments(text: str) -> list[re.Match[str]]:
    """Return every comment of the YAML `text`, in its order.

    Raises:
        YAMLError: It is not YAML.
    """
    scalars = _scalars(text)
    starts = [start for start, _ in scalars]

    def is_in_a_scalar(index: int) -> bool:
        found = bisect_right(starts, index) - 1
        return found >= 0 and index < scalars[found][1]

    return [found for found in _COMMENT.finditer(text) if not is_in_a_scalar(found.start())]


def suppressions_in(source: SourceText) -> Iterator[Suppression]:
    """Yield what the comments `# sdx: ignore[CODE, CODE]` of `source` suppress.

    A comment is about its line; one that has a line of its own is about the next line with a value. Only files that
    contain the mark are scanned. One that names no code is yielded with an empty code.
    """
    if MARK not in source.text:
        return
    import yaml

    try:
        found = comments(source.text)
    except yaml.YAMLError:
        return  # which is reported as what it is
    for comment in found:
        for match in _IGNORE.finditer(comment[0]):
            start = comment.start() + match.start()
            line, _ = source.place_of(start)
            about = _about(source, line)
            codes = list(_CODE.finditer(match["codes"] or ""))
            for code in codes:
                place = source.place_of(comment.start() + match.start("codes") + code.start())
                yield Suppression(code[0], Source(source.name, *place), about)
            if not codes:
                yield Suppression("", Source(source.name, *source.place_of(start)), about)


def _about(source: SourceText, line: int) -> int:
    """Return the line that a comment on `line` is about."""
    for number in range(line, len(source.lines) + 1):
        text = (source.line(number) or "").strip()
        if text and not text.startswith("#"):
            return number
    return line


def _scalars(text: str) -> list[tuple[int, int]]:
    """Return start and end of each scalar of the YAML `text` that may contain a `#`, in order."""
    import yaml

    found = []
    for token in yaml.scan(text, Loader=yaml.SafeLoader):
        if isinstance(token, yaml.ScalarToken) and not token.plain:
            start = token.start_mark.index
            if token.style in ("|", ">"):  # a comment may follow the indicator
                start = text.find("\n", start) + 1 or len(text)
            found.append((start, token.end_mark.index))
    return found
