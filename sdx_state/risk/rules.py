"""The rules that grade a change, one function each.

Some ask for evidence: how many responses were collected. What no rule can see is said in words: the API shows no
question logic.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher

from sdx_state.kinds.policy import Level
from sdx_state.plan.model import ORDER_PATH, Action, Change, FieldChange

REWORDED = 0.6  # below this likeness of words, answers before and after are hard to compare


@dataclass(frozen=True)
class Rule:
    """One reason to look twice.

    Attributes:
        id: Its name.
        level: How bad it can be.
        reason: Why, in the words that a plan prints.
        applies: Whether a change is such a case.
        calm: The level if no response was collected; None if that makes no difference, and is not asked.
    """

    id: str
    level: Level
    reason: str
    applies: Callable[[Change], bool]
    calm: Level | None = None


def _deletes_survey(change: Change) -> bool:
    return change.kind == "survey" and change.action is Action.DELETE


def _deletes_question(change: Change) -> bool:
    return change.kind == "question" and change.action is Action.DELETE


def _changes_type(change: Change) -> bool:
    return change.kind == "question" and _changed(change, "question_type") is not None


def _shrinks_scale(change: Change) -> bool:
    field = _changed(change, "max_response")
    return field is not None and isinstance(field.after, int) and _above(field.before, field.after)


def _rewords_question(change: Change) -> bool:
    field = _changed(change, "question_text")
    if field is None or change.kind != "question":
        return False
    words = str(field.before or "").split(), str(field.after or "").split()
    return bool(words[0]) and SequenceMatcher(None, *words, autojunk=False).ratio() < REWORDED


def _splits_reports(change: Change) -> bool:
    field = _changed(change, "question_label")
    return field is not None and bool(field.before)


def _reorders(change: Change) -> bool:
    return _changed(change, ORDER_PATH) is not None


def _repoints_number(change: Change) -> bool:
    fields = (_changed(change, name) for name in ("inbound_number", "outbound_number", "sms_number"))
    return any(field is not None and bool(field.before) for field in fields)


def _reattributes(change: Change) -> bool:
    field = _changed(change, "agent_id")
    return field is not None and bool(field.before)


def _adds_user(change: Change) -> bool:
    return change.kind == "user" and change.action is Action.CREATE


def _deletes_user(change: Change) -> bool:
    return change.kind == "user" and change.action is Action.DELETE


RULES: tuple[Rule, ...] = (
    Rule(
        "survey-deleted", "critical", "its questions and the responses to them go with it", _deletes_survey, "medium"
    ),
    Rule(
        "question-deleted", "critical", "what becomes of its responses is not documented", _deletes_question, "medium"
    ),
    Rule("type-changed", "critical", "responses already collected were given to another type", _changes_type, "low"),
    Rule("scale-reduced", "high", "responses already collected may lie above the new scale", _shrinks_scale, "low"),
    Rule("question-reworded", "high", "answers before and after are hard to compare", _rewords_question, "low"),
    Rule("label-changed", "high", "reports are grouped by label and split here", _splits_reports, "low"),
    Rule("number-repointed", "high", "interactions under way use the old number", _repoints_number),
    Rule("user-deleted", "high", "the person can no longer sign in", _deletes_user),
    Rule("reordered", "medium", "question logic, which the API does not show, may depend on the order", _reorders),
    Rule("agent-changed", "medium", "interactions are attributed by agent_id", _reattributes),
    Rule("user-added", "low", "licences are paid per user", _adds_user),
)


def _changed(change: Change, name: str) -> FieldChange | None:
    """Return the change of field `name` of a resource that exists and stays."""
    if change.action is not Action.UPDATE:
        return None
    return next((field for field in change.fields if field.path.partition(".")[0] == name), None)


def _above(before: object, after: int) -> bool:
    return isinstance(before, int) and before > after
