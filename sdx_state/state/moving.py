"""Marks of a state that is moved to another backend: it is complete in one of the two, and the other refuses use."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from sdx_state.decoding.typed import Record, filled, flag, member, record, text
from sdx_state.model.ledger import Ledger
from sdx_state.records import dataclass
from sdx_state.state.backend import Backend, Lines, Segment
from sdx_state.state.errors import StateUnusable

MARK = "move"  # its name in the state object of a store


@dataclass(frozen=True)
class Move:
    """Mark that a move leaves behind in each of the two backends.

    Attributes:
        id: The same in both.
        gone: The state was moved away. Otherwise it is on its way to this backend, and not complete.
        other: The other backend, as messages name it.
        lineage: Lineage of the state.
    """

    id: str
    gone: bool
    other: str
    lineage: str


def move_in(value: object) -> Move:
    """Return the mark that a document describes.

    Raises:
        Malformed: It describes none.
    """
    document: Record = record(value)
    return Move(
        member(document, "id", filled),
        member(document, "gone", flag),
        member(document, "other", text),
        member(document, "lineage", text),
    )


def require_here(move: Move | None, where: str) -> None:
    """Return if the state at `where` may be used.

    Raises:
        StateUnusable: It was moved away, or is not complete.
    """
    if move is None:
        return
    if move.gone:
        raise StateUnusable(
            f"{where} was moved to {move.other}",
            "Name that backend under `state` in sdx.yaml. `sdx-state state migrate` also moves it back: "
            "sdx-state help shared-state",
        )
    raise StateUnusable(
        f"{where} is not complete: a move from {move.other} was interrupted",
        "Finish it: run the same `sdx-state state migrate` again. Or name the old backend under `state` in sdx.yaml.",
    )


class MovableLines(Lines, Protocol):
    """Lines of a journal that take closed parts of another backend."""

    def bring(self, parts: Sequence[Segment]) -> None:
        """Keep closed `parts` of another journal, the oldest first."""


class Movable(Backend, Protocol):
    """A backend that a state is moved from, and to."""

    @property
    def where(self) -> str:
        """The state, as messages name it."""

    @property
    def lines(self) -> MovableLines:
        """The lines of its journal."""

    def for_move(self) -> Movable:
        """Return the same state, read again, for the run that moves it: marks do not stop it."""

    def move(self) -> Move | None:
        """Return the mark, None if there is none."""

    def mark(self, move: Move | None) -> None:
        """Replace the mark. The lock must be held.

        Raises:
            StateNotSaved, LockLost: It was not replaced.
        """

    def has_state(self) -> bool:
        """Tell whether a state is there, whatever the mark says."""

    def keep_generation(self, ledger: Ledger) -> None:
        """Keep `ledger` as an earlier state. The lock must be held.

        Raises:
            OSError, StoreError: It was not kept.
        """
