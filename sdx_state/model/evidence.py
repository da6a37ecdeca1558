"""Evidence for risk: counts in the tenant before a change is graded."""

from __future__ import annotations

from typing import Literal

from sdx_state.records import dataclass

Sort = Literal["responses", "pending"]


@dataclass(frozen=True)
class Question:
    """The counts to make for one live resource.

    Attributes:
        kind: Its kind's name.
        id: Its live id.
        sorts: The counts.
    """

    kind: str
    id: str
    sorts: frozenset[Sort]


@dataclass(frozen=True)
class Counts:
    """The counts; None if unknown or not requested.

    Attributes:
        responses: Responses collected.
        pending: Interactions that have not ended.
        taken: Time of the count, in words; empty for now.
    """

    responses: int | None = None
    pending: int | None = None
    taken: str = ""

    def of(self, sort: Sort) -> int | None:
        """Return the count of `sort`."""
        return self.responses if sort == "responses" else self.pending
