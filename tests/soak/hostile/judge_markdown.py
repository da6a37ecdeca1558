"""A judge of texts as CommonMark, and the Markdown of GitHub and GitLab, parse them, by markdown-it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token

from tests.soak.hostile.judge_plain import controls_in

PARSERS = (
    MarkdownIt("commonmark", {"html": True}),
    MarkdownIt("gfm-like", {"html": True, "linkify": True}),
)
_MARKER = re.compile(r"<!-- sdx-state (?:plan(?: [A-Za-z0-9:/.#_-]+)?|drift) -->\n?")
_BLOCKS = ("heading_open", "hr", "fence", "code_block", "html_block", "blockquote_open", "list_item_open")
_STRUCTURE = frozenset((*_BLOCKS, "table_open", "th_open", "td_open"))
_INLINE = {"image": "an image", "html_inline": "HTML", "em_open": "emphasis", "s_open": "a strike-through"}
# These work on what is left of a text after Markdown: a backslash in front of them is gone by then.
_REFERENCES = (
    ("a mention", re.compile(r"(?<![\w`/])@[A-Za-z0-9]")),
    ("a reference to an issue", re.compile(r"(?<![\w&])#\d|\bGH-\d")),
    ("a reference to a merge request", re.compile(r"(?<!\w)![0-9]")),
    ("a reference to a commit", re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,40}\b")),
    ("a link by its address", re.compile(r"(?i)\b(?:https?|ftp)://\S|\bwww\.\w|\bmailto:")),
    ("a link by an e-mail address", re.compile(r"[\w.+-]+@[\w-]+\.\w")),
    ("an emoji by its name", re.compile(r"(?<!\w):[a-z][a-z_]+:")),
)


_DIGEST = re.compile(r" characters, [0-9a-f]{8}\)")  # the tool's own, of a text that is shortened


def markdown_faults(text: str, harmless: str, own: str, *, cut: bool = False) -> Iterator[str]:
    """Yield the parts of `text` that are active and should not be, or that differ in structure from `harmless`.

    Args:
        text: With a hostile value in it.
        harmless: The same text with a harmless one.
        own: What the addresses of the tool's own links begin with.
        cut: Not everything has room: there may be less than in `harmless`, and nothing else.
    """
    if found := controls_in(text):
        yield f"control characters {found!r}"
    for number, parser in enumerate(PARSERS):
        tokens = parser.parse(text)
        expected = _skeleton_of(harmless, number)
        found_here = _skeleton(tokens)
        if found_here != expected and not (cut and _is_part(found_here, expected)):
            place = next(
                (n for n, pair in enumerate(zip(found_here, expected, strict=False)) if pair[0] != pair[1]), 0
            )
            yield f"another structure: {found_here[place : place + 3]} instead of {expected[place : place + 3]}"
        for token in tokens:
            yield from _token_faults(token, own)


def _is_part(found: list[str], expected: list[str]) -> bool:
    """Tell whether the structure `found` is that which is expected, with blocks or bold words left out or doubled."""
    return {one for one in found if not one.startswith("bold")} <= set(expected) and len(found) <= len(expected)


def code_in(text: str) -> str:
    """Return what a reader finds in `text`: its code and the text around it."""
    pieces = []
    for token in PARSERS[0].parse(text):
        pieces.append(token.content if token.type in ("fence", "code_block") else "")
        pieces += [child.content for child in token.children or () if child.type in ("text", "code_inline")]
    return "\n".join(pieces)


@lru_cache(maxsize=8)
def _skeleton_of(text: str, number: int) -> list[str]:
    return _skeleton(PARSERS[number].parse(text))


def _skeleton(tokens: list[Token]) -> list[str]:
    """Return the blocks that make a document's structure, and how many links and bold words are in its texts."""
    found = [f"{token.type} {token.tag} {token.info} {token.level}" for token in tokens if token.type in _STRUCTURE]
    inner = [child.type for token in tokens for child in token.children or ()]
    return [*found, f"links {inner.count('link_open')}", f"bold {inner.count('strong_open')}"]


def _token_faults(token: Token, own: str) -> Iterator[str]:
    if token.type == "html_block" and not _MARKER.fullmatch(token.content):
        yield f"HTML: {token.content!r:.100}"
    text = ""
    linked = False
    for child in token.children or ():
        if child.type in _INLINE:
            yield f"{_INLINE[child.type]}: {child.content!r:.100}"
        elif child.type == "link_open":
            linked = True
            if not str(child.attrs.get("href", "")).startswith(own):
                yield f"a link to {child.attrs.get('href')!r:.100}"
        elif child.type == "link_close":
            linked = False
        elif child.type == "text" and not linked:
            text += child.content
        elif child.type == "code_inline":
            text += "\n\n"
    text = _DIGEST.sub("", text)
    for what, pattern in _REFERENCES:
        if found := pattern.search(text):
            yield f"{what}: {text[max(0, found.start() - 20) : found.end() + 40]!r}"
