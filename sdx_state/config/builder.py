"""The parser's events -> plain values with their places, in one pass.

PyYAML's own constructors are not used: they read YAML 1.1 (`no` is false, `0400` is 256), keep the last of two equal
keys, and drop the positions of values. libyaml scans where PyYAML was built with it, its Python twin otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import yaml

from sdx_state.config.scalars import SURROGATE, resolve
from sdx_state.config.source_text import SourceText
from sdx_state.config.syntax import MAX_DEPTH, TOO_DEEP, syntax_diagnostic
from sdx_state.config.tree import Items, Merged, Node, Place, Table
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.texts import normalized

# Nothing but their `get_event` is used, which knows neither tags nor types.
_Parser: type[yaml.CSafeLoader] | type[yaml.SafeLoader] = (
    yaml.CSafeLoader if yaml.__with_libyaml__ else yaml.SafeLoader
)
# Tools that write JSON escape a character beyond U+FFFF as two halves, which libyaml refuses one by one.
PAIR_ESCAPED = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_PAIR = re.compile("[\ud800-\udbff][\udc00-\udfff]")

MAX_NODES = 5_000_000
MAX_ALIASES = 1_000
MAX_ALIASED_NODES = 100_000


class TooMuch(Exception):
    """The document passes a limit: where, and which."""

    def __init__(self, place: Place, message: str) -> None:
        super().__init__(message)
        self.place = place


def from_events(source: SourceText, report: Callable[[Diagnostic], None]) -> Table | Items | None:
    """Return what `parse.build` returns, by the events of the parser, whatever the document is."""
    builder = _Builder(source, report)
    try:
        return builder.document()
    except TooMuch as error:
        report(source.diagnostic("too-large", error.place, str(error)))
    except yaml.YAMLError as error:
        report(syntax_diagnostic(source, error))
    return None


class _Builder:
    """One document on its way from events to values."""

    def __init__(self, source: SourceText, report: Callable[[Diagnostic], None]) -> None:
        self.source = source
        self.report = report
        # Events carry what their class has and nothing in common that a type could say.
        parser = yaml.SafeLoader if PAIR_ESCAPED.search(source.text) else _Parser
        self.next: Callable[[], Any] = parser(source.text).get_event
        self.nodes = 0
        self.aliases = 0
        self.aliased_nodes = 0
        self.anchors: dict[str, tuple[Node, int]] = {}
        self.open: set[str] = set()
        self.keys: dict[str, str] = {}

    def document(self) -> Table | Items | None:
        self.next()  # the start of the stream
        event = self.next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        event = self.next()
        place = _place(event)
        value = self._value(event, 0)
        self.next()  # the end of the document
        event = self.next()
        if not isinstance(event, yaml.StreamEndEvent):
            self._complain(
                "unsupported-yaml",
                event,
                "a second document starts here: a file has one",
                "remove the `---`, or split the file",
            )
        if value is None or isinstance(value, Table | Items):
            return value
        self.report(
            self.source.diagnostic(
                "wrong-type", place, "this file contains text and no sections", "is a colon missing?"
            )
        )
        return None

    def _value(self, event: Any, depth: int) -> Node:
        """Build the value that `event` starts."""
        kind = type(event)
        if kind is yaml.AliasEvent:
            return self._alias(event)
        before = self.nodes
        self._count(event)
        if event.tag is not None:
            tag = str(event.tag)
            self._complain(
                "unsupported-yaml",
                event,
                f"the tag `{tag[:80]}` is not allowed",
                "remove it; quote a value to make it text",
            )
        anchor: str | None = event.anchor
        if anchor is not None:
            if anchor in self.anchors or anchor in self.open:
                self._complain("unsupported-yaml", event, f"the anchor `&{anchor[:80]}` is declared twice")
            self.open.add(anchor)
        value: Node
        if kind is yaml.ScalarEvent:
            value = self._scalar(event)
        elif depth >= MAX_DEPTH:
            raise TooMuch(_place(event), TOO_DEEP)
        elif kind is yaml.MappingStartEvent:
            value = self._table(event, depth + 1)
        else:
            value = self._items(event, depth + 1)
        if anchor is not None:
            self.open.discard(anchor)
            self.anchors[anchor] = value, self.nodes - before
        return value

    def _scalar(self, event: Any) -> Node:
        text: str = event.value
        if not text.isascii() and SURROGATE.search(text):
            text = _joined(text)
            if SURROGATE.search(text):
                self._complain(
                    "invalid-character",
                    event,
                    "this text contains half of a surrogate pair, which is not a character",
                )
        return text if event.style else resolve(text)

    def _table(self, start: Any, depth: int) -> Table:
        table = Table(_place(start))
        marks, next_event, keys = table.marks, self.next, self.keys
        merged: list[tuple[Node, Place]] = []
        while True:
            event = next_event()
            if type(event) is yaml.MappingEndEvent:
                return self._merged(table, merged) if merged else table
            if type(event) is not yaml.ScalarEvent:
                self._complain(
                    "unsupported-yaml", event, "a key must be a plain text", "remove the `?`, or quote the key"
                )
                if type(event) is not yaml.AliasEvent:
                    self._value(event, depth)
                self._value(next_event(), depth)
                continue
            text = event.value
            key = keys.get(text)
            if key is None or event.tag is not None or event.anchor is not None:
                key = self._key(event)
            mark: Any = event.start_mark
            merges = text == "<<" and not event.style
            event = next_event()
            value_mark: Any = event.start_mark
            if type(event) is yaml.ScalarEvent and event.tag is None and event.anchor is None:
                self._count(event)
                value = self._scalar(event)
            else:
                value = self._value(event, depth)
            if merges:
                merged.append((value, (value_mark.line + 1, value_mark.column + 1)))
                continue
            if key in marks:
                line, column = marks[key][:2]
                place = (mark.line + 1, mark.column + 1)
                message = f"`{key[:80]}` is declared twice: first at {self.source.name}:{line}:{column}"
                self.report(self.source.diagnostic("duplicate-key", place, message, "remove one of the two"))
                continue
            table[key] = value
            marks[key] = (mark.line + 1, mark.column + 1, value_mark.line + 1, value_mark.column + 1)

    def _key(self, event: Any) -> str:
        """Return the key that `event` spells, in NFC. Keys are repeated often: a valid one is checked once."""
        text: str = event.value
        if event.tag is not None or event.anchor is not None:
            self._complain("unsupported-yaml", event, "a key has neither tag nor anchor", "remove it")
        key = normalized("NFC", _joined(text))
        if SURROGATE.search(key):
            self._complain(
                "invalid-character", event, "this key contains half of a surrogate pair, which is not a character"
            )
        elif text != "<<" and isinstance(resolve(text), str):
            self.keys[text] = key
        elif not event.style and text != "<<":
            self._complain(
                "unsupported-yaml",
                event,
                f"a key must be a text, and `{text or ' '}` is not",
                f'quote it: "{text}"',
            )
        return key

    def _merged(self, table: Table, merged: Sequence[tuple[Node, Place]]) -> Table:
        """Return `table` with what its merge keys name: its own entries win, then those that are named first."""
        result = Merged(table.place)
        result.marks.update(table.marks)
        result.update(table)
        for value, place in merged:
            for one in value if isinstance(value, Items) else [value]:
                if not isinstance(one, Table):
                    message = "a merge key (`<<`) needs a mapping, or a list of mappings"
                    hint = "give the mapping an anchor (`&NAME`), and write `<<: *NAME`"
                    self.report(self.source.diagnostic("unsupported-yaml", place, message, hint))
                    continue
                for key, mark in one.marks.items():
                    if key not in result.marks and key in one:
                        result[key], result.marks[key] = one[key], mark
                        result.merged.add(key)
        if len(merged) > 1:
            message = f"`<<` is declared twice: first at {self.source.name}:{merged[0][1][0]}:{merged[0][1][1]}"
            hint = "write `<<: [*ONE, *OTHER]`"
            self.report(self.source.diagnostic("duplicate-key", merged[1][1], message, hint))
        return result

    def _items(self, start: Any, depth: int) -> Items:
        items = Items(_place(start))
        while True:
            event = self.next()
            if type(event) is yaml.SequenceEndEvent:
                return items
            items.places.append(_place(event))
            items.append(self._value(event, depth))

    def _alias(self, event: Any) -> Node:
        name: str = event.anchor
        self.aliases += 1
        if self.aliases > MAX_ALIASES:
            raise TooMuch(_place(event), f"more than {MAX_ALIASES:,} aliases in one file")
        if name in self.open:
            raise TooMuch(_place(event), f"the alias `*{name[:80]}` is inside the value that it names")
        if name not in self.anchors:
            self._complain(
                "unsupported-yaml",
                event,
                f"there is no anchor `&{name[:80]}`",
                "quote the text if it only starts with an asterisk",
            )
            return None
        value, size = self.anchors[name]
        self.aliased_nodes += size
        self.nodes += size
        if self.aliased_nodes > MAX_ALIASED_NODES:
            raise TooMuch(_place(event), f"the aliases of this file expand to more than {MAX_ALIASED_NODES:,} values")
        return value

    def _count(self, event: Any) -> None:
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise TooMuch(_place(event), f"the file contains more than {MAX_NODES:,} values")

    def _complain(self, code: str, event: Any, message: str, help: str | None = None) -> None:
        self.report(self.source.diagnostic(code, _place(event), message, help))


def _joined(text: str) -> str:
    """Return `text` with the two halves of each surrogate pair as the one character that they are."""
    return _PAIR.sub(lambda pair: pair[0].encode("utf-16", "surrogatepass").decode("utf-16"), text)


def _place(event: Any) -> Place:
    mark = event.start_mark
    return mark.line + 1, mark.column + 1
