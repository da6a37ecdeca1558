"""The plan as one self-contained page: what changes, what that endangers, and the survey as respondents see it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

from sdx_state.kinds import KINDS, in_reading_order
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import SEVERITIES, once_for_all_uses
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.plan import Action, Change, FieldChange, Plan, Risk
from sdx_state.model.policy import LEVELS
from sdx_state.plan.conversation import Conversation
from sdx_state.records import dataclass
from sdx_state.report.dialogue import Dialogue, dialogue, pair
from sdx_state.report.handoff import exact, shown
from sdx_state.report.likeness import ALIKE, folded_words, is_made, likeness, top_of
from sdx_state.report.markdown import BY_HAND, SECTIONS, at_level
from sdx_state.report.places import field_place, places_of
from sdx_state.report.stored import stored_line
from sdx_state.report.template import page
from sdx_state.report.text import effort_line, licences, no_changes, stopping, summary_line
from sdx_state.report.words import Piece

NO_RISK = "no risk"
ACTIONS = ("delete", "update", "create", "import", "rename", "forget")
_HAND = {"manual": "by hand, not through the API", "csv": "by CSV upload, not through the API"}
_ORIGINS = {
    "drift": "changed in the tenant since the last apply: this would be overwritten",
    "both": "changed here and in the tenant: the tenant's value would be overwritten",
}
_NOTHING = (None, "")

_GROUPED = ("low", "medium")
AROUND = 120  # characters shown on either side of a change in a long value
NAMED = 3  # resources of a risk that many share which are named in its row

# A name, the pieces before and after (None where there is no such side), a remark, and where it is declared.
Field: TypeAlias = tuple[str, "list[Piece] | None", "list[Piece] | None", str, str]


@dataclass(frozen=True)
class RiskRow:
    """A risk, and what it is a risk of.

    Attributes:
        risk: Its rule, level and reason.
        action: What happens.
        changes: The changes that it is a risk of, each with its number.
    """

    risk: Risk
    action: str
    changes: list[tuple[int, Change]]

    @property
    def named(self) -> list[tuple[int, Change]]:
        """The changes that are named."""
        return self.changes if len(self.changes) <= NAMED + 1 else self.changes[:NAMED]

    @property
    def numbers(self) -> str:
        """The numbers of the changes, as the page's script reads them."""
        return " ".join(str(number) for number, _ in self.changes)

    @property
    def place(self) -> str:
        """Where the one change is declared which is asked for; empty where there are several."""
        return places_of(self.risk.source or self.changes[0][1].source) if len(self.changes) == 1 else ""


def plan_html(plan: Plan, conversations: Sequence[Conversation]) -> str:
    """Return `plan` as one HTML page that loads nothing."""
    dialogues = [dialogue(one) for one in conversations]
    values = {
        "plan": plan,
        "stored": stored_line(plan),
        "diagnostics": sorted(
            once_for_all_uses(plan.diagnostics), key=lambda diagnostic: SEVERITIES.index(diagnostic.severity)
        ),  # errors come first
        "headline": _headline(plan),
        "points": [*_points(plan)],
        "sections": _sections(plan.changes),
        "filters": [("Risk", "level", _level_counts(plan)), ("Action", "action", _action_counts(plan))],
        "risks": _risk_rows(plan.changes),
        "dialogues": dialogues,
        "action_of": action_of,
        "levels_of": levels_of,
        "survey_of": top_of,
        "remarks_of": lambda change: [*_remarks(change)],
        "repeats": _repeats(plan.changes),
        "folded_words": folded_words,
        "fields_of": lambda change: [*_fields(change)],
    }
    return page("plan.html", values, style="plan.css", rules=_row_rules(dialogues), script="plan.js")


def action_of(change: Change) -> str:
    """Return what happens to a resource, in one word."""
    if change.action is not Action.NO_OP:
        return str(change.action.value)
    return "import" if change.importing else "rename"


def levels_of(change: Change) -> list[str]:
    """Return the levels of the risks of `change`, the worst first; that there is none is a level too."""
    found = {risk.level for risk in change.risks}
    return [level for level in reversed(LEVELS) if level in found] or [NO_RISK]


def _risk_rows(changes: Sequence[Change]) -> list[RiskRow]:
    """Return the rows of the table of risks, the worst first; of what is alike and not grave there is one row."""
    rows: dict[tuple[object, ...], RiskRow] = {}
    for number, change in enumerate(changes):
        for risk in change.risks:
            alike = (risk.rule, risk.level, risk.message, change.kind, change.action)
            key = alike if risk.level in _GROUPED else (*alike, number)
            rows.setdefault(key, RiskRow(risk, action_of(change), [])).changes.append((number, change))
    return sorted(rows.values(), key=lambda row: -LEVELS.index(row.risk.level))


def _row_rules(dialogues: Sequence[Dialogue]) -> str:
    """Return the style rules that put bubbles into rows: style attributes would ask for a weaker policy."""
    return "".join(f".r{row}{{--row:{row}}}" for row in range(1, 1 + max((one.rows for one in dialogues), default=0)))


def _headline(plan: Plan) -> str:
    if plan.errors:
        return "The plan has errors. Nothing can be applied."
    return summary_line(plan.summary) if plan.changes else no_changes(plan)


