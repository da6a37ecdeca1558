"""Summary of a tenant, by which a user recognizes it: some credentials do not name their tenant."""

from __future__ import annotations

from itertools import islice

from sdx_state.api.endpoints import Endpoints
from sdx_state.records import dataclass

NAMED, COUNTED = 3, 1000


@dataclass(frozen=True)
class Glimpse:
    """The first surveys of a tenant.

    Attributes:
        count: Number of surveys, at most `COUNTED`.
        names: Id and name of the first `NAMED`.
    """

    count: int
    names: tuple[tuple[str, str], ...]


def glimpse(client: Endpoints) -> Glimpse:
    """Return the summary of the tenant of `client`. Takes one request.

    Raises:
        AuthenticationError: The credentials are not accepted.
        SurveyDynamixError: The tenant could not be read.
    """
    rows = list(islice(client.surveys.iterate(), COUNTED))
    return Glimpse(len(rows), tuple((str(row.get("id")), str(row.get("name"))) for row in rows[:NAMED]))
