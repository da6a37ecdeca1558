"""Verification of state, journal and kept runs, for `history --verify` and `state sign`."""

from __future__ import annotations

from sdx_state.apply.history import DOCUMENT
from sdx_state.decoding.typed import Record
from sdx_state.model.ledger import Ledger
from sdx_state.records import dataclass
from sdx_state.state.backend import Backend
from sdx_state.state.chain import NOTHING, Chain
from sdx_state.state.errors import StateUnusable
from sdx_state.state.journal import Journal
from sdx_state.state.memory import journal_of, keep, open_journal, verified
from sdx_state.state.shared import SharedStore
from sdx_state.state.shared_lock import tail_of


@dataclass(frozen=True)
class Proof:
    """The result of a verification.

    Attributes:
        lines: How many lines the journal has, each chained to the one before.
        last: The hash of the last one.
        anchored: The line that the state names as the last when it was saved, None if it names none.
        runs: How many kept runs are as the journal says.
        unproven: Kept runs of which the journal has no hash.
        signatures: How many lines carry a signature, valid or not.
        signed_from: From which line on all are signed with the key, None without a key.
        restarted: Line of an earlier journal, now missing, that the state named when this one was begun.
    """

    lines: int
    last: str
    anchored: int | None
    runs: int
    unproven: tuple[str, ...]
    signatures: int
    signed_from: int | None
    restarted: str | None


def proven(store: Backend) -> Proof:
    """Return the verification of state, journal and kept runs, which were all read and compared.

    Raises:
        StateUnusable: One of them is not valid; the message says which.
    """
    journal = journal_of(store)
    hashes: dict[str, str | None] = {}
    restarted = None

    def note(line: Record) -> None:
        nonlocal restarted
        if line["event"] == "begin":
            hashes.setdefault(str(line.get("run")), line.get(DOCUMENT))
        elif line["event"] == "restarted":
            restarted = str(line.get("lost"))

    tail = tail_of(store.store, store.name, store.machine) if isinstance(store, SharedStore) else NOTHING
    chain = verified(store, journal, note, tail)
    kept = store.kept_runs()
    unproven = tuple(run for run in kept if hashes.get(run) is None)
    for run in kept:
        if run not in unproven:
            store.load_run(run, hashes[run])
    return Proof(
        lines=chain.lines,
        last=chain.last,
        anchored=chain.anchored,
        runs=len(kept) - len(unproven),
        unproven=unproven,
        signatures=chain.signatures,
        signed_from=chain.signed_from,
        restarted=restarted,
    )


@dataclass(frozen=True)
class Unsigned:
    """Parts that the key does not prove.

    Attributes:
        ledger: The state as it is.
        lines: How many lines the journal has.
        signed: State and journal are signed with the key already.
    """

    ledger: Ledger
    lines: int
    signed: bool


def unsigned(store: Backend) -> Unsigned:
    """Return the content that a signature would cover. The lock must be held.

    Raises:
        StateUnusable: State and journal are not valid even without a key.
    """
    keyless = store.unsigned()
    journal, ledger = open_journal(keyless), keyless.load()
    chain = journal.followed(Chain(store.key, whole=True))
    signed = chain.signed_from is not None
    if signed and store.exists():
        try:
            store.load()
        except StateUnusable:
            signed = False
    return Unsigned(ledger, chain.lines, signed)


def sign(store: Backend, found: Unsigned) -> int:
    """Sign state and journal as they are, and return the line from which on the journal is signed.

    The lock must be held.

    Raises:
        StateNotSaved: One of them could not be written.
    """
    journal = Journal(store.lines, store.key, machine=store.machine, head=found.ledger.head)
    journal.signed()
    if store.exists():
        keep(store, journal, found.ledger)
    return found.lines + 1
