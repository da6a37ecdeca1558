"""Where texts are written in the files of a project, found by the place of their key."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sdx_state.config.tree import Items, Node, Table
from sdx_state.model.resource import Source
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.records import dataclass

Path = tuple[str | int, ...]


@dataclass(frozen=True)
class Slot:
    """A key of a mapping in a file.

    Attributes:
        path: Its path in the document.
        value: What is written there.
    """

    path: Path
    value: Node

    @property
    def text(self) -> str | None:
        """The text that is written there, None for anything else."""
        return str(self.value) if isinstance(self.value, str) else None

    @property
    def in_languages(self) -> bool:
        """True if the key is the default language in a map of languages, False if it is the field itself."""
        return self.path[-1] == DEFAULT_LANGUAGE


class Written:
    """All keys of the files of a project.

    What an alias reaches too is at its first place, that of the anchor: both are one text.
    """

    def __init__(self, roots: Mapping[str, Table]) -> None:
        self._roots = roots
        self._slots: dict[str, dict[tuple[int, int], Slot]] = {}

    def slot(self, source: Source) -> Slot | None:
        """Return the key at `source`, None if there is none: what is not written in YAML has no key."""
        known = self._slots.get(source.file)
        if known is None:
            root = self._roots.get(source.file)
            known = self._slots[source.file] = {}
            for place, slot in _slots(root, (), set()):
                known.setdefault(place, slot)  # a merge key repeats keys with their places
        return known.get((source.line, source.column))


def _slots(node: Node | None, path: Path, seen: set[int]) -> Iterator[tuple[tuple[int, int], Slot]]:
    if not isinstance(node, Table | Items) or id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, Items):
        for index, item in enumerate(node):
            yield from _slots(item, (*path, index), seen)
        return
    for key, value in node.items():
        here = (*path, key)
        line, column, *_ = node.marks[key]
        yield (line, column), Slot(here, value)
        yield from _slots(value, here, seen)
