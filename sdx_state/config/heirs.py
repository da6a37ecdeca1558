"""The blocks that take the fields of each declaration, directly or through others."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Protocol

from sdx_state.config.blocks import AFTER, OMIT, OVERRIDES
from sdx_state.config.configuration import Declared
from sdx_state.config.edit_block import Edit, omit_change, placing_change
from sdx_state.config.emit import escaped
from sdx_state.config.resources import Document
from sdx_state.config.revise import Path
from sdx_state.config.templates import names_of, template_bodies
from sdx_state.config.tree import Table, table
from sdx_state.config.update import Update
from sdx_state.config.wanted_values import WantedValue, Written, known_children
from sdx_state.kinds import KINDS, parent_names
from sdx_state.model.address import Address
from sdx_state.model.resource import Desired
from sdx_state.model.value import Value

KEY = "key"
Block = tuple[str, str, str]  # file, section and key


def heirs_in(documents: Iterable[Document]) -> Mapping[tuple[str, str], frozenset[Block]]:
    """Return, by section and key of a declaration, the blocks that take its fields."""
    listed = list(documents)
    templates = {name: body for one in listed for name, body, _ in template_bodies(one.root)}
    found: dict[tuple[str, str], set[Block]] = {}
    for kind in map(KINDS.__getitem__, parent_names()):
        section = kind.collection
        bodies = {
            key: (one.source.name, body)
            for one in listed
            for key, body in table(one.root.get(section)).items()
            if isinstance(body, Table)
        }
        for key, (file, body) in bodies.items():
            seen: set[str] = set()
            ahead = [name for name, _ in names_of(body)]
            while ahead:
                name = ahead.pop()
                if name in seen:
                    continue
                seen.add(name)
                if name not in templates and name in bodies:
                    found.setdefault((section, name), set()).add((file, section, key))
                base = templates[name] if name in templates else bodies[name][1] if name in bodies else None
                ahead += [one for one, _ in names_of(base)] if base is not None else []
    return {key: frozenset(blocks) for key, blocks in found.items()}


class Back(Protocol):
    """Writes values into blocks."""

    def override(self, one: WantedValue, value: object) -> Written:
        """Return the edit that sets `value` for the item of `one` alone, or in the block without `for_each`."""

    def value(self, of: Desired, name: str, language: str | None, wanted: Value) -> WantedValue:
        """Return what the field `name` of `of`, or one language of it, is to be."""


class HeirsApart:
    """The heirs of plain resources, which stay as they are when these gain fields and children.

    Args:
        declared: The project as it is declared.
        wanted: Every declaration as it is to be.
        back: Writes values into blocks.
    """

    def __init__(self, declared: Declared, wanted: Mapping[Address, Desired], back: Back) -> None:
        self.declared, self.wanted, self.back = declared, wanted, back
        self._heirs = heirs_in(declared.documents.values())

    def edits(self, update: Update) -> Iterator[Written]:
        """Yield the edits that keep the heirs of the resource of `update` as they are."""
        key = KINDS[update.current.kind].collection, update.current.key
        blocks = self._heirs.get(key, frozenset())
        for address, origin in self.declared.made.items():
            if (origin.file, origin.section, origin.block) not in blocks:
                continue
            for one, now in [(update.current, update.wanted), *known_children(update)]:
                heir = self.declared.resources.get(address if one.parent is None else one.address.under(address))
                if heir is not None and now is not None:
                    for value in self._gained(one, now, heir):
                        yield self.back.override(value, escaped(value.wanted))
            if update.arranges:
                yield from self._apart_in_order(address, update)

    def _gained(self, before: Desired, after: Desired, heir: Desired) -> Iterator[WantedValue]:
        """Yield what `heir` is to have in the fields and languages that `before` does not have, and `after` has."""
        wanted = self.wanted.get(heir.address, heir).values
        for name, value in after.values.items():
            was = before.values.get(name)
            if name not in before.values:
                if name not in heir.values:
                    yield self.back.value(heir, name, None, wanted.get(name))
            elif isinstance(was, Mapping) and isinstance(value, Mapping):
                own = heir.values.get(name)
                for language in value:
                    if language not in was and isinstance(own, Mapping) and language not in own:
                        kept = wanted.get(name)
                        yield self.back.value(
                            heir, name, language, kept.get(language, "") if isinstance(kept, Mapping) else ""
                        )

    def _apart_in_order(self, address: Address, update: Update) -> Iterator[Written]:
        """Yield the edits that keep the children of an heir, and their order, apart from those of `update`."""
        origin = self.declared.made[address]
        item = origin.item.key if origin.item is not None else None
        kind = KINDS[update.children[0][1].kind]
        members = [one for one in {**self.declared.resources, **self.wanted}.values() if one.parent == address]
        order = [one.key for one in sorted(members, key=lambda one: one.position)]
        below = f"{OVERRIDES}.{item}." if item is not None else ""
        what = f"{origin.file}: {origin.section}.{origin.block}.{below}"
        path: Path = (origin.section, origin.block)
        gained = [wanted.key for was, wanted in update.children if was is None and wanted.key not in order]
        if gained:
            yield Written(origin.file, Edit(path, omit_change(gained, item)), f"{what}{OMIT}")
        entries: list[dict[str, object]] = [{KEY: key, AFTER: before} for before, key in pairwise(order)]
        if entries:
            yield Written(origin.file, Edit(path, placing_change(kind, entries, item)), f"{what}{kind.collection}")
