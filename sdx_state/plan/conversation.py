"""A survey as respondents hear it, before and after a plan: its prompts, in order, in each language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from sdx_state.kinds import QUESTION, SURVEY
from sdx_state.kinds.wire import read_field
from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.plan import Action, Plan
from sdx_state.model.resource import Desired, Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.model.value import DEFAULT_LANGUAGE, Value
from sdx_state.plan.build import Intention
from sdx_state.plan.order import order_of
from sdx_state.records import dataclass

Role = Literal["greeting", "instructions", "question", "closing"]
_BEFORE_QUESTIONS: tuple[tuple[Role, str], ...] = (
    ("greeting", "greeting_text"),
    ("instructions", "instructions_text"),
)


@dataclass(frozen=True)
class Line:
    """One prompt of a conversation.

    Attributes:
        key: What it is, the same before and after: a role, or a question's id or address.
        role: Its place in the conversation.
        text: The text of the prompt.
        answer: How a question is answered, in words.
    """

    key: str
    role: Role
    text: str
    answer: str = ""


@dataclass(frozen=True)
class Conversation:
    """One survey in one language.

    Attributes:
        address: The survey.
        name: What people call it.
        language: `default`, or another that the survey speaks.
        before: The prompts before the plan; empty for a new survey.
        after: The prompts after the plan; empty for one that is deleted.
    """

    address: Address
    name: str
    language: str
    before: tuple[Line, ...]
    after: tuple[Line, ...]


def conversations(plan: Plan, intention: Intention, snapshot: Snapshot) -> Iterator[Conversation]:
    """Yield each survey that `plan` changes as respondents hear it, in each language in which a prompt differs."""
    asked: dict[Address, list[Desired]] = {}
    for desired in intention.resources.values():
        if desired.parent is not None:
            asked.setdefault(desired.parent, []).append(desired)
    surveys = {live.id: live for live in snapshot.of(SURVEY.name)}
    touched = [change.parent or change.address for change in plan.changes if change.writes]
    deleted = {change.address: change for change in plan.changes if change.action is Action.DELETE}
    for address in dict.fromkeys(one for one in touched if one.kind == SURVEY.name):
        declared = intention.resources.get(address)
        gone = deleted.get(address)
        live = surveys.get(plan.ids.get(address) or (gone.id or "" if gone else ""))
        questions = sorted(asked.get(address, []), key=lambda one: one.position)
        maker = _Maker(plan, snapshot, deleted)
        name = str((live.raw if live else declared.values if declared else {}).get("name") or address)
        for language in maker.languages(live, declared, questions):
            before = _said(maker.now(live, language)) if live is not None else ()
            after = _said(maker.then(live, declared, questions, language)) if declared is not None else ()
            if before != after:
                yield Conversation(address, name, language, before, after)


class _Maker:
    def __init__(self, plan: Plan, snapshot: Snapshot, deleted: Mapping[Address, object]) -> None:
        self.ids, self.snapshot = plan.ids, snapshot
        self.leaving = {change.id for change in plan.changes if change.address in deleted}

    def languages(self, live: Live | None, declared: Desired | None, questions: Sequence[Desired]) -> list[str]:
        found = {DEFAULT_LANGUAGE: None}
        if self.snapshot.shape == "flat":
            return list(found)
        values: list[Value] = []
        for one in [live, *self._asked(live)] if live is not None else []:
            kind = SURVEY if one.kind == SURVEY.name else QUESTION
            values += [read_field(field, one.raw) for field in kind.fields if field.name.endswith("_text")]
        for desired in [*([declared] if declared else []), *questions]:
            values += [value for name, value in desired.values.items() if name.endswith("_text")]
        for value in values:
            if isinstance(value, Mapping):
                found.update(dict.fromkeys(value))
        return list(found)

    def now(self, live: Live, language: str) -> Iterator[Line]:
        yield from self._prompts(live.raw, {}, _BEFORE_QUESTIONS, language)
        for one in self._asked(live):
            yield self._question(one.id, one.raw, {}, language)
        yield from self._prompts(live.raw, {}, (("closing", "closing_text"),), language)

    def then(
        self, live: Live | None, declared: Desired | None, questions: Sequence[Desired], language: str
    ) -> Iterator[Line]:
        raw = live.raw if live is not None else {}
        said = declared.values if declared is not None else {}
        yield from self._prompts(raw, said, _BEFORE_QUESTIONS, language)
        ours = {self.ids[one.address]: one for one in questions if one.address in self.ids}
        strangers = [one for one in self._asked(live) if one.id not in ours and one.id not in self.leaving]
        rows = {one.id: one.raw for one in self._asked(live)}
        for one in questions:
            id = self.ids.get(one.address)
            yield self._question(id or one.address, rows.get(id or "", {}), one.values, language)
        for stranger in strangers:
            yield self._question(stranger.id, stranger.raw, {}, language)
        yield from self._prompts(raw, said, (("closing", "closing_text"),), language)

    def _asked(self, live: Live | None) -> list[Live]:
        if live is None:
            return []
        found = [one for one in self.snapshot.of(QUESTION.name) if one.parent_id == live.id]
        return sorted(found, key=lambda one: order_of(one.raw, ORDER_PATH))

    def _prompts(
        self,
        raw: Mapping[str, object],
        said: Mapping[str, Value],
        prompts: Sequence[tuple[Role, str]],
        language: str,
    ) -> Iterator[Line]:
        for role, name in prompts:
            text = _spoken(said.get(name), language) if name in said else None
            if text is None:
                text = _spoken(read_field(SURVEY.by_name[name], raw), language) or ""
            if text:
                yield Line(role, role, text)

    def _question(self, key: str, raw: Mapping[str, object], said: Mapping[str, Value], language: str) -> Line:
        def value(name: str) -> Value:
            return said[name] if name in said else read_field(QUESTION.by_name[name], raw)

        text = _spoken(said.get("question_text"), language) if "question_text" in said else None
        if text is None:
            text = _spoken(read_field(QUESTION.by_name["question_text"], raw), language) or ""
        most = value("max_response")
        kind = str(value("question_type") or "text")
        return Line(key, "question", text, f"{kind}, up to {most}" if most not in (None, "") else kind)


def _said(lines: Iterator[Line]) -> tuple[Line, ...]:
    """Return the lines with a text: in a further language not every prompt has one."""
    return tuple(line for line in lines if line.text)


def _spoken(value: Value | None, language: str) -> str | None:
    """Return what a prompt says in `language`; None where it says nothing about it."""
    if isinstance(value, Mapping):
        text = value.get(language)
        return text if isinstance(text, str) else None
    if language != DEFAULT_LANGUAGE:
        return None
    return value if isinstance(value, str) else None
