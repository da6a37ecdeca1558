"""The state as a file: taken out of its backend, and put back where nothing contradicts that."""

from __future__ import annotations

from sdx_state.model.ledger import Head, Ledger
from sdx_state.records import replace
from sdx_state.state.backend import Backend, Fence
from sdx_state.state.codec import decode, encode
from sdx_state.state.errors import StateUnusable
from sdx_state.state.ledger import require_tenant
from sdx_state.state.memory import keep, open_journal, put_back


class NotPushed(Exception):
    """The file contradicts the state that is there.

    Attributes:
        advice: What to do next.
    """

    def __init__(self, reasons: list[str]) -> None:
        super().__init__("; ".join(reasons))
        self.advice = "Nothing was changed. If the file is the right one, --force puts it in the place of the state."


def pulled(store: Backend) -> bytes:
    """Return the state as a file: what `pushed` takes.

    Raises:
        StateUnusable: There is none, or it cannot be read.
    """
    if not store.exists():
        raise StateUnusable("there is no state yet", "The first apply makes one.")
    return encode(store.load(), store.key)


def state_in(store: Backend, data: bytes, where: str) -> Ledger:
    """Return the state in the file `where`, whose content is `data`.

    Raises:
        StateUnusable: The file is not a state, or is damaged.
        StateOfAnother: It is of another tenant.
    """
    ledger = decode(data, where, store.key)
    require_tenant(ledger, store.tenant, where)
    return ledger


def pushed(store: Backend, fence: Fence, ledger: Ledger, where: str, *, force: bool) -> tuple[Ledger, list[str]]:
    """Make `ledger` the state, and return it as saved, with what was overridden. The lock must be held.

    Args:
        store: Where it goes.
        fence: Of the lock.
        ledger: The state of the file.
        where: The name of the file, for messages.
        force: Whether it may replace a newer state, or one of another lineage.

    Raises:
        NotPushed: It contradicts the state that is there, and `force` is not given.
        StateOfAnother: It is of another tenant; nothing overrides that.
        StateNotSaved, LockLost: The store did not confirm it.
    """
    reasons: list[str] = []
    try:
        there = store.load()
    except StateUnusable as error:
        there = None
        reasons.append(f"the state that is there cannot be read ({str(error).partition(chr(10))[0]})")
    if there is not None and there.serial:
        require_tenant(ledger, there.tenant or None, where)
        if there.lineage != ledger.lineage:
            reasons.append(f"it has the lineage {ledger.lineage}, and the state has {there.lineage}")
        elif ledger.serial < there.serial:
            reasons.append(f"it has the serial {ledger.serial}, and the state has {there.serial}: it is older")
    if reasons and not force:
        raise NotPushed(reasons)
    journal = open_journal(store, fence)
    newest = there.serial if there is not None else 0
    ledger = put_back(replace(ledger, serial=max(ledger.serial, newest), head=Head()), store, journal)
    return keep(store, journal, ledger), reasons
