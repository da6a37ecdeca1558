"""Changes as lines of a `diff` fence: resources with their questions, and resources that change alike as one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from textwrap import wrap

from sdx_state.kinds import KINDS, in_reading_order, parent_names
from sdx_state.model.address import Address
from sdx_state.model.alike import opcodes
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.plan import Action, Attribution, Change, FieldChange
from sdx_state.model.policy import LEVELS
from sdx_state.model.value import Value
from sdx_state.records import dataclass
from sdx_state.report.dialogue import pair
from sdx_state.report.escape import disarm, escape
from sdx_state.report.fields import shown_value
from sdx_state.report.likeness import ALIKE, folded_words, likeness, top_of
from sdx_state.report.places import field_place, places_of
from sdx_state.report.remarks import remarks_of

AROUND = 120  # characters shown on either side of a change in a long text
LINES = 20  # lines shown of one text
MANY = 10  # resources of one kind that are created, from which they are folded
_MARGIN = {Action.CREATE: "+ ", Action.DELETE: "- "}
_GRAVE = LEVELS.index("high")
_OWNERS = (None, "branch", "both", "pending", "drift")  # in the order of their sections


@dataclass(frozen=True)
class Block:
    """One change, as it is shown.

    Attributes:
        change: The change.
        width: Characters of a line at most, from which a text gets lines of its own.
    """

    change: Change
    width: int

    @property
    def head(self) -> str:
        """The first line."""
        return _head(self.change)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """All lines of a `diff` fence; texts are compared for them."""
        return (self.head, *_details(self.change, self.width))

    @property
    def what(self) -> str:
        """The action on the resource, in the words of the summary."""
        if self.change.importing and not self.change.writes:
            return "to import"
        return _WHAT[self.change.action]

    @property
    def level(self) -> int:
        """The worst risk of the change, as a place in the levels; -1 where there is none."""
        return max((LEVELS.index(risk.level) for risk in self.change.risks), default=-1)

    @property
    def grave(self) -> bool:
        """True if the risk is high or worse."""
        return self.level >= _GRAVE

    @property
    def deletes(self) -> bool:
        """True if something is deleted."""
        return self.change.action is Action.DELETE


_WHAT = {
    Action.CREATE: "to add",
    Action.UPDATE: "to change",
    Action.DELETE: "to destroy",
    Action.NO_OP: "to rename",
    Action.FORGET: "to stop managing",
}


@dataclass(frozen=True)
class Group:
    """Blocks that are shown together.

    Attributes:
        section: The attribution of these changes, None where it was not requested.
        blocks: A resource and then its questions in the order asked; of resources that change alike the first one's.
        others: Blocks of the resources that change as the first one does; folded, a line each.
        folded: The words of the fold, empty where nothing is folded.
    """

    section: Attribution | None
    blocks: tuple[Block, ...]
    others: tuple[Block, ...] = ()
    folded: str = ""


def groups_of(changes: Sequence[Change], width: int) -> list[Group]:
    """Return `changes` in groups, in the order of the files; what is deleted comes last.

    Args:
        changes: What is to be shown.
        width: Characters of a line at most, from which a text gets lines of its own.
    """
    found: dict[tuple[Attribution | None, Address], list[Change]] = {}
    for change in sorted(changes, key=_place):
        found.setdefault((change.attribution, top_of(change)), []).append(change)
    alike: dict[object, list[list[Change]]] = {}
    for (section, top), members in found.items():
        members.sort(key=lambda one: one.address != top)
        alike.setdefault((section, likeness(top, members)), []).append(members)
    groups: list[Group] = []
    for several in alike.values():
        groups += _grouped(several, width)
    kinds = [kind.name for kind in in_reading_order()]
    return sorted(_together(groups), key=lambda group: _rank(group.blocks[0].change, kinds))


def _head(change: Change) -> str:
    """Return the line of `change` with its address."""
    margin = _MARGIN.get(change.action, "")
    symbol = "!" if change.writes and change.via in ("manual", "csv") else margin.strip()
    place, remarks = places_of(change.source), remarks_of(change, whose=False)
    head = f"{escape(change.address)}{f' ({remarks})' if remarks else ''}{f'  {place}' if place else ''}"
    return disarm(f"{symbol} {head}" if symbol else f"@@ {head} @@").rstrip()


def _details(change: Change, width: int) -> Iterator[str]:
    """Yield the lines of the risks and fields of `change`."""
    lines: list[str] = []
    for risk in change.risks:
        if risk.level != "low":
            told = f"{risk.level}[{escape(risk.rule)}]: {escape(risk.message)}"
            lines += wrap(told, width, initial_indent="! ", subsequent_indent="    ")
    if change.writes:
        for field in change.fields:
            lines += _field_lines(change, field, width)
    for line in lines:
        yield disarm(line).rstrip()


def _field_lines(change: Change, field: FieldChange, width: int) -> Iterator[str]:
    place = field_place(field, change)
    tail = f"  ({place})" if place else ""
    path, before, after = escape(field.path), field.before, field.after
    if change.action in _MARGIN:
        value = after if change.action is Action.CREATE else before
        parts = value.items() if isinstance(value, Mapping) and value else [("", value)]
        for key, part in parts:
            yield from _only_lines(_MARGIN[change.action], f"{path}.{escape(key)}" if key else path, part, width)
        return
    if field.path == ORDER_PATH:
        moved = f"moved from {before} to {after}" if before != after else f"stays at {before}; others move past it"
        yield f"  {path}: {moved}{tail}"
    elif isinstance(before, str) and isinstance(after, str) and _long(path, width, before, after):
        yield f"  {path}:{tail}"
        yield from _compared_lines(before, after)
    else:
        yield f"- {path}: {shown_value(before)}"
        yield f"+ {path}: {shown_value(after)}{tail}"
    if field.origin in ("drift", "both"):
        yield f"! {path}: changed in the tenant since the last apply; apply overwrites that"


def _only_lines(margin: str, name: str, value: Value, width: int) -> Iterator[str]:
    """Yield a field that is new or deleted; a long text on lines of its own."""
    if isinstance(value, str) and _long(name, width, value):
        yield f"{margin}  {name}:"
        (text,) = pair(value, value, AROUND)[0]
        yield from _cut([f"{margin}    {line}" for line in _lines(text[1])])
    else:
        yield f"{margin}  {name}: {shown_value(value)}"


def _compared_lines(before: str, after: str) -> Iterator[str]:
    """Yield two texts line by line, with what both have in common once; of long lines the surroundings of changes."""
    old, new = (_lines("".join(text for _, text in pieces)) for pieces in pair(before, after, AROUND))
    compared = []
    for tag, i1, i2, j1, j2 in opcodes(old, new) or [("replace", 0, len(old), 0, len(new))]:
        if tag == "equal":
            compared += [f"    {line}" for line in old[i1:i2]]
        else:
            compared += [f"-   {line}" for line in old[i1:i2]] + [f"+   {line}" for line in new[j1:j2]]
    yield from _cut(compared)


def _long(name: str, width: int, *texts: str) -> bool:
    """Return whether `texts` are shown on lines of their own."""
    return any("\n" in text.rstrip("\n") or len(text) + len(name) > width for text in texts)


def _lines(text: str) -> list[str]:
    return (text[:-1] if text.endswith("\n") else text).split("\n") if text else ["(none)"]


def _cut(lines: Sequence[str]) -> Iterator[str]:
    yield from lines[:LINES]
    if len(lines) > LINES:
        yield f"    ... {len(lines) - LINES} more lines"


def _place(change: Change) -> tuple[bool, str, int, int, str]:
    source = change.source
    where = (source.file, source.line, source.column) if source is not None else ("", 0, 0)
    return (change.action is Action.DELETE, *where, change.address)


def _rank(change: Change, kinds: Sequence[str]) -> tuple[int, int, tuple[bool, str, int, int, str]]:
    return _OWNERS.index(change.attribution), kinds.index(top_of(change).kind), _place(change)


def _grouped(several: Sequence[Sequence[Change]], width: int) -> Iterator[Group]:
    """Yield the groups of resources that change alike."""
    blocks = [tuple(Block(change, width) for change in members) for members in several]
    section = several[0][0].attribution
    if len(several) < ALIKE:
        yield from (Group(section, one) for one in blocks)
        return
    first = several[0][0]
    others = tuple(block for one in blocks[1:] for block in one)
    yield Group(section, blocks[0], others, folded_words(top_of(first), first.action, len(several) - 1))


def _together(groups: Sequence[Group]) -> Iterator[Group]:
    """Yield `groups` with all deletes in one, and a kind without children in one; many creates are folded."""
    single: dict[tuple[Attribution | None, str], list[Block]] = {}
    for group in groups:
        kind = KINDS[top_of(group.blocks[0].change).kind]
        if group.blocks[0].deletes:
            single.setdefault((group.section, ""), []).extend(group.blocks)
        elif group.folded or len(group.blocks) > 1 or kind.name in parent_names():
            yield group
        else:
            single.setdefault((group.section, kind.name), []).append(group.blocks[0])
    for (section, name), blocks in single.items():
        plain: list[Block] = []
        rest: list[Block] = []
        for one in blocks:
            (plain if one.change.action is Action.CREATE and not one.grave else rest).append(one)
        if len(plain) <= MANY:
            yield Group(section, tuple(blocks))
            continue
        if rest:
            yield Group(section, tuple(rest))
        folded = f"{len(plain) - 1} more {KINDS[name].title.lower()} to add"
        yield Group(section, tuple(plain[:1]), tuple(plain[1:]), folded)
