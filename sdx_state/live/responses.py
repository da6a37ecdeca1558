"""Responses of one survey, each with the address of its question, which does not change with labels.

API reference, "Responses": the list needs a survey and comes by ascending id. `submitted_at` is always compared here;
`dated` decides if the server filters out older responses.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from itertools import chain, islice
from typing import NamedTuple

from sdx_state.api.answer import Row
from sdx_state.api.endpoints import Endpoints
from sdx_state.api.errors import SurveyDynamixError
from sdx_state.api.paging import LIMIT, Listing
from sdx_state.live.asked import Asked
from sdx_state.live.dated import dates_for
from sdx_state.model.address import Address
from sdx_state.records import dataclass

TAIL = 200  # Rows at the end of a file that must match before the export continues it.
LATE = 50  # Rows among them that may be missing in the file: the server stored them out of order.
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d(?P<clock>[T ]\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)?)?", re.ASCII)
_NEVER = ("-0001-11-30", "0000-00-00")  # API reference: the zero dates.


class OtherExport(Exception):
    """The export cannot continue this file. Nothing was written to it."""


@dataclass(frozen=True)
class Period:
    """Start (inclusive) and end (exclusive), as in `Response.submitted_at`; "" for no bound."""

    since: str = ""
    until: str = ""

    def __bool__(self) -> bool:
        return bool(self.since or self.until)

    def holds(self, moment: str) -> bool:
        """Return True if `moment` is in the period."""
        return self.since <= moment and (not self.until or moment < self.until)


class Response(NamedTuple):
    """One response. The other values are as in the answer of the API.

    Attributes:
        survey: Address of the survey.
        question: Address of the question, None if it is not declared.
        submitted_at: ISO 8601 in UTC; None for a zero date. An unreadable time is unchanged.
    """

    response_id: object
    interaction_id: object
    survey: Address
    question: Address | None
    question_id: object
    question_label: object
    response_type: object
    response: object
    submitted_at: str | None
    recording_url: object


class Mark(NamedTuple):
    """The values of a written response that identify it, as text; "" if empty."""

    response_id: str
    interaction_id: str
    question_id: str
    submitted_at: str


@dataclass(frozen=True)
class Written:
    """The existing content of a file.

    Attributes:
        rows: Number of responses.
        tail: The last of them, at most `TAIL`.
    """

    rows: int
    tail: tuple[Mark, ...]


def bound(text: str, *, end: bool) -> str:
    """Return `text` as a bound of a `Period`.

    Args:
        text: A day or a time; in UTC unless it has an offset.
        end: The text is the end: a day then includes the whole day.

    Raises:
        ValueError: The time does not exist.
    """
    found = _MOMENT.fullmatch(text)
    if found is None:
        raise ValueError("write it as 2026-01-31, 2026-01-31T18:00Z or 2026-01-31T18:00+10:00")
    try:
        if found["clock"] is None:
            day = date.fromisoformat(text) + timedelta(days=1 if end else 0)
            return f"{day.isoformat()}T00:00:00Z"
        moment = datetime.fromisoformat(text.replace("Z", "+00:00"))
        return _iso(moment.astimezone(timezone.utc) if moment.tzinfo else moment)
    except (ValueError, OverflowError):
        raise ValueError("this time does not exist") from None


class Reading:
    """One pass over the responses of a survey, a page at a time.

    Attributes:
        rows: Number of responses read so far.
        undated: Number of omitted responses without a time.
        latest: `submitted_at` of the last response that was read.
        unlisted: Number of responses to questions that the survey no longer has.
    """

    def __init__(self, client: Endpoints, asked: Asked, period: Period, written: Written | None = None) -> None:
        """Prepare to read the responses of `asked` in `period` that are not in `written`."""
        self.rows, self.undated, self.latest, self.unlisted = 0, 0, "", 0
        self._client, self._asked, self._period, self._written = client, asked, period, written

    def batches(self) -> Iterator[list[Response]]:
        """Yield the responses by ascending id, those of a page together; a batch may be empty.

        Raises:
            SurveyDynamixError: The list could not be read completely.
            OtherExport: The file is of another survey or period. Raised before the first batch.
        """
        listing, ahead = self._listing()
        rows: Iterator[Row] = chain(ahead, listing)
        batch: list[Response] = []
        if self._written is not None and self._written.tail:
            rows = self._from(listing, min(int(mark.response_id) for mark in self._written.tail))
            batch, rows = self._overlap(rows, self._written)
        try:
            for row in rows:
                response = self._response(row)
                if response is not None:
                    batch.append(response)
                if self.rows % LIMIT == 0:
                    yield batch
                    batch = []
        except SurveyDynamixError:
            if batch:
                yield batch  # Rows that were read are not requested again.
            raise
        yield batch

    def _listing(self) -> tuple[Listing, list[Row]]:
        """Return the list to read, and its first rows."""
        listing = self._client.responses.iterate(survey_id=self._asked.id)
        if not self._period.since:
            return listing, []
        since = datetime.fromisoformat(self._period.since.replace("Z", "+00:00"))
        first = [*islice(listing, LIMIT)]
        dates = dates_for(self._client, self._asked.id, since, first, _moment_of)
        if not dates:
            return listing, first
        return self._client.responses.iterate(survey_id=self._asked.id, **dates), []

    def _from(self, rows: Listing, id: int) -> Iterator[Row]:
        """Read from `id` on; the length of the file gives the approximate offset."""
        if self._written is None:
            return rows
        return rows.starting_at(id, max(0, self._written.rows - TAIL - LATE))

    def _overlap(self, rows: Iterator[Row], written: Written) -> tuple[list[Response], Iterator[Row]]:
        """Compare the written responses; return the missing ones among them, and the rows that follow.

        Raises:
            OtherExport: The responses differ.
        """
        tail = {int(mark.response_id): mark for mark in written.tail}
        if self._period and not all(self._period.holds(mark.submitted_at) for mark in written.tail):
            raise OtherExport("contains responses outside the period of --since and --until")
        first, last, found, late = min(tail), max(tail), 0, list[Response]()
        following: list[Row] = []
        for row in rows:
            id = int(str(row["id"]))
            if id > last:
                following.append(row)
                break
            if id < first:
                continue
            response = self._response(row)
            if id in tail:
                found += 1
                if response is None or mark_of(response) != tail[id]:
                    raise OtherExport(f"contains a response {id} that differs from the one of this survey")
            elif response is not None:
                late.append(response)
                if len(late) > LATE:
                    raise OtherExport(
                        "has gaps between its responses: it was modified, or written with another --since"
                    )
        if not found:
            raise OtherExport(f"ends with {len(tail)} responses that are not of this survey")

        def rest() -> Iterator[Row]:
            yield from following
            yield from rows

        return late, rest()

    def _response(self, row: Row) -> Response | None:
        """Return `row` as a response, None if it is outside the period."""
        self.rows += 1
        moment, readable = _submitted(row.get("submitted_at"))
        if readable:
            self.latest = moment
        if self._period and not (readable and self._period.holds(moment)):
            self.undated += not readable
            return None
        question_id = row.get("question_id")
        self.unlisted += str(question_id) not in self._asked.listed
        return Response(
            row["id"],
            row.get("interaction_id"),
            self._asked.address,
            self._asked.questions.get(str(question_id)),
            question_id,
            row.get("question_label"),
            row.get("response_type"),
            row.get("response"),
            moment or None,
            row.get("recording_url"),
        )


def mark_of(response: Response) -> Mark:
    """Return the identifying values of `response`, as in a file."""
    ids = (response.response_id, response.interaction_id, response.question_id, response.submitted_at)
    return Mark(*("" if value is None else str(value) for value in ids))


def _moment_of(row: Row) -> datetime | None:
    moment, readable = _submitted(row.get("submitted_at"))
    return datetime.fromisoformat(moment.replace("Z", "+00:00")) if readable else None


def _submitted(value: object) -> tuple[str, bool]:
    """Return the time of the API in ISO 8601, and True if it is valid."""
    if not isinstance(value, str) or not value or value.startswith(_NEVER):
        return "", False
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        return value, False
    if len(value) == 19 and value[10] == " ":
        return f"{value[:10]}T{value[11:]}Z", True  # The format of the API: the same result in a third of the time.
    return _iso(moment.astimezone(timezone.utc) if moment.tzinfo else moment), True


def _iso(moment: datetime) -> str:
    return f"{moment.replace(microsecond=0, tzinfo=None).isoformat()}Z"
