"""What a plan would endanger: the responses that were collected, counted for the changes that need it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice

from sdx_state.api import Client
from sdx_state.api.errors import ApiError
from sdx_state.kinds.address import Address

MOST_COUNTED = 1000  # one page: more only makes the same point
MOST_ASKED = 100  # changes asked about; beyond that every one is taken to have responses

# kind, live id
Question = tuple[str, str]


def count_responses(client: Client, asked: Mapping[Address, Question], parallelism: int) -> dict[Address, int | None]:
    """Return how many responses each survey or question has, at most `MOST_COUNTED`; None where that is not known.

    Args:
        client: The API.
        asked: Address -> kind and live id.
        parallelism: Requests in flight at a time.
    """
    chosen: Sequence[Address] = list(asked)[:MOST_ASKED]
    with ThreadPoolExecutor(parallelism, thread_name_prefix="evidence") as workers:
        counts = list(workers.map(lambda address: _count(client, *asked[address]), chosen))
    return {**dict.fromkeys(asked), **dict(zip(chosen, counts, strict=True))}


def _count(client: Client, kind: str, id: str) -> int | None:
    try:
        return sum(1 for _ in islice(client.responses.iterate(**{f"{kind}_id": id}), MOST_COUNTED))
    except ApiError:
        return None
