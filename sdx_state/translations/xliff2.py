"""XLIFF 2.0. Source: OASIS, "XLIFF Version 2.0", 5 August 2014."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sdx_state.translations.errors import TranslationError
from sdx_state.translations.exchange import Answer, Answers, Exchange, Row
from sdx_state.translations.language import language_tag
from sdx_state.translations.placeholders import parts
from sdx_state.translations.xml import (
    SPACE,
    add,
    add_text,
    children_named,
    local_name,
    lxml_etree,
    parsed,
    require_writable,
)

FORM = "xliff2"
NAMESPACE = "urn:oasis:names:tc:xliff:document:2.0"
_ID = "t"  # Before the hash of a text: an id is a name token, and some tools want a letter first.
_STATES = {"missing": "initial", "outdated": "initial", "complete": "translated"}
_CODES = frozenset({"ph", "pc", "sc", "ec"})


def write(exchange: Exchange) -> bytes:
    """Return `exchange` as an XLIFF 2.0 document.

    Raises:
        ExtraMissing: lxml is not installed.
        TranslationError: A text contains a character that XML cannot contain.
    """
    etree = lxml_etree(FORM)
    root = etree.Element(
        f"{{{NAMESPACE}}}xliff",
        {"version": "2.0", "srcLang": exchange.source_tag, "trgLang": language_tag(exchange.language)},
        nsmap={None: NAMESPACE},
    )
    file = add(root, "file", {"id": "f1", "original": exchange.project})
    for row in exchange.rows:
        require_writable(row, "XLIFF")
        _add_unit(file, row)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _add_unit(file: Any, row: Row) -> None:
    unit = add(file, "unit", {"id": f"{_ID}{row.id}", "name": row.places, SPACE: "preserve"})
    notes = add(unit, "notes", {})
    for note in row.notes:
        add(notes, "note", {}).text = note
    inline = {part: f"d{number}" for number, part in enumerate(_codes(row), 1)}
    if inline:
        originals = add(unit, "originalData", {})
        for part, id in inline.items():
            add(originals, "data", {"id": id}).text = part
    segment = add(unit, "segment", {"state": _STATES[row.status]})

    def refer(code: Any, part: str) -> None:
        code.set("dataRef", inline[part])
        code.set("equiv", part)

    add_text(add(segment, "source", {}), row.source, refer)
    if row.target is not None:
        add_text(add(segment, "target", {}), row.target, refer)


def _codes(row: Row) -> dict[str, None]:
    return dict.fromkeys(part for text in (row.source, row.target or "") for part, kept in parts(text) if kept)


def read(data: bytes) -> Answers:
    """Return the answers in an XLIFF 2.0 document.

    Raises:
        ExtraMissing: lxml is not installed.
        TranslationError: It is not one, or its files are of several projects.
    """
    root = parsed(data, FORM)
    if root.tag != f"{{{NAMESPACE}}}xliff":
        raise TranslationError("the file is not XLIFF 2.0", "Name a file that `sdx-state translations export` wrote.")
    files = list(children_named(root, "file"))
    projects = {one.get("original", "") for one in files}
    if len(projects) != 1:
        raise TranslationError(
            "the file contains texts of several projects", "Split it, and import one after the other."
        )
    answers = tuple(answer for file in files for answer in _answers(file))
    return Answers(projects.pop(), str(root.get("trgLang", "")), answers)


def _answers(element: Any) -> Iterator[Answer]:
    for child in children_named(element, "group", "unit"):
        if local_name(child) == "group":
            yield from _answers(child)
        else:
            yield from _answer(child)


def _answer(unit: Any) -> Iterator[Answer]:
    data = {
        one.get("id", ""): _plain(one)
        for originals in children_named(unit, "originalData")
        for one in children_named(originals, "data")
    }
    said, states = [], set()
    is_whole = True
    for part in children_named(unit, "segment", "ignorable"):
        source, target = (next(children_named(part, name), None) for name in ("source", "target"))
        if source is None:
            continue
        inline = {code.get("id", ""): _original(code, data) for code in source.iter() if local_name(code) in _CODES}
        if local_name(part) == "ignorable":
            said.append(_text(source if target is None else target, inline, data))
            continue
        is_whole = is_whole and target is not None
        states.add(part.get("state", "initial"))
        said.append(_text(target, inline, data) if target is not None else "")
    yield Answer(
        str(unit.get("id", "")).removeprefix(_ID),
        "".join(said) if is_whole else "",
        str(unit.get("name", "")),
        unit.sourceline or 0,
        is_confirmed=bool(states) and states <= {"reviewed", "final"},
    )


def _plain(element: Any) -> str:
    """Return the text of `element`, with the characters that XML cannot contain, which `cp` elements name."""
    said = [element.text or ""]
    for child in element:
        said += [_character(child) if local_name(child) == "cp" else "", child.tail or ""]
    return "".join(said)


def _character(element: Any) -> str:
    try:
        return chr(int(str(element.get("hex", "")), 16))
    except (ValueError, OverflowError):
        return ""


def _original(element: Any, data: Mapping[str, str]) -> str:
    return data.get(element.get("dataRef", ""), "") or str(element.get("equiv", ""))


def _text(element: Any, inline: Mapping[str, str], data: Mapping[str, str]) -> str:
    said = [element.text or ""]
    for child in element:
        name = local_name(child)
        if name == "cp":
            said.append(_character(child))
        elif name == "pc":
            start, end = (data.get(child.get(one, ""), "") for one in ("dataRefStart", "dataRefEnd"))
            said += [start, _text(child, inline, data), end]
        elif name in _CODES:
            said.append(_original(child, data) or inline.get(child.get("id", ""), ""))
        else:
            said.append(_text(child, inline, data))  # a mark is around text
        said.append(child.tail or "")
    return "".join(said)
