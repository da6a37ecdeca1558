"""Responses from a time on: filtered by the server if it provably supports that.

Public clients of the live service send `start_date` and `end_date`. The reference does not have them, and the time
that the service compares is unknown. A server that ignores them is harmless: `submitted_at` is compared again. But
one that compares another time would lose responses silently. So the dates are used only if the server proves on known
rows that

- it compares a time of the response itself, to the second, in UTC: of two responses of one interaction, a window of
  one second around the first contains it and not the other, which excludes every time of the interaction;
- it still filters by the survey.

Every time that a response can have is its `submitted_at` or later (stored, changed). So only the beginning is used:
a response that was submitted after it passes any comparison. The end is always in the future.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import islice

from sdx_state.api.answer import Row
from sdx_state.api.endpoints import Endpoints
from sdx_state.api.errors import BadRequestError, GoneError, NotFoundError, SurveyDynamixError
from sdx_state.api.filters import NOBODY
from sdx_state.api.moments import bound
from sdx_state.api.paging import LIMIT

PAIRS = 3  # Pairs of known responses for the proof.
MARGIN = timedelta(days=1)  # Margin before the beginning, for different clocks.
AHEAD = timedelta(days=2)  # Distance of the end from the server time: longer than any export takes.
Moment = Callable[[Row], datetime | None]


def dates_for(
    client: Endpoints, survey: str, since: datetime, known: Sequence[Row], moment: Moment
) -> Mapping[str, str]:
    """Return the filters that exclude most responses before `since`; empty if that is not safe or useless.

    Args:
        client: The tenant.
        survey: Id of the survey.
        since: The first requested time, in UTC.
        known: Responses of the survey, read without dates: the first page, with the oldest.
        moment: Returns the submission time of a response, None if it is unreadable.
    """
    times = [at for at in map(moment, known) if at is not None]
    if len(known) < LIMIT or not times or max(times) >= since or client.server_ahead is None:
        return {}
    now = datetime.fromtimestamp(client.machine.now() + client.server_ahead, timezone.utc)
    if since >= now:
        return {}
    try:
        proven = _filters_by_time(client, survey, known, moment)
    except SurveyDynamixError:
        return {}  # The server does not support dates, or fails: the read without them reports it.
    return {"start_date": bound(since - MARGIN), "end_date": bound(now + AHEAD)} if proven else {}


def _filters_by_time(client: Endpoints, survey: str, known: Sequence[Row], moment: Moment) -> bool:
    pairs = [*islice(_pairs(known, moment), PAIRS)]
    for at, one, other in pairs:
        window = {"start_date": bound(at), "end_date": bound(at + timedelta(seconds=1))}
        found = {str(row["id"]): moment(row) for row in _page(client, survey, window)}
        inside = all(time is not None and at <= time <= at + timedelta(seconds=1) for time in found.values())
        if not inside or one not in found or other in found:
            return False
        try:
            if _page(client, NOBODY, window):
                return False
        except (NotFoundError, GoneError, BadRequestError):
            pass
    return bool(pairs)


def _page(client: Endpoints, survey: str, window: Mapping[str, str]) -> list[Row]:
    return [*islice(client.responses.select({"survey_id": survey, **window}, probe=True), LIMIT)]


def _pairs(known: Sequence[Row], moment: Moment) -> Iterator[tuple[datetime, str, str]]:
    """Yield pairs of responses of one interaction, the second later, with the time of the first."""
    first: dict[str, tuple[datetime, str]] = {}
    for row in reversed(known):
        at, interaction = moment(row), str(row.get("interaction_id"))
        if at is None:
            continue
        later = first.setdefault(interaction, (at, str(row["id"])))
        if at + timedelta(seconds=1) < later[0]:
            del first[interaction]
            yield at, str(row["id"]), later[1]
