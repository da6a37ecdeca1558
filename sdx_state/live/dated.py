"""Reading only the responses from a time on, where the server is proven to filter by it.

Public clients of the live service send `start_date` and `end_date`; the reference does not have them, and which time
the service compares is not known. A server that ignores them does no harm: `submitted_at` is compared again. With one
that compares another time, responses would be lost silently. So the dates are used only if the server proves on known
rows that

- it compares a time of the response itself, to the second, in UTC: of two responses of one interaction, a window of
  one second around the first holds it and not the other, which tells it from every time of the interaction;
- it still filters by the survey.

Every time that a response can have is its `submitted_at` or later (stored, changed). So only the beginning is used:
whatever the server compares, a response that was submitted after it passes. The end is always in the future.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta, timezone
from itertools import islice

from sdx_state.api import Endpoints
from sdx_state.api.answer import Row
from sdx_state.api.errors import BadRequestError, GoneError, NotFoundError, SurveyDynamixError
from sdx_state.api.filters import NOBODY
from sdx_state.api.moments import bound
from sdx_state.api.paging import LIMIT

PAIRS = 3  # of known responses that a server is tried with
MARGIN = timedelta(days=1)  # before the beginning, for clocks that differ
AHEAD = timedelta(days=2)  # of the server's clock: longer than any export takes
Moment = Callable[[Row], datetime | None]


def dates_for(
    client: Endpoints, survey: str, since: datetime, known: Sequence[Row], moment: Moment
) -> Mapping[str, str]:
    """Return the filters that leave out most of what was submitted before `since`; none if that is not safe or vain.

    Args:
        client: The tenant.
        survey: Id of the survey.
        since: The first time that is wanted, in UTC.
        known: Responses of the survey, read without dates: the first page, which is the oldest.
        moment: Returns when a response was submitted, None where that cannot be read.
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
        return {}  # it takes no dates, or fails: reading without them tells
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
    """Yield two responses of one interaction, with the time of the first, of which the second came later."""
    first: dict[str, tuple[datetime, str]] = {}
    for row in reversed(known):
        at, interaction = moment(row), str(row.get("interaction_id"))
        if at is None:
            continue
        later = first.setdefault(interaction, (at, str(row["id"])))
        if at + timedelta(seconds=1) < later[0]:
            del first[interaction]
            yield at, str(row["id"]), later[1]
