"""The chain of a journal's lines: what it proves, alone, with the state, and with a key."""

from __future__ import annotations

from collections.abc import Callable

from sdx_state.decoding.typed import Record
from sdx_state.model.ledger import Head
from sdx_state.state.errors import JOURNAL_ADVICE, SIGNATURE_ADVICE, StateUnusable
from sdx_state.state.signing import VARIABLE, SigningKey, hash_of

NOTHING = Head()
START = "0" * 64  # what the first line calls the hash of the line before
HASH, SIGNATURE = "hash", "signature"


class Chain:
    """Follows the lines of one journal: those after `head`, which the state vouches for, or all of them.

    Attributes:
        lines: How many were followed.
        last: The hash of the last one.
        broken: The place of the first line that was altered, or before which one was taken out; None if none was.
        anchored: The number of the line that the state names, None if it was not found.
        closed: The line that `head` names was found, or there is none.
        head: The last closed line.
        at_anchor: The last line that was followed is the one that the state names.
        signatures: How many lines carry a signature, valid or not.
        signed_from: From which line on all are signed with the key, None if the last one is not.
        restarted: What the state knew of an earlier journal that was missing when this one was begun.
        cut: A line that the lock names was not found at its place; False if the lock names none after the first.
    """

    def __init__(
        self,
        key: SigningKey | None = None,
        anchor: str = "",
        head: Head = NOTHING,
        *,
        whole: bool = False,
        tail: Head = NOTHING,
    ) -> None:
        """Begin.

        Args:
            key: Tells which lines are signed.
            anchor: Hash of the line that the state names, empty if it names none.
            head: The last closed line.
            whole: The first line to be followed is the first ever, not the one after `head`.
            tail: The last line that the lock names.
        """
        self._key, self._anchor, self.head = key, anchor, head
        self._skipped = 0 if whole else head.seq
        self.lines = 0
        self.last = START if whole or not head.hash else head.hash
        self.broken: str | None = None
        self.anchored = head.seq if anchor and anchor == head.hash and not whole else None
        self.at_anchor = False
        self.closed = not (whole and head.seq)
        self.signatures = 0
        self.signed_from: int | None = None
        self.restarted: Record | None = None
        self._tail = tail
        self.cut = tail.seq > self._skipped

    def follow(self, where: str, record: Record) -> None:
        """Take the next line, which is at `where`; its hash and its signature are taken out of `record`."""
        said, signature = record.pop(HASH, None), record.pop(SIGNATURE, None)
        hash = hash_of(record)
        if self.broken is None and (said != hash or record.get("previous") != self.last):
            self.broken = where
        self.lines, self.last = self.lines + 1, str(said)
        number = self._skipped + self.lines
        self.at_anchor = hash == self._anchor
        if self.at_anchor:
            self.anchored = number
        if number == self._tail.seq and hash == self._tail.hash:
            self.cut = False
        if hash == self.head.hash:
            self.closed = True
        self.signatures += signature is not None
        if self._key is not None:
            signed = self._key.made(signature, "journal", hash)
            self.signed_from = (self.signed_from or number) if signed else None
        if record.get("event") == "restarted":
            self.restarted = record
        elif record.get("event") == "begin":
            self.restarted = None

    def require_whole(self, journal: str, there: Callable[[], bool]) -> None:
        """Refuse `journal`, all of whose lines were followed, if it is not what was written.

        One that is not `there` at all is accepted, so that it can be moved away; it is looked for only where that
        matters. With a key the last line must be signed: as it contains the hash of the line before, it proves all
        of them.

        Raises:
            StateUnusable: Lines were altered, taken out or cut off, or are not signed with the key.
        """
        if self.broken is not None:
            raise StateUnusable(f"{self.broken} was altered, or a line before it was taken out", JOURNAL_ADVICE)
        if self._key is not None and self.lines and self.signed_from is None:
            raise StateUnusable(f"{journal}: the last line is not signed with {VARIABLE}", SIGNATURE_ADVICE)
        if self.cut and there():
            raise StateUnusable(
                f"{journal} does not contain line {self._tail.seq} as the last run wrote it: it ends with line "
                f"{self._skipped + self.lines}, was cut off, or another one was put in its place",
                JOURNAL_ADVICE,
            )
        if ((self._anchor and self.anchored is None) or not self.closed) and there():
            raise StateUnusable(
                f"{journal} does not contain the line that was its last when the state was saved: it was cut off, or "
                "another one was put in its place",
                JOURNAL_ADVICE,
            )
