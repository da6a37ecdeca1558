"""Lookup of a survey by name, with the addresses of its questions."""

from __future__ import annotations

from collections.abc import Mapping

from sdx_state.api.endpoints import Endpoints
from sdx_state.kinds import QUESTION, SURVEY
from sdx_state.kinds.tenant_scope import WHOLE_TENANT, TenantScope
from sdx_state.live.lists import Progress
from sdx_state.live.read import read_live
from sdx_state.live.wanted import Wanted
from sdx_state.model.address import Address
from sdx_state.model.advised import AdvisedError
from sdx_state.model.ledger import Ledger
from sdx_state.plan.build import Intention, build_plan
from sdx_state.plan.continuity import continued
from sdx_state.records import dataclass, replace


class SurveyNotFound(AdvisedError):
    """The survey does not exist, or the name is ambiguous.

    Attributes:
        decide: True if the user must choose between candidates.
    """

    def __init__(self, message: str, advice: str, *, decide: bool = False) -> None:
        super().__init__(message, advice)
        self.decide = decide


@dataclass(frozen=True)
class Asked:
    """A survey whose responses are requested.

    Attributes:
        address: Its address.
        id: Its live id.
        questions: Live id -> address of each question that is known.
        undecided: Errors about its questions; their responses have no address.
        listed: Live ids of the current questions of the survey.
    """

    address: Address
    id: str
    questions: Mapping[str, Address]
    undecided: tuple[str, ...] = ()
    listed: frozenset[str] = frozenset()


def find_survey(
    client: Endpoints,
    name: str,
    intention: Intention,
    ledger: Ledger,
    parallelism: int,
    progress: Progress,
    scope: TenantScope = WHOLE_TENANT,
) -> Asked:
    """Return the survey `name`, an address or a key, with the addresses of its questions.

    Raises:
        SurveyNotFound: It is unknown, missing in the tenant, or ambiguous.
        SurveyDynamixError: The tenant could not be read.
    """
    address = Address(SURVEY.name, name.removeprefix(f"{SURVEY.name}."))
    declared = {one: d for one, d in intention.resources.items() if d.kind == SURVEY.name or d.parent == address}
    known = ledger.entries.get(address)
    if address not in declared and known is None:
        raise _unknown(address, [*intention.resources, *ledger.entries])
    standing = continued(ledger.entries, intention.moved, intention.resources, ledger.steps).entries
    ids = {standing[address].id} if address in standing else set()
    names = set()
    if address in declared:
        ids |= {id for id in [declared[address].id] if id is not None}
        names.add(SURVEY.natural_key_of(declared[address].values.get(SURVEY.natural_key)))
    wanted = Wanted(
        kinds=frozenset({SURVEY.name}),
        parents=frozenset((SURVEY.name, id) for id in ids),
        parent_names=frozenset((SURVEY.name, name) for name in names),
        managed={SURVEY.name: frozenset(ids)},
    )
    snapshot, _ = read_live(client, wanted, ledger, parallelism, progress)
    plan = build_plan(replace(intention, resources=declared), snapshot, ledger, tenant_scope=scope)
    for diagnostic in plan.errors:
        if diagnostic.address == address:
            raise SurveyNotFound(diagnostic.message, diagnostic.help or "", decide=diagnostic.needs_decision)
    id = plan.ids.get(address)
    if id is None and address not in declared and known is not None:
        id = next((live.id for live in snapshot.of(SURVEY.name) if live.id == known.id), None)
    if id is None:
        raise SurveyNotFound(f"{address} is not in the tenant", "See: sdx-state plan")
    questions = {id: one for one, id in plan.ids.items() if one.kind == QUESTION.name}
    # A question that is no longer declared, or was moved to another survey, still has collected responses.
    for one in sorted(ledger.entries, key=lambda one: (one.parent != address, one)):
        if one.kind == QUESTION.name:
            questions.setdefault(ledger.entries[one].id, one)
    undecided = [one.message for one in plan.errors if one.address is not None and one.address.parent == address]
    listed = frozenset(live.id for live in snapshot.of(QUESTION.name) if live.parent_id == id)
    return Asked(address, id, questions, tuple(undecided), listed)


def _unknown(address: Address, known: list[Address]) -> SurveyNotFound:
    from sdx_state.model.alike import nearest

    surveys = sorted({one for one in known if one.kind == SURVEY.name})
    near = nearest(address, surveys)
    some = ", ".join(surveys[:5]) + (", ..." if len(surveys) > 5 else "")
    advice = f"Known: {some}" if surveys else "Declare it, or write the tenant to YAML: sdx-state pull"
    if near:
        advice = f"Did you mean {near}?"
    return SurveyNotFound(f"{address} is neither declared nor in the state", advice)
