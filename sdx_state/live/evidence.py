"""What a plan would endanger: responses and pending interactions, counted for the changes that need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from sdx_state.api import Endpoints
from sdx_state.api.errors import ApiError
from sdx_state.kinds import QUESTION
from sdx_state.kinds.address import Address
from sdx_state.kinds.evidence import Counts, Question, Sort
from sdx_state.kinds.snapshot import Snapshot

MOST_COUNTED = 1000  # one page: more only makes the same point
MOST_ASKED = 100  # changes asked about; beyond that every one is taken to endanger something


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


def _counts(client: Endpoints, question: Question, snapshot: Snapshot) -> Counts:
    return Counts(**{sort: _count(client, question, sort, snapshot) for sort in sorted(question.sorts)})


def _count(client: Endpoints, question: Question, sort: Sort, snapshot: Snapshot) -> int | None:
    """Count; the filters are the API reference's. How `survey_ended` is spelled it does not say: 0 is our reading.

    A server that does not understand it answers more than are pending, or an error: both make a plan more careful.
    What is counted of another survey or question is an error too (`select`).
    """
    try:
        if sort == "responses":
            own = {live.id for live in snapshot.of(QUESTION.name) if live.parent_id == question.id}
            rows = client.responses.select(
                {f"{question.kind}_id": question.id}, known=lambda row: str(row.get("question_id")) in own
            )
        else:
            rows = client.interactions.iterate(survey_id=question.id, survey_ended=0)
        return sum(1 for _ in islice(rows, MOST_COUNTED))
    except ApiError:
        return None
