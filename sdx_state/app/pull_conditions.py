"""Conditions of a pull: what is declared is live, and what is live can be declared; else nothing is changed."""

from __future__ import annotations

from collections.abc import Iterator

from sdx_state.config.configuration import Configuration
from sdx_state.model.advised import AdvisedError
from sdx_state.model.plan import Action, Change, Plan
from sdx_state.model.texts import counted
from sdx_state.plan.describe import Description
from sdx_state.plan.rename import key_changes


class NotPulled(AdvisedError):
    """A pull has changed nothing.

    Attributes:
        plan: The plan that shows why, if that is to be looked at.
        decide: A person has to decide.
    """

    def __init__(self, message: str, advice: str, plan: Plan | None = None, *, decide: bool = False) -> None:
        super().__init__(message, advice)
        self.plan = plan
        self.decide = decide


def require_matched(plan: Plan, before: Configuration) -> None:
    """Return if each declared resource is a live one.

    Raises:
        NotPulled: One is not, so that a pull would declare something twice or lose a declaration.
    """
    if plan.errors:
        advice = "Nothing was changed. Deal with the errors above, then pull again."
        raise NotPulled("the files and the tenant do not fit together", advice, plan, decide=True)
    renamed = key_changes(plan.changes, before.moved)
    if renamed:
        lines = "\n".join(f"moved: [{{from: {before}, to: {after}}}]" for before, after in renamed)
        what = ", ".join(f"{before} is now {after}" for before, after in renamed)
        message = f"keys were changed in the files, and the state knows the old ones: {what}"
        raise NotPulled(message, f"Nothing was changed. Say it in a file, then pull again:\n{lines}", decide=True)
    created = [change for change in plan.changes if change.action is Action.CREATE]
    if created:
        names = ", ".join(change.address for change in created[:5]) + (", ..." if len(created) > 5 else "")
        message = f"declared, and not in the tenant: {counted(len(created), 'resource')}: {names}"
        advice = "Nothing was changed. Create them: sdx-state apply. Or take them out of the files, then pull again."
        raise NotPulled(message, advice, decide=True)


def require_writable(described: Description) -> None:
    """Return if every declared field has a value that can be declared.

    Raises:
        NotPulled: One has not: the file would keep its value, and the next plan would change the tenant.
    """
    found = sorted((str(address), name, why) for (address, name), why in described.unwritable.items())
    if found:
        listed = "; ".join(f"{address}: {name}: {why}" for address, name, why in found[:5])
        more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
        names = ", ".join(dict.fromkeys(name for _, name, _ in found))
        message = f"the tenant has values that cannot be declared: {listed}{more}"
        advice = "Nothing was changed. Correct them in the tenant, or do not manage these fields: "
        raise NotPulled(message, f"{advice}`ignore: [{names}]`. Then pull again.", decide=True)


def edits_in(plan: Plan) -> Iterator[Change]:
    """Yield what the files say otherwise than the last apply, and the tenant says otherwise than the files."""
    for change in plan.changes:
        removed = change.action is Action.DELETE
        if removed or (change.writes and any(field.origin != "drift" for field in change.fields)):
            yield change
