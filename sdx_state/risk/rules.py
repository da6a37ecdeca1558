"""The rules that grade a change, one function each.

Some rules need evidence: the number of collected responses or pending interactions. No rule can see question logic,
which the API does not show; the messages say so.
"""

from __future__ import annotations

from collections.abc import Callable

from sdx_state.kinds import QUESTION, SURVEY, USER
from sdx_state.kinds.field import FieldType
from sdx_state.model.alike import is_alike
from sdx_state.model.evidence import Sort
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.plan import Action, Change, FieldChange
from sdx_state.model.policy import Level
from sdx_state.records import dataclass
from sdx_state.risk.facts import Facts

USER_ADDED = "user-added"
REWORDED = 0.6  # Below this similarity of words, answers before and after are hard to compare.


@dataclass(frozen=True)
class Rule:
    """One risk rule.

    Attributes:
        id: Name of the rule.
        level: The level if evidence was found, or the rule needs none.
        reason: The reason that a plan prints.
        applies: Returns True if the rule applies to a change.
        asks: Resources to count in the tenant before grading.
        calm: The level if the count is zero.
    """

    id: str
    level: Level
    reason: str
    applies: Callable[[Change, Facts], bool]
    asks: tuple[Sort, ...] = ()
    calm: Level | None = None


def _deletes_survey(change: Change, _: Facts) -> bool:
    return change.kind == "survey" and change.action is Action.DELETE


def _deletes_question(change: Change, _: Facts) -> bool:
    return change.kind == "question" and change.action is Action.DELETE


def _changes_type(change: Change, _: Facts) -> bool:
    return change.kind == "question" and _changed(change, "question_type") is not None


def _shrinks_scale(change: Change, _: Facts) -> bool:
    field = _changed(change, "max_response")
    if field is not None and isinstance(field.after, int) and _above(field.before, field.after):
        return True
    return any(one.after is None and one.path.whole for one in _all_changed(change, "response_options"))


def _rewords_question(change: Change, _: Facts) -> bool:
    return change.kind == "question" and any(_reworded(field) for field in _all_changed(change, "question_text"))


def _splits_reports(change: Change, _: Facts) -> bool:
    field = _changed(change, "question_label")
    return field is not None and bool(field.before)


def _reorders(change: Change, _: Facts) -> bool:
    return _changed(change, ORDER_PATH) is not None


def _disables(change: Change, _: Facts) -> bool:
    field = _changed(change, "disabled")
    return field is not None and field.after is True


def _repoints_number(change: Change, _: Facts) -> bool:
    return _replaces(change, "inbound_number", "outbound_number", "sms_number")


def _texts_from_landline(change: Change, facts: Facts) -> bool:
    return _sms_type(change, facts) == "landline"


def _texts_from_voip(change: Change, facts: Facts) -> bool:
    return _sms_type(change, facts) == "voip"


def _changes_sender(change: Change, _: Facts) -> bool:
    return _replaces(change, "email_subject", "email_from_address", "email_from_name")


def _changes_texts(change: Change, facts: Facts) -> bool:
    if _rewords_question(change, facts):
        return False
    texts = [field for name in _TEXTS.get(change.kind, ()) for field in _all_changed(change, name)]
    return any(field.after or not field.before or field.path.in_list for field in texts)


def _clears_text(change: Change, _: Facts) -> bool:
    texts = (field for name in _TEXTS.get(change.kind, ()) for field in _all_changed(change, name))
    return any(bool(field.before) and not field.after and not field.path.in_list for field in texts)


def _reattributes(change: Change, _: Facts) -> bool:
    return _replaces(change, "agent_id")


def _adds_user(change: Change, _: Facts) -> bool:
    return change.kind == "user" and change.action is Action.CREATE


def _deletes_user(change: Change, _: Facts) -> bool:
    return change.kind == "user" and change.action is Action.DELETE


def _deletes_operator(change: Change, facts: Facts) -> bool:
    return (
        _deletes_user(change, facts)
        and facts.operator is not None
        and _email(change) == USER.identity_of(facts.operator)
    )


def _deletes_last_administrator(change: Change, facts: Facts) -> bool:
    known = facts.administrators
    return (
        _deletes_user(change, facts)
        and _email(change) in known
        and facts.staying is not None
        and not known & facts.staying
    )


