"""Cells of a file of users changed in place: every other character of the file stays unchanged."""

from __future__ import annotations

from collections.abc import Mapping

from sdx_state.config.cells import changed_row, characters_lost, raw_rows
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.spreadsheet import Record
from sdx_state.config.users_csv import Users, cell_of
from sdx_state.kinds.user import UPLOAD_COLUMNS, UPLOAD_REQUIRED
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.formulas import is_formula


def change_rows(users: Users, changes: Mapping[int, Mapping[str, object]]) -> str:
    """Return the text of a file with cells changed.

    Args:
        users: A file that nothing is wrong with.
        changes: For the line that a row starts at, its new values by column.

    Raises:
        ConfigurationError: The file cannot contain one of them: it is a workbook, or its encoding does not have a
            character.
    """
    sheet = users.sheet
    source = sheet.source
    first = min(changes)
    if sheet.separator is None:
        message = "a workbook cannot be changed from here"
        hint = 'save it as "CSV UTF-8", and name that file; or enter this change in the workbook'
        raise ConfigurationError([source.diagnostic("unwritable-cell", (first, 1), message, hint)])
    wanted = [column for column in UPLOAD_COLUMNS if any(values.get(column) for values in changes.values())]
    added = [column for column in wanted if column not in users.columns]
    width = len(users.header.cells)
    parts: list[str] = []
    diagnostics: list[Diagnostic] = []
    for raw, record in raw_rows(sheet):
        new = {}
        if record.line == users.header.line:
            new = {width + index: column for index, column in enumerate(added)}
        elif record.line > users.header.line and any(cell and not cell.isspace() for cell in record.cells):
            new, wrong = _cells(users, record, changes.get(record.line, {}), added)
            diagnostics += wrong
        parts.append(changed_row(raw, sheet.separator, new) if new else raw)
    text = "".join(parts)
    diagnostics += characters_lost(source, text, parts)
    if diagnostics:
        raise ConfigurationError(diagnostics)
    return text


def _cells(
    users: Users, record: Record, values: Mapping[str, object], added: list[str]
) -> tuple[dict[int, str], list[Diagnostic]]:
    """Return the cells of a row that change, by index, and what cannot be written."""
    new: dict[int, str] = {}
    diagnostics = []
    for column, value in values.items():
        text = str(value or "")
        indexes = users.columns.get(column) or (
            (len(users.header.cells) + added.index(column),) if column in added else ()
        )
        held = [record.cells[index] for index in indexes if index < len(record.cells)]
        if not indexes or (held and cell_of(column, held) == text) or (not held and not text):
            continue
        where = users.sheet.place(record.line, indexes[0])
        if not text and column in UPLOAD_REQUIRED:
            message = f"`{column}` of this user is empty, and the platform's upload requires it"
            hint = f"declare this user in YAML, or give it a {column} in the tenant"
            diagnostics.append(users.sheet.source.diagnostic("unwritable-cell", where, message, hint))
        elif len(indexes) > 1:
            message = f"`{column}` combines several columns, and `{text[:80]}` cannot be split into them"
            diagnostics.append(
                users.sheet.source.diagnostic("unwritable-cell", where, message, "change this cell by hand")
            )
        elif cell_of(column, [text]) != text:
            message = f"this cell cannot contain `{text[:80]}`: the blanks around it would be left out"
            diagnostics.append(
                users.sheet.source.diagnostic("unwritable-cell", where, message, "declare this user in YAML")
            )
        elif is_formula(text):
            message = f"this cell cannot contain `{text[:80]}`: a spreadsheet would execute it"
            diagnostics.append(
                users.sheet.source.diagnostic("unwritable-cell", where, message, "declare this user in YAML")
            )
        else:
            new[indexes[0]] = text
    if added:
        new = {**dict.fromkeys(range(len(record.cells), len(users.header.cells) + len(added)), ""), **new}
    return new, diagnostics
