"""Evidence for risk: counts of responses and pending interactions, for the changes that need it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeAlias

from sdx_state.api.endpoints import Endpoints
from sdx_state.api.errors import SurveyDynamixError
from sdx_state.api.paging import Listing
from sdx_state.kinds import QUESTION, SURVEY
from sdx_state.live.interrupt import ending_waits
from sdx_state.live.lists import Progress
from sdx_state.model.address import Address
from sdx_state.model.evidence import Counts, Question, Sort
from sdx_state.model.snapshot import Snapshot

MOST_COUNTED = 1000  # One page is enough evidence.
MOST_SURVEYS = 500  # Surveys that are counted when a tenant is stored; the others count as unknown.
MOST_ASKED = 100  # Changes with a count; further ones count as risky.

Counted: TypeAlias = Mapping[tuple[str, str], Counts]  # by kind and live id


def gather(
    client: Endpoints, asked: Mapping[Address, Question], snapshot: Snapshot, parallelism: int
) -> dict[Address, Counts]:
    """Return the counts, at most `MOST_COUNTED` each.

    Args:
        client: The API.
        asked: The counts to make, by address.
        snapshot: Has the questions of each survey, which identify the survey of a response.
        parallelism: Requests in flight at a time.
    """
    if not asked:
        return {}
    chosen: Sequence[Address] = list(asked)[:MOST_ASKED]
    with ThreadPoolExecutor(parallelism, thread_name_prefix="evidence") as workers, ending_waits(client):
        counts = list(workers.map(lambda address: _counts(client, asked[address], snapshot), chosen))
    return {**dict.fromkeys(asked, Counts()), **dict(zip(chosen, counts, strict=True))}


def count_all(
    client: Endpoints, surveys: Collection[str], snapshot: Snapshot, parallelism: int, progress: Progress
) -> dict[tuple[str, str], Counts]:
    """Return the counts of each of `surveys`, by id, and of its questions.

    A survey with fewer than `MOST_COUNTED` responses takes two requests, for responses and pending interactions; a
    larger one takes one more for each question. At most `MOST_SURVEYS` are counted.

    Args:
        client: The API.
        surveys: Ids of surveys.
        snapshot: Has their questions.
        parallelism: Requests in flight at a time.
        progress: Called for each survey.
    """
    chosen = sorted(surveys, key=lambda id: (len(id), id))[:MOST_SURVEYS]
    progress.expect(len(chosen))
    found: dict[tuple[str, str], Counts] = {}
    with ThreadPoolExecutor(parallelism, thread_name_prefix="evidence") as workers, ending_waits(client):
        for counts in workers.map(lambda id: _survey_counts(client, id, snapshot), chosen):
            found.update(counts)
            progress.advance()
    return found


def _survey_counts(client: Endpoints, id: str, snapshot: Snapshot) -> dict[tuple[str, str], Counts]:
    survey = Question(SURVEY.name, id, frozenset({"responses", "pending"}))
    questions = [live.id for live in snapshot.of(QUESTION.name) if live.parent_id == id]
    pending = _count(client, survey, "pending", snapshot)
    try:
        rows = islice(_rows(client, survey, snapshot), MOST_COUNTED)
        answered = [str(row.get("question_id") or "") for row in rows]
    except SurveyDynamixError:
        return {(SURVEY.name, id): Counts(None, pending)}
    found = {(SURVEY.name, id): Counts(len(answered), pending)}
    if len(answered) < MOST_COUNTED and all(answered):
        tally = Counter(answered)
        return {**found, **{(QUESTION.name, one): Counts(tally[one]) for one in questions}}
    for one in questions[:MOST_ASKED]:
        asked = Question(QUESTION.name, one, frozenset({"responses"}))
        found[QUESTION.name, one] = _counts(client, asked, snapshot)
    return found


def _counts(client: Endpoints, question: Question, snapshot: Snapshot) -> Counts:
    found = {sort: _count(client, question, sort, snapshot) for sort in sorted(question.sorts)}
    return Counts(found.get("responses"), found.get("pending"))


def _count(client: Endpoints, question: Question, sort: Sort, snapshot: Snapshot) -> int | None:
    """Count with the filters of the API reference. It does not document values of `survey_ended`: 0 is assumed.

    A server that does not support it answers too many interactions, or an error: both make the plan stricter. Rows of
    another survey or question are an error too (`select`).
    """
    try:
        if sort == "responses":
            rows = _rows(client, question, snapshot)
        else:
            rows = client.interactions.iterate(survey_id=question.id, survey_ended=0)
        return sum(1 for _ in islice(rows, MOST_COUNTED))
    except SurveyDynamixError:
        return None


def _rows(client: Endpoints, question: Question, snapshot: Snapshot) -> Listing:
    """Return the responses to a survey or a question."""
    own = {live.id for live in snapshot.of(QUESTION.name) if live.parent_id == question.id}
    return client.responses.select(
        {f"{question.kind}_id": question.id}, known=lambda row: str(row.get("question_id")) in own
    )
