"""Reading a journal: its open part alone, as every plan does, or all of it, as the history does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from sdx_state.decoding.strict import DecodingError
from sdx_state.decoding.typed import Record
from sdx_state.model.ledger import Head
from sdx_state.state.backend import Lines, Segment
from sdx_state.state.chain import NOTHING
from sdx_state.state.errors import JOURNAL_ADVICE, StateUnusable
from sdx_state.state.journal_lines import decoded_line, hash_of_line


def open_records(lines: Lines, head: Head) -> Iterator[tuple[str, Record]]:
    """Yield the place and the content of each line after `head`. A last line cut short by a crash does not count.

    Raises:
        StateUnusable: A line cannot be read.
    """
    return _records(lines.name, split(lines, head)[:-1])


def all_records(lines: Lines) -> Iterator[tuple[str, Record]]:
    """Yield the place and the content of each line, closed ones included, the oldest first.

    Raises:
        StateUnusable: A line cannot be read.
    """
    head = NOTHING
    for segment in _closed(lines):
        content = _content(segment.read, segment.name)[:-1]
        yield from _records(segment.name, content)
        head = Head(segment.last, hash_of_line(content[-1])) if content else head
    yield from open_records(lines, head)  # a part can be closed without a mark yet: then its lines are open, too


def closed_head(lines: Lines) -> Head:
    """Return the last line of the closed parts.

    Raises:
        StateUnusable: It cannot be read.
    """
    closed = _closed(lines)
    if not closed:
        return NOTHING
    content = _content(closed[-1].read, closed[-1].name)
    return Head(closed[-1].last, hash_of_line(content[-2] if len(content) > 1 else b""))


def split(lines: Lines, head: Head) -> list[bytes]:
    """Return the open lines; the last is what follows the last line end, empty in a whole journal.

    Raises:
        StateUnusable: They cannot be read.
    """
    return _content(lambda: lines.read(head), lines.name)


def _closed(lines: Lines) -> Sequence[Segment]:
    try:
        return lines.closed()
    except OSError as error:
        raise StateUnusable(f"{lines.name} cannot be read ({error.strerror})", JOURNAL_ADVICE) from error


def _content(read: Callable[[], bytes], name: str) -> list[bytes]:
    try:
        return read().split(b"\n")
    except FileNotFoundError:
        return [b""]
    except OSError as error:
        raise StateUnusable(f"{name} cannot be read ({error.strerror})", JOURNAL_ADVICE) from error


def _records(name: str, lines: Sequence[bytes]) -> Iterator[tuple[str, Record]]:
    for number, line in enumerate(lines, start=1):
        where = f"{name}:{number}"
        try:
            record = decoded_line(line)
        except DecodingError as error:
            raise StateUnusable(f"{where} is not a line of a journal: {error}", JOURNAL_ADVICE) from error
        yield where, record