def _points(plan: Plan) -> Iterator[tuple[str, str]]:
    """Yield what a reader must know before the details, each with how it looks."""
    worst = [levels_of(change)[0] for change in plan.changes]
    if limits := stopping(plan):
        yield "critical", limits
    for level in ("blocked", "critical", "high"):
        if level in worst:
            yield level, at_level(level, worst.count(level))
    deletes = sum(change.action is Action.DELETE for change in plan.changes)
    if deletes:
        yield "", f"{deletes} to be deleted"
    cost = licences(plan)
    if cost:
        yield "", cost
    effort = effort_line(plan)
    if effort:
        yield "", effort
    if plan.summary.handoff:
        yield "", f"{plan.summary.handoff} {BY_HAND}"
    if plan.drift:
        yield "", f"{len(plan.drift)} changed in the tenant since the last apply"
    if plan.targets or plan.excludes:
        chosen = [f"only {glob}" for glob in plan.targets] + [f"without {glob}" for glob in plan.excludes]
        yield "medium", f"Not all was planned: {', '.join(chosen)}"
    alike = []
    if plan.unchanged:
        alike += [f"{plan.unchanged} already {'matches' if plan.unchanged == 1 else 'match'} what is declared"]
    if plan.unmanaged:
        stays = "is not managed and stays as it is"
        stay = "are not managed and stay as they are"
        alike += [f"{len(plan.unmanaged)} {stays if len(plan.unmanaged) == 1 else stay}"]
    if alike:
        yield "", f"Of the rest, {', '.join(alike)}"


def _level_counts(plan: Plan) -> list[tuple[str, int]]:
    found = [level for change in plan.changes for level in levels_of(change)]
    return [(level, found.count(level)) for level in (*reversed(LEVELS), NO_RISK) if level in found]


def _action_counts(plan: Plan) -> list[tuple[str, int]]:
    found = [action_of(change) for change in plan.changes]
    return [(action, found.count(action)) for action in ACTIONS if action in found]


def _sections(changes: Sequence[Change]) -> list[tuple[str, list[tuple[int, Change]]]]:
    """Return the changes by whose they are and what they are of, children under their parent, with their numbers."""
    found: dict[tuple[int, str], list[tuple[int, Change]]] = {}
    places: dict[Address, int] = {}
    owners, titles = list(SECTIONS), [kind.title for kind in in_reading_order()]
    for number, change in enumerate(changes):
        places.setdefault(top_of(change), number)
        kind = KINDS[change.kind]
        noun = KINDS[kind.parent or kind.name].title
        found.setdefault((owners.index(change.attribution), noun), []).append((number, change))
    sections = []
    for owner, noun in sorted(found, key=lambda key: (key[0], titles.index(key[1]))):
        title = SECTIONS[owners[owner]]
        rows = sorted(found[owner, noun], key=lambda row: (places[top_of(row[1])], row[1].address.parent is not None))
        sections.append((f"{title}: {noun.lower()}" if title else noun, rows))
    return sections


def _repeats(changes: Sequence[Change]) -> dict[Address, int]:
    """Return the resources whose changes repeat those of another one; and each first one, with their number."""
    tops: dict[Address, list[Change]] = {}
    for change in changes:
        tops.setdefault(top_of(change), []).append(change)
    alike: dict[object, list[Address]] = {}
    for top, members in tops.items():
        if is_made(members):
            owners = {one.attribution for one in members}
            alike.setdefault((str(owners), likeness(top, members)), []).append(top)
    found: dict[Address, int] = {}
    for first, *rest in alike.values():
        if len(rest) + 1 >= ALIKE:
            found |= {first: len(rest), **dict.fromkeys(rest, 0)}
    return found


def _remarks(change: Change) -> Iterator[str]:
    """Yield what is to be known of a change beside its fields."""
    if change.writes and change.via in _HAND:
        yield _HAND[change.via]
    if change.importing:
        yield "import and change" if change.writes else "import: found in the tenant, managed after this change"
    if change.previous:
        yield f"was {change.previous}"
    if change.action is Action.FORGET:
        yield "not managed any more, stays in the tenant"
    if change.protected and change.action is Action.DELETE:
        yield "protected"
    if change.reason:
        yield change.reason
    if change.id and change.id not in change.address:
        yield f"id {change.id}"


def _fields(change: Change) -> Iterator[Field]:
    """Yield what is shown of each field that `change` writes; a new text is a field in each language."""
    for field in change.fields if change.writes else ():
        remark, place = _ORIGINS.get(field.origin, ""), field_place(field, change)
        if field.path == ORDER_PATH and change.action is Action.UPDATE:
            yield field.path, [("same", f"place {field.before}")], [("same", f"place {field.after}")], remark, place
        elif change.action in (Action.CREATE, Action.DELETE):
            new = change.action is Action.CREATE
            value = field.after if new else field.before
            parts = value.items() if isinstance(value, Mapping) and value else [("", value)]
            for key, part in parts:
                told: list[Piece] = [("same", shown(part))]
                yield f"{field.path}.{key}".rstrip("."), None if new else told, told if new else None, remark, place
        else:
            yield field.path, *_compared(field), remark, place


def _compared(field: FieldChange) -> tuple[list[Piece], list[Piece]]:
    if field.before in _NOTHING:
        return [("same", shown(field.before))], [("added", shown(field.after))]
    if field.after in _NOTHING:
        return [("removed", shown(field.before))], [("same", shown(field.after))]
    return pair(exact(field.before), exact(field.after), AROUND)
