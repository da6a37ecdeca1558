"""XLIFF 1.2. Source: OASIS, "XLIFF Version 1.2", 1 February 2008."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sdx_state.translations.errors import TranslationError
from sdx_state.translations.exchange import Answer, Answers, Exchange
from sdx_state.translations.language import language_tag
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
from sdx_state.version import __version__

FORM = "xliff"
NAMESPACE = "urn:oasis:names:tc:xliff:document:1.2"
_ID = "t"  # Before the hash of a text: tools take an id for a name, which begins with a letter.
_STATES = {"missing": "needs-translation", "outdated": "needs-review-translation", "complete": "translated"}
# Not `needs-review-translation`, which is exported for changed texts: many tools leave it at a new translation.
_UNFINISHED = frozenset({"new", "needs-translation"})
_FINISHED = frozenset({"final", "signed-off"})
_CODES = frozenset({"ph", "bpt", "ept", "it", "x", "bx", "ex"})


def write(exchange: Exchange) -> bytes:
    """Return `exchange` as an XLIFF 1.2 document.

    Raises:
        ExtraMissing: lxml is not installed.
        TranslationError: A text contains a character that XML cannot contain.
    """
    etree = lxml_etree(FORM)
    root = etree.Element(f"{{{NAMESPACE}}}xliff", {"version": "1.2"}, nsmap={None: NAMESPACE})
    file = add(
        root,
        "file",
        {
            "original": exchange.project,
            "source-language": exchange.source_tag,
            "target-language": language_tag(exchange.language),
            "datatype": "plaintext",
            "tool-id": "sdx-state",
        },
    )
    header = add(file, "header", {})
    add(header, "tool", {"tool-id": "sdx-state", "tool-name": "sdx-state", "tool-version": __version__})
    body = add(file, "body", {})
    for row in exchange.rows:
        require_writable(row, "XLIFF")
        unit = add(body, "trans-unit", {"id": f"{_ID}{row.id}", "resname": row.places, SPACE: "preserve"})
        add_text(add(unit, "source", {}), row.source, _hold)
        if row.target is not None:
            add_text(add(unit, "target", {"state": _STATES[row.status]}), row.target, _hold)
        for note in row.notes:
            add(unit, "note", {"from": "developer"}).text = note
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))


def _hold(code: Any, part: str) -> None:
    code.text = part


def read(data: bytes) -> Answers:
    """Return the answers in an XLIFF 1.2 document.

    Raises:
        ExtraMissing: lxml is not installed.
        TranslationError: It is not one, or its files are of several projects or languages.
    """
    root = parsed(data, FORM)
    if root.tag != f"{{{NAMESPACE}}}xliff":
        raise TranslationError("the file is not XLIFF 1.2", "Name a file that `sdx-state translations export` wrote.")
    files = list(children_named(root, "file"))
    heads = {(one.get("original", ""), one.get("target-language", "")) for one in files}
    if len(heads) != 1:
        raise TranslationError(
            "the file contains texts of several projects or languages", "Split it, and import one after the other."
        )
    [(project, language)] = heads
    return Answers(project, language, tuple(answer for file in files for answer in _answers(file)))


def _answers(element: Any) -> Iterator[Answer]:
    for child in children_named(element, "body", "group", "trans-unit"):
        if local_name(child) != "trans-unit":
            yield from _answers(child)
            continue
        source, target = (next(children_named(child, name), None) for name in ("source", "target"))
        if source is None:
            continue
        state = target.get("state", "") if target is not None else ""
        inline = {code.get("id", ""): _original(code) for code in source.iter() if local_name(code) in _CODES}
        yield Answer(
            str(child.get("id", "")).removeprefix(_ID),
            _text(target, inline) if target is not None else "",
            str(child.get("resname", "")),
            child.sourceline or 0,
            is_fuzzy=state in _UNFINISHED,
            is_confirmed=state in _FINISHED or child.get("approved") == "yes",
        )


def _original(element: Any) -> str:
    return "".join(element.itertext()) or str(element.get("equiv-text", ""))


def _text(element: Any, inline: Mapping[str, str]) -> str:
    """Return the text of `element`, with `inline` by their ids where a tool left an inline code empty."""
    said = [element.text or ""]
    for child in element:
        if local_name(child) in _CODES:
            said.append(_original(child) or inline.get(child.get("id", ""), ""))
        else:
            said.append(_text(child, inline))  # marks and groups are around text
        said.append(child.tail or "")
    return "".join(said)
