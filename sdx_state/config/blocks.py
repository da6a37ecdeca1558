"""Templates and blocks in a file, and the parts of it that have none: files without them are not looked into."""

from __future__ import annotations

from collections.abc import Collection

from sdx_state.config.tree import Table, table
from sdx_state.kinds import KINDS, Kind, parent_names
from sdx_state.records import dataclass

TEMPLATES = "templates"
EXTENDS, FOR_EACH, OVERRIDES, OMIT, AFTER, BEFORE = "extends", "for_each", "overrides", "omit", "after", "before"
OF_BLOCKS = (EXTENDS, FOR_EACH, OVERRIDES, OMIT)  # keys of a block that are not fields


@dataclass(frozen=True)
class Parts:
    """A file with templates or blocks, in parts.

    Attributes:
        plain: Everything else.
        reused: The templates and blocks, as the schema of files has them.
        blocks: By section and key.
    """

    plain: Table
    reused: Table
    blocks: tuple[tuple[str, str], ...]


def parts_of(root: Table) -> Parts | None:
    """Return the parts of the file `root`; None for a file without templates and blocks."""
    blocks = [
        (kind.collection, key)
        for kind in KINDS.values()
        if kind.parent is None
        for key, body in table(root.get(kind.collection)).items()
        if isinstance(body, Table) and key not in kind.section_keys and is_block(kind, body)
    ]
    if not blocks and TEMPLATES not in root:
        return None
    plain, reused = _shell(root), _shell(root)
    for name, value in root.items():
        keys = {key for section, key in blocks if section == name}
        if name == TEMPLATES:
            reused[name] = value
        elif keys and isinstance(value, Table):
            plain[name], reused[name] = _split(value, keys)
        else:
            plain[name] = value
    return Parts(plain, reused, tuple(blocks))


def is_block(kind: Kind, body: Table) -> bool:
    """Tell whether `body`, of `kind`, is made of other declarations or makes several."""
    return FOR_EACH in body or (EXTENDS in body and kind.name in parent_names())


def _split(section: Table, keys: Collection[str]) -> tuple[Table, Table]:
    """Return `section` without `keys`, and with these alone."""
    others, chosen = _shell(section), _shell(section)
    for key, body in section.items():
        (chosen if key in keys else others)[key] = body
    return others, chosen


def _shell(node: Table) -> Table:
    shell = Table(node.place)
    shell.marks = node.marks
    return shell
