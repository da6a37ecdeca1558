"""Users in the platform's own upload format. Source: "Hand-off": the columns of the admin UI's user upload.

Cells are read literally, without the blanks around: no references, no escapes; an empty cell declares nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field

from sdx_state.config.headers import ALIASES, columns_of, folded_header
from sdx_state.config.numbers import bare_number
from sdx_state.config.spreadsheet import BLANKS, NAMES, SEPARATORS, NotRows, Record, Sheet
from sdx_state.config.switches import switch
from sdx_state.config.tree import Place
from sdx_state.kinds import USER
from sdx_state.kinds.complaint import Complaint
from sdx_state.kinds.field import FieldType
from sdx_state.kinds.user import UPLOAD_COLUMNS, UPLOAD_REQUIRED, UPLOAD_SWITCHES
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.records import dataclass

_PHONES = frozenset(one.name for one in USER.fields if one.type is FieldType.PHONE)
_NO_HEADER = f"start it with: {','.join(UPLOAD_REQUIRED)}"


@dataclass(frozen=True)
class UsersFile:
    """How a project names a file of users.

    Attributes:
        path: The file, as it is written.
        place: Where it is written.
        columns: Header of the file -> column of the upload.
        ignore: Headers of columns that are not read.
        country_code: The country of telephone numbers that do not say theirs.
        encoding: Its encoding, where it cannot be detected.
    """

    path: str
    place: Place
    columns: Mapping[str, str] = field(default_factory=dict)
    ignore: tuple[str, ...] = ()
    country_code: str | None = None
    encoding: str | None = None

    def is_known(self, header: str) -> bool:
        """Tell whether `header` is one of a column that is read, or that a hint could name."""
        known = folded_header(header)
        return (
            known in UPLOAD_COLUMNS
            or known in ALIASES
            or known in {*map(folded_header, (*self.columns, *self.ignore))}
        )


@dataclass(frozen=True)
class Row:
    """One user of a file: the cells that are not empty, by column, and the place of each."""

    place: Place
    cells: Mapping[str, str]
    places: Mapping[str, Place]


@dataclass(frozen=True)
class Users:
    """A file of users whose header has been understood.

    Attributes:
        file: How it is named.
        sheet: Its rows.
        header: Its first row.
        columns: Column of the upload -> indexes of the cells that make it up.
    """

    file: UsersFile
    sheet: Sheet
    header: Record
    columns: Mapping[str, tuple[int, ...]]


def read_header(file: UsersFile, sheet: Sheet, report: Callable[[Diagnostic], None]) -> Users | None:
    """Return the file with its columns; what is wrong goes to `report`, and None back."""
    source = sheet.source
    try:
        header = next(sheet.records(), None)
    except NotRows:
        header = Record(1, [])
    if header is None or not any(one.isalnum() for cell in header.cells for one in cell):
        report(
            Diagnostic("invalid-csv", "error", "this file has no header", Source(source.name, 1, 1), help=_NO_HEADER)
        )
        return None
    if not any(map(file.is_known, header.cells)):
        # The line may contain any data, so the message shows nothing of it.
        message = "this file is not in the format of the user upload: its first line has none of the columns"
        other = _separator_not_read(header)
        if other is not None:
            message = f"this file separates columns by `{other}`"
            hint = (
                f"separate them by a comma, a semicolon, a tab or a vertical bar, or begin the file with: sep={other}"
            )
            report(Diagnostic("invalid-csv", "error", message, Source(source.name, 1, 1), help=hint))
            return None
        report(Diagnostic("invalid-csv", "error", message, Source(source.name, 1, 1), help=_NO_HEADER))
        return None
    columns = columns_of(file, sheet, header, report)
    return Users(file, sheet, header, columns) if columns is not None else None


def _separator_not_read(header: Record) -> str | None:
    """Return what separates the required columns in a header whose separator was not found out."""
    text = header.cells[0] if header.cells else ""
    for one in dict.fromkeys(character for character in text if not character.isalnum() and character not in "_ \"'"):
        if {folded_header(cell) for cell in text.split(one)}.issuperset(UPLOAD_REQUIRED):
            return one
    return None


def read_rows(users: Users, report: Callable[[Diagnostic], None]) -> Iterator[Row]:
    """Yield the users of a file; what is wrong goes to `report`, and such rows are left out."""
    stripped: list[Place] = []
    records = users.sheet.records()
    next(records)
    empty = True
    while True:
        try:
            record = next(records, None)
        except NotRows as error:
            diagnostic = users.sheet.source.diagnostic
            report(
                diagnostic(
                    "invalid-csv", (error.line, 1), f"this is not CSV: {error}", "double a quote inside quotes"
                )
            )
            break
        if record is None:
            if empty:
                message, hint = "this file has a header and no rows: it declares no users", "is a save missing?"
                place = (users.header.line, 1)
                report(users.sheet.source.diagnostic("nothing-declared", place, message, hint, "warning"))
            break
        empty = False
        row = _row(users, record, stripped, report)
        if row is not None:
            yield row
    if stripped:
        message = "the blanks around this cell are left out"
        if len(stripped) > 1:
            message = f"the blanks around {len(stripped)} cells are left out, the first of them here"
        report(
            users.sheet.source.diagnostic("trimmed-cells", stripped[0], message, "remove them in the file", "warning")
        )


def cell_of(column: str, texts: list[str]) -> str:
    """Return what the cells `texts`, which make up `column`, declare."""
    if len(texts) == 1:
        text = texts[0].strip(BLANKS)
        return bare_number(text) if column in _PHONES else text
    return " ".join(text for text in (text.strip(BLANKS) for text in texts) if text)


def _row(users: Users, record: Record, stripped: list[Place], report: Callable[[Diagnostic], None]) -> Row | None:
    sheet, (line, cells) = users.sheet, record
    diagnostic = sheet.source.diagnostic
    surplus = [index for index in range(len(users.header.cells), len(cells)) if cells[index].strip(BLANKS)]
    if surplus:
        message = f"this row has {surplus[-1] + 1} cells, and the header {len(users.header.cells)} columns"
        named = NAMES.get(sheet.separator or "", "the separator")
        report(diagnostic("invalid-csv", (line, 1), message, f"put a text that contains {named} in double quotes"))
        return None
    held: dict[str, str] = {}
    sound = True
    for column, indexes in users.columns.items():
        texts = [cells[index] for index in indexes if index < len(cells)]
        text = cell_of(column, texts) if texts else ""
        if not text:
            continue
        if any(one != one.strip(BLANKS) for one in texts):
            stripped.append(sheet.place(line, indexes[0]))
        if column in UPLOAD_SWITCHES:
            verdict = switch(column, text)
            if isinstance(verdict, Complaint):
                report(diagnostic(verdict.code, sheet.place(line, indexes[0]), verdict.message, verdict.help))
                sound = False
                continue
            text = verdict
        held[column] = text
    missing = [column for column in UPLOAD_REQUIRED if column not in held]
    other = _other_separator(sheet, cells) if missing else None
    if other is not None:
        report(
            diagnostic(
                "invalid-csv", (line, 1), f"this row separates cells by {NAMES[other]}, and the header does not"
            )
        )
        return None
    for column in missing:
        where = sheet.place(line, users.columns[column][0])
        report(diagnostic("missing-field", where, f"`{column}` is empty: the platform's upload requires it"))
    return None if missing or not sound else Row((line, 1), held, _CellPlaces(users, line, held))


def _other_separator(sheet: Sheet, cells: list[str]) -> str | None:
    """Return the separator of a row that has all of its cells in the first one."""
    if sheet.separator is None or any(cells[1:]):
        return None
    return next((one for one in SEPARATORS if one != sheet.separator and one in cells[0]), None)


class _CellPlaces(Mapping[str, Place]):
    """The places of the cells of a row, computed on demand."""

    __slots__ = ("_held", "_line", "_users")

    def __init__(self, users: Users, line: int, held: Mapping[str, str]) -> None:
        self._users, self._line, self._held = users, line, held

    def __getitem__(self, column: str) -> Place:
        if column not in self._held:
            raise KeyError(column)
        return self._users.sheet.place(self._line, self._users.columns[column][0])

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)
