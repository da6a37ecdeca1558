"""Whatever is declared and whatever is live: carried out in thought, a plan leaves nothing to plan."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given, settings
from hypothesis import strategies as st

from sdx_state.kinds import KINDS
from sdx_state.kinds.wire import lay_over
from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.model.plan import Action
from sdx_state.model.resource import Desired, Live, Source
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.build import Intention, build_plan
from sdx_state.plan.order import order_of, positions
from sdx_state.plan.origin import applied_hashes
from sdx_state.state.ledger import new_ledger

WHERE = Source("a.yaml", 1, 1)
texts = st.text("ab \n\r\u0301\u00e9", max_size=4)
prompts = st.one_of(texts, st.dictionaries(st.sampled_from(["default", "de-default", "fr-CA"]), texts, min_size=1))
numbers = st.sampled_from(["", "+61488000001", "+61 488 000 002"])
survey_values = st.fixed_dictionaries(
    {"name": st.sampled_from("ABC")},
    optional={
        "description": texts,
        "greeting_text": prompts,
        "sms_number": numbers,
        "redirect_timeout": st.integers(0, 3),
    },
)
question_values = st.fixed_dictionaries(
    {"question_text": prompts}, optional={"max_response": st.integers(0, 3), "compulsory": st.booleans()}
)
raw_surveys = st.fixed_dictionaries(
    {"name": st.sampled_from("ABC")},
    optional={
        "description": st.one_of(texts, st.none()),
        "greeting_prompt": st.fixed_dictionaries(
            {"text": st.dictionaries(st.sampled_from(["default", "de-default"]), texts)}
        ),
        "sms_number": numbers,
        "redirect_timeout": st.sampled_from([None, 1, "2"]),
        "unknown": st.integers(),
    },
)
raw_questions = st.fixed_dictionaries(
    {"question_prompt": st.fixed_dictionaries({"text": st.dictionaries(st.just("default"), texts)})},
    optional={"max_response": st.sampled_from([None, 1, "2"]), "compulsory": st.sampled_from([0, 1, "1"])},
)


@st.composite
def worlds(draw):
    resources: dict[str, Desired] = {}
    for key in draw(st.sets(st.sampled_from("xyz"), max_size=3)):
        values = {**draw(survey_values), "name": key.upper()}
        resources[Address("survey", key)] = Desired(Address("survey", key), "survey", key, values, WHERE)
        for place, label in enumerate(draw(st.permutations("pqr"))[: draw(st.integers(0, 3))]):
            address = Address("question", label, Address("survey", key))
            values = {**draw(question_values), "question_label": label}
            resources[address] = Desired(
                address, "question", label, values, WHERE, parent=Address("survey", key), position=place
            )
    surveys, questions = [], []
    for id in range(1, draw(st.integers(1, 4))):
        raw = {**draw(raw_surveys), "id": id, "name": draw(st.sampled_from(["X", "Y", "Z", "other"])) + str(id)}
        raw["name"] = raw["name"] if draw(st.booleans()) else raw["name"][0]
        surveys.append(Live("survey", str(id), raw))
        for place, label in enumerate(draw(st.permutations("pqr"))[: draw(st.integers(0, 3))]):
            raw = {**draw(raw_questions), "id": id * 10 + place, "question_label": label}
            raw |= {"survey_id": id, "order": draw(st.integers(0, 20))}
            questions.append(Live("question", str(raw["id"]), raw, str(id)))
    return resources, surveys, questions


def snapshot_of(surveys, questions):
    return Snapshot(
        {"survey": surveys, "question": questions},
        frozenset({"survey", "question", "user"}),
        frozenset(survey.id for survey in surveys),
        shape="nested",
    )


class Tenant:
    """Carries plans out on plain values."""

    def __init__(self, surveys: list[Live], questions: list[Live]) -> None:
        self.live: dict[tuple[str, str], Live] = {(one.kind, one.id): one for one in [*surveys, *questions]}
        self.next_id = 1000

    def snapshot(self) -> Snapshot:
        surveys = [one for (kind, _), one in self.live.items() if kind == "survey"]
        questions = [one for (kind, _), one in self.live.items() if kind == "question"]
        return snapshot_of(surveys, questions)

    def carry_out(self, plan, resources: Mapping[str, Desired], ledger: Ledger) -> Ledger:
        ids = dict(plan.ids)
        for change in plan.changes:
            kind = KINDS[change.kind]
            if change.action is Action.DELETE:
                del self.live[change.kind, change.id]
                continue
            desired = resources[change.address]
            if change.action is Action.CREATE:
                self.next_id += 1
                id, parent = str(self.next_id), ids.get(change.parent)
                raw = {"id": self.next_id, "survey_id": parent, "order": self.next_id}
                self.live[change.kind, id] = Live(change.kind, id, raw, parent)
                ids[change.address] = id
            live = self.live[change.kind, ids[change.address]]
            raw = lay_over(kind, live.raw, desired.values, "nested")
            self.live[change.kind, live.id] = Live(live.kind, live.id, raw, live.parent_id)
        self.arrange(resources, ids)
        entries = {address: Entry(id, applied_hashes(resources[address], ledger)) for address, id in ids.items()}
        return Ledger(ledger.lineage, ledger.serial, ledger.tenant, entries)

    def arrange(self, resources: Mapping[str, Desired], ids: Mapping[str, str]) -> None:
        for survey in [address for address in ids if address.kind == "survey"]:
            declared = sorted(
                (one for one in resources.values() if one.parent == survey), key=lambda one: one.position
            )
            keys = [ids[one.address] for one in declared]
            orders = {id: order_of(self.live["question", id].raw, ORDER_PATH) for id in keys}
            for id, order in positions(orders, keys).items():
                live = self.live["question", id]
                self.live["question", id] = Live("question", id, {**live.raw, "order": order}, live.parent_id)


@settings(max_examples=2 * settings.default.max_examples)
@given(worlds())
def test_after_an_apply_the_plan_is_empty(world):
    resources, surveys, questions = world
    tenant, ledger = Tenant(surveys, questions), new_ledger()
    plan = build_plan(Intention(resources), tenant.snapshot(), ledger)
    if plan.errors:
        assert any("could be any of" in error.message for error in plan.errors)
        return
    untouched = {place: live for place, live in tenant.live.items() if live.id not in plan.ids.values()}
    ledger = tenant.carry_out(plan, resources, ledger)
    again = build_plan(Intention(resources), tenant.snapshot(), ledger)
    assert again.changes == ()
    assert again.drift == ()
    assert {place: tenant.live[place] for place in untouched} == untouched


@settings(max_examples=2 * settings.default.max_examples)
@given(worlds(), worlds())
def test_walk_between_configurations_deletes_managed_resources_only(first, second):
    resources, surveys, questions = first
    tenant, ledger = Tenant(surveys, questions), new_ledger()
    plan = build_plan(Intention(resources), tenant.snapshot(), ledger)
    if plan.errors:
        return
    ledger = tenant.carry_out(plan, resources, ledger)
    owned = {entry.id for entry in ledger.entries.values()}
    others = {place: live for place, live in tenant.live.items() if live.id not in owned}
    wanted = second[0]
    plan = build_plan(Intention(wanted), tenant.snapshot(), ledger)
    if plan.errors:
        return
    deleted = {change.id for change in plan.changes if change.action is Action.DELETE}
    assert deleted <= owned
    assert not deleted & set(plan.ids.values())
    adopted = {id for address, id in plan.ids.items()}
    ledger = tenant.carry_out(plan, wanted, ledger)
    assert build_plan(Intention(wanted), tenant.snapshot(), ledger).changes == ()
    for place, live in others.items():
        if live.id not in adopted:
            assert tenant.live[place] == live
