"""The first row of a file of users: which column of the upload each of its columns is, and hints where none is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Protocol

from sdx_state.config.spreadsheet import BLANKS, NAMES, SEPARATORS, NotRows, Record, Sheet
from sdx_state.kinds.user import UPLOAD_COLUMNS, UPLOAD_REQUIRED
from sdx_state.model.alike import closest
from sdx_state.model.diagnostic import Diagnostic

# How exports of other systems call the columns. They are suggested and never taken for granted.
ALIASES = {
    **dict.fromkeys(("email address", "e-mail", "e-mail address", "mail", "user email", "work email"), "email"),
    **dict.fromkeys(("phone number", "mobile", "mobile number", "telephone", "phone no", "tel", "cell"), "phone"),
    **dict.fromkeys(("full name", "display name", "agent name", "user name"), "name"),
    **dict.fromkeys(("first name", "given name", "forename", "last name", "surname", "family name"), "name"),
    **dict.fromkeys(("agent id", "agent", "agent no", "agent number", "employee id"), "agent_id"),
    **dict.fromkeys(("time zone", "tz"), "timezone"),
    **dict.fromkeys(("role", "permission"), "permissions"),
    **dict.fromkeys(("team name", "group"), "team"),
    "visibility level": "visibility_level",
    **dict.fromkeys(("send password reset", "password reset"), "send_password_reset"),
}
JOINED = "name"  # the one column that several may make up: first and last name


class Named(Protocol):
    """How the project names the file, as messages about columns need it."""

    @property
    def path(self) -> str:
        """The file."""

    @property
    def columns(self) -> Mapping[str, str]:
        """Header -> column."""

    @property
    def ignore(self) -> tuple[str, ...]:
        """Headers that are left out."""


def folded_header(text: str) -> str:
    """Return `text` in the form in which headers are compared: without case, and blanks alike."""
    return re.sub(r"\s+", " ", text.strip(BLANKS)).casefold()


def columns_of(
    file: Named, sheet: Sheet, header: Record, report: Callable[[Diagnostic], None]
) -> dict[str, tuple[int, ...]] | None:
    """Return column -> indexes of the cells that make it up, in the order of `file.columns`; None if it is wrong."""
    diagnostics: list[Diagnostic] = []
    mapped = {folded_header(one): column for one, column in file.columns.items()}
    ignored = set(map(folded_header, file.ignore))
    rank = {one: position for position, one in enumerate(mapped)}
    found: dict[str, list[int]] = {}
    unknown: list[int] = []
    headers = [folded_header(cell) for cell in header.cells]
    for index, cell in enumerate(headers):
        if cell in ignored or not cell:
            continue
        column = mapped.get(cell, cell)
        if column not in UPLOAD_COLUMNS:
            unknown.append(index)
        elif column in found and (column != JOINED or cell not in mapped or cell in headers[:index]):
            where = sheet.place(header.line, index)
            diagnostics.append(sheet.source.diagnostic("duplicate-column", where, f"duplicate column `{column}`"))
        else:
            found.setdefault(column, []).append(index)
    mixed = _mixed(sheet, header, unknown)
    if mixed is not None:
        report(mixed)
        return None
    diagnostics += _unknown(file, sheet, header, unknown)
    for one in file.columns:
        if folded_header(one) not in headers:
            hint = closest(one, [cell.strip(BLANKS) for cell in header.cells])
            diagnostics.append(
                sheet.source.diagnostic(
                    "missing-column", (header.line, 1), f"there is no column `{one[:80]}` here", hint
                )
            )
    suggested = {ALIASES.get(headers[index]) for index in unknown}
    for column in UPLOAD_REQUIRED:
        if column not in found and column not in suggested:
            message = f"the column `{column}` is missing: the platform's upload requires it"
            diagnostics.append(sheet.source.diagnostic("missing-column", (header.line, 1), message))
    diagnostics += _nameless(sheet, header, headers)
    for diagnostic in diagnostics:
        report(diagnostic)
    if diagnostics:
        return None
    return {
        column: tuple(sorted(indexes, key=lambda index: rank.get(headers[index], -1)))
        for column, indexes in found.items()
    }


def _mixed(sheet: Sheet, header: Record, unknown: list[int]) -> Diagnostic | None:
    """Return what is wrong with a header in which an unknown column contains another separator."""
    if sheet.separator not in SEPARATORS:
        return None
    for index in unknown:
        for other in SEPARATORS:
            if other in header.cells[index]:
                message = f"the header separates columns by {NAMES[sheet.separator]} and by {NAMES[other]}"
                return sheet.source.diagnostic(
                    "invalid-csv", sheet.place(header.line, index), message, "use one separator"
                )
    return None


def _unknown(file: Named, sheet: Sheet, header: Record, unknown: list[int]) -> list[Diagnostic]:
    """Return what is wrong with the unknown columns, in one message with the entry that reads the file."""
    if not unknown:
        return []
    where = sheet.place(header.line, unknown[0])
    texts = [header.cells[index].strip(BLANKS) for index in unknown]
    typed = {one: closest(one, UPLOAD_COLUMNS) for one in texts if folded_header(one) not in ALIASES}
    if any(typed.values()):
        return [
            sheet.source.diagnostic(
                "unknown-column", sheet.place(header.line, index), f"unknown column `{text[:80]}`", typed.get(text)
            )
            for index, text in zip(unknown, texts, strict=True)
        ]
    named = ", ".join(f"`{text[:80]}`" for text in texts[:20])
    more = f", and {len(texts) - 20} more" if len(texts) > 20 else ""
    message = f"unknown column{'s' if len(texts) > 1 else ''} {named}{more}"
    return [sheet.source.diagnostic("unknown-column", where, message, _entry(file, texts[:20]))]


def _entry(file: Named, texts: list[str]) -> str:
    """Return the entry that reads a file with the unknown columns `texts`, in YAML."""
    columns = {**file.columns}
    ignore = list(file.ignore)
    for text in texts:
        column = ALIASES.get(folded_header(text))
        if column is not None:
            columns[text] = column
        else:
            ignore.append(text)
    parts = [f"file: {_yaml(file.path)}"]
    if columns:
        parts.append("columns: {" + ", ".join(f"{_yaml(text)}: {one}" for text, one in columns.items()) + "}")
    if ignore:
        parts.append("ignore: [" + ", ".join(map(_yaml, ignore)) + "]")
    return "name it so: csv: {" + ", ".join(parts) + "}"


def _yaml(text: str) -> str:
    return text if re.fullmatch(r"[A-Za-z][A-Za-z0-9./_-]*", text) else json.dumps(text, ensure_ascii=False)


def _nameless(sheet: Sheet, header: Record, headers: list[str]) -> list[Diagnostic]:
    """Columns without a header are surplus of the spreadsheet, unless one of their cells has content."""
    empty = [index for index, cell in enumerate(headers) if not cell]
    if not empty:
        return []
    records = sheet.records()
    next(records)
    with suppress(NotRows):  # reported when the rows are read
        for line, cells in records:
            for index in empty:
                if index < len(cells) and cells[index].strip(BLANKS):
                    place = sheet.place(line, index)
                    message = "this cell is in a column without a header"
                    return [
                        sheet.source.diagnostic(
                            "missing-column", place, message, "name the column, or empty the cell"
                        )
                    ]
    return []