# Types of fields that respondents see or hear.
_SAID = (FieldType.PROMPT, FieldType.OPTIONS)
_TEXTS = {
    kind.name: frozenset(field.name for field in kind.fields if field.type in _SAID) - {"email_subject"} | more
    for kind, more in ((SURVEY, {"description", "logo_text", "redirect_text"}), (QUESTION, set[str]()))
}
_RESPONSES: tuple[Sort, ...] = ("responses",)

RULES: tuple[Rule, ...] = (
    Rule(
        "operator-deleted",
        "blocked",
        "the credentials of this run belong to that user (`api.user`)",
        _deletes_operator,
    ),
    Rule(
        "last-administrator",
        "blocked",
        "the tenant would have no administrator of `limits.administrators` left",
        _deletes_last_administrator,
    ),
    Rule(
        "survey-deleted",
        "critical",
        "its questions and their responses are deleted with it",
        _deletes_survey,
        ("responses", "pending"),
        "medium",
    ),
    Rule(
        "question-deleted",
        "critical",
        "the API reference does not document what happens to its responses, and question logic, which the API does "
        "not show, may depend on it",
        _deletes_question,
        _RESPONSES,
        "medium",
    ),
    Rule(
        "type-changed",
        "critical",
        "collected responses belong to the old type",
        _changes_type,
        _RESPONSES,
        "low",
    ),
    Rule(
        "number-repointed",
        "critical",
        "pending interactions use the old number",
        _repoints_number,
        ("pending",),
        "high",
    ),
    Rule(
        "scale-reduced",
        "high",
        "collected responses may be outside the new scale",
        _shrinks_scale,
        _RESPONSES,
        "low",
    ),
    Rule(
        "question-reworded",
        "high",
        "answers before and after are hard to compare",
        _rewords_question,
        _RESPONSES,
        "low",
    ),
    Rule(
        "label-changed",
        "high",
        "reports group by label and will be split",
        _splits_reports,
        _RESPONSES,
        "low",
    ),
    Rule("sms-from-landline", "high", "a landline cannot receive text messages", _texts_from_landline),
    Rule("user-deleted", "high", "the user will no longer be able to sign in", _deletes_user),
    Rule("sms-from-voip", "medium", "a VoIP number may not receive text messages", _texts_from_voip),
    Rule(
        "reordered",
        "medium",
        "earlier questions influence answers, and question logic, which the API does not show, may depend on the "
        "order",
        _reorders,
    ),
    Rule(
        "question-disabled",
        "medium",
        "it will no longer be asked, and question logic, which the API does not show, may depend on it",
        _disables,
    ),
    Rule("agent-changed", "medium", "agent_id attributes interactions to users", _reattributes),
    Rule("sender-changed", "medium", "recipients and mail filters know the old sender or subject", _changes_sender),
    Rule("text-cleared", "medium", "respondents will no longer see or hear this text", _clears_text),
    Rule("text-changed", "low", "respondents will see different text", _changes_texts),
    Rule(USER_ADDED, "low", "each user needs a paid license", _adds_user),
)


def _email(change: Change) -> str:
    return USER.identity_of(change.id or "")


def _sms_type(change: Change, facts: Facts) -> str | None:
    """Return the type of the SMS number, if `change` sets it."""
    if change.action not in (Action.CREATE, Action.UPDATE):
        return None
    after = next((field.after for field in change.fields if field.path == "sms_number"), None)
    return facts.phone_types.get(str(after)) if after else None


def _reworded(field: FieldChange) -> bool:
    words = str(field.before or "").split(), str(field.after or "").split()
    return bool(words[0]) and not is_alike(*words, REWORDED)  # An undecidable comparison counts as reworded.


def _replaces(change: Change, *names: str) -> bool:
    """Return True if a value is replaced or removed."""
    return any(bool(field.before) for name in names for field in _all_changed(change, name))


def _all_changed(change: Change, name: str) -> list[FieldChange]:
    """Return the changes of field `name`, one for each language, if the resource is updated."""
    if change.action is not Action.UPDATE:
        return []
    return [field for field in change.fields if field.path.field == name]


def _changed(change: Change, name: str) -> FieldChange | None:
    return next(iter(_all_changed(change, name)), None)


def _above(before: object, after: int) -> bool:
    return isinstance(before, int) and before > after
