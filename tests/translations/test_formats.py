"""Any text goes through every format and back as it was."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.model.formulas import is_formula
from sdx_state.translations.exchange import Exchange, Row
from sdx_state.translations.formats import FORMATS, read_answers
from sdx_state.translations.placeholders import lost_and_added
from tests.tiers import tries

# Characters that XML, and so every format, can contain; line ends are LF, as they are compared.
CHARACTERS = st.characters(min_codepoint=32, exclude_categories=("Cs",), exclude_characters="\x7f\ufffe\uffff")
PIECES = st.one_of(
    st.text(CHARACTERS, min_size=1, max_size=8),
    st.sampled_from(["%name%", "${var.x}", "$${", "<b>", "</b>", "=", "'", '"', "\\", "\n", "\t", ";", ","]),
    st.sampled_from(["_x0041_", " ", "\u200f\u0634", "\U0001f600", "%if a = 1%", "%endif%"]),
)  # fmt: skip
TEXTS = st.lists(PIECES, min_size=1, max_size=6).map("".join).filter(str.strip)


def row(number: int, source: str, target: str | None) -> Row:
    return Row(f"{number:016x}", source, target, "complete" if target else "missing", "c", "survey.a x", "", ())


@pytest.mark.parametrize("form", FORMATS)
@tries(3, 1_000)
@given(pairs=st.lists(st.tuples(TEXTS, TEXTS), min_size=1, max_size=3))
def test_texts_come_back_from_a_file_as_they_were(form: str, pairs: list[tuple[str, str]]):
    rows = tuple(row(number, *pair) for number, pair in enumerate(pairs))
    read = read_answers(FORMATS[form].write(Exchange("p1", "fr-CA", "en", rows)))
    assert (read.project, read.language.replace("_", "-")) == ("p1", "fr-CA")
    assert [(one.id, one.target) for one in read.answers] == [(one.id, one.target) for one in rows]


@pytest.mark.parametrize("form", ["csv", "xlsx"])
def test_no_cell_is_a_formula(form):
    texts = ["=1+1", "@SUM(A1)", "+cmd|' /C calc'!A0", "-2+3", "\t=1", "\uff1d1"]
    data = FORMATS[form].write(Exchange("p1", "de-default", "en", tuple(row(n, t, t) for n, t in enumerate(texts))))
    cells = _cells(data, form)
    assert [cell for cell in cells if is_formula(cell)] == []
    assert sum(cell.startswith("'") for cell in cells) == 2 * len(texts)


def _cells(data: bytes, form: str) -> list[str]:
    import csv
    import io

    import openpyxl

    if form == "csv":
        return [cell for line in csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")) for cell in line]
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    assert "f" not in {cell.data_type for line in sheet.iter_rows() for cell in line}
    return [str(cell.value) for line in sheet.iter_rows() for cell in line if cell.value is not None]


KEPT = {
    "another order": ("%a% and %b%", "%b% und %a%", [], []),
    "a placeholder twice": ("%a%", "%a% %a%", [], []),
    "a lost one": ("%a% and %b%", "%b%", ["%a%"], []),
    "another one": ("%a%", "%a% %c%", [], ["%c%"]),
    "a translated attribute": ('<a title="Yes">', '<a title="Ja">', [], []),
    "a placeholder in a tag": ('<a href="%link%">', '<a href="x">', ["%link%"], []),
    "a tag in capitals": ("<BR>", "<br>", [], []),
    "a lost end": ("<b>x</b>", "<b>x", ["</b>"], []),
    "a tag twice": ("<br/>", "<br/><br/>", [], ["<br>"]),
    "another condition": ("%if a = 1%x%endif%", "%if a = 2%x%endif%", ["%if a = 1%"], ["%if a = 2%"]),
    "percent of something": ("100% of 50%", "100 % von 50 %", [], []),
    "less than": ("1 < 2 > 0", "1 < 2", [], []),
    "a literal": ("$${x}", "${x}", ["$${x}"], ["${x}"]),
}


@pytest.mark.parametrize(("source", "target", "lost", "added"), KEPT.values(), ids=KEPT.keys())
def test_placeholders_that_a_translation_lost_or_added(source, target, lost, added):
    assert lost_and_added(source, target) == (lost, added)
