"""Whole lists out of pages that may shift while they are read.

API reference: `_limit` (1 to 1000, default 10), `_offset`, `_order` (ASC by id); no count and no cursor. A row that
is removed meanwhile moves all that follow it one place down, and a page by offset would skip one. So each page begins
with the last row of the page before it; where it does not, the list has moved, and an earlier page is read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from sdx_state.api.answer import Row, Rows
from sdx_state.api.errors import Unexpected

LIMIT = 1000
STEP_BACK = 100  # rows; doubled as long as no known row is found
MAX_SHIFTS = 40  # pages of one list that do not begin where the last one ended

# Where a server that does not honour `_limit` is likely to stop: at the documented default, or at round hundreds.
LIKELY_CAPS = frozenset({10, 100, 200, 250, 500})


class PageSizes:
    """What a client has learnt of how many rows the server gives at once. Shared between threads.

    A first page shorter than asked for is the end of its list (API reference), unless the server caps its pages. That
    it does not cap them at some length is proven by a longer page, and by nothing else.
    """

    def __init__(self) -> None:
        self._longest = 0

    def learn(self, rows: int) -> None:
        """Note that a page of `rows` rows was seen."""
        self._longest = max(self._longest, rows)

    def may_be_capped(self, rows: int) -> bool:
        """Tell whether a first page of `rows` rows may be less than the whole list."""
        return rows in LIKELY_CAPS and rows >= self._longest


def iterate(
    fetch: Callable[[int], Rows], identity: Callable[[Row], str | None], request: str, sizes: PageSizes
) -> Iterator[Row]:
    """Yield the rows of a list, each identity once.

    Args:
        fetch: Returns up to `LIMIT` rows from an offset on, in ascending order.
        identity: Returns what tells rows apart, None if a row does not have it.
        request: What a message calls the list.
        sizes: What is known of the server's pages.

    Raises:
        Unexpected: A row has no identity, the server ignores `_offset`, or the list changes too fast to be read.
    """
    page = fetch(0)
    keys = _keys(page, identity, request)
    seen = set(keys)
    yield from page if len(seen) == len(keys) else _new(page, keys, set())
    full = len(page)
    sizes.learn(full)
    if full < LIMIT and not sizes.may_be_capped(full):
        return
    offset = full - 1
    last, first_keys, shifts, back = keys[-1], keys, 0, STEP_BACK
    while True:
        page = fetch(offset)
        keys = _keys(page, identity, request)
        if offset and (not keys or keys[0] != last):
            if keys == first_keys:
                if full != LIMIT:
                    return  # it gives the whole list, whatever is asked for
                raise Unexpected(request, "the server answers the same page at every `_offset`")
            shifts += 1
            if shifts > MAX_SHIFTS:
                raise Unexpected(
                    request,
                    "the list changes faster than it can be read",
                    advice="Wait until imports and clean-ups in the tenant are through, then run the command again.",
                )
            if not keys or keys[0] not in seen:
                # Rows may have been skipped: go back to where the page begins with a known one.
                offset = max(0, offset - back)
                back *= 2
                continue
        back = STEP_BACK
        yield from _new(page, keys, seen)
        if len(page) < full:
            return
        last = keys[-1]
        offset += len(page) - 1


def _keys(page: Rows, identity: Callable[[Row], str | None], request: str) -> list[str]:
    keys = []
    for row in page:
        key = identity(row)
        if key is None:
            raise Unexpected(request, "a row of the list has no valid identity")
        keys.append(key)
    return keys


def _new(page: Rows, keys: list[str], seen: set[str]) -> Iterator[Row]:
    for row, key in zip(page, keys, strict=True):
        if key not in seen:
            seen.add(key)
            yield row
