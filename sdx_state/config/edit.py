"""One declared resource changed in its own lines, comments and style kept; the text around it is not changed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import DoubleQuotedScalarString, LiteralScalarString

from sdx_state.config.aliases import Unshared
from sdx_state.config.emit import body_of, style_of
from sdx_state.config.references import NOTHING, OPEN, References
from sdx_state.config.round_trip import YAML_TAG, Typed, dumped, round_trip
from sdx_state.config.update import Update, changed_fields
from sdx_state.model.resource import Desired
from sdx_state.model.value import DEFAULT_LANGUAGE

Change = Callable[[CommentedMap], None]


def edit(text: str, changes: Sequence[tuple[Sequence[str | int], Change]]) -> str:
    """Return the YAML `text` with the mapping at each path changed, and nothing that an alias shares with it."""
    yaml = round_trip(text)
    document: Any = yaml.load(text)
    unshared = Unshared(document)
    for path, change in changes:
        at(path, change)(document)
    unshared.share_again()
    return dumped(yaml, document)


def edit_shared(text: str, changes: Sequence[tuple[Sequence[str | int], Change]]) -> str:
    """Return the YAML `text` with the mapping at each path changed, for every alias that shares it too."""
    yaml = round_trip(text)
    document: Any = yaml.load(text)
    for path, change in changes:
        at(path, change)(document)
    return dumped(yaml, document)


def laid_out(text: str) -> str:
    """Return the YAML `text` with two spaces a level, dashes two in from their key."""
    yaml = round_trip(text)
    yaml.indent(mapping=2, sequence=4, offset=2)
    document: Any = yaml.load(text)
    return dumped(yaml, document)


def at(path: Sequence[str | int], change: Change) -> Change:
    """Return the change of a document that makes `change` at `path` in it."""

    def change_below(document: CommentedMap) -> None:
        for step in path:
            document = document[step]
        change(document)

    return change_below


def fields_change(
    current: Desired, wanted: Desired, changed: Mapping[str, object], references: References = NOTHING
) -> Change:
    """Return the change of a mapping that makes its fields, now as in `current`, what `changed` says in YAML."""
    return lambda body: _set_fields(body, current, wanted, changed, references)


def language_change(name: str, language: str, text: str) -> Change:
    """Return the change of a mapping that makes `text` what its field `name` says in `language`.

    A field that is a plain text becomes a map of languages, in which that is the text of the default language.
    """

    def change(body: CommentedMap) -> None:
        said = body[name]
        if not isinstance(said, CommentedMap):
            languages = CommentedMap({DEFAULT_LANGUAGE: said, language: node_of(text)})
            if body.fa.flow_style():
                languages.fa.set_flow_style()
                languages[language] = _inline_node(text)
            replace_field(body, name, languages)
            tokens = body.ca.items.get(name)
            if tokens and tokens[2] is not None:
                tokens[2].column = 0  # beside the key, now that no text is before it
            return
        node = _inline_node(text) if said.fa.flow_style() else node_of(text)
        if language in said:
            replace_field(said, language, node)
        else:
            append_field(said, language, node)

    return change


def children_change(update: Update) -> Change:
    """Return the change of a parent that makes its children, and their order, what `update` says."""
    return lambda body: _set_children(body, update)


def whole_change(update: Update) -> Change:
    """Return the change of a resource's mapping that makes it what `update` says."""

    def change(body: CommentedMap) -> None:
        if update.wanted is not None:
            changed = changed_fields(update.current, update.wanted)
            _set_fields(body, update.current, update.wanted, changed, update.references)
        if update.children:
            _set_children(body, update)

    return change


def add(text: str, section: str, entries: Mapping[str, object]) -> str:
    """Return the YAML `text` with `entries` added to its `section`, whatever style that is written in."""
    yaml = round_trip(text)
    document: Any = yaml.load(text)
    if document is None:
        document = CommentedMap()
    if not document.get(section):
        document[section] = CommentedMap()
    for key, body in entries.items():
        document[section][node_of(key)] = node_of(body)
    return dumped(yaml, document)


def _set_fields(
    body: CommentedMap, current: Desired, wanted: Desired, changed: Mapping[str, object], references: References
) -> None:
    for name, value in changed.items():
        said, now = body.get(name), wanted.values.get(name)
        kept = _kept(said, value, now, references)
        if isinstance(said, CommentedMap) and isinstance(kept, Mapping) and isinstance(now, Mapping):
            _set_languages(said, current.values.get(name), kept, now)
        elif name in body:
            replace_field(body, name, node_of(kept))
        else:
            append_field(body, name, node_of(value))


