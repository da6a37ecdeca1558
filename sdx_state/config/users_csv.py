"""Users in the platform's own upload format. Source: "Hand-off": the columns of the admin UI's user upload.

Cells are read as they stand: no references, no escapes; an empty cell declares nothing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from sdx_state.config.files import SourceText
from sdx_state.config.problems import Problem, did_you_mean
from sdx_state.config.tree import Place
from sdx_state.kinds import USER

COLUMNS = (*(field.name for field in USER.fields), *USER.upload)
REQUIRED = ("name", "email")


@dataclass(frozen=True)
class Row:
    """One user of a file: the cells that hold something, by column, and where each stands."""

    place: Place
    cells: Mapping[str, str]
    places: Mapping[str, Place]


def read_rows(source: SourceText, report: Callable[[Problem], None]) -> Iterator[Row]:
    """Yield the users in `source`; what is wrong goes to `report`, and such rows are left out."""
    reader = csv.reader(io.StringIO(source.text, newline=""), strict=True)
    columns: list[str] = []
    line = 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            if not columns:
                report(_other_format(source))
                return
            report(
                source.problem((reader.line_num or 1, 1), f"this is not CSV: {error}", "double a quote inside quotes")
            )
            return
        place, line = (line, 1), reader.line_num + 1
        if cells is None:
            if not columns:
                report(source.problem((1, 1), "this file has no header", "start it with: name,email"))
            return
        if not any(cells):
            continue
        if not columns:
            columns = [cell.strip().lower() for cell in cells]
            if set(columns).isdisjoint(COLUMNS):
                report(_other_format(source))
                return
            problems = list(_header_problems(source, place, columns))
            for problem in problems:
                report(problem)
            if problems:
                return
            continue
        row = _row(source, place, columns, cells, report)
        if row is not None:
            yield row


def _other_format(source: SourceText) -> Problem:
    """Return the problem of a file without any known column. It may hold anything, and so nothing of it is shown."""
    message = "this file is not in the format of the user upload: its first line has none of the columns"
    return Problem(source.name, 1, 1, message, hint="start it with: name,email")


def _header_problems(source: SourceText, place: Place, columns: list[str]) -> Iterator[Problem]:
    for index, column in enumerate(columns):
        where = place[0], _column_of(source, place[0], index)
        if column not in COLUMNS:
            yield source.problem(where, f"unknown column `{column[:80]}`", did_you_mean(column, COLUMNS))
        elif column in columns[:index]:
            yield source.problem(where, f"the column `{column}` stands here twice")
    for column in REQUIRED:
        if column not in columns:
            yield source.problem(place, f"the column `{column}` is missing: the platform's upload requires it")


def _row(
    source: SourceText, place: Place, columns: list[str], cells: list[str], report: Callable[[Problem], None]
) -> Row | None:
    if len(cells) != len(columns):
        message = f"this row has {len(cells)} cells, and the header {len(columns)} columns"
        report(source.problem(place, message, "put a text that holds a comma in double quotes"))
        return None
    held = {column: cell for column, cell in zip(columns, cells, strict=True) if cell}
    missing = [column for column in REQUIRED if column not in held]
    for column in missing:
        where = place[0], _column_of(source, place[0], columns.index(column))
        report(source.problem(where, f"`{column}` is empty: the platform's upload requires it"))
    return None if missing else Row(place, held, _CellPlaces(source, place[0], columns, held))


def _column_of(source: SourceText, line: int, index: int) -> int:
    """Return the column at which cell `index` of the row at `line` starts; 1 for a row that is not plain."""
    text = source.line(line) or ""
    if '"' in text:
        return 1
    return sum(len(cell) + 1 for cell in text.split(",")[:index]) + 1


class _CellPlaces(Mapping[str, Place]):
    """Where the cells of a row stand, found out when somebody asks."""

    __slots__ = ("_columns", "_held", "_line", "_source")

    def __init__(self, source: SourceText, line: int, columns: list[str], held: Mapping[str, str]) -> None:
        self._source, self._line, self._columns, self._held = source, line, columns, held

    def __getitem__(self, column: str) -> Place:
        if column not in self._held:
            raise KeyError(column)
        return self._line, _column_of(self._source, self._line, self._columns.index(column))

    def __iter__(self) -> Iterator[str]:
        return iter(self._held)

    def __len__(self) -> int:
        return len(self._held)


def change_rows(source: SourceText, changes: Mapping[int, Mapping[str, object]]) -> str:
    """Return the text of `source` with cells changed; every other row stays as it is, to the letter.

    Args:
        source: An upload file that `read_rows` finds nothing wrong with.
        changes: For the line that a row starts at, its new cells by column.
    """
    end = "\r\n" if "\r\n" in source.text else "\n"
    rows = _raw_rows(source)
    header = next(line for line, _, cells in rows if any(cells))
    columns = next([cell.strip().lower() for cell in cells] for line, _, cells in rows if line == header)
    wanted = [column for column in COLUMNS if any(values.get(column) for values in changes.values())]
    added = [column for column in wanted if column not in columns]
    parts = []
    for line, raw, cells in rows:
        if not any(cells) or (line not in changes and not added):
            parts.append(raw)
            continue
        new = cells + (added if line == header else [""] * len(added))
        values = changes.get(line, {})
        for index, column in enumerate(columns + added):
            if column in values:
                new[index] = str(values[column] or "")
        buffer = io.StringIO(newline="")
        csv.writer(buffer, lineterminator=end).writerow(new)
        parts.append(buffer.getvalue())
    return "".join(parts)


def _raw_rows(source: SourceText) -> list[tuple[int, str, list[str]]]:
    """Return of each row the line that it starts at, its text as it stands, and its cells."""
    lines = list(io.StringIO(source.text, newline=""))
    reader = csv.reader(lines, strict=True)
    rows = []
    start = 0
    for cells in reader:
        rows.append((start + 1, "".join(lines[start : reader.line_num]), cells))
        start = reader.line_num
    return rows
