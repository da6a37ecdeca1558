"""XLSX, a workbook with one sheet."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from sdx_state.translations.errors import ExtraMissing, TranslationError
from sdx_state.translations.exchange import Answers, Exchange
from sdx_state.translations.rows import WIDTHS, answers_in, table_of

FORM = "xlsx"
MOST_BYTES = 128 * 1024 * 1024  # All parts of a workbook, unpacked.
MOST_ROWS = 1_000_000
MOST_CELL = 32_767  # Characters. Source: Microsoft, "Excel specifications and limits".
_CHUNK = 1024 * 1024
_SAVE = "Save it as an Excel workbook (.xlsx), or as CSV UTF-8."


def _openpyxl() -> Any:
    try:
        import openpyxl
    except ImportError:
        raise ExtraMissing(FORM, "openpyxl") from None
    return openpyxl


def write(exchange: Exchange) -> bytes:
    """Return `exchange` as a workbook. Every cell is a text.

    Raises:
        ExtraMissing: openpyxl is not installed.
        TranslationError: A cell cannot contain a text.
    """
    openpyxl = _openpyxl()
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter
    from openpyxl.utils.exceptions import IllegalCharacterError

    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "translations"
    sheet.freeze_panes = "A2"
    for index, width in enumerate(WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(index)].width = width
    for number, cells in enumerate(table_of(exchange), 1):
        for column, text in enumerate(cells, 1):
            if len(text) > MOST_CELL:
                message = f"{cells[-1]}: {len(text)} characters, over the {MOST_CELL} of a cell"
                raise TranslationError(message, "Export as csv, po or xliff.")
            cell = sheet.cell(number, column)
            try:
                cell.value = text
            except IllegalCharacterError:
                message = f"{cells[-1]}: the text contains a character that XLSX cannot contain"
                raise TranslationError(message, "Remove the character, or export as po.") from None
            cell.data_type = "s"
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            if number == 1:
                cell.font = Font(bold=True)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def read(data: bytes) -> Answers:
    """Return the answers in the first sheet of a workbook.

    Raises:
        ExtraMissing: openpyxl is not installed.
        TranslationError: It cannot be read, it is too large unpacked, or its XML declares a document type.
    """
    openpyxl = _openpyxl()
    _require_harmless(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        rows = []
        for number, row in enumerate(sheet.iter_rows(values_only=True, max_col=len(WIDTHS) * 2), 1):
            if number > MOST_ROWS:
                raise TranslationError(f"the sheet has more than {MOST_ROWS:,} rows", _SAVE)
            cells = ["" if cell is None else str(cell) for cell in row]
            if any(cells):
                rows.append((number, cells))
    except TranslationError:
        raise
    except Exception as error:  # noqa: BLE001 - the library raises whatever a damaged workbook leads to
        raise TranslationError(f"the workbook cannot be read: {type(error).__name__}", _SAVE) from None
    return answers_in(rows)


def _require_harmless(data: bytes) -> None:
    """Return if `data` is a workbook of a bearable size, none of whose parts declares a document type.

    Raises:
        TranslationError: It is not.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            left = MOST_BYTES
            for part in archive.infolist():
                is_xml, before = part.filename.endswith((".xml", ".rels")), b""
                with archive.open(part) as stream:
                    while chunk := stream.read(_CHUNK):
                        left -= len(chunk)
                        if left < 0:
                            raise TranslationError("the workbook is too large unpacked", _SAVE)
                        if is_xml and _declares(before + chunk):
                            raise TranslationError(
                                "the workbook declares a document type, which is not allowed", _SAVE
                            )
                        before = chunk[-32:]
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise TranslationError(f"the file is not a workbook: {error}", _SAVE) from None


def _declares(data: bytes) -> bool:
    return any(mark in data.replace(b"\0", b"") for mark in (b"<!DOCTYPE", b"<!ENTITY"))
