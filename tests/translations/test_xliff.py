"""XLIFF 1.2 and 2.0 keep the rules of their standards, and take what tools make of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from sdx_state.translations import xliff, xliff2
from sdx_state.translations.errors import TranslationError
from sdx_state.translations.exchange import Exchange, Row
from tests.tiers import tries
from tests.translations.test_formats import TEXTS
from tests.translations.test_formats_round_trip import exported, written
from tests.translations.translator import answered
from tests.translations.xliff_rules import violations


@pytest.mark.parametrize("form", ["xliff", "xliff2"])
def test_an_export_keeps_the_rules_of_the_standard(project, form):
    written(project)
    file = exported(project, form)
    assert violations(etree.parse(file).getroot()) == []
    file.write_bytes(answered(file.read_bytes(), form))
    assert project.run("translations", "import", str(file)).code == 0
    source = Path(project.folder, "a.yaml")
    source.write_text(source.read_text("utf-8").replace("default: Goodbye\n", "default: Bye\n"), "utf-8")
    again = etree.parse(exported(project, form)).getroot()
    assert violations(again) == []
    states = {one.get("state") for one in again.iter("{*}target", "{*}segment")}
    assert states > {"needs-review-translation"} if form == "xliff" else states > {"initial"}


ROWS = st.lists(
    st.tuples(TEXTS, st.none() | TEXTS, st.sampled_from(["missing", "outdated", "complete"]), TEXTS, st.sets(TEXTS)),
    min_size=1,
    max_size=4,
)


@pytest.mark.parametrize("module", [xliff, xliff2])
@tries(3, 1_000)
@given(rows=ROWS, tags=st.sampled_from([("de-default", "en"), ("pt-BR", "de-CH"), ("zh-Hant-TW", "und")]))
def test_any_texts_keep_the_rules_of_the_standard(module, rows, tags):
    made = tuple(
        Row(f"{number:016x}", source, target, status, note, f"survey.a {note}", note, tuple(keep))
        for number, (source, target, status, note, keep) in enumerate(rows)
    )
    root = etree.fromstring(module.write(Exchange("0a1b2c", *tags, made)))
    assert violations(root) == []
    assert len([*root.iter("{*}source")]) == len(made)


BROKEN = {
    "xliff": (
        ("<source>", "<note/><source>"),
        (' datatype="plaintext"', ""),
        ("<ph ", "<x "),
        (' id="1"', ""),
        (' target-language="de"', ' target-language="de_AT"'),
        ("<trans-unit ", '<trans-unit state="new" '),
        ("<body>", "<body>text"),
        ('tool-id="sdx-state" tool-name', 'tool-id="other" tool-name'),
    ),
    "xliff2": (
        ("<source>", "<note/><source>"),
        (' srcLang="en"', ""),
        ('dataRef="d1"', 'dataRef="d9"'),
        ("initial", "x"),
        ("<segment ", '<segment approved="yes" '),
        (' id="d1"', ' id="1 2"'),
        (' trgLang="de"', ""),
        ("<notes>", "<notes/><notes>"),
    ),
}


@pytest.mark.parametrize(("form", "change"), [(form, one) for form, changes in BROKEN.items() for one in changes])
def test_the_rules_notice_a_document_that_breaks_them(form, change):
    module = xliff if form == "xliff" else xliff2
    row = Row("0" * 16, "%a%", "%a%!", "missing", "", "", "", ())
    text = module.write(Exchange("p", "de-default", "en", (row,))).decode()
    assert violations(etree.fromstring(text.encode())) == []
    assert change[0] in text
    broken = text.replace(*change).replace("</ph>", "</x>" if change[1] == "<x " else "</ph>")
    assert violations(etree.fromstring(broken.encode())) != []


def first(unit: str) -> str:
    """Return an XLIFF 1.2 document with `unit`."""
    head = '<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">'
    file = '<file original="p" target-language="de"><body><group><trans-unit id="tx">'
    return f"{head}{file}{unit}</trans-unit></group></body></file></xliff>"


def second(unit: str) -> str:
    """Return an XLIFF 2.0 document with `unit`."""
    head = '<xliff version="2.0" xmlns="urn:oasis:names:tc:xliff:document:2.0" trgLang="de">'
    return f'{head}<file id="f" original="p"><group id="g"><unit id="tx">{unit}</unit></group></file></xliff>'


def segment(source: str, target: str) -> str:
    return f"<segment><source>{source}</source><target>{target}</target></segment>"


CODE = '<source><ph id="1">%a%</ph> B</source>'
TOOLS = {
    "marks around segments": (
        first(
            "<source>A. B.</source><seg-source/>"
            '<target><mrk mtype="seg" mid="1">C.</mrk> <mrk mtype="seg" mid="2">D.</mrk></target>'
        ),
        "C. D.",
    ),
    "an empty inline code": (first(f'{CODE}<target>C <ph id="1"/></target>'), "C %a%"),
    "a placeholder element in place of the code": (first(f'{CODE}<target>C <x id="1"/></target>'), "C %a%"),
    "CDATA": (first("<source>B</source><target><![CDATA[<b>C</b>]]></target>"), "<b>C</b>"),
    "no answer": (first("<source>B</source>"), ""),
    "several segments": (
        second(f"{segment('A.', 'C.')}<ignorable><source> </source></ignorable>{segment('B.', 'D.')}"), "C. D.",
    ),
    "half of the segments": (second(f"{segment('A.', 'C.')}<segment><source>B.</source></segment>"), ""),
    "a pair of codes": (
        second(
            '<originalData><data id="d1">&lt;b></data><data id="d2">&lt;/b></data></originalData>'
            + segment("A", '<pc id="1" dataRefStart="d1" dataRefEnd="d2">C</pc>')
        ),
        "<b>C</b>",
    ),
    "a code without data": (second(segment('<ph id="1" equiv="%a%"/>', 'C <ph id="1"/>')), "C %a%"),
    "a character by its number": (second(segment("A", 'C<cp hex="001b"/><mrk id="m">D</mrk>')), "C\x1bD"),
}  # fmt: skip


@pytest.mark.parametrize(("text", "target"), TOOLS.values(), ids=TOOLS.keys())
def test_texts_that_tools_rewrote_are_read(text, target):
    module = xliff2 if 'version="2.0"' in text else xliff
    read = module.read(text.encode())
    assert (read.project, read.language) == ("p", "de")
    assert [(one.id, one.target) for one in read.answers] == [("x", target)]


def test_files_of_two_languages_in_one_are_refused():
    two = '<file original="p" target-language="fr"><body/></file></xliff>'
    text = first("<source>B</source>").replace("</xliff>", two)
    with pytest.raises(TranslationError, match="several projects or languages"):
        xliff.read(text.encode())


@pytest.mark.parametrize("module", [xliff, xliff2])
def test_a_character_that_xml_cannot_contain_is_refused_by_the_name_of_its_text(module):
    row = Row("0" * 16, "a\x07b", None, "missing", "", "survey.a closing_text", "", ())
    with pytest.raises(TranslationError, match=r"survey.a closing_text: the text contains U\+0007"):
        module.write(Exchange("p", "de-default", "en", (row,)))
