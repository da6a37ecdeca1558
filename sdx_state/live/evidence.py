"""What a plan would endanger: responses and pending interactions, counted for the changes that need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from sdx_state.api import Endpoints
from sdx_state.api.errors import ApiError
from sdx_state.kinds.address import Address
from sdx_state.kinds.evidence import Counts, Question, Sort

MOST_COUNTED = 1000  # one page: more only makes the same point
MOST_ASKED = 100  # changes asked about; beyond that every one is taken to endanger something


def gather(client: Endpoints, asked: Mapping[Address, Question], parallelism: int) -> dict[Address, Counts]:
    """Return what was counted, at most `MOST_COUNTED` of each sort.

    Args:
        client: The API.
        asked: What to count for each address.
        parallelism: Requests in flight at a time.
    """
    if not asked:
        return {}
    chosen: Sequence[Address] = list(asked)[:MOST_ASKED]
    with ThreadPoolExecutor(parallelism, thread_name_prefix="evidence") as workers:
        counts = list(workers.map(lambda address: _counts(client, asked[address]), chosen))
    return {**dict.fromkeys(asked, Counts()), **dict(zip(chosen, counts, strict=True))}


def _counts(client: Endpoints, question: Question) -> Counts:
    return Counts(**{sort: _count(client, question, sort) for sort in sorted(question.sorts)})


def _count(client: Endpoints, question: Question, sort: Sort) -> int | None:
    """Count; the filters are the API reference's. How `survey_ended` is spelled it does not say: 0 is our reading.

    A server that does not understand it answers more than are pending, or an error: both make a plan more careful.
    """
    try:
        if sort == "responses":
            rows = client.responses.iterate(**{f"{question.kind}_id": question.id})
        else:
            rows = client.interactions.iterate(survey_id=question.id, survey_ended=0)
        return sum(1 for _ in islice(rows, MOST_COUNTED))
    except ApiError:
        return None
