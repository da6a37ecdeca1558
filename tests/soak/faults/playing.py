"""Playing of many cases by several processes, and of schedules while the product runs without one mechanism."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

Case = TypeVar("Case")
Result = TypeVar("Result")
Patch = tuple[Any, str, Any]  # owner, attribute, value


def in_processes(
    play: Callable[[Case], Result], cases: Sequence[Case], jobs: int, share: int = 50
) -> Iterator[Result]:
    """Yield what `play` returns for each of `cases`, in any order.

    Args:
        play: A function of a module, which other processes can import.
        cases: Its arguments.
        jobs: How many processes play; 1 for this one alone.
        share: Cases that a process takes at a time.
    """
    if jobs == 1:
        yield from map(play, cases)
        return
    with multiprocessing.get_context("spawn").Pool(jobs) as pool:
        yield from pool.imap_unordered(play, cases, chunksize=share)


@contextlib.contextmanager
def patched(patches: Sequence[Patch]) -> Iterator[None]:
    """Let the product run with `patches`."""
    before = [(owner, attribute, getattr(owner, attribute)) for owner, attribute, _ in patches]
    for owner, attribute, value in patches:
        setattr(owner, attribute, value)
    try:
        yield
    finally:
        for owner, attribute, value in before:
            setattr(owner, attribute, value)


def first_broken(name: str, play: Callable[[int], list[str]], within: int, begin: int = 0) -> tuple[int, str] | None:
    """Return the first schedule that notices the switch `name`, and what it says; None if none of `within` does.

    Args:
        name: The mechanism that is switched off.
        play: Plays the schedule of a number, and returns the rules that it broke.
        within: The schedule before which playing ends.
        begin: The first schedule, where those before it are known to notice nothing.

    Raises:
        RuntimeError: The product has changed, and the switch patches what it does not have.
    """
    for number in range(begin, within):
        wrong = play(number)
        if any("TypeError" in what or "AttributeError" in what for what in wrong):
            raise RuntimeError(f"the switch {name!r} does not fit the product any more: {wrong}")
        if wrong:
            return number, wrong[0]
    return None


def noticed_text(name: str, found: tuple[int, str] | None) -> str:
    """Return a line about a switch."""
    return f"{name}: " + ("NOT NOTICED" if found is None else f"noticed by schedule {found[0]}: {found[1]}")
