"""Responses as CSV and as JSON Lines, and the file that they are added to."""

from __future__ import annotations

import codecs
import contextlib
import csv
import io
import json
import os
import re
import stat
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import BinaryIO, Literal

from sdx_state.decoding.strict import OWN_DEPTH, DecodingError, parse
from sdx_state.decoding.typed import record
from sdx_state.live.responses import TAIL, Mark, OtherExport, Response, Written
from sdx_state.model.address import Address
from sdx_state.model.formulas import is_formula, safe_cell
from sdx_state.report.escape import escape_lines
from sdx_state.state import platform
from sdx_state.state.files import PRIVATE_FILE
from sdx_state.state.staging import sync_folder, write_all

Form = Literal["csv", "jsonl"]
RECORDING = "recording_url"
COLUMNS = tuple(name for name in Response._fields if name != RECORDING)
SYNC = 8 * 1024 * 1024  # bytes that may be lost with the machine; they are asked for again
LONGEST = 16 * 1024 * 1024  # bytes of one row: more than the API's answers may have
_LINE_END = "\r\n"  # RFC 4180, section 2
_ID = re.compile(r"[0-9]{1,19}")


class Renderer:
    """Responses -> bytes.

    Attributes:
        form: CSV or JSON Lines.
        columns: The columns of each row, in this order.
        mark: Whether a file begins with a byte-order mark, by which Excel knows UTF-8.
        neutralised: How many CSV cells were given an apostrophe, so that no spreadsheet executes them.
    """

    def __init__(self, form: Form, *, recordings: bool, mark: bool = False) -> None:
        """Render as `form`; recordings only if requested, since every user with the address may listen."""
        self.form, self.mark, self.neutralised = form, mark, 0
        self.columns = (*COLUMNS, RECORDING) if recordings else COLUMNS

    @property
    def head(self) -> bytes:
        """The text before the first row."""
        if self.form != "csv":
            return b""
        return (codecs.BOM_UTF8 if self.mark else b"") + f"{','.join(self.columns)}{_LINE_END}".encode()

    def rows(self, responses: Sequence[Response]) -> bytes:
        """Return a line for each of `responses`: CSV after RFC 4180 in UTF-8, or a JSON object in pure ASCII."""
        count = len(self.columns)
        if self.form == "jsonl":
            lines = [json.dumps(dict(zip(self.columns, one[:count], strict=True))) for one in responses]
            return "".join(f"{line}\n" for line in lines).encode("ascii")
        text = io.StringIO()
        cell = self._cell
        csv.writer(text, lineterminator=_LINE_END).writerows(
            [value if value is None or type(value) is int else cell(value) for value in one[:count]]
            for one in responses
        )
        return text.getvalue().encode("utf-8")

    def _cell(self, value: object) -> str:
        text = value if isinstance(value, str) else json.dumps(value)
        self.neutralised += is_formula(text)
        return safe_cell(text)


def shown(data: bytes) -> str:
    """Return rendered rows for a terminal, which must not act on what respondents wrote."""
    return escape_lines(data.decode("utf-8").removeprefix("\ufeff").replace(_LINE_END, "\n"))


class ResponseFile:
    """A file that grows by whole batches of rows, and by nothing else. A context manager that closes it.

    Attributes:
        path: Where it is.
        written: What it held when it was opened, None if it is new.
    """

    def __init__(self, path: Path, renderer: Renderer, survey: Address, *, resume: bool) -> None:
        """Create `path`, readable by its owner alone, or read what is there. Half a row at its end does not count.

        Raises:
            FileExistsError: It is there, and `resume` was not said.
            OtherExport: It is not an export of `survey` in this form, or another run writes to it.
            OSError: It cannot be written.
        """
        self.path, self._renderer = path, renderer
        self.written: Written | None = None
        self._unsynced, self._torn = 0, False
        flags = os.O_RDWR | os.O_APPEND | platform.BYTES | platform.NO_LINK
        try:
            self._descriptor = os.open(path, flags | os.O_CREAT | os.O_EXCL, PRIVATE_FILE)
            self._size = 0
        except FileExistsError:
            if not resume:
                raise
            self._descriptor = os.open(path, flags | platform.NO_WAIT)
        try:
            self._begin(survey)
        except BaseException:
            os.close(self._descriptor)
            raise

    def _begin(self, survey: Address) -> None:
        found = os.fstat(self._descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise OtherExport("is not a regular file")
        try:
            platform.lock(self._descriptor, wait=False)
        except BlockingIOError:
            raise OtherExport("is being written by another run") from None
        self._size = found.st_size
        if not self._size:
            sync_folder(self.path.parent)
            return
        with os.fdopen(os.dup(self._descriptor), "rb") as file:
            file.seek(0)
            rows, end, tail = 0, 0, deque[Mark](maxlen=TAIL)
            for mark, after in _read_back(file, self._renderer, survey):
                end = after
                if mark is not None:
                    rows += 1
                    tail.append(mark)
        self._size, self._torn = end, end < found.st_size
        self.written = Written(rows, tuple(tail))

    def add(self, responses: Sequence[Response]) -> None:
        """Write `responses` behind what is there, all of them or, as far as that can be had, none.

        Raises:
            OSError: The disk is full, for example; the file ends with a whole row.
        """
        head = b"" if self._size else self._renderer.head
        data = head + self._renderer.rows(responses)
        try:
            if self._torn:
                os.ftruncate(self._descriptor, self._size)
                self._torn = False
            write_all(self._descriptor, data)
        except OSError as error:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._size)
            error.filename = str(self.path)
            raise
        self._size += len(data)
        self._unsynced += len(data)
        if self._unsynced > SYNC:
            self.sync()

    def sync(self) -> None:
        """Return only when all that was added is on the disk.

        Raises:
            OSError: It is unknown whether it is.
        """
        try:
            platform.sync(self._descriptor)
        except OSError as error:
            error.filename = str(self.path)
            raise
        self._unsynced = 0

    def __enter__(self) -> ResponseFile:
        return self

    def __exit__(self, *_: object) -> None:
        empty = not self._size and not self._torn
        if empty:
            empty = not self._removed()  # nothing came: leave nothing in the way of the next try
        os.close(self._descriptor)
        if empty:
            self._removed()

    def _removed(self) -> bool:
        """Remove the file; Windows refuses while it is open."""
        try:
            self.path.unlink()
        except OSError:
            return False
        return True


