"""Rules of XLIFF 1.2 and 2.0 for the elements that an export uses: content, order, attributes and their values.

Written from the text of the two standards. Sources: OASIS, "XLIFF Version 1.2", section 2, and "XLIFF Version 2.0",
section 4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

XML = "{http://www.w3.org/XML/1998/namespace}"
TOKEN = r"[\w.:-]+"
LANGUAGE = r"[a-zA-Z]{1,8}(-[a-zA-Z0-9]{1,8})*"
ANY = r"[^\0]*"

# Element -> the order of its children as a pattern of names, whether it has text, and its attributes with patterns of
# their values; `!` marks one that is required.
VERSION_1: dict[str, tuple[str, bool, dict[str, str]]] = {
    "xliff": ("(file )+", False, {"!version": r"1\.2", "xml:lang": LANGUAGE}),
    "file": (
        "(header )?body ",
        False,
        {
            "!original": ANY,
            "!source-language": LANGUAGE,
            "target-language": LANGUAGE,
            "!datatype": "plaintext|xml|html|x-.+",
            "tool-id": TOKEN,
            "xml:space": "default|preserve",
        },
    ),
    "header": "(phase-group )?(glossary |reference |count-group |prop-group |note |tool )*",
    "tool": ("", True, {"!tool-id": TOKEN, "!tool-name": ANY, "tool-version": ANY, "tool-company": ANY}),
    "body": "(group |trans-unit |bin-unit )*",
    "trans-unit": (
        "source (seg-source )?(target )?(context-group |count-group |prop-group |note |alt-trans )*",
        False,
        {"!id": ANY, "resname": ANY, "approved": "yes|no", "translate": "yes|no", "xml:space": "default|preserve"},
    ),
    "source": ("(ph |g |x |bx |ex |bpt |ept |it |mrk )*", True, {"xml:lang": LANGUAGE}),
    "target": (
        "(ph |g |x |bx |ex |bpt |ept |it |mrk )*",
        True,
        {
            "xml:lang": LANGUAGE,
            "state": "final|needs-adaptation|needs-l10n|needs-review-adaptation|needs-review-l10n"
            "|needs-review-translation|needs-translation|new|signed-off|translated|x-.+",
        },
    ),
    "ph": ("(sub )*", True, {"!id": ANY, "ctype": ANY, "equiv-text": ANY}),
    "note": (
        "",
        True,
        {"from": ANY, "priority": "[1-9]|10", "annotates": "source|target|general", "xml:lang": LANGUAGE},
    ),
}  # type: ignore[assignment]  # two have no attributes
VERSION_2: dict[str, tuple[str, bool, dict[str, str]]] = {
    "xliff": ("(file )+", False, {"!version": r"2\.0", "!srcLang": LANGUAGE, "trgLang": LANGUAGE, "xml:space": ANY}),
    "file": ("(skeleton )?(notes )?(unit |group )+", False, {"!id": TOKEN, "original": ANY, "xml:space": ANY}),
    "unit": (
        "(notes )?(originalData )?(segment |ignorable )+",
        False,
        {"!id": TOKEN, "name": ANY, "xml:space": "default|preserve", "canResegment": "yes|no", "translate": "yes|no"},
    ),
    "notes": "(note )+",
    "note": ("", True, {"id": TOKEN, "appliesTo": "source|target", "category": ANY, "priority": "[1-9]|10"}),
    "originalData": "(data )+",
    "data": ("(cp )*", True, {"!id": TOKEN, "dir": "ltr|rtl|auto", "xml:space": "preserve"}),
    "segment": (
        "source (target )?",
        False,
        {"id": TOKEN, "state": "initial|translated|reviewed|final", "subState": "[^:]+:.+", "canResegment": "yes|no"},
    ),
    "source": ("(cp |ph |pc |sc |ec |mrk |sm |em )*", True, {"xml:lang": LANGUAGE, "xml:space": ANY}),
    "target": (
        "(cp |ph |pc |sc |ec |mrk |sm |em )*",
        True,
        {"xml:lang": LANGUAGE, "xml:space": ANY, "order": "[0-9]+"},
    ),
    "ph": ("", False, {"!id": TOKEN, "dataRef": TOKEN, "equiv": ANY, "disp": ANY, "canDelete": "yes|no"}),
}  # type: ignore[assignment]  # two have no attributes
NAMESPACES = {
    "urn:oasis:names:tc:xliff:document:1.2": VERSION_1,
    "urn:oasis:names:tc:xliff:document:2.0": VERSION_2,
}


def violations(root: Any) -> list[str]:
    """Return what the document of `root` violates."""
    space, _, name = root.tag[1:].partition("}")
    if name != "xliff" or space not in NAMESPACES:
        return [f"the root is {root.tag}"]
    return [*_element(root, space, NAMESPACES[space]), *_ids(root, space)]


def _element(element: Any, space: str, rules: Any) -> Iterator[str]:
    name = element.tag.removeprefix("{" + space + "}")
    if name not in rules:
        yield f"line {element.sourceline}: unknown element {element.tag}"
        return
    rule = rules[name]
    order, has_text, attributes = (rule, False, {}) if isinstance(rule, str) else rule
    children = "".join(child.tag.rpartition("}")[2] + " " for child in element)
    if not re.fullmatch(order, children):
        yield f"line {element.sourceline}: {name} has {children}"
    texts = [element.text, *(child.tail for child in element)]
    if not has_text and any(text and text.strip() for text in texts):
        yield f"line {element.sourceline}: {name} has text"
    said = {key.replace(XML, "xml:"): value for key, value in element.attrib.items()}
    known = {key.lstrip("!"): pattern for key, pattern in attributes.items()}
    for key in attributes:
        if key.startswith("!") and key[1:] not in said:
            yield f"line {element.sourceline}: {name} has no {key[1:]}"
    for key, value in said.items():
        if key not in known or not re.fullmatch(known[key], value):
            yield f"line {element.sourceline}: {name} has {key}={value!r}"
    for child in element:
        yield from _element(child, space, rules)


def _ids(root: Any, space: str) -> Iterator[str]:
    """Identifiers are unique within their file or unit, and references lead to data of their unit."""
    prefix = "{" + space + "}"
    for scope, names in ((f"{prefix}file", ("trans-unit", "unit")), (f"{prefix}unit", ("data",))):
        for outer in root.iter(scope):
            found = [one.get("id") for name in names for one in outer.iter(f"{prefix}{name}")]
            if len(set(found)) < len(found):
                yield f"an id is twice in {outer.tag}"
    for file in root.iter(f"{prefix}file"):
        tools = {one.get("tool-id") for one in file.iter(f"{prefix}tool")}
        if file.get("tool-id", next(iter(tools), None)) not in (tools or {None}):
            yield f"a file refers to the tool {file.get('tool-id')}, which it does not describe"
    if (
        root.get("version") == "2.0"
        and "trgLang" not in root.attrib
        and any(True for _ in root.iter(f"{prefix}target"))
    ):
        yield "there are translations, and trgLang does not say into which language"
    for unit in root.iter(f"{prefix}unit"):
        data = {one.get("id") for one in unit.iter(f"{prefix}data")}
        if any(one.get("dataRef") not in data for one in unit.iter(f"{prefix}ph")):
            yield f"a code of {unit.get('id')} refers to no data"
    for inline in ("source", "target"):
        for text in root.iter(f"{prefix}{inline}"):
            codes = [one.get("id") for one in text]
            if len(set(codes)) < len(codes):
                yield f"an inline code is twice in a {inline}"
