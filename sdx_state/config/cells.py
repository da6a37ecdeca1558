"""Cells of a CSV file changed in place: every other character of the file stays unchanged."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping

from sdx_state.config.errors import ConfigurationError
from sdx_state.config.source_text import SourceText
from sdx_state.config.spreadsheet import Record, Sheet, split
from sdx_state.model.diagnostic import Diagnostic

_END = re.compile("(?:\r\n|\r|\n)?$")


def changed_cells(sheet: Sheet, changes: Mapping[int, Mapping[int, str]]) -> str:
    """Return the text of a CSV file with cells changed.

    Args:
        sheet: The file; not a workbook.
        changes: For the line that a row starts at, its new cells by index.

    Raises:
        ConfigurationError: The encoding of the file does not have a character.
    """
    separator = sheet.separator or ","
    parts = [
        changed_row(raw, separator, changes[record.line]) if record.line in changes else raw
        for raw, record in raw_rows(sheet)
    ]
    text = "".join(parts)
    lost = characters_lost(sheet.source, text, parts)
    if lost:
        raise ConfigurationError(lost)
    return text


def changed_row(raw: str, separator: str, new: Mapping[int, str]) -> str:
    """Return the row `raw` with the cells at some indexes replaced; one that was quoted stays quoted."""
    found = _END.search(raw)
    end = found[0] if found else ""
    cells = _raw_cells(raw.removesuffix(end) if end else raw, separator)
    for index, text in sorted(new.items()):
        cells += [""] * (index + 1 - len(cells))
        needed = any(one in text for one in (separator, '"', "\r", "\n"))
        quoted = '"' + text.replace('"', '""') + '"'
        cells[index] = quoted if needed or cells[index].startswith('"') else text
    return separator.join(cells) + end


def _raw_cells(row: str, separator: str) -> list[str]:
    """Return the cells of a row as they are written, quotes and all."""
    cell = re.compile(rf'"(?:[^"]|"")*"|[^{re.escape(separator)}]*')
    cells = []
    position = 0
    while True:
        found = cell.match(row, position)
        cells.append(found[0] if found else "")
        position += len(cells[-1]) + 1
        if position > len(row):
            return cells


def raw_rows(sheet: Sheet) -> Iterator[tuple[str, Record]]:
    """Yield each row's text unchanged, with its record; lines before the header as one without cells."""
    lines = list(io.StringIO(sheet.source.text, newline=""))
    records = list(split(sheet.source.text, sheet.separator or ",", sheet.skipped))
    for index in range(sheet.skipped):
        yield lines[index], Record(index + 1, [])
    ends = [record.line - 1 for record in records[1:]] + [len(lines)]
    for record, end in zip(records, ends, strict=True):
        yield "".join(lines[record.line - 1 : end]), record


def characters_lost(source: SourceText, text: str, parts: list[str]) -> list[Diagnostic]:
    """Return the first character that the file's encoding does not have."""
    try:
        text.encode(source.encoding)
    except UnicodeEncodeError as error:
        character = text[error.start]
        before = 0
        line = 1
        for part in parts:
            if before + len(part) > error.start:
                break
            before += len(part)
            line += len(list(io.StringIO(part, newline="")))
        message = f"this file is in {source.encoding}, which has no `{character}`"
        return [source.diagnostic("unwritable-cell", (line, 1), message, 'save it as "CSV UTF-8" first')]
    return []
