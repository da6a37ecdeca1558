"""The fields of one change, a line each where they fit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby

from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.plan import Action, Change, FieldChange
from sdx_state.model.value import Value
from sdx_state.records import replace
from sdx_state.report.escape import disarm, escape
from sdx_state.report.places import field_place
from sdx_state.report.theme import Theme
from sdx_state.report.words import ALIKE, Piece, elided, likeness, two_versions, word_diff

TEXT = 24  # characters from which a value is compared word by word
LONGEST = 300  # characters shown of one value
WHOLE = 2000  # beyond any piece of a comparison, which is shortened already
_ORIGINS = {"drift": "changed in the tenant", "both": "changed here and in the tenant"}


def field_lines(change: Change, indent: int, width: int, theme: Theme) -> Iterator[str]:
    """Yield the lines of what `change` does to each field, `indent` columns in and folded at `width`."""
    if not change.writes:
        return
    parts = [part for field in change.fields for part in _parts(change, field)]
    longest = max((len(name) for name, _ in parts), default=0)
    for path, field in parts:
        name = f"{escape(path)}:".ljust(min(longest, 30) + 1)
        place = field_place(field, change)
        versions = [*_versions(change, field)]
        for number, (marks, text) in enumerate(versions, start=1):
            label = name if number == 1 else " " * len(name)
            tail = f"  {place}" if place and number == len(versions) else ""
            yield from folded(f"{' ' * indent}{label} ", marks + text, tail, width, theme)
        if field.origin in _ORIGINS:
            yield f"{' ' * indent}{' ' * len(name)} {theme.paint('warning', _ORIGINS[field.origin])}"


def _parts(change: Change, field: FieldChange) -> Iterator[tuple[str, FieldChange]]:
    """Yield `field` by name; a new or deleted text in several languages is a field in each."""
    value = field.after if change.action is Action.CREATE else field.before
    if change.action is Action.UPDATE or not isinstance(value, Mapping) or not value:
        yield field.path, field
        return
    for key, text in value.items():
        yield f"{field.path}.{key}", replace(field, before=text, after=text)


def _versions(change: Change, field: FieldChange) -> Iterator[tuple[list[Piece], list[Piece]]]:
    """Yield what is printed of a field, a line or more each: first the text in front, then the value."""
    before, after = field.before, field.after
    if field.path == ORDER_PATH and change.action is Action.UPDATE:
        told = f"moved from {before} to {after}" if before != after else f"stays at {before}, and others move past it"
        yield [], [("same", told)]
    elif change.action is Action.CREATE:
        yield [], [("same", shown_value(after))]
    elif change.action is Action.DELETE:
        yield [], [("same", shown_value(before))]
    elif (texts := _texts(before, after)) is not None:
        pieces, quote = word_diff(*texts), '"' if isinstance(before, str) else ""
        alike = likeness(pieces) >= ALIKE
        if not alike and max(map(len, texts)) > LONGEST:
            pieces = two_versions(*texts)
        if alike or any(mark == "same" for mark, _ in pieces[:: max(1, len(pieces) - 1)]):
            shown = [(mark, escape(text, WHOLE)) for mark, text in elided(pieces)]
            yield [("same", quote)], [*shown, ("same", quote)]
        else:
            yield [("removed", "- ")], [("removed", shown_value(before))]
            yield [("added", "+ ")], [("added", shown_value(after))]
    else:
        yield [], [("removed", shown_value(before)), ("same", " -> "), ("added", shown_value(after))]


def _texts(before: Value, after: Value) -> tuple[str, str] | None:
    """Return both values as texts to be compared by words; None where they are shown whole, one after the other."""
    if isinstance(before, str) and isinstance(after, str):
        return (before, after) if max(len(before), len(after)) >= TEXT else None
    if not isinstance(before, Mapping | list | tuple) or not isinstance(after, Mapping | list | tuple):
        return None
    texts = _json(before), _json(after)
    return texts if max(map(len, texts)) > LONGEST else None


def _json(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def shown_value(value: Value) -> str:
    """Return `value` as it is shown on one line."""
    if value is None or value == "":
        return "(none)"
    if isinstance(value, str):
        return f'"{escape(value, LONGEST)}"'
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return str(value)
    return escape(_json(value), LONGEST)


def folded(head: str, pieces: Sequence[tuple[str, str]], tail: str, width: int, theme: Theme) -> Iterator[str]:
    """Yield `head`, `pieces` and `tail` as lines no wider than `width`; later ones are indented under the first."""
    pieces = (
        [*_arrowed(pieces)] if theme.colour else [("same", _bracketed(mark, text, pieces)) for mark, text in pieces]
    )
    room = max(20, width - len(head))
    lines: list[list[tuple[str, str]]] = [[]]
    used = 0
    for mark, text in pieces:
        for word in _words(text, room):
            if used and used + len(word.rstrip()) > room:
                lines.append([])
                used = 0
            lines[-1].append((mark, word))
            used += len(word)
    if tail and used + len(tail) > room:
        lines.append([])
        tail = tail.lstrip()
    lines[-1].append(("faint", tail))
    for number, line in enumerate(lines):
        margin = head if number == 0 else " " * len(head)
        runs = groupby(line, key=lambda piece: piece[0])
        yield disarm(
            margin + "".join(theme.paint(mark, "".join(word for _, word in run)) for mark, run in runs)
        ).rstrip()


def _arrowed(pieces: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    """With colours, part old from new: some terminals do not strike out, some eyes see red and green alike."""
    before = ""
    for mark, text in pieces:
        if (before, mark) == ("removed", "added"):
            yield "faint", "->"
        yield mark, text
        before = mark


def _bracketed(mark: str, text: str, pieces: Sequence[tuple[str, str]]) -> str:
    """Without colours, brackets say what is old and new inside a text; `->`, `-` and `+` say it elsewhere."""
    inside = pieces[0][0] == "same"
    if not inside or mark in ("same", "elided"):
        return text
    return f"[-{text}-]" if mark == "removed" else f"{{+{text}+}}"


def _words(text: str, room: int) -> Iterator[str]:
    """Yield `text` in words with the blanks after them; what is longer than a line is cut."""
    start = 0
    for place, character in enumerate(text):
        if character == " " and (place + 1 == len(text) or text[place + 1] != " "):
            yield from _cut(text[start : place + 1], room)
            start = place + 1
    if start < len(text):
        yield from _cut(text[start:], room)


def _cut(word: str, room: int) -> Iterator[str]:
    if len(word) <= room:
        yield word
    else:
        yield from (word[place : place + room] for place in range(0, len(word), room))
