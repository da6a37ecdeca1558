"""A file of rows as spreadsheets write them: its separator, its encoding, or a workbook.

The separator is the one that makes the most known columns of the first row; a first line `sep=;` says it itself.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from sdx_state.config.encodings import decoded
from sdx_state.config.files import ProjectFiles
from sdx_state.config.sift import Unreadable
from sdx_state.config.source_text import SourceText, character_diagnostic
from sdx_state.config.tree import Place
from sdx_state.kinds.complaint import Complaint
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.programs.workbook import WorkbookUnreadable, can_read, sheets_of
from sdx_state.records import dataclass

SEPARATORS = (",", ";", "\t", "|")
NAMES = {",": "a comma", ";": "a semicolon", "\t": "a tab", "|": "a vertical bar"}
BLANKS = " \t\r\n\x0b\x0c\u00a0\u1680" + "".join(map(chr, range(0x2000, 0x200C))) + "\u202f\u205f\u3000\ufeff"
_WORKBOOK = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
_SAYS = re.compile(r'"?sep=([^\w"\r\n])"?(?:\r\n|\r|\n|$)', re.IGNORECASE)
_AS_CSV = 'save it as "CSV UTF-8", or install the extra: pip install "sdx-state[spreadsheets]"'


class Record(NamedTuple):
    """A row: the line that it starts at, from 1, and its cells."""

    line: int
    cells: list[str]


class NotRows(Exception):
    """A file cannot be split into rows.

    Attributes:
        line: Where.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(message)
        self.line = line


@dataclass(frozen=True)
class WorkbookText(SourceText):
    """Replaces the text of a workbook, which has no lines to show."""

    def line(self, number: int) -> str | None:
        """Return None."""
        return None


@dataclass(frozen=True)
class Sheet:
    """The rows of a file.

    Attributes:
        source: Its text, for messages; a workbook has none.
        separator: What separates cells; None in a workbook.
        skipped: Lines before the header: one that says the separator.
        rows: The rows of a workbook.
    """

    source: SourceText
    separator: str | None
    skipped: int = 0
    rows: tuple[list[str], ...] = ()

    def records(self) -> Iterator[Record]:
        """Yield the rows, those without anything in them left out.

        Raises:
            NotRows: The file is not CSV.
        """
        rows = self._workbook() if self.separator is None else split(self.source.text, self.separator, self.skipped)
        return (row for row in rows if any(cell and not cell.isspace() for cell in row.cells))

    def _workbook(self) -> Iterator[Record]:
        return (Record(line, cells) for line, cells in enumerate(self.rows, 1))

    def place(self, line: int, index: int) -> Place:
        """Return where cell `index` of the row at `line` starts; the row's start in a row that is not plain."""
        if self.separator is None:
            return line, index + 1
        text = self.source.line(line) or ""
        if '"' in text:
            return line, 1
        return line, sum(len(cell) + 1 for cell in text.split(self.separator)[:index]) + 1


def split(text: str, separator: str, skipped: int = 0) -> Iterator[Record]:
    """Yield every row of `text`, blank ones too, after `skipped` lines."""
    lines = io.StringIO(text, newline="")
    for _ in range(skipped):
        lines.readline()
    reader = csv.reader(lines, delimiter=separator, strict=True)
    line = skipped + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            raise NotRows(skipped + (reader.line_num or 1), str(error)) from None
        if cells is None:
            return
        yield Record(line, cells)
        line = skipped + reader.line_num + 1


def read_sheet(
    files: ProjectFiles,
    name: str,
    encoding: str | None,
    is_known: Callable[[str], bool],
    report: Callable[[Diagnostic], None],
) -> Sheet | None:
    """Return the rows of the file `name`; what is wrong goes to `report`, and None back.

    Args:
        files: Where it is read.
        name: The file.
        encoding: The encoding that the user names, if any.
        is_known: Tells whether a text is the name of a column.
        report: Called with each error.
    """
    try:
        data = files.read(name)
    except Unreadable as error:
        report(Diagnostic("unreadable-file", "error", str(error), Source(name, 1, 1), help=error.help))
        return None
    if data.startswith(_WORKBOOK):
        return _workbook(name, data, is_known, report)
    text = decoded(data, encoding)
    if isinstance(text, Complaint):
        report(Diagnostic(text.code, "error", text.message, Source(name, 1, 1), help=text.help))
        return None
    source = SourceText(name, text.text, text.encoding)
    diagnostic = character_diagnostic(source)
    if diagnostic is not None:
        report(diagnostic)
        return None
    said = _SAYS.match(source.text)
    if said:
        return Sheet(source, said[1], 1)
    return Sheet(source, max(SEPARATORS, key=lambda one: _known(source.text, one, is_known)))


def _known(text: str, separator: str, is_known: Callable[[str], bool]) -> tuple[int, int]:
    """Return how many columns of the header are known with `separator`, and how many there are."""
    try:
        header = next((row.cells for row in split(text, separator) if any(row.cells)), [])
    except NotRows:
        return 0, 0
    return sum(map(is_known, header)), len(header)


def _workbook(
    name: str, data: bytes, is_known: Callable[[str], bool], report: Callable[[Diagnostic], None]
) -> Sheet | None:
    if not can_read():
        report(
            Diagnostic(
                "unreadable-file", "error", "this file is a workbook, and not CSV", Source(name, 1, 1), help=_AS_CSV
            )
        )
        return None
    try:
        sheets = sheets_of(data)
    except WorkbookUnreadable as error:
        report(
            Diagnostic(
                "unreadable-file",
                "error",
                f"this workbook cannot be read: {error}",
                Source(name, 1, 1),
                help='save it as "CSV UTF-8"',
            )
        )
        return None
    # Other sheets may contain lists of choices, for example: read the one whose first row has the most known columns.
    rows = max((rows for _, rows in sheets), key=lambda rows: _most_known(rows, is_known), default=[])
    return Sheet(WorkbookText(name, ""), None, 0, tuple(rows))


def _most_known(rows: list[list[str]], is_known: Callable[[str], bool]) -> int:
    return sum(map(is_known, next((row for row in rows if any(row)), [])))
