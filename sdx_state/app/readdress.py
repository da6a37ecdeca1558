"""Another address for what the state knows: only one that could be declared, and that could be this resource."""

from __future__ import annotations

from sdx_state.kinds import KINDS
from sdx_state.model.address import KEY_RULE, Address, is_key
from sdx_state.model.advised import AdvisedError
from sdx_state.model.ledger import Ledger


class NotReaddressed(AdvisedError):
    """The state is as it was."""


def readdressed(ledger: Ledger, before: Address, after: Address) -> Ledger:
    """Return `ledger` with `before`, and what lives in it, under the address `after`.

    Raises:
        KeyError: Nothing is known under `before`.
        NotReaddressed: `after` is taken, of another kind, in an unknown parent, no key, or another resource.
    """
    try:
        moved = ledger.moved(before, after)
    except ValueError as error:
        raise NotReaddressed(str(error), "Nothing was changed.") from error
    kind, entry = KINDS[after.kind], ledger.entries[before]
    if kind.keyed_by_identity and not kind.is_same(after.key, entry.id):
        raise NotReaddressed(
            f"{before} is the {kind.noun} {entry.id}, and {after} would not be: that is another {kind.noun}",
            f"Nothing was changed. To replace one by the other, declare {after} instead of {before}; "
            f"to stop managing it: sdx-state state rm {before}",
        )
    if not kind.keyed_by_identity and not is_key(after.key):
        raise NotReaddressed(f"{after} cannot be declared: {KEY_RULE}", "Nothing was changed.")
    if after.parent is not None and after.parent not in ledger.entries:
        raise NotReaddressed(
            f"the state knows no {after.parent}",
            f"Nothing was changed. Apply the {after.parent.kind} first; all addresses: sdx-state state list",
        )
    return moved
