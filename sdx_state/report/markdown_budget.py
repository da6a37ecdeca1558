"""The part of a comment that fits into its budget of bytes: deletes and high risks before anything else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sdx_state.model.plan import Action
from sdx_state.records import dataclass
from sdx_state.report.markdown_changes import Block

Lines = tuple[str, ...]


@dataclass(frozen=True)
class Entry:
    """A part of the comment that is shown whole, by its first line, or not at all.

    Attributes:
        lines: All of its lines.
        frame: The fence that it is inside.
        cost: Bytes of that fence.
        block: The change that it shows, None for a diagnostic.
    """

    lines: Lines
    frame: object
    cost: int
    block: Block | None = None

    @property
    def deletes(self) -> bool:
        """True if it shows a delete."""
        return self.block is not None and self.block.deletes

    @property
    def importance(self) -> tuple[int, int]:
        """Diagnostics, deletes and high risks come first, then changes, creates and the rest."""
        if self.block is None:
            return 0, -1
        order = {Action.DELETE: 0, Action.UPDATE: 2, Action.CREATE: 3}.get(self.block.change.action, 4)
        return (1 if self.block.grave and order else order, -self.block.level)


def size(lines: Sequence[str]) -> int:
    """Return the bytes of `lines` in UTF-8, line ends included."""
    return sum(len(line.encode("utf-8", "replace")) + 1 for line in lines)


def fitted(entries: Sequence[Entry], room: int) -> list[Lines]:
    """Return the lines that are shown of each of `entries`, in at most `room` bytes.

    Before anything is shown at length, there is room for a line of every delete.
    """
    shown: list[Lines] = [()] * len(entries)
    framed: set[object] = set()
    fences = {entry.frame: entry.cost for entry in entries if entry.deletes}
    reserved = sum(size(entry.lines[:1]) for entry in entries if entry.deletes) + sum(fences.values())
    for number in sorted(range(len(entries)), key=lambda one: entries[one].importance):
        entry = entries[number]
        if entry.deletes:
            reserved -= size(entry.lines[:1]) + fences.pop(entry.frame, 0)
        cost = 0 if entry.frame in framed else entry.cost
        for candidate in (entry.lines, entry.lines[:1]):
            if size(candidate) + cost <= room - reserved:
                room -= size(candidate) + cost
                framed.add(entry.frame)
                shown[number] = candidate
                break
    return shown


def omitted(entries: Sequence[Entry], shown: Sequence[Lines]) -> Iterator[str]:
    """Yield the lines that count what is not shown."""
    missing = [entry for entry, lines in zip(entries, shown, strict=True) if not lines]
    missing.sort(key=lambda entry: entry.importance)
    shortened = sum(0 < len(lines) < len(entry.lines) for entry, lines in zip(entries, shown, strict=True))
    said = []
    if missing:
        counts = Counter(entry.block.what if entry.block is not None else "diagnostics" for entry in missing)
        kinds = ", ".join(f"{count} {what}" for what, count in counts.items())
        said.append(f"**{len(missing)} more are omitted here: {kinds}.**")
    deletes = sum(entry.deletes for entry in missing)
    if deletes:
        said.append(f"**{deletes} deletes are omitted here; review the full plan before approving.**")
    grave = sum(entry.block is not None and entry.block.grave and not entry.deletes for entry in missing)
    if grave:
        said.append(f"**{grave} of them are at high risk or worse; review the full plan before approving.**")
    if shortened:
        said.append(f"{shortened} are shown by their first line.")
    if said:
        yield " ".join([*said, "`sdx-state plan` shows all of them."])
        yield ""
