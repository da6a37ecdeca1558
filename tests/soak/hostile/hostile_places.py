"""The material of a report, with a text of the caller's choice at each place that can contain one."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timezone

from sdx_state.apply.outcome import Outcome
from sdx_state.handoff.steps import HandOff, hand_off
from sdx_state.model.accepted import Accepted
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, Drift, FieldChange, Plan, Risk, Unmanaged
from sdx_state.model.policy import Freeze
from sdx_state.model.resource import Desired, Source
from sdx_state.plan.conversation import Conversation, Line
from sdx_state.plan.divergence import Divergence, Verdict

Fill = Callable[[str], str]  # the name of a place -> the text for it

ORIGIN = "https://demo.surveydynamix.com"
_NOT_IN_A_PATH = re.compile(r"[\s\\\x00-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")  # as YAML and its schema have it
_NOT_IN_AN_EMAIL = re.compile(r"[\s@/\\?#\x00-\x1f\x7f]")  # as the client has it of the id of a user
_DAY = date(2030, 1, 2)
FORMULA = Address("user", "formula")


@dataclass(frozen=True)
class Material:
    """The values that the reports of one case are made from."""

    plan: Plan
    told: tuple[Conversation, ...]
    handoff: HandOff
    done: tuple[str, ...]
    verdict: Verdict
    diagnostics: tuple[Diagnostic, ...]
    outcomes: tuple[Outcome, ...]
    freeze: Freeze
    environment: str


def material(fill: Fill) -> Material:
    """Return what reports are made from; every text comes from `fill`."""
    plan, resources = _plan(fill)
    file = Source(fill("outcome.file"), 3, 4)
    begins, ends = datetime(2020, 1, 1, tzinfo=timezone.utc), datetime(2040, 1, 1, tzinfo=timezone.utc)
    return Material(
        plan=plan,
        told=tuple(_told(fill)),
        handoff=hand_off(plan, resources, ORIGIN, {"survey": _link(fill), "user": "/users/{id}"}),
        done=(fill("handoff.done"),),
        verdict=_verdict(fill),
        diagnostics=tuple(_diagnostics(fill)),
        outcomes=tuple(_outcomes(fill)),
        freeze=Freeze(begins, ends, fill("freeze.reason"), file),
        environment=fill("environment"),
    )


def _link(fill: Fill) -> str:
    return "/" + _NOT_IN_A_PATH.sub("", fill("link")) + "/{id}"


def _email(text: str) -> str:
    kept = "".join(one for one in _NOT_IN_AN_EMAIL.sub("", text) if one.isprintable())
    return f"{kept}@example.com"


def _plan(fill: Fill) -> tuple[Plan, dict[Address, Desired]]:
    survey, question, user = (
        Address("survey", fill("survey.key")),
        Address("question", fill("question.key"), Address("survey", "s")),
        Address("user", fill("user.key")),
    )
    twin = fill("field.twin")
    words = "the same words on both sides of it, "
    changed = Change(
        survey,
        "survey",
        Action.UPDATE,
        id="17",
        previous=Address("survey", fill("survey.previous")),
        fields=(
            FieldChange(FieldPath("name"), fill("field.before"), None, "drift", Source(fill("field.file"), 3, 1)),
            FieldChange(FieldPath("greeting_text"), "", fill("field.after")),
            FieldChange(FieldPath("closing_text"), words + twin, twin + words, "both"),
            FieldChange(FieldPath(f"instructions_text.{fill('field.language')}"), "before", "after"),
            FieldChange(
                FieldPath("redirect_text"), None, {"default": "x", fill("field.map.key"): fill("field.map.text")}
            ),
            FieldChange(FieldPath("description"), fill("field.one") + " a b c d e f g h", fill("field.other")),
        ),
        before={"name": fill("values.before")},
        after={"name": fill("values.after"), fill("values.key"): "x"},
        source=Source(fill("change.file"), 7, 3),
        reason=fill("change.reason"),
        via="manual",
        risks=tuple(
            Risk(f"rule-{one}", one, fill(f"risk.{one}"), Source(fill(f"risk.{one}.file"), 5, 2))
            for one in ("low", "high", "critical")
        ),
        label=fill("survey.label"),
        depends_on=(Address("survey", fill("change.needs")),),
        attribution="branch",
    )
    asked = Change(
        question,
        "question",
        Action.CREATE,
        fields=(
            FieldChange(FieldPath("question_text"), None, fill("question.text")),
            FieldChange(
                FieldPath("response_options"), None, [{"label": fill("option.label"), "text": fill("option.text")}]
            ),
        ),
        source=Source(fill("question.file"), 9, 3),
        via="manual",
        label=fill("question.label"),
        parent=survey,
        attribution="both",
    )
    added = Change(user, "user", Action.CREATE, via="csv", label=fill("user.label"), source=Source("u.yaml", 1, 1))
    gone = Change(
        Address("survey", fill("gone.key")),
        "survey",
        Action.DELETE,
        id="18",
        fields=(FieldChange(FieldPath("name"), fill("gone.name"), None),),
        via="manual",
        label=fill("gone.label"),
        attribution="drift",
        risks=(Risk("r", "medium", fill("risk.medium")),),
    )
    by_api = Change(
        Address("phone_number", fill("number.key")),
        "phone_number",
        Action.NO_OP,
        id=fill("number.id"),
        importing=True,
        label=fill("number.label"),
    )
    email = _email(fill("user.email"))
    person = Change(
        Address("user", email),
        "user",
        Action.UPDATE,
        id=email,
        fields=(
            FieldChange(FieldPath("name"), "x", fill("user.name")),
            FieldChange(FieldPath("phone"), None, fill("user.phone")),
        ),
        via="manual",
    )
    formula = Change(FORMULA, "user", Action.CREATE, via="csv", source=Source("u.yaml", 2, 1))
    stray = Change(
        Address("question", "q", Address("survey", fill("stray.survey"))),
        "question",
        Action.DELETE,
        id="19",
        via="api",
    )
    plan = Plan(
        tenant=fill("tenant"),
        lineage=fill("lineage"),
        changes=(changed, asked, added, formula, person, gone, by_api, stray),
        drift=(
            Drift(
                Address("survey", fill("drift.key")),
                "survey",
                fill("drift.id"),
                (FieldChange(FieldPath(fill("drift.path")), 1, 2),),
            ),
        ),
        unmanaged=(Unmanaged("survey", fill("unmanaged.id"), fill("unmanaged.label")), Unmanaged("user", "u", "")),
        diagnostics=(
            Diagnostic(
                "ambiguous-match",
                "error",
                fill("error"),
                Source(fill("error.file"), 1, 2),
                Address("survey", fill("error.address")),
                fill("error.help"),
            ),
            Diagnostic("possible-rename", "warning", fill("warning"), help=fill("warning.help")),
        ),
        targets=(fill("target"),),
        excludes=(fill("exclude"),),
    )
    values = {name: fill(f"upload.{name}") for name in ("name", "email", "phone", "agent_id", "timezone")}
    resources = {
        survey: Desired(survey, "survey", "k", {"name": fill("survey.name")}, Source("a.yaml", 1, 1)),
        user: Desired(user, "user", "u", values, Source("u.yaml", 1, 1), upload={"team": fill("upload.team")}),
        # One cell is neutralised whatever the others are, so that there is always a step that says so.
        FORMULA: Desired(FORMULA, "user", "f", {"name": "=1"}, Source("u.yaml", 2, 1)),
    }
    return plan, resources


def _told(fill: Fill) -> list[Conversation]:
    both = fill("said.twin")
    now = Line(fill("said.key"), "question", "the same words, " + both, fill("said.answer"))
    # There is always a placeholder, so that one inside a text adds no paragraph of its own.
    filled_in = Line("p", "instructions", "%name%")
    return [
        Conversation(
            Address("survey", fill("told.key")),
            fill("told.name"),
            fill("told.language"),
            (Line("greeting", "greeting", fill("said.before")), filled_in, now),
            (
                filled_in,
                Line(now.key, "question", both + "the same words, ", now.answer),
                Line("z", "closing", fill("said.after")),
            ),
        )
    ]


def _verdict(fill: Fill) -> Verdict:
    entry = Accepted(
        fill("accepted.address"),
        fill("accepted.path"),
        fill("accepted.reason"),
        fill("accepted.owner"),
        _DAY,
        Source(fill("accepted.file"), 2, 1),
    )
    one = Divergence(
        Address("survey", fill("apart.key")), fill("apart.path"), "drift", fill("apart.live"), fill("apart.declared")
    )
    gone = Divergence(
        Address("user", fill("apart.gone")), "", "both", source=Source("a", 1, 1), summary=fill("apart.summary")
    )
    waiting = Divergence(Address("survey", "b"), "name", "config", {"default": fill("apart.map")}, 7)
    taken = Divergence(Address("survey", fill("taken.key")), fill("taken.path"), "drift", "x", "y")
    return Verdict((one, gone), ((taken, entry),), (waiting,), (entry,), (entry,))


def _diagnostics(fill: Fill) -> list[Diagnostic]:
    line = re.sub("[\r\n]", " ", fill("diagnostic.line"))
    found = [
        Diagnostic(
            "unknown-key",
            "error",
            fill("diagnostic.message"),
            Source(fill("diagnostic.file"), 3, 2),
            help=fill("diagnostic.help"),
            excerpt="name: x",
        ),
        Diagnostic("nothing-declared", "warning", fill("diagnostic.whole"), Source("a.yaml", 0, 0)),
    ]
    # The caret falls between any two characters of the first few, where a command could be joined again.
    found += [
        Diagnostic("unknown-key", "error", "wrong", Source("a.yaml", 4, column), excerpt=line)
        for column in range(1, 9)
    ]
    return found


def _outcomes(fill: Fill) -> list[Outcome]:
    change = Change(Address("survey", fill("outcome.key")), "survey", Action.CREATE, via="api")
    return [
        Outcome(change, "failed", fill("outcome.message"), fill("outcome.advice")),
        Outcome(
            Change(Address("survey", "b"), "survey", Action.CREATE),
            "done",
            fill("outcome.said"),
            "",
            fill("outcome.id"),
        ),
        Outcome(change, "not started", f"requires {fill('outcome.needs')}, which was not applied"),
    ]
