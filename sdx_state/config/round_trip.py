"""YAML read and written by ruamel.yaml: comments, spelling and indents kept, quotes as this project has them."""

from __future__ import annotations

import io
import re

from ruamel.yaml import YAML
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.emitter import Emitter
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.representer import RoundTripRepresenter

from sdx_state.config.emit import quoted
from sdx_state.records import dataclass, replace

YAML_TAG = "tag:yaml.org,2002:"
_NO_WRAP = 1_000_000


class Typed(str):
    """A plain scalar that is not text, as it is spelled: `010`, `1_000` and dates must come out as they went in."""

    tag: str
    __slots__ = ("tag",)

    def __new__(cls, text: str, tag: str) -> Typed:
        one = super().__new__(cls, text)
        one.tag = tag
        return one


class _Constructor(RoundTripConstructor):
    """Keeps scalars that are not text as they are spelled."""

    def construct_typed(self, node: ScalarNode) -> Typed:
        return Typed(node.value, str(node.tag))


class _Representer(RoundTripRepresenter):
    """Writes scalars that are not text as they are spelled."""

    def represent_typed(self, data: Typed) -> ScalarNode:
        node: ScalarNode = self.represent_scalar(data.tag, str(data))
        return node


class _Emitter(Emitter):
    """Writes double quotes as new declarations have them: what cannot be seen stays escaped."""

    def write_double_quoted(self, text: str, split: bool = True) -> None:
        self.write_indicator(quoted(text), True)


for _name in ("int", "float", "bool", "null", "timestamp"):
    _Constructor.add_constructor(YAML_TAG + _name, _Constructor.construct_typed)
_Representer.add_representer(Typed, _Representer.represent_typed)

_DASH = re.compile(r"-( +)\S")
_STYLED = 10_000  # lines that tell how a file is indented


@dataclass(frozen=True)
class _Indents:
    """How the first nested mapping and the first sequence of a file are indented, in spaces; None without one."""

    nested: int | None = None
    dash: int | None = None
    after_dash: int = 1


def _indents(text: str) -> _Indents:
    found = _Indents()
    opened: int | None = None  # indent of the line before, if it opens a mapping or a sequence
    of_dash = False  # and whether that line is an item of a sequence itself
    for line in text.split("\n", _STYLED)[:_STYLED]:
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        indent = len(line) - len(line.lstrip(" "))
        dash = _DASH.match(line, indent)
        if opened is not None and dash and indent >= opened and found.dash is None:
            found = replace(found, dash=indent - opened, after_dash=len(dash[1]))
        elif opened is not None and not (dash or of_dash) and indent > opened and found.nested is None:
            found = replace(found, nested=indent - opened)
        if found.nested is not None and found.dash is not None:
            break
        key = line.partition(" #")[0].strip()
        opened = indent if len(key) > 1 and key.endswith(":") else None
        of_dash = line.startswith("-", indent)
    return found


def round_trip(text: str) -> YAML:
    """Return a reader and writer that keeps comments and spelling, and indents as `text` does."""
    yaml = YAML()
    yaml.Constructor = _Constructor
    yaml.Representer = _Representer
    yaml.Emitter = _Emitter
    yaml.preserve_quotes = True
    yaml.width = _NO_WRAP
    yaml.brace_single_entry_mapping_in_flow_sequence = True
    indents = _indents(text)
    step = 2 if indents.nested is None else indents.nested
    offset = 2 if indents.dash is None else indents.dash
    yaml.indent(mapping=max(step, 2), sequence=offset + 1 + indents.after_dash, offset=offset)
    return yaml


def dumped(yaml: YAML, document: object) -> str:
    """Return the text of `document`."""
    buffer = io.StringIO()
    yaml.dump(document, buffer)
    return buffer.getvalue()
