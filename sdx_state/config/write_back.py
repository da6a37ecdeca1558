"""Live values of what templates and blocks make: where each is written, so that the files still use the template.

A value that comes from one value of an item goes back to that, if all else that this makes is as it is to be.
Any other goes back to where it is written if everything that uses it agrees; else into the block, if its items agree;
else under `overrides` of the block, for one item.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sdx_state.config.blocks import AFTER, BEFORE, OVERRIDES
from sdx_state.config.configuration import Declared
from sdx_state.config.edit_block import Edit, Field, field_change, path_of, placing_change, value_change
from sdx_state.config.emit import body_of, escaped, same, yaml_name
from sdx_state.config.heirs import HeirsApart
from sdx_state.config.item_references import ItemReferences
from sdx_state.config.placeholders import has_placeholders
from sdx_state.config.references import OPEN
from sdx_state.config.tree import Node, Table
from sdx_state.config.update import Update, changed_fields
from sdx_state.config.wanted_values import WantedValue, Written, known_children
from sdx_state.config.write_items import Back, Identity, ItemValues, identity
from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.resource import Desired
from sdx_state.model.texts import counted
from sdx_state.model.value import Value
from sdx_state.records import replace

Spot = tuple[str, int, int]  # file, line and column of the key of a value
_KEY, _ID = "key", "id"


class WriteBack:
    """Live values on their way into templates and blocks.

    Args:
        declared: The project as it is declared.
        wanted: Every declaration as it is to be.
    """

    def __init__(self, declared: Declared, wanted: Mapping[Address, Desired]) -> None:
        self.declared = declared
        self.wanted = wanted
        back = Back(self._raw, self._is_to_be, self._comes_out, self._kept)
        self._items = ItemValues(declared, back)
        self._users: dict[Spot, list[WantedValue]] = {}
        for address in declared.resources:
            for value in self._values(address):
                spot = self._spot(value)
                if spot is not None:
                    self._users.setdefault(spot, []).append(value)

    def edits(self, updates: Sequence[Update]) -> Iterator[Written]:
        """Yield the edits that make everything that blocks make what `updates`, and the wanted declarations, say."""
        values: list[WantedValue] = []
        for update in updates:
            made = update.current.address in self.declared.made
            pairs = [(update.current, update.wanted), *update.children]
            for current, wanted in pairs:
                if current is not None and wanted is not None:
                    for value in self._changed(current, wanted):
                        spot = self._spot(value)
                        if made or (spot is not None and len(self._users[spot]) > 1):
                            values.append(value)
                    if made and wanted.id is not None and wanted.id != current.id:
                        pinned = self.value(current, _ID, None, None)
                        yield self.override(pinned, int(wanted.id) if wanted.id.isdecimal() else wanted.id)
            if made and update.arranges:
                yield self._placed(update)
        yield from self._back(values)
        apart = HeirsApart(self.declared, self.wanted, self)
        for update in updates:
            if update.current.address not in self.declared.made:
                yield from apart.edits(update)

    def _back(self, values: Sequence[WantedValue]) -> Iterator[Written]:
        """Yield the edits for `values`, which change: of items first, and then of templates and blocks."""
        done: set[Identity] = set()
        for one, made_of_it in self._items.take(values):
            yield one
            done |= made_of_it
        changed: dict[tuple[Spot | None, str], list[WantedValue]] = {}
        for value in values:
            if identity(value) not in done:
                spot = self._spot(value)
                # Values without a place yet belong together by their name.
                changed.setdefault((spot, "" if spot else str(value.field)), []).append(value)
        for (spot, _), several in changed.items():
            written = self._added(several) if spot is None else None
            yield from [written] if written is not None else self._written(spot, several)

    def _added(self, values: Sequence[WantedValue]) -> Written | None:
        """Return the edit that adds a language where the others are written; None if not all uses of these agree."""
        first = values[0]
        spot = self._spot(replace(first, field=replace(first.field, language=None)))
        written = self._text(spot) if spot is not None else None
        language = first.field.language
        if spot is None or written is None or language is None or not isinstance(written[1], Table):
            return None
        text = escaped(first.wanted)
        for one in self._users[spot]:
            after = one.wanted.get(language, "") if isinstance(one.wanted, Mapping) else None
            if not self._comes_out(replace(one, wanted=after), text):
                return None
        path = written[0]
        what = f"{spot[0]}: {'.'.join(map(str, path))}.{language}"
        return Written(spot[0], Edit(path, value_change(language, text)), what)

    def _written(self, spot: Spot | None, values: Sequence[WantedValue]) -> Iterator[Written]:
        """Yield the edits for `values`, which are written at `spot` and change."""
        users = self._users.get(spot, []) if spot is not None else []
        plain = [one for one in values if one.owner not in self.declared.made]
        if plain:  # written in a resource that others extend: there it is changed as it is in any other
            for one in users:
                if one.owner in self.declared.made and not self._comes_out(one, escaped(plain[0].wanted)):
                    yield self.override(one, escaped(one.wanted))
            return
        written = self._text(spot) if spot is not None else None
        if spot is not None and written is not None:
            path, node = written
            text = self._kept(values[0], node)
            if len({one.owner for one in users}) == 1 and _loses_placeholders(node, text):
                for one in values:  # the template is for more items than the one that it has now
                    yield self.override(one, escaped(one.wanted))
                return
            if all(self._comes_out(one, text) for one in users) and not isinstance(path[-1], int):
                what = f"{spot[0]}: {'.'.join(map(str, path))}"
                used = f" ({counted(len({one.owner for one in users}), 'resource')})" if len(users) > 1 else ""
                yield Written(spot[0], Edit(path[:-1], value_change(path[-1], text), path[-1]), what + used)
                return
        by_block: dict[tuple[str, str, str], list[WantedValue]] = {}
        for one in values:
            origin = self.declared.made[one.owner]
            by_block.setdefault((origin.file, origin.section, origin.block), []).append(one)
        for (file, section, block), several in by_block.items():
            text = self._kept(several[0], written[1] if written is not None else None)
            of_block = [one for one in users if self._is_of(one, file, section, block)]
            in_block = written is not None and spot is not None and self._is_in(spot, file, section, block)
            if of_block and not in_block and all(self._comes_out(one, text) for one in of_block):
                what = f"{file}: {section}.{block}.{several[0].field}"
                yield Written(file, Edit((section, block), field_change(several[0].field, text)), what)
            else:
                for one in several:
                    yield self.override(one, escaped(one.wanted))

    def override(self, one: WantedValue, value: object) -> Written:
        """Return the edit that sets `value` for the item of `one` alone, or in the block without `for_each`."""
        origin = self.declared.made[one.owner]
        item = origin.item.key if origin.item is not None else None
        below = f"{OVERRIDES}.{item}." if item is not None else ""
        what = f"{origin.file}: {origin.section}.{origin.block}.{below}{one.field}"
        return Written(origin.file, Edit((origin.section, origin.block), field_change(one.field, value, item)), what)

    def _placed(self, update: Update) -> Written:
        """Return the edit that adds children and changes their order."""
        origin = self.declared.made[update.current.address]
        kind = KINDS[update.children[0][1].kind]
        item = origin.item.key if origin.item is not None else None
        below = f"{OVERRIDES}.{item}." if item is not None else ""
        current = [one.key for one, _ in sorted(known_children(update), key=lambda pair: pair[0].position)]
        entries: list[dict[str, object]] = []
        before: str | None = None
        for index, (was, wanted) in enumerate(update.children):
            key = wanted.key if was is None else was.key
            if was is None or current[index : index + 1] != [key]:
                placing = {AFTER: before} if before is not None else {BEFORE: current[0]} if current else {}
                body = {**body_of(wanted), _KEY: key} if was is None else {_KEY: key}
                entries.append({**body, **placing})
                current = [one for one in current if one != key]
                current.insert(index, key)
            before = key
        what = f"{origin.file}: {origin.section}.{origin.block}.{below}{kind.collection}"
        change = placing_change(kind, entries, item)
        return Written(origin.file, Edit((origin.section, origin.block), change), what)

    def _values(self, address: Address) -> Iterator[WantedValue]:
        """Yield every value of the declaration at `address`, with what it is to be."""
        current = self.declared.resources[address]
        wanted = self.wanted.get(address, current)
        for name, value in current.values.items():
            after = wanted.values.get(name, value)
            yield self.value(current, name, None, after)
            if isinstance(value, Mapping) and isinstance(after, Mapping):
                for language in value:
                    yield self.value(current, name, language, after.get(language, ""))

    def _changed(self, current: Desired, wanted: Desired) -> Iterator[WantedValue]:
        """Yield the values of `wanted` that `current` does not have."""
        changed = changed_fields(current, wanted)
        for name, value in wanted.values.items():
            if yaml_name(current.kind, name) not in changed:
                continue
            before = current.values.get(name)
            if not (isinstance(before, Mapping) and isinstance(value, Mapping)):
                yield self.value(current, name, None, value)
                continue
            for language in dict.fromkeys((*before, *value)):
                if (before.get(language) or "") != (value.get(language) or ""):
                    yield self.value(current, name, language, value.get(language, ""))

    def value(self, of: Desired, name: str, language: str | None, wanted: Value) -> WantedValue:
        """Return what the field `name` of `of`, or one language of it, is to be."""
        kind = KINDS[of.kind]
        child = (kind, of.key) if of.parent is not None else None
        return WantedValue(
            of.parent or of.address, of, name, Field(child, yaml_name(of.kind, name), language), wanted
        )

    def _spot(self, value: WantedValue) -> Spot | None:
        """Return where `value` is written, None if it is not written yet."""
        name = value.name if value.field.language is None else f"{value.name}.{value.field.language}"
        if name not in value.of.positions:
            return None
        source = value.of.source_of(name)
        return source.file, source.line, source.column

    def _text(self, spot: Spot) -> tuple[tuple[str | int, ...], Node] | None:
        """Return path and value of what is written at `spot`."""
        document = self.declared.documents.get(spot[0])
        path = path_of(document.root, spot[1:]) if document is not None else None
        if document is None or path is None:
            return None
        node: Node = document.root
        for step in path:
            node = node[step]  # type: ignore[index]  # a key of a table, or an index of items
        return path, node

    def _raw(self, value: WantedValue) -> Node:
        """Return the text that `value` is made of, None if it is not written."""
        spot = self._spot(value)
        written = self._text(spot) if spot is not None else None
        return written[1] if written is not None else None

    def _is_to_be(self, address: Address, key: str, language: str | None) -> WantedValue | None:
        """Return what the field `key` at `address`, or one language of it, is to be; None if nothing is declared."""
        current = self.declared.resources.get(address)
        if current is None:
            return None
        name = KINDS[current.kind].by_key[key].name
        wanted = self.wanted.get(address, current).values.get(name, current.values.get(name))
        if language is not None:
            wanted = wanted.get(language, "") if isinstance(wanted, Mapping) else None
        return self.value(current, name, language, wanted)

    def _kept(self, value: WantedValue, written: Node) -> object:
        """Return `value` as it is to be written, with the references of `written` wherever they still fit."""
        wanted = value.wanted
        if isinstance(written, str) and isinstance(wanted, str) and OPEN in written:
            return self._references(value).kept(written, wanted)
        if isinstance(written, Table) and isinstance(wanted, Mapping):
            return {
                language: self._references(value).kept(was, text)
                if isinstance(was := written.get(language), str) and OPEN in was
                else escaped(text)
                for language, text in wanted.items()
            }
        return escaped(wanted)

    def _comes_out(self, value: WantedValue, written: object) -> bool:
        """Tell whether `written` means what `value` is to be, for the item that it is of."""
        references = self._references(value)

        def expanded(one: object) -> object:
            if isinstance(one, str):
                return references.expand(one).text
            if isinstance(one, Mapping):
                return {key: expanded(text) for key, text in one.items()}
            return [expanded(part) for part in one] if isinstance(one, Sequence) else one

        found: Value = expanded(written)  # type: ignore[assignment]  # as the wanted value is
        return same(value.of, value.name, found, value.wanted)

    def _references(self, value: WantedValue) -> ItemReferences:
        origin = self.declared.made.get(value.owner)
        return ItemReferences.of(self.declared.references, self._items.item(origin))

    def _is_of(self, value: WantedValue, file: str, section: str, block: str) -> bool:
        origin = self.declared.made.get(value.owner)
        return origin is not None and (origin.file, origin.section, origin.block) == (file, section, block)

    def _is_in(self, spot: Spot, file: str, section: str, block: str) -> bool:
        written = self._text(spot)
        return spot[0] == file and written is not None and written[0][:2] == (section, block)


def _loses_placeholders(before: Node, after: object) -> bool:
    """Tell whether the text `before` has placeholders of items, and `after` has none."""
    return isinstance(before, str) and has_placeholders(before) and not has_placeholders(str(after))
