"""What a plan would endanger: responses and pending interactions, counted for the changes that need it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeAlias

from sdx_state.api import Endpoints
from sdx_state.api.errors import SurveyDynamixError
from sdx_state.api.paging import Listing
from sdx_state.kinds import QUESTION, SURVEY
from sdx_state.live.read import Progress
from sdx_state.model.address import Address
from sdx_state.model.evidence import Counts, Question, Sort
from sdx_state.model.snapshot import Snapshot

MOST_COUNTED = 1000  # one page: more only makes the same point
MOST_SURVEYS = 500  # surveys counted when a tenant is stored; of others nothing is known
MOST_ASKED = 100  # changes asked about; beyond that every one is taken to endanger something

Counted: TypeAlias = Mapping[tuple[str, str], Counts]  # by kind and live id


def gather(
    client: Endpoints, asked: Mapping[Address, Question], snapshot: Snapshot, parallelism: int
) -> dict[Address, Counts]:
    """Return what was counted, at most `MOST_COUNTED` of each sort.

    Args:
        client: The API.
        asked: What to count for each address.
        snapshot: Tells which questions a survey has, and so that a response is of that survey.
        parallelism: Requests in flight at a time.
    """
    if not asked:
        return {}
    chosen: Sequence[Address] = list(asked)[:MOST_ASKED]
    with ThreadPoolExecutor(parallelism, thread_name_prefix="evidence") as workers:
        counts = list(workers.map(lambda address: _counts(client, asked[address], snapshot), chosen))
    return {**dict.fromkeys(asked, Counts()), **dict(zip(chosen, counts, strict=True))}


def count_all(
    client: Endpoints, surveys: Collection[str], snapshot: Snapshot, parallelism: int, progress: Progress
) -> dict[tuple[str, str], Counts]:
    """Return what was counted of each of `surveys`, by id, and of its questions.

    A survey takes two requests, its responses and its pending interactions, where it has fewer than `MOST_COUNTED`
    responses; where it has more, one more for each question. Not more than `MOST_SURVEYS` are counted.

    Args:
        client: The API.
        surveys: Ids of surveys.
        snapshot: Tells which questions they have.
        parallelism: Requests in flight at a time.
        progress: Told of each survey.
    """
    chosen = sorted(surveys, key=lambda id: (len(id), id))[:MOST_SURVEYS]
    progress.expect(len(chosen))
    found: dict[tuple[str, str], Counts] = {}
    with ThreadPoolExecutor(parallelism, thread_name_prefix="evidence") as workers:
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
    """Count; the filters are the API reference's. How `survey_ended` is spelled it does not say: 0 is our reading.

    A server that does not understand it answers more than are pending, or an error: both make a plan more careful.
    What is counted of another survey or question is an error too (`select`).
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
