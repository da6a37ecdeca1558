"""Consent to a plan: given beforehand with options, or by a person at the terminal."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sdx_state.records import dataclass, replace

if TYPE_CHECKING:
    from sdx_state.app.saved import SavedPlan
    from sdx_state.app.workspace import Workspace
    from sdx_state.apply.approval import ApprovedPlan, Consent
    from sdx_state.apply.review import Review
    from sdx_state.model.address import Address
    from sdx_state.model.whereabouts import Whereabouts
    from sdx_state.state.backend import Backend


@dataclass(frozen=True)
class AtTerminal:
    """The person at the terminal.

    Attributes:
        where: What every question is about, and names first.
    """

    where: Whereabouts

    def agrees(self, question: str) -> bool:
        """Ask for `yes`."""
        from sdx_state.cli.console import confirmed

        return confirmed(self.where, question)

    def names_tenant(self, question: str, reasons: Sequence[str], tenant: str) -> bool:
        """Ask for the name of the tenant."""
        from sdx_state.cli.console import typed

        return typed(self.where, question, reasons, tenant)

    def types(self, reason: str, address: Address) -> bool:
        """Ask for `address`."""
        from sdx_state.cli.console import typed_address

        return typed_address(self.where, reason, address)


def approved(
    workspace: Workspace, review: Review, given: Consent, question: str, *, name_always: bool = False
) -> ApprovedPlan:
    """Return `review` as approved by the options, or by the person who is asked `question` at the terminal.

    Raises:
        PlanStale, Refused: Nothing was written.
    """
    from sdx_state.app.asking import consent_of
    from sdx_state.apply.approval import approve

    machine = workspace.machine
    person = AtTerminal(workspace.where) if sys.stdin.isatty() else None
    consent = consent_of(review, given, person, question, machine.moment(), name_always=name_always)
    return approve(review, consent, machine.moment())  # a person may have thought about it for hours


def remember_saved(store: Backend, hash: str) -> None:
    """Remember that this machine saved the plan with `hash`; where that fails, its consent needs `--expect`."""
    from sdx_state.cli.console import say
    from sdx_state.state.errors import StateError

    try:
        store.remember_plan(hash)
    except StateError as error:
        say(f"warning: {str(error).splitlines()[0]}: consent in the saved plan counts only with --expect")


def proven_by_store(saved: SavedPlan, store: Backend) -> SavedPlan:
    """Return `saved` as proven if this machine saved it; say so if its consent does not count."""

    from sdx_state.cli.console import say

    if saved.proven or saved.hash in store.saved_plans():
        return replace(saved, proven=True)
    if saved.plan.consented is not None or saved.plan.allowed:
        say(
            "The consent in this plan file does not count: the plan was not saved on this machine. "
            "Give --expect with the hash that `plan --out` printed, or the consent itself."
        )
    return saved