def _read_back(file: BinaryIO, renderer: Renderer, survey: Address) -> Iterator[tuple[Mark | None, int]]:
    """Yield what tells each row apart, None for the head, each with the offset where it ends; half a row is none.

    Raises:
        OtherExport: It is not an export of `survey` in this form.
    """
    records = _csv_records(file, renderer) if renderer.form == "csv" else _jsonl_records(file, renderer)
    place, end = {name: at for at, name in enumerate(renderer.columns)}, 0
    for row, after in records:
        if row is None:
            if not _is_torn(file, end, after, renderer):
                raise OtherExport(f"contains something at byte {end} that is not a row of this export")
            return
        if row == list(renderer.columns) and end == 0 and renderer.form == "csv":
            yield None, after
        elif end == 0 and renderer.form == "csv":
            raise OtherExport("begins with other columns than these options give")
        else:
            if row[place["survey"]] != survey:
                raise OtherExport(f"contains responses of {row[place['survey']]}")
            mark = Mark(*(row[place[name]] for name in Mark._fields))
            if not _ID.fullmatch(mark.response_id):
                raise OtherExport(f"contains a row at byte {end} that has no id")
            yield mark, after
        end = after


def _csv_records(file: BinaryIO, renderer: Renderer) -> Iterator[tuple[list[str] | None, int]]:
    """Yield each record of a CSV file with the offset where it ends, and None for one that is not whole."""
    after = 0
    last = b""

    def lines() -> Iterator[str]:
        nonlocal after, last
        for last in file:
            after += len(last)
            text = last.decode("utf-8")
            yield text.removeprefix("\ufeff") if after == len(last) else text

    csv.field_size_limit(LONGEST)
    reader = csv.reader(lines(), strict=True)
    while True:
        try:
            row = next(reader, None)
        except (csv.Error, UnicodeDecodeError):
            yield None, after
            return
        if row is None:
            return
        # The caller checks the header: another number of columns shows that the options were different.
        whole = last.endswith(_LINE_END.encode()) and (len(row) == len(renderer.columns) or after == len(last))
        yield row if whole else None, after


def _jsonl_records(file: BinaryIO, renderer: Renderer) -> Iterator[tuple[list[str] | None, int]]:
    """Yield each row of a JSON Lines file as texts, with the offset where it ends, and None for one not whole."""
    after = 0
    for line in file:
        after += len(line)
        try:
            row = record(parse(line, OWN_DEPTH)) if line.endswith(b"\n") else None
        except DecodingError:
            row = None
        if row is None:
            yield None, after
            return
        if tuple(row) != renderer.columns:
            raise OtherExport("contains other columns than these options select")
        yield ["" if value is None else str(value) for value in row.values()], after


def _is_torn(file: BinaryIO, begin: int, end: int, renderer: Renderer) -> bool:
    """Tell whether what is from `begin` on is half a row, the last thing that was written.

    Nothing but zeros may follow at `end`: a machine that lost its power can leave those.
    """
    file.seek(end)
    if end - begin > LONGEST or any(chunk.strip(b"\0") for chunk in iter(lambda: file.read(1 << 20), b"")):
        return False
    if begin:
        return True
    # Without a complete row, the file must begin as an export does: another program's file is never truncated.
    ours = renderer.head or f'{{"{renderer.columns[0]}": '.encode()
    file.seek(0)
    found = file.read(len(ours)).rstrip(b"\0")
    return ours.startswith(found)
