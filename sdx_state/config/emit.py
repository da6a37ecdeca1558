"""Declarations -> YAML text: plain where every reader agrees, block texts where lines are, quotes for all else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from sdx_state.config.references import escape
from sdx_state.config.scalars import SURROGATE, reads_as_text
from sdx_state.kinds import KINDS
from sdx_state.model.address import readable_key
from sdx_state.model.resource import Desired
from sdx_state.model.value import Value

STEP = 2
Style = Literal["plain", "literal", "quoted"]

# A letter first, and neither colon, hash, bracket nor quote: text in any version of YAML.
_PLAIN = re.compile(r"""[^\W\d_][^\x00-\x1f"#$',:<>\[\\\]`{|}\x7f]*(?<! )""")
_MAX_PLAIN = 200
_SHORT_ESCAPES = {"\n": "\\n", "\r": "\\r", "\t": "\\t", "\0": "\\0"}


def style_of(text: str) -> Style:
    """Return how `text` is written: it must come back letter by letter, and be read with ease before that."""
    if len(text) <= _MAX_PLAIN and text.isprintable() and _PLAIN.fullmatch(text) and reads_as_text(text):
        return "plain"
    lines = text.removesuffix("\n").split("\n")
    if len(lines) > 1 and lines[0] and lines[-1]:
        flush = not lines[0].startswith(" ") and not any(line.endswith(" ") for line in lines)
        if flush and all(line.isprintable() for line in lines):
            return "literal"
    return "quoted"


def quoted(text: str) -> str:
    """Return `text` in double quotes, on one line, everything that cannot be seen escaped."""
    if text.isascii() and text.isprintable():
        return json.dumps(text)
    return '"' + "".join(map(_quoted_character, text)) + '"'


def _quoted_character(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    code = ord(character)
    return f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"


def block(mapping: Mapping[str, object], indent: int) -> Iterator[str]:
    """Yield the lines, without their ends, of `mapping` as a block indented by `indent` spaces."""
    pad = " " * indent
    for key, value in mapping.items():
        name = pad + (key if style_of(key) == "plain" else quoted(key)) + ":"
        if isinstance(value, Mapping) and value:
            yield name
            yield from block(value, indent + STEP)
        elif isinstance(value, Sequence) and not isinstance(value, str) and value:
            yield name
            yield from _items(value, indent + STEP)
        elif isinstance(value, str) and style_of(value) == "literal":
            yield f"{name} |" if value.endswith("\n") else f"{name} |-"
            inner = pad + " " * STEP
            for line in value.removesuffix("\n").split("\n"):
                yield inner + line if line else ""
        else:
            yield f"{name} {_inline(value)}"


def _items(values: Sequence[object], indent: int) -> Iterator[str]:
    pad = " " * indent
    for value in values:
        if isinstance(value, Mapping) and value:
            first, *rest = block(value, indent + STEP)
            yield f"{pad}- {first.lstrip(' ')}"
            yield from rest
        else:
            yield f"{pad}- {_inline(value)}"


def _inline(value: object) -> str:
    if isinstance(value, str):
        return value if style_of(value) == "plain" else quoted(value)
    if isinstance(value, Mapping):
        return "{}"
    if isinstance(value, Sequence):
        return "[]"
    return json.dumps(value)


def escaped(value: object) -> object:
    """Return a declared value with every literal `${` in it written so that it stays one.

    Raises:
        ValueError: A text contains half of a surrogate pair, which is not a character and has no form in YAML.
    """
    if isinstance(value, str):
        half = None if value.isascii() else SURROGATE.search(value)
        if half:
            raise ValueError(f"half of a surrogate pair, U+{ord(half[0]):04X}, cannot be written")
        return escape(value)
    if isinstance(value, Mapping):
        return {key: escaped(text) for key, text in value.items()}
    if isinstance(value, Sequence):
        return [escaped(item) for item in value]
    return value


def is_key_of_label(desired: Desired, values: Mapping[str, Value]) -> bool:
    """Tell whether `desired`, with `values`, has the key that it would have if YAML named none."""
    kind = KINDS[desired.kind]
    return kind.parent is None or desired.key == readable_key(str(values.get(kind.natural_key) or ""))


def body_of(desired: Desired, children: Sequence[Desired] = ()) -> dict[str, object]:
    """Return what YAML says below the key of `desired`, and of its `children` in their order."""
    body: dict[str, object] = {}
    if not is_key_of_label(desired, desired.values):
        body["key"] = desired.key
    body.update((yaml_name(desired.kind, name), value) for name, value in yaml_values(desired).items())
    if desired.id is not None:
        body["id"] = int(desired.id) if desired.id.isdecimal() else desired.id
    if desired.ignore:
        body["ignore"] = sorted(desired.ignore)
    if desired.protect:
        body["protect"] = True
    if desired.upload:
        body["csv"] = escaped(desired.upload)
    for child in children:
        listed = body.setdefault(KINDS[child.kind].collection, [])
        if isinstance(listed, list):
            listed.append(body_of(child))
    return body


def yaml_values(desired: Desired) -> dict[str, object]:
    """Return the fields of `desired` as YAML declares them, without the one that its key says."""
    kind = KINDS[desired.kind]
    keyed = kind.identity if kind.keyed_by_identity else None
    values = {name: escaped(value) for name, value in desired.values.items() if name != keyed}
    for field in kind.references:
        if values.get(field.name):
            values[field.name] = str(KINDS[field.refers_to].address(str(desired.values[field.name])))
    return values


def yaml_name(kind: str, name: str) -> str:
    """Return what YAML calls the field `name`."""
    field = KINDS[kind].by_name.get(name)
    return field.key if field else name


def key_of(desired: Desired) -> str:
    """Return the key that YAML declares `desired` under; one that is an identity is written as it is stored."""
    kind = KINDS[desired.kind]
    return str(desired.values.get(kind.identity, desired.key)) if kind.keyed_by_identity else desired.key


def same(desired: Desired, name: str, before: Value, after: Value) -> bool:
    """Tell whether two values of a field mean the same to a plan."""
    field = KINDS[desired.kind].by_name[name]
    return field.means_the_same(before, after)
