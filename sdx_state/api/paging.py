"""Complete lists from pages that may shift while they are read.

API reference: `_limit` (1 to 1000, default 10), `_offset`, `_order` (ASC by id); no count and no cursor. If a row
is removed meanwhile, all rows after it shift, and paging by offset would skip one. So each page begins with the last
row of the page before it; if it does not, the list has shifted, and an earlier page is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sdx_state.api.answer import Row, Rows
from sdx_state.api.errors import InvalidResponseError

LIMIT = 1000
STEP_BACK = 100  # Rows; doubled until a known row is found.
MAX_SHIFTS = 40  # Pages of one list that may begin at an unexpected row, plus one for every four pages.
KEPT = 20_000  # Keys of rows that are kept; a list sorted by id needs no more.

# A server that ignores `_limit` probably stops at the documented default or at round hundreds.
LIKELY_CAPS = frozenset({10, 100, 200, 250, 500})

Fetch = Callable[[int], Rows]
Key = Callable[[Row], str | None]


class PageSizes:
    """Page sizes of the server, as observed. Thread-safe.

    A first page shorter than `_limit` is the whole list (API reference), unless the server caps its pages. Only a
    longer page proves that it does not cap them at that length.
    """

    def __init__(self) -> None:
        self._longest = 0

    def learn(self, rows: int) -> None:
        """Record a page of `rows` rows."""
        self._longest = max(self._longest, rows)

    def may_be_capped(self, rows: int) -> bool:
        """Return True if a first page of `rows` rows may not be the whole list."""
        return rows in LIKELY_CAPS and rows >= self._longest


def iterate(fetch: Fetch, identity: Key, request: str, sizes: PageSizes) -> Listing:
    """Return the rows of a list, each identity once.

    Args:
        fetch: Returns up to `LIMIT` rows from an offset on, in ascending order.
        identity: Returns the identity of a row, None if it has none.
        request: Name of the list in messages.
        sizes: Observed page sizes of the server.

    Raises, while it is read:
        InvalidResponseError: A row has no identity, the server ignores `_offset`, or the list changes too fast to be
            read.
    """
    return Listing(_Reader(fetch, identity, request, sizes))


class Listing(Iterator[Row]):
    """The rows of one list, fetched a page at a time as they are read."""

    def __init__(self, reader: _Reader) -> None:
        self._reader = reader
        self._rows = reader.rows(_Known(reader.request), 0)

    def __iter__(self) -> Iterator[Row]:
        return self._rows

    def __next__(self) -> Row:
        return next(self._rows)

    def starting_at(self, id: int, guess: int = 0) -> Iterator[Row]:
        """Yield the rows from `id` on, without reading all earlier ones. The list must be sorted by numeric ids.

        Args:
            id: The lowest id to yield; it may not exist.
            guess: The probable offset. The rows found there verify it.

        Raises:
            InvalidResponseError: As in `iterate`, or the list is not sorted by id.
        """
        known = _Known(self._reader.request, highest=id - 1)
        return self._reader.rows(known, None, id, guess)


class _Known:
    """Rows that were read: by key, or by the highest id if the list is sorted by id."""

    def __init__(self, request: str, highest: int | None = None) -> None:
        self._request = request
        self._keys: set[str] | None = set() if highest is None else None
        self._highest = -1 if highest is None else highest
        self._ascending = True

    def __contains__(self, key: str) -> bool:
        return key in self._keys if self._keys is not None else int(key) <= self._highest

    def new(self, page: Rows, keys: list[str]) -> Rows:
        """Return the new rows of `page`, and record them.

        Raises:
            InvalidResponseError: Keys were dropped because the list was sorted, but now it is not.
        """
        numbers = [int(key) for key in keys] if self._ascending and all(map(str.isdecimal, keys)) else None
        in_order = numbers is not None and numbers == sorted(numbers)
        if self._keys is None:
            if numbers is None or not in_order:
                raise InvalidResponseError(self._request, "the list is not sorted by id, as requested")
            rows = []
            for row, number in zip(page, numbers, strict=True):
                if number > self._highest:
                    self._highest = number
                    rows.append(row)
            return rows
        rows, before = [], self._highest
        for row, key in zip(page, keys, strict=True):
            if key not in self._keys:
                self._keys.add(key)
                rows.append(row)
                in_order = in_order and int(key) > before
        self._ascending = in_order
        if numbers and in_order:
            self._highest = max(before, numbers[-1])
            if len(self._keys) > KEPT:
                # In a sorted list, every row up to the highest id was read, so keys are not needed.
                self._keys = None
        return rows


class _Reader:
    """Reader of one list."""

    def __init__(self, fetch: Fetch, identity: Key, request: str, sizes: PageSizes) -> None:
        self._fetch = fetch
        self._identity = identity
        self.request = request
        self._sizes = sizes

    def rows(self, known: _Known, offset: int | None, id: int = 0, guess: int = 0) -> Iterator[Row]:
        """Yield the rows that are not `known`, from `offset` on, or from the page with `id`."""
        if offset is None:
            offset, page, keys = self._find(id, guess)
        else:
            page, keys = self._page(offset)
        yield from known.new(page, keys)
        full = len(page)
        self._sizes.learn(full)
        if full < LIMIT and not self._sizes.may_be_capped(full):
            return
        last, first_keys, shifts, pages, back = keys[-1], keys, 0, 1, STEP_BACK
        offset = second = offset + full - 1
        while True:
            page, keys = self._page(offset)
            if offset and (not keys or keys[0] != last):
                if keys == first_keys and offset >= second:
                    if full != LIMIT:
                        return  # The server returns the whole list at any offset.
                    raise InvalidResponseError(self.request, "the server returns the same page at every `_offset`")
                shifts += 1
                if shifts > MAX_SHIFTS + pages // 4:
                    raise InvalidResponseError(
                        self.request,
                        "the list changes faster than it can be read",
                        advice="Wait until imports and clean-ups in the tenant have finished, then try again.",
                    )
                if not keys or keys[0] not in known:
                    # Rows may have been skipped: go back until the page begins with a known row.
                    offset = max(0, offset - back)
                    back *= 2
                    continue
            back = STEP_BACK
            yield from known.new(page, keys)
            if len(page) < full:
                return
            last = keys[-1]
            pages += 1
            offset += len(page) - 1

    def _find(self, id: int, guess: int) -> tuple[int, Rows, list[str]]:
        """Return a page that begins at or shortly before `id`, and its offset: by doubling steps, then bisection."""
        low: tuple[int, Rows, list[str]] | None = None
        high: int | None = None  # A page from here begins after `id`, or is empty.
        offset, step = guess, LIMIT
        while True:
            page, keys = self._page(offset)
            if low is not None and keys == low[2]:
                return low  # The server ignores `_offset`; further reading reports it.
            if offset == 0 or (keys and int(keys[0]) <= id):
                low = offset, page, keys
                if not keys or int(keys[-1]) >= id:
                    return low
            else:
                high = offset
            if low is None:
                offset = max(0, offset - step)
            elif high is None:
                offset = low[0] + step
            elif high <= low[0] + len(low[1]):
                return low
            else:
                offset = (low[0] + high) // 2
            step *= 2

    def _page(self, offset: int) -> tuple[Rows, list[str]]:
        page = self._fetch(offset)
        keys = [key for key in map(self._identity, page) if key is not None]
        if len(keys) < len(page):
            raise InvalidResponseError(self.request, "a row of the list has no valid identity")
        return page, keys
