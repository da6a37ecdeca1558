"""Places of the parts of a block-style YAML file, in whole lines: a changed part is cut out and inserted again."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from sdx_state.config.tree import Items, Merged, Node, Place, Table
from sdx_state.records import dataclass

LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")

_BEFORE_A_KEY = re.compile(r" *(?:- +)*")
_KEEPS_BLANK_LINES = re.compile(r"[|>]\d?\+")


@dataclass(frozen=True)
class Span:
    """The lines of a key with its value, or of an item: from `start`, counted from 0, up to `end`.

    Attributes:
        start: Its first line.
        end: The line behind its last. Blank lines and comments before what follows belong to that.
        indent: Spaces, and hyphens of a list, before it.
    """

    start: int
    end: int
    indent: int


class Layout:
    """The places of all parts in the lines of a document."""

    def __init__(self, lines: Sequence[str], root: Table) -> None:
        self.lines = lines
        self.root = root
        marks = (index for index in range(root.place[0], len(lines)) if lines[index].startswith(("---", "...")))
        self._end = next(marks, len(lines))
        self._followers: dict[int, dict[str, str]] = {}

    def span_of(self, path: Sequence[str | int]) -> Span | None:
        """Return the lines of the part at `path`, which exists; None if it shares them with anything else."""
        node: Node = self.root
        start, end, column = 0, self._end, 1
        for step in path:
            if not isinstance(node, Table | Items) or is_flow(self.lines, node):
                return None
            (line, column), following = self._places(node, step)
            start, end = line - 1, following[0] - 1 if following else end
            if end <= start or not _BEFORE_A_KEY.fullmatch(self.lines[start][: column - 1]):
                return None
            node = node[step]  # type: ignore[index]  # a key of a table, or an index of items
        if not any(_KEEPS_BLANK_LINES.search(line) for line in self.lines[start:end]):
            while end > start + 1 and _is_between(self.lines[end - 1], column):
                end -= 1
        return Span(start, end, column - 1)

    def _places(self, node: Table | Items, step: str | int) -> tuple[Place, Place | None]:
        """Return the place of `step` of `node`, and of the part that follows it."""
        if isinstance(node, Items):
            index = int(step)
            return node.places[index], node.places[index + 1] if index + 1 < len(node) else None
        followers = self._followers.get(id(node))
        if followers is None:
            keys = list(node.marks)
            followers = self._followers[id(node)] = dict(pairwise(keys))
        following = followers.get(str(step))
        return node.key_place(str(step)), node.key_place(following) if following is not None else None


def is_flow(lines: Sequence[str], node: Table | Items) -> bool:
    """Tell whether `node` is written in brackets."""
    line, column = node.place
    return line <= len(lines) and lines[line - 1][column - 1 : column] in ("{", "[")


def has_shared_parts(node: Node, seen: set[int] | None = None) -> bool:
    """Tell whether any mapping or list below `node` is reached twice, by an alias: its lines are not its own.

    So it is with the entries of a merge key.
    """
    seen = set() if seen is None else seen
    if not isinstance(node, Table | Items):
        return False
    if id(node) in seen or isinstance(node, Merged):
        return True
    seen.add(id(node))
    return any(has_shared_parts(below, seen) for below in (node.values() if isinstance(node, Table) else node))


def cut(lines: Sequence[str], span: Span) -> str:
    """Return the text of `span` as a document of its own, its lines ending in LF."""
    first = " " * span.indent + lines[span.start][span.indent :]
    text = "".join([first, *lines[span.start + 1 : span.end]])
    return re.sub(f"^ {{0,{span.indent}}}", "", with_line_feeds(text), flags=re.MULTILINE)


def put_back(lines: Sequence[str], span: Span, text: str) -> list[str]:
    """Return the lines of the document `text` where `span` was cut out."""
    pad = " " * span.indent
    found = [pad + line if line.strip("\n") else line for line in LINES.findall(text)]
    found[0] = lines[span.start][: span.indent] + found[0][span.indent :]
    return found


def with_line_feeds(text: str) -> str:
    """Return `text` with lines that end in LF."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def with_ends_like(text: str, like: str) -> str:
    """Return `text`, whose lines end in LF, with the line ends of the text `like`."""
    return text.replace("\n", "\r\n") if "\r\n" in like else text


def end_of_section(lines: Sequence[str]) -> int:
    """Return the line, from 0, before which a new section goes at the end of the file."""
    return next((index for index, line in enumerate(lines) if line.startswith("...")), len(lines))


def _is_between(line: str, column: int) -> bool:
    """Tell whether `line` is blank, or a comment that is not indented below a key at `column`."""
    text = line.strip()
    return not text or (text.startswith("#") and len(line) - len(line.lstrip(" ")) < column)
