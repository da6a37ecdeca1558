"""Reader of workbooks, in a process of its own.

A workbook of a few bytes can declare seventeen billion cells, and the reader allocates all of them. In a process with
limits on memory and time, that is an error message.
"""

from __future__ import annotations

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.decoding.typed import anything, list_of, text
from sdx_state.programs.environment import child_environment

PATIENCE = 60.0  # seconds
MEMORY = 2 * 1024**3  # bytes of address space
MOST = 64 * 1024 * 1024  # bytes of its output
_READER = "python_calamine"

# Cells become texts: TRUE and FALSE, integers without a decimal point, dates as ISO 8601.
_PROGRAM = """
import io, json, sys
folder, memory, most = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
try:
    import resource
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
except (ImportError, ValueError, OSError):
    pass
sys.path.append(folder)
from python_calamine import CalamineWorkbook
def text(cell):
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer() and abs(cell) < 1e15:
        return str(int(cell))
    return str(cell)
book = CalamineWorkbook.from_filelike(io.BytesIO(sys.stdin.buffer.read()))
sheets, size = [], 0
for name in book.sheet_names[:20]:
    sheet = book.get_sheet_by_name(name)
    rows = []
    for row in sheet.to_python(skip_empty_area=False):
        cells = [text(cell) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        size += sum(map(len, cells)) + 8
        if size > most:
            sys.exit(3)
        rows.append(cells)
    sheets.append([name, rows])
json.dump(sheets, sys.stdout)
"""


class WorkbookUnreadable(Exception):
    """A workbook cannot be read: it is broken, protected by a password, or too large."""


def can_read() -> bool:
    """Return True if workbooks can be read: the extra `spreadsheets` is installed."""
    return find_spec(_READER) is not None


def sheets_of(data: bytes) -> list[tuple[str, list[list[str]]]]:
    """Return the sheets of the workbook `data` with their rows of cells, as texts, from the first cell on.

    Raises:
        WorkbookUnreadable: It cannot be read.
    """
    spec = find_spec(_READER)
    if spec is None or spec.origin is None:
        raise WorkbookUnreadable("python-calamine is not installed")
    folder = str(Path(spec.origin).parent.parent)
    arguments = [sys.executable, "-I", "-c", _PROGRAM, folder, str(MEMORY), str(MOST)]
    try:
        done = subprocess.run(  # noqa: S603 - the interpreter of this process, with a program of this file
            arguments, input=data, capture_output=True, timeout=PATIENCE, check=False, cwd="/",
            env=child_environment(os.environ),
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise WorkbookUnreadable(f"the workbook reader failed: {type(error).__name__}") from None
    if done.returncode == 3:
        raise WorkbookUnreadable("it has too many cells")
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().rsplit("\n", 1)[-1]
        raise WorkbookUnreadable(
            last[:200] if "Error" in last and "Memory" not in last else "it is broken or too large"
        )
    try:
        return [_sheet(one) for one in list_of(anything)(parse(done.stdout))]
    except (DecodingError, ValueError) as error:
        raise WorkbookUnreadable("the workbook reader failed: it printed no sheets") from error


def _sheet(value: object) -> tuple[str, list[list[str]]]:
    name, rows = list_of(anything)(value)
    return text(name), [list(row) for row in list_of(list_of(text))(rows)]
