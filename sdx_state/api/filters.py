"""Proof that the server applied the filters of a list.

A row with another value than the filter refutes it. Rows without a parent field prove nothing: then the list of a
parent that cannot exist is requested once, and must be empty.
"""

from __future__ import annotations

import threading
import unicodedata
from collections.abc import Callable, Mapping

from sdx_state.api.answer import Row, Rows, rows_of
from sdx_state.api.errors import (
    BadRequestError,
    GoneError,
    InvalidResponseError,
    NotFoundError,
    SurveyDynamixError,
)
from sdx_state.api.exchange import Request
from sdx_state.api.retry import BUSY, Sender
from sdx_state.kinds.email import identity_of
from sdx_state.kinds.phone import may_be_the_same
from sdx_state.model.texts import normalized
from sdx_state.records import dataclass

NOBODY = "2147483647"  # The highest signed 32-bit integer: no counter of a tenant reaches it.

PARENTS = frozenset({"survey_id", "question_id", "interaction_id"})
# The reference does not document their format in rows, so a difference to the filter would prove nothing.
UNCOMPARED = frozenset({"scheduled_at", "started", "completed", "survey_ended", "start_date", "end_date"})
_PART = "_contains"
_ADVICE = (
    "The server, or a proxy in front of it, removes the query of requests. This list was not used. "
    "Check the host and the proxies, then contact the platform's support."
)

Values = Mapping[str, str | int | None]


@dataclass(frozen=True)
class Filters:
    """The filters of one list.

    Attributes:
        values: Filter values, by the API's names.
        known: Returns True for a row without a parent field that is known to belong to the requested parent.
    """

    values: Values
    known: Callable[[Row], bool] = lambda _: False

    def refute(self, rows: Rows, request: Request) -> None:
        """Return if no row contradicts a filter.

        Raises:
            InvalidResponseError: One does.
        """
        for name, asked in self.values.items():
            if name in UNCOMPARED:
                continue
            field, agrees = field_of(name), _comparison(name)
            for row in rows:
                # A null parent counts as absent; a null text differs from the filter.
                if field in row and (row[field] is not None or name not in PARENTS):
                    value = row[field]
                    if isinstance(value, dict | list) or agrees(str(asked), _text(value)):
                        continue
                    raise _ignored(name, str(request), f"a row has {_shown(name, field, value)}")

    def unproven(self, rows: Rows) -> list[str]:
        """Return the parent filters whose field is missing in some of `rows`."""
        return [
            name
            for name in self.values
            if name in PARENTS and any(not _is_named(row, name) and not self.known(row) for row in rows)
        ]


class Heard:
    """The parent filters that the server was proven to apply to a collection. Thread-safe."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._lock = threading.Lock()
        self._proven: set[str] = set()

    def prove(self, name: str, probe: Request, again: Callable[[], object]) -> None:
        """Return if the server applies the filter `name`. Takes one request in the life of this object.

        A correct server has no rows for `NOBODY`: it answers an empty list, 204, 404 or another error. An error that
        may have another cause counts after `again`, which repeats the list that succeeded before.

        Args:
            name: The filter.
            probe: Requests the list of `NOBODY`.
            again: Requests the list to prove.

        Raises:
            InvalidResponseError: The answer has rows of other parents.
            SurveyDynamixError: There was no answer.
        """
        with self._lock:
            if name not in self._proven:
                self._ask(name, probe, again)
                self._proven.add(name)

    def _ask(self, name: str, probe: Request, again: Callable[[], object]) -> None:
        for _ in range(2):
            try:
                rows = self._sender.send(probe, rows_of)
            except (NotFoundError, GoneError, BadRequestError):
                return
            except SurveyDynamixError as error:
                if error.status is None or isinstance(error, BUSY):
                    raise
                again()
                continue
            if all(_is_named(row, name) and _same_id(NOBODY, _text(row[name])) for row in rows):
                return
            raise _ignored(name, str(probe), f"an id that does not exist ({NOBODY}) has rows")


def _ignored(name: str, request: str, why: str) -> InvalidResponseError:
    return InvalidResponseError(request, f"the server ignored the filter `{name}`: {why}", status=200, advice=_ADVICE)


def field_of(name: str) -> str:
    """Return the field of a row that the filter `name` compares."""
    return name.removesuffix(_PART)


def _comparison(name: str) -> Callable[[str, str], bool]:
    if name in PARENTS:
        return _same_id
    if name.endswith(_PART):
        return lambda asked, found: _collated(asked) in _collated(found)
    if name == "email":
        return lambda asked, found: identity_of(asked) == identity_of(found) or _collated(asked) == _collated(found)
    return may_be_the_same if name == "phone" else lambda asked, found: _collated(asked) == _collated(found)


def _is_named(row: Row, name: str) -> bool:
    return not isinstance(row.get(name), dict | list | None)


def _same_id(asked: str, found: str) -> bool:
    return asked == found or (asked.isdecimal() and found.isdecimal() and asked.lstrip("0") == found.lstrip("0"))


def _collated(text: str) -> str:
    """Return `text` in the loosest usual collation of databases: without case, accents and outer blanks."""
    parts = normalized("NFKD", text.casefold())
    return "".join(part for part in parts if not unicodedata.combining(part)).strip()


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return "" if value is None else str(value).strip()


def _shown(name: str, field: str, value: object) -> str:
    """Return the description of a row in messages: only ids, because texts may be personal."""
    text = _text(value)
    return f"{field} {text}" if name in PARENTS and text.isdecimal() and len(text) < 20 else f"another `{field}`"
