"""A judge of pages as browsers parse them, by the parse tree of html5lib."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any
from xml.etree.ElementTree import Comment

import html5lib

from tests.soak.hostile.judge_plain import controls_in

# Attributes that may contain a value; a value to be copied may contain any characters.
_COPIED = "data-copy"
_FREE = frozenset((_COPIED, "data-step", "data-survey", "id", "aria-label", "href"))
# The number of these depends on the differences between words, and on their lengths.
_MARKS = frozenset(("ins", "del", "b", "i"))
_LOADING = frozenset(("src", "srcset", "srcdoc", "data", "action", "formaction", "poster", "background", "ping"))
_WITHIN = re.compile(r"#.*", re.DOTALL)  # a place on the page itself
_LANGUAGE = re.compile(r"[a-z]{2,3}")
_LINKS = frozenset(("href",))


def html_faults(text: str, harmless: str, own: str) -> Iterator[str]:
    """Yield what in the page `text` is not as it is in the page `harmless`.

    Args:
        text: With a hostile value in it.
        harmless: The same page with a harmless one.
        own: What the addresses of the tool's own links begin with.
    """
    found, expected = list(_skeleton(parsed(text))), _skeleton_of(harmless)
    if found != expected:
        place = next((n for n, pair in enumerate(zip(found, expected, strict=False)) if pair[0] != pair[1]), 0)
        yield f"another structure: {found[place : place + 2]} instead of {expected[place : place + 2]}"
    for element in parsed(text).iter():
        if element.tag is Comment:
            yield f"a comment: {element.text!r:.100}"
            continue
        for name, value in element.attrib.items():
            if str(name).startswith("on") or name in _LOADING:
                yield f"<{element.tag} {name}={value!r:.100}>"
            if name in _LINKS and not (value.startswith(own) or value == "users.csv" or _WITHIN.fullmatch(value)):
                yield f"a link to {value!r:.100}"
            if name != _COPIED and (acting := controls_in(value)):
                yield f"control characters {acting!r} in {name}"
        for piece in (element.text, element.tail):
            if acting := controls_in(piece or ""):
                yield f"control characters {acting!r} in a text of <{element.tag}>"


@lru_cache(maxsize=4)
def parsed(text: str) -> Any:
    """Return the tree of a page as it is written to a file and read again."""
    return html5lib.parse(text.encode("utf-8", "replace"), transport_encoding="utf-8", namespaceHTMLElements=False)


def html_text(text: str) -> str:
    """Return what a reader of the page finds, and what the page lets him copy."""
    tree = parsed(text)
    copied = (element.get(_COPIED, "") + "\n" for element in tree.iter() if element.tag is not Comment)
    return "".join(tree.itertext()) + "\n" + "".join(copied)


@lru_cache(maxsize=4)
def _skeleton_of(text: str) -> list[object]:
    return list(_skeleton(parsed(text)))


def _skeleton(element: Any, depth: int = 0) -> Iterator[object]:
    """Yield every element with what it is given; scripts and styles with what they say."""
    if element.tag is Comment:
        return
    if element.tag not in _MARKS:
        given = {
            name: "" if name in _FREE else value.removesuffix(" changed") for name, value in element.attrib.items()
        }
        if _LANGUAGE.fullmatch(given.get("lang", "")):
            del given["lang"]  # a text may begin like the name of a language, and then is taken for that
        if given.get("class") == "differs":
            del given["class"]  # what differs is how much a text is, which is as it should be
        said = element.text if element.tag in ("script", "style", "title") else ""
        if given.get("class") == "diff":
            return
        yield depth, element.tag, sorted(given.items()), said
    for child in element:
        yield from _skeleton(child, depth + 1)
