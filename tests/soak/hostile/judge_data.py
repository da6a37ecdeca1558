"""Judges of the outputs for programs: each output is parsed as programs parse it."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote, urlsplit
from xml.etree import ElementTree

from tests.soak.hostile.judge_plain import controls_in

_URI = re.compile(r"[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=%-]*")
_EXECUTED = ("=", "+", "-", "@", "\t", "\r")
_TELEPHONE = re.compile(r"\+[0-9]{6,15}")


def json_faults(text: str, harmless: str) -> Iterator[str]:
    """Yield what is wrong with a JSON document."""
    if not text.isascii():
        yield "not ASCII"
    if found := controls_in(text):
        yield f"control characters {found!r}"
    try:
        shape = _shape(json.loads(text))
    except ValueError as error:
        yield f"not JSON: {error}"
        return
    if shape != _shape(json.loads(harmless)):
        yield "another shape"


def sarif_faults(text: str, harmless: str) -> Iterator[str]:
    """Yield what is wrong with a SARIF document."""
    yield from json_faults(text, harmless)
    for result in json.loads(text)["runs"][0]["results"]:
        message = result["message"]["text"]
        if found := controls_in(message, allowed=""):
            yield f"control characters {found!r} in a message"
        for location in result.get("locations", ()):
            uri = location["physicalLocation"]["artifactLocation"]["uri"]
            if not _URI.fullmatch(uri) or urlsplit(uri).scheme:
                yield f"not the address of a file below the folder: {uri!r:.100}"


def junit_faults(text: str, harmless: str) -> Iterator[str]:
    """Yield what is wrong with a JUnit report."""
    if found := controls_in(text):
        yield f"control characters {found!r}"
    try:
        tree = ElementTree.fromstring(text)  # noqa: S314 - without a DTD nothing is expanded; one is a fault below
    except ElementTree.ParseError as error:
        yield f"not XML: {error}"
        return
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        yield "a document type"
    if _elements(tree) != _elements(ElementTree.fromstring(harmless)):  # noqa: S314 - output of this program
        yield "other elements"


def csv_faults(text: str, harmless: str) -> Iterator[str]:
    """Yield the cells that a spreadsheet would execute, and whatever moves cells."""
    rows, expected = csv_rows(text), csv_rows(harmless)
    if [len(row) for row in rows] != [len(row) for row in expected] or rows[0] != expected[0]:
        yield "other rows or columns"
    for cell in (cell for row in rows for cell in row):
        if cell.startswith(_EXECUTED) and not (_TELEPHONE.fullmatch(cell) and cell.isascii()):
            yield f"a cell that is executed: {cell!r:.100}"


def csv_rows(text: str) -> list[list[str]]:
    """Return the cells of `text`."""
    return list(csv.reader(io.StringIO(text, newline=""), strict=True))


def strings_of(text: str) -> list[str]:
    """Return every text in a JSON document, keys and file names too."""
    return list(_strings(json.loads(text)))


def _strings(node: Any) -> Iterator[str]:
    if isinstance(node, str):
        yield node
        with contextlib.suppress(UnicodeError):  # a text that is not an address, and has a percent sign
            yield unquote(node, errors="surrogatepass")
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from _strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from _strings(value)


def _shape(node: Any) -> object:
    """Return types and sizes; keys are not compared, for a language or an option may be a value's own."""
    if isinstance(node, dict):
        return ["object", *map(_shape, node.values())]
    if isinstance(node, list):
        return ["array", *map(_shape, node)]
    return "text" if isinstance(node, str) else node


def _elements(tree: ElementTree.Element) -> list[tuple[str, tuple[str, ...]]]:
    return [(one.tag, tuple(one.attrib)) for one in tree.iter()]


def xml_text(text: str) -> str:
    """Return the texts and the values of attributes of an XML document."""
    tree = ElementTree.fromstring(text)  # noqa: S314 - without a DTD nothing is expanded
    return "\n".join("\n".join([*one.attrib.values(), one.text or "", one.tail or ""]) for one in tree.iter())
