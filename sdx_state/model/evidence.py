"""What a tenant is asked about a change before it is graded, and what it answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Sort = Literal["responses", "pending"]


@dataclass(frozen=True)
class Question:
    """What is asked about one live resource.

    Attributes:
        kind: Its kind's name.
        id: Its live id.
        sorts: What is counted.
    """

    kind: str
    id: str
    sorts: frozenset[Sort]


@dataclass(frozen=True)
class Counts:
    """What was counted; None where that is not known, or was not asked.

    Attributes:
        responses: Responses collected.
        pending: Interactions that have not ended.
        taken: When they were counted, in words; empty where that is now.
    """

    responses: int | None = None
    pending: int | None = None
    taken: str = ""

    def of(self, sort: Sort) -> int | None:
        """Return the count of `sort`."""
        return self.responses if sort == "responses" else self.pending
