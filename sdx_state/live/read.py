"""Read of a tenant what a plan needs, and no more.

The cost of a plan is its requests: one list of surveys, one of users, and a list of questions only for each survey
that is declared or owned; `parallelism` of them at a time.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from sdx_state.api import Endpoints
from sdx_state.api.errors import GoneError, NotFoundError
from sdx_state.kinds import KINDS, QUESTION, SURVEY, USER
from sdx_state.kinds.wire import shape_of
from sdx_state.live.numbers import read_numbers
from sdx_state.model.address import Address
from sdx_state.model.ledger import Ledger
from sdx_state.model.resource import Desired, Live, Shape
from sdx_state.model.snapshot import Snapshot

MISSING_COUNT, MISSING_SHARE = 3, 0.2
LOOKS = 200  # questions that are asked for one by one, at most


class TooMuchMissing(Exception):
    """So much of what is owned is gone that this is more likely the wrong tenant than a clean-up."""


class Progress(Protocol):
    """Told how many requests there are and when one is done."""

    def expect(self, count: int) -> None: ...
    def advance(self) -> None: ...


class _Unwatched:
    def expect(self, count: int) -> None: ...

    def advance(self) -> None: ...


NO_PROGRESS: Progress = _Unwatched()


@dataclass(frozen=True)
class Wanted:
    """What of a tenant is to be read.

    Attributes:
        kinds: Names of the kinds whose lists are read.
        survey_ids: Surveys whose questions are listed, by id.
        survey_names: The same, by name in the form that natural keys are matched.
        all_surveys: List the questions of every survey.
        numbers: E.164 number -> country code to look up.
        owned: `(kind, id)` of what the state owns and is asked about: what a list lacks is asked for by id.
        counts: Kind -> how many the state owns in all.
        leaving: `(kind, id)` of what an earlier run was about to delete: that it is gone says nothing of the tenant.
    """

    kinds: frozenset[str] = frozenset()
    survey_ids: frozenset[str] = frozenset()
    survey_names: frozenset[str] = frozenset()
    all_surveys: bool = False
    numbers: Mapping[str, str] = field(default_factory=dict)
    owned: frozenset[tuple[str, str]] = frozenset()
    counts: Mapping[str, int] = field(default_factory=dict)
    leaving: frozenset[tuple[str, str]] = frozenset()

    def missing(self, kind: str, seen: Collection[str]) -> list[str]:
        """Return the ids of `kind` that are owned and not among `seen`, which are identities.

        An id that no request can name is left out: nobody can be asked about it.
        """
        one = KINDS[kind]
        absent = {id for owner, id in self.owned if owner == kind and one.identity_of(id) not in seen}
        return sorted(id for id in absent if one.unaddressable(id) is None)

    def unexplained(self, kind: str, missing: Iterable[str]) -> int:
        """Return how many of `missing` no earlier run of ours was about to delete."""
        return sum((kind, id) not in self.leaving for id in missing)


def wanted_of(
    resources: Iterable[Desired],
    ledger: Ledger,
    scope: Collection[Address] | None = None,
    leaving: frozenset[tuple[str, str]] = frozenset(),
) -> Wanted:
    """Return what a plan of `resources` against `ledger` needs to know.

    Args:
        resources: What is declared, in scope.
        ledger: What is remembered.
        scope: The addresses that the plan is about; None for all.
        leaving: What an earlier run was about to delete.
    """
    kinds: set[str] = set()
    survey_ids: set[str] = set()
    survey_names: set[str] = set()
    numbers: dict[str, str] = {}
    owned = set()
    for address, entry in ledger.entries.items():
        kind = address.kind
        if KINDS[kind].lookup_only or (scope is not None and address not in scope):
            continue
        kinds.add(kind)
        owned.add((kind, entry.id))
        if kind == SURVEY.name:
            survey_ids.add(entry.id)
    for desired in resources:
        if KINDS[desired.kind].lookup_only:
            number = desired.values.get(KINDS[desired.kind].natural_key)
            numbers[str(number)] = str(desired.values.get("country_code") or "")
            continue
        kinds.add(desired.kind)
        if desired.kind == SURVEY.name:
            if desired.id is not None:
                survey_ids.add(desired.id)
            survey_names.add(SURVEY.natural_key_of(desired.values.get(SURVEY.natural_key)))
    return Wanted(
        kinds=frozenset(kinds),
        survey_ids=frozenset(survey_ids),
        survey_names=frozenset(survey_names),
        numbers=numbers,
        owned=frozenset(owned),
        counts=Counter(address.kind for address in ledger.entries),
        leaving=leaving,
    )


def read_live(
    client: Endpoints,
    wanted: Wanted,
    ledger: Ledger,
    parallelism: int,
    progress: Progress,
    *,
    ask_again: bool = False,
) -> tuple[Snapshot, Ledger]:
    """Return the snapshot that `wanted` asks for, and `ledger` with the answers of paid look-ups added.

    Args:
        client: The API.
        wanted: What to read.
        ledger: Its remembered look-ups are not paid for again.
        parallelism: Requests in flight at a time.
        progress: Told of each request.
        ask_again: Look numbers up even if the answer is remembered.

    Raises:
        SurveyDynamixError: A list could not be read; nothing is planned from a part of a tenant.
        TooMuchMissing: All of several that are owned are gone, or over 3 and over 20 % of them.
    """
    with ThreadPoolExecutor(max_workers=parallelism, thread_name_prefix="read") as workers:
        try:
            return _read(client, wanted, ledger, workers, progress, ask_again)
        except BaseException:
            workers.shutdown(wait=False, cancel_futures=True)
            raise


def _read(
    client: Endpoints,
    wanted: Wanted,
    ledger: Ledger,
    workers: ThreadPoolExecutor,
    progress: Progress,
    ask_again: bool,
) -> tuple[Snapshot, Ledger]:
    progress.expect(len(wanted.kinds & {SURVEY.name, USER.name}))
    users = _submit(workers, progress, client.users.list) if USER.name in wanted.kinds else None
    numbers = workers.submit(read_numbers, client, wanted.numbers, ledger, ask_again)
    resources: dict[str, list[Live]] = {}
    surveys: list[Live] = []
    if wanted.kinds & {SURVEY.name, QUESTION.name}:
        surveys = [_live(SURVEY.name, raw) for raw in _submit(workers, progress, client.surveys.list).result()]
        surveys += _unlisted(client, wanted, SURVEY.name, surveys)
        resources[SURVEY.name] = surveys
    chosen = [survey for survey in surveys if _is_wanted(survey, wanted)]
    progress.expect(len(chosen))
    lists = [
        (survey.id, _submit(workers, progress, partial(client.questions.list, survey_id=survey.id)))
        for survey in chosen
    ]
    listed = {id: {str(raw[QUESTION.identity]): raw for raw in future.result()} for id, future in lists}
    _refuse_mass_absence(wanted, ledger, listed)
    unlisted, strays = _complete_lists(client, wanted, ledger, listed)
    questions = [_live(QUESTION.name, raw, id) for id, rows in listed.items() for raw in rows.values()]
    questions += strays
    if QUESTION.name in wanted.kinds or questions:
        resources[QUESTION.name] = questions
    if users is not None:
        resources[USER.name] = [_live(USER.name, raw) for raw in users.result()]
        resources[USER.name] += _unlisted(client, wanted, USER.name, resources[USER.name])
    found = numbers.result()
    if found.live:
        resources["phone_number"] = list(found.live)
    snapshot = Snapshot(
        resources=resources,
        read=wanted.kinds,
        surveys_read=frozenset(survey.id for survey in chosen),
        invalid_numbers=found.invalid,
        unlisted=unlisted,
        shape=_tenant_shape(resources),
    )
    return snapshot, replace(ledger, lookups=found.lookups)


def _submit(
    workers: ThreadPoolExecutor, progress: Progress, call: Callable[[], list[dict[str, object]]]
) -> Future[list[dict[str, object]]]:
    def run() -> list[dict[str, object]]:
        rows = call()
        progress.advance()
        return rows

    return workers.submit(run)


def _live(kind: str, raw: Mapping[str, object], parent_id: str | None = None) -> Live:
    return Live(kind, str(raw[KINDS[kind].identity]), raw, parent_id)


def _is_wanted(survey: Live, wanted: Wanted) -> bool:
    return (
        wanted.all_surveys
        or survey.id in wanted.survey_ids
        or SURVEY.natural_key_of(survey.raw.get(SURVEY.natural_key)) in wanted.survey_names
    )


def _unlisted(client: Endpoints, wanted: Wanted, kind: str, listed: Iterable[Live]) -> list[Live]:
    """Ask by id for what is owned and not in the list: only 404 or 410 proves that a resource is gone.

    Raises:
        TooMuchMissing: All of several are missing, or many: one by one they are not asked for.
    """
    missing = wanted.missing(kind, {KINDS[kind].identity_of(live.id) for live in listed})
    count, total = wanted.unexplained(kind, missing), wanted.counts.get(kind, 0)
    if (count > MISSING_COUNT and count > MISSING_SHARE * total) or 1 < count == total:
        raise _too_much_missing(kind, count, total)
    found = []
    for id in missing:
        try:
            found.append(_live(kind, client.endpoint(KINDS[kind].collection).get(id)))
        except (NotFoundError, GoneError):
            continue
    return found


def _refuse_mass_absence(wanted: Wanted, ledger: Ledger, listed: Mapping[str, Mapping[str, object]]) -> None:
    """Refuse to plan where every question that is owned is gone from the lists, by id of their survey.

    A question whose survey the state does not know may be in a list that was not read.
    """
    seen = {id for rows in listed.values() for id in rows}
    seen |= {
        entry.id
        for address, entry in ledger.entries.items()
        if address.kind == QUESTION.name and address.parent not in ledger.entries
    }
    missing = wanted.missing(QUESTION.name, seen)
    count, total = wanted.unexplained(QUESTION.name, missing), wanted.counts.get(QUESTION.name, 0)
    if count > MISSING_COUNT and count == total:
        raise _too_much_missing(QUESTION.name, count, total)


def _complete_lists(
    client: Endpoints, wanted: Wanted, ledger: Ledger, listed: Mapping[str, dict[str, dict[str, object]]]
) -> tuple[frozenset[str], list[Live]]:
    """Ask by id for each question that is owned and in no list, and read a list that should show it once more.

    A list that was short by accident is whole the second time. Returns the ids that it lacks twice: they were taken
    out, or the list lags behind; and the questions that exist and whose survey was not read.

    Raises:
        TooMuchMissing: So many are missing that they are not asked for one by one.
    """
    seen = {id for rows in listed.values() for id in rows}
    missing = []
    for address, entry in ledger.entries.items():
        if address.kind != QUESTION.name:
            continue
        survey = ledger.entries.get(address.parent) if address.parent else None
        place = survey.id if survey is not None and survey.id in listed else None
        if place is None and (QUESTION.name, entry.id) not in wanted.owned:
            continue
        if entry.id not in (seen if place is None else listed[place]):
            missing.append((place, entry.id))
    if len(missing) > LOOKS:
        total = sum(address.kind == QUESTION.name for address in ledger.entries)
        raise _too_much_missing(QUESTION.name, len(missing), total)
    unlisted: set[str] = set()
    strays: dict[str, Live] = {}
    for survey_id, id in missing:
        if survey_id is not None and id in listed[survey_id]:
            continue  # the second reading, for another question of the same survey, showed it
        try:
            raw = client.questions.get(id)
        except (NotFoundError, GoneError):
            continue
        if survey_id is not None:
            rows = client.questions.list(survey_id=survey_id)
            listed[survey_id].update((str(row[QUESTION.identity]), row) for row in rows)
        if any(id in rows for rows in listed.values()):
            continue
        home = raw.get(str(QUESTION.parent_field))
        if survey_id is not None and (home is None or str(home) in listed):
            unlisted.add(id)
        else:
            strays[id] = _live(QUESTION.name, raw, None if home is None else str(home))
    return frozenset(unlisted), list(strays.values())


def _too_much_missing(kind: str, missing: int, total: int) -> TooMuchMissing:
    return TooMuchMissing(
        f"{missing} of the {total} {KINDS[kind].noun}s that the state knows are not in this tenant. "
        "Is it the right one? Nothing was changed.\n"
        "Check the host and the credentials. If they really were deleted, stop managing them: "
        f"sdx-state state rm '{kind}.*' (or the addresses of those that are gone)."
    )


def _tenant_shape(resources: Mapping[str, list[Live]]) -> Shape | None:
    for kind in (SURVEY, QUESTION):
        for live in resources.get(kind.name, ()):
            shape = shape_of(kind, live.raw)
            if shape is not None:
                return shape
    return None
