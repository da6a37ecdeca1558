"""Globs of addresses that match nothing: a misspelt one must not pass for one that has nothing to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.alike import nearest
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Plan
from sdx_state.model.resource import Moved

EVERYTHING = "*"


def unmatched(
    options: Mapping[str, Sequence[str]],
    known: Iterable[str],
    moved: Sequence[Moved] = (),
    otherwise: str = "all managed addresses: sdx-state state list",
) -> Iterator[Diagnostic]:
    """Yield an error for each glob that matches no address.

    Args:
        options: The globs by the option that they were given with.
        known: All addresses that are declared, managed or live.
        moved: Former addresses. They match nothing, and the error names the new address.
        otherwise: The hint where no address is alike.
    """
    if not any(options.values()):
        return
    former = {move.before: move.after for move in moved}
    current = {address for address in known if address not in former}
    for option, globs in options.items():
        for glob in dict.fromkeys(globs):
            moved_from = next((before for before in former if before == glob), None)
            if glob == EVERYTHING or glob in current or any(fnmatchcase(address, glob) for address in current):
                continue
            near = _resolved(moved_from, former) if moved_from else likeliest(glob, current)
            message = f"{option} {glob} matches nothing"
            if moved_from:
                message = f"{option} {glob}: this address was moved to {near}"
            hint = f"did you mean {near}?" if near else otherwise
            yield Diagnostic("no-match", "error", message, help=hint)


def live_addresses(plan: Plan) -> Iterator[Address]:
    """Yield the addresses of unmanaged resources whose identity is their key; others have none."""
    for one in plan.unmanaged:
        if KINDS[one.kind].keyed_by_identity:
            yield Address(one.kind, one.id)


def likeliest(glob: str, known: Iterable[str]) -> str | None:
    """Return the one of `known` that `glob` probably means: in another case, without its kind, or misspelt."""
    names = sorted(known)
    folded = glob.casefold()
    for name in names:
        if name.casefold() == folded or name.casefold().partition(".")[2] == folded:
            return name
    return nearest(glob, names)


def _resolved(address: Address, former: Mapping[Address, Address]) -> Address:
    seen = {address}
    while (after := former.get(address)) is not None and after not in seen:
        address = after
        seen.add(address)
    return address
