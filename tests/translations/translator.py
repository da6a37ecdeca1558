"""A translator as a script: it answers files as tools of translators do, and knows nothing of the code under test."""

from __future__ import annotations

import copy
import csv
import io
import re
from collections.abc import Callable

import openpyxl
import pytest
from lxml import etree

FORMS = ("xliff", "xliff2", "po", "csv", "xlsx")
# Where a format makes little difference, one is tried in the quick tier.
MOSTLY_ONE = ("csv", *(pytest.param(form, marks=pytest.mark.soak) for form in FORMS if form != "csv"))
SUFFIX = " ü"


def answered(data: bytes, form: str, skip: Callable[[str], bool] = lambda _: False) -> bytes:
    """Return the file `data` with `SUFFIX` behind each text as its translation, but for those to `skip`."""
    return _BY_FORM[form](data, skip)


def replaced(data: bytes, form: str, old: str, new: str) -> bytes:
    """Return the file `data` with `old` in its translations replaced by `new`."""
    if form == "xlsx":
        return _in_sheet(data, lambda cells: [cells[0], cells[1], str(cells[2] or "").replace(old, new), *cells[3:]])
    return data.replace(old.encode(), new.encode())


def _xliff(data: bytes, skip: Callable[[str], bool]) -> bytes:
    tree = etree.fromstring(data)
    space = "{" + tree.nsmap[None] + "}"
    for source in list(tree.iter(f"{space}source")):
        if skip("".join(source.itertext())):
            continue
        old = source.getparent().find(f"{space}target")
        if old is not None:
            source.getparent().remove(old)
        target = copy.deepcopy(source)
        target.tag = f"{space}target"
        target.tail = None
        if len(target):
            target[-1].tail = (target[-1].tail or "") + SUFFIX
        else:
            target.text = (target.text or "") + SUFFIX
        source.addnext(target)
    return etree.tostring(tree, xml_declaration=True, encoding="UTF-8")


def _po(data: bytes, skip: Callable[[str], bool]) -> bytes:
    head, *entries = re.split(r"\n\n(?=#|msgctxt)", data.decode("utf-8"))
    out = [head]
    for entry in entries:
        before, _, rest = entry.partition("msgid ")
        said = rest.partition("\nmsgstr ")[0]
        if not skip(said):
            lines = said.rstrip("\n").split("\n")
            lines[-1] = lines[-1][:-1] + SUFFIX + '"'
            before = before.replace("#, fuzzy\n", "")
            out.append(f"{before}msgid {said}\nmsgstr " + "\n".join(lines) + "\n")
        else:
            out.append(entry)
    return "\n\n".join(out).encode()


def _csv(data: bytes, skip: Callable[[str], bool]) -> bytes:
    """A spreadsheet of a country with decimal commas saves with semicolons."""
    rows = list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(rows[0])
    writer.writerows([_row(row, skip) for row in rows[1:]])
    return out.getvalue().encode("utf-8-sig")


def _xlsx(data: bytes, skip: Callable[[str], bool]) -> bytes:
    return _in_sheet(data, lambda cells: _row(cells, skip))


def _row(cells: list[str], skip: Callable[[str], bool]) -> list[str]:
    return cells if skip(cells[1]) else [cells[0], cells[1], cells[1] + SUFFIX, *cells[3:]]


def _in_sheet(data: bytes, change: Callable[[list[str]], list[str]]) -> bytes:
    book = openpyxl.load_workbook(io.BytesIO(data))
    for row in book.active.iter_rows(min_row=2):
        for cell, value in zip(row, change([cell.value or "" for cell in row]), strict=True):
            cell.value = value
            cell.data_type = "s"
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


_BY_FORM = {"xliff": _xliff, "xliff2": _xliff, "po": _po, "csv": _csv, "xlsx": _xlsx}
