"""What tells one tenant from another, for a person to look at: credentials do not always say whose they are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from sdx_state.api import Endpoints

NAMED, COUNTED = 3, 1000


@dataclass(frozen=True)
class Glimpse:
    """The surveys of a tenant at a glance.

    Attributes:
        count: How many there are, at most `COUNTED`.
        names: Id and name of the first, at most `NAMED`.
    """

    count: int
    names: tuple[tuple[str, str], ...]


def glimpse(client: Endpoints) -> Glimpse:
    """Return what `client` shows first, which takes one request.

    Raises:
        AuthenticationError: The credentials are not accepted.
        SurveyDynamixError: The tenant could not be read.
    """
    rows = list(islice(client.surveys.iterate(), COUNTED))
    return Glimpse(len(rows), tuple((str(row.get("id")), str(row.get("name"))) for row in rows[:NAMED]))