def _kept(said: object, value: object, now: object, references: References) -> object:
    """Return `value`, which is `now` in YAML, with the references of `said` wherever they still fit."""
    if isinstance(said, str) and isinstance(value, str) and isinstance(now, str):
        return references.kept(str(said), now) if OPEN in said else value
    if isinstance(said, Mapping) and isinstance(value, Mapping) and isinstance(now, Mapping):
        return {key: _kept(said.get(key), one, now.get(key), references) for key, one in value.items()}
    if isinstance(said, CommentedSeq) and isinstance(value, list) and isinstance(now, Sequence):
        beside = [*said, *[None] * len(value)]
        return [_kept(old, one, new, references) for old, one, new in zip(beside, value, now, strict=False)]
    return value


def _set_languages(said: CommentedMap, was: object, value: Mapping[str, object], now: Mapping[str, object]) -> None:
    before = was if isinstance(was, Mapping) else {}
    for language in [language for language in said if language not in value]:
        del said[language]
    for language, text in value.items():
        if language not in said:
            append_field(said, language, node_of(text))
        elif before.get(language) != now[language]:
            replace_field(said, language, node_of(text))


def replace_field(body: CommentedMap, name: str, node: object) -> None:
    """Set a field that is there, with the comments beside it."""
    beside = getattr(body[name], "comment", None)
    tokens = body.ca.items.get(name)
    if isinstance(node, LiteralScalarString) and tokens and tokens[2] and tokens[2].value.startswith("#"):
        node = DoubleQuotedScalarString(node)  # a comment beside the field has no place beside a block
    # A text set over a quoted one would be given its quotes, and `null` would become a text.
    body[name] = None
    body[name] = node
    if beside is not None and name not in body.ca.items:
        body.ca.items[name] = [None, None, beside, None]


def append_field(body: CommentedMap, name: str, node: object) -> None:
    """Add a field at the end, before the blank lines and comments that follow the last one."""
    last = next(reversed(body), None)
    body[name] = node
    tokens = body.ca.items.get(last)
    if tokens and tokens[2] is not None and tokens[2].value.startswith("\n"):
        body.ca.items[name] = body.ca.items.pop(last)


def _set_children(body: CommentedMap, update: Update) -> None:
    said = body.get(update.section)
    old: CommentedSeq = said if isinstance(said, CommentedSeq) else CommentedSeq()
    kept = {was.position for was, _ in update.children if was is not None}
    # A declared child that is not live stays after the live child that precedes it.
    followers: dict[int, list[int]] = {}
    anchor = -1
    for index in range(len(old)):
        if index in kept:
            anchor = index
        else:
            followers.setdefault(anchor, []).append(index)
    order: list[int | CommentedMap] = list(followers.get(-1, ()))
    for was, wanted in update.children:
        if was is None:
            order.append(node_of(body_of(wanted)))
            continue
        _set_fields(old[was.position], was, wanted, changed_fields(was, wanted), update.references)
        order.append(was.position)
        order += followers.get(was.position, ())
    if order != list(range(len(old))):
        new = CommentedSeq(old[one] if isinstance(one, int) else one for one in order)
        new.ca.comment = old.ca.comment
        for index, one in enumerate(order):
            if isinstance(one, int) and one in old.ca.items:
                new.ca.items[index] = old.ca.items[one]
        if old.fa.flow_style():
            new.fa.set_flow_style()
        body[update.section] = new


def node_of(value: object) -> Any:
    """Return `value` as ruamel.yaml writes it in the style of this project."""
    if isinstance(value, Mapping):
        mapping = CommentedMap()
        for key, item in value.items():
            mapping[node_of(key)] = node_of(item)
        return mapping
    if isinstance(value, str):
        style = style_of(value)
        if style == "literal":
            return LiteralScalarString(value)
        return value if style == "plain" else DoubleQuotedScalarString(value)
    if isinstance(value, Sequence):
        return CommentedSeq(node_of(item) for item in value)
    return Typed("null", f"{YAML_TAG}null") if value is None else value


def _inline_node(text: str) -> Any:
    """Return `text` as ruamel.yaml writes it in brackets, where no block of lines is."""
    return node_of(text) if style_of(text) == "plain" else DoubleQuotedScalarString(text)
