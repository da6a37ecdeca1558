"""XML of translation files: written and read by lxml, without entities, document types and network."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sdx_state.translations.errors import ExtraMissing, TranslationError
from sdx_state.translations.exchange import Row
from sdx_state.translations.placeholders import parts

SPACE = "{http://www.w3.org/XML/1998/namespace}space"
_EXPORT_AGAIN = "Ask for the file as your translation tool exports it, without a document type declaration."


def lxml_etree(form: str) -> Any:
    """Return the module `lxml.etree`.

    Raises:
        ExtraMissing: It is not installed.
    """
    try:
        from lxml import etree
    except ImportError:
        raise ExtraMissing(form, "lxml") from None
    return etree


def parsed(data: bytes, form: str) -> Any:
    """Return the root element of the document `data`.

    Raises:
        ExtraMissing: lxml is not installed.
        TranslationError: It is not XML, or it declares a document type or entities.
    """
    etree = lxml_etree(form)
    parser = etree.XMLParser(
        resolve_entities=False, load_dtd=False, no_network=True, remove_pis=True, remove_comments=True
    )
    if b"<!DOCTYPE" in data or b"<!ENTITY" in data:
        raise TranslationError("the file declares a document type or entities, which is not allowed", _EXPORT_AGAIN)
    try:
        root = etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise TranslationError(f"the file is not valid XML: {error.msg}", "Export it again.") from None
    # In encodings such as UTF-16, the bytes do not show it.
    if root.getroottree().docinfo.internalDTD is not None:
        raise TranslationError("the file declares a document type or entities, which is not allowed", _EXPORT_AGAIN)
    return root


def require_writable(row: Row, form: str) -> None:
    """Return if XML can contain the text and the translation in `row`.

    Raises:
        TranslationError: It cannot.
    """
    for text in (row.source, row.target or "", *row.notes):
        for character in text:
            if not _is_allowed(ord(character)):
                raise TranslationError(
                    f"{row.places}: the text contains U+{ord(character):04X}, which {form} cannot contain",
                    "Remove the character, or export as po.",
                )


def _is_allowed(code: int) -> bool:
    # Source: XML 1.0, section 2.2.
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def add(parent: Any, name: str, attributes: Mapping[str, str]) -> Any:
    """Add an element to `parent`, in its namespace, and return it."""
    space = str(parent.tag).rpartition("}")[0]
    child = parent.makeelement(f"{space}}}{name}", dict(attributes))
    parent.append(child)
    return child


def add_text(element: Any, text: str, describe: Callable[[Any, str], None]) -> None:
    """Make `text` the content of `element`, each part that a translation must keep as an inline code of its own.

    Args:
        element: An element without content.
        text: The text.
        describe: Receives each code, a `ph` element with an id, and its part of the text.
    """
    element.text = ""  # with it, line breaks and indents are not added between inline codes
    last, number = None, 0
    for part, kept in parts(text):
        if kept:
            number += 1
            last = add(element, "ph", {"id": str(number)})
            describe(last, part)
        elif last is None:
            element.text = part
        else:
            last.tail = part


def local_name(element: Any) -> str:
    """Return the name of `element` without its namespace."""
    return str(element.tag).rpartition("}")[2]


def children_named(element: Any, *names: str) -> Iterator[Any]:
    """Yield the children of `element` with one of `names`, in its own namespace."""
    space = str(element.tag).rpartition("}")[0]
    for child in element:
        if isinstance(child.tag, str) and local_name(child) in names and child.tag.rpartition("}")[0] == space:
            yield child
