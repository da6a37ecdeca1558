"""Parts of a text that a translation must keep: placeholders, conditions, references and HTML tags."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from sdx_state.kinds.interaction import BLOCK_WORDS

_WORDS = "|".join(sorted(BLOCK_WORDS))
_CONDITION = rf"%(?:{_WORDS})\b[^%\n]*%"
_TAG = r"</?[A-Za-z][^<>]*>"
_REFERENCE = r"\$?\$\{[^{}\n]*\}?"
_NAME = r"%[A-Za-z][A-Za-z0-9_]*%"
_PARTS = re.compile(f"{_TAG}|{_CONDITION}|{_REFERENCE}|{_NAME}", re.IGNORECASE)
_INSIDE_TAG = re.compile(f"{_CONDITION}|{_REFERENCE}|{_NAME}", re.IGNORECASE)
_IS_CONDITION = re.compile(_CONDITION, re.IGNORECASE)
_TAG_NAME = re.compile(r"</?[A-Za-z][A-Za-z0-9-]*")


def parts(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of `text` in their order, each with whether a translation must keep it."""
    end = 0
    for found in _PARTS.finditer(text):
        if found.start() > end:
            yield text[end : found.start()], False
        yield found[0], True
        end = found.end()
    if end < len(text):
        yield text[end:], False


def kept_parts(text: str) -> tuple[str, ...]:
    """Return the parts of `text` that a translation must keep, each once."""
    return tuple(dict.fromkeys(part for part, kept in parts(text) if kept))


def lost_and_added(source: str, target: str) -> tuple[list[str], list[str]]:
    """Return the parts that `target`, a translation of `source`, lost, and those that `source` does not have.

    Tags and conditions come in pairs, so there must be as many of each; attributes of a tag may be translated. A
    placeholder may be repeated.
    """
    before, after = _required(source), _required(target)
    lost = [one for one, count in before.items() if after[one] < (count if _is_counted(one) else 1)]
    added = [
        one for one, count in after.items() if count > (before[one] if _is_counted(one) else before[one] * count)
    ]
    return lost, added


def _required(text: str) -> Counter[str]:
    found: Counter[str] = Counter()
    for part, kept in parts(text):
        if not kept:
            continue
        tag = _TAG_NAME.match(part) if part.startswith("<") else None
        if tag is not None:
            found[f"{tag[0].lower()}>"] += 1
            found.update(_INSIDE_TAG.findall(part))
        else:
            found[part] += 1
    return found


def _is_counted(part: str) -> bool:
    return part.startswith("<") or _IS_CONDITION.fullmatch(part) is not None
