"""Files of a hand-off: exact values, no active content, and no lost edits."""

from __future__ import annotations

import csv
import html.parser
import io
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.handoff.pack import write_pack
from sdx_state.handoff.steps import HandOff, hand_off
from sdx_state.kinds.user import UPLOAD_COLUMNS
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan, Risk
from sdx_state.model.resource import Desired, Source
from sdx_state.report.handoff import handoff_csv, handoff_html, handoff_json, handoff_markdown, pack_texts
from sdx_state.report.steps import handoff_text

ORIGIN = "https://demo.example"
HARMLESS = {
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "h1",
    "h2",
    "h3",
    "p",
    "a",
    "div",
    "span",
    "ol",
    "li",
    "input",
    "label",
    "pre",
    "button",
    "del",
    "ins",
    "script",
    "code",
    "br",
}
INVISIBLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]")
hostile = st.text(
    st.one_of(
        st.characters(exclude_categories=("Cs",)),
        st.sampled_from("\x1b\u202e\u200b\n`<>&\"'|#*[]()!=+-@"),
    ),
    max_size=60,
)  # fmt: skip


def made(*values, kind="survey", action=Action.UPDATE):
    fields = tuple(FieldChange(FieldPath(f"greeting_text.{n}"), "before", value) for n, value in enumerate(values))
    where, risks = Source(values[-1], 3, 1), (Risk("r", "high", values[0]),)
    change = Change(
        "survey.a", kind, action, id="7", fields=fields, label=values[0], via="manual", source=where, risks=risks
    )
    return hand_off(Plan("t", "l", (change,)), {}, ORIGIN, {})


def lines_of(text):
    """Browsers normalize line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


class Page(html.parser.HTMLParser):
    """Collects the active content of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.copies = set(), set(), []
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attributes)
        self.copies += [value for name, value in attributes if name == "data-copy"]


@given(hostile, hostile)
def test_page_contains_exact_values_without_active_content(one, two):
    page = Page(handoff_html(made(one, two)))
    assert [lines_of(copied) for copied in page.copies] == [lines_of(one), lines_of(two)]
    assert page.tags <= HARMLESS
    assert not {name for name in page.attributes if name.startswith("on")}


@given(hostile, hostile)
def test_markdown_fences_values_and_shows_invisible_characters(one, two):
    text = handoff_markdown(made(one, two))
    assert not INVISIBLE.search(text)
    fence, inside = None, []
    outside = []
    for line in text.splitlines():
        match = re.fullmatch(r"(`{3,})(?:text)?", line)
        if fence is None and match and line.endswith("text"):
            fence = match[1]
        elif fence is not None and line == fence:
            fence = None
        elif fence is not None:
            inside.append(line)
        else:
            outside.append(line)
    assert fence is None
    # Text in code is shown literally.
    outside = [re.sub(r"(?<![`\\])(`+)(?!`).*?(?<!`)\1(?!`)", "", line) for line in outside]
    assert not any(re.search(r"(?<!\\)<(?!https://demo\.example)", line) for line in outside)


@given(hostile)
def test_cells_are_never_formulas(text):
    name = text.replace("\x00", "")
    user = Desired("user.a@x", "user", "a@x", {"email": "a@x", "name": name}, Source("a", 1, 1))
    rows = list(csv.reader(io.StringIO(handoff_csv(HandOff(ORIGIN, (), (user,))), newline="")))
    assert rows[0] == list(UPLOAD_COLUMNS)
    assert not rows[1][0].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert rows[1][0].removeprefix("'") == name.removeprefix("'")


def test_upload_has_declared_columns_and_sends_no_mail_by_default():
    values = {"email": "a@x", "name": "A", "phone": "+61491570156", "agent_id": "a"}
    where = Source("a", 1, 1)
    plain = Desired("user.a@x", "user", "a@x", values, where)
    team = {
        "permissions": "Agent",
        "team": "T",
        "visible": "TRUE",
        "visibility_level": "2",
        "send_password_reset": "TRUE",
    }
    full = Desired("user.b@x", "user", "b@x", {**values, "email": "b@x"}, where, upload=team)
    rows = list(csv.DictReader(io.StringIO(handoff_csv(HandOff(ORIGIN, (), (plain, full))))))
    assert rows[0]["send_password_reset"] == "FALSE"
    assert rows[0]["phone"] == "+61491570156"
    assert {name: rows[1][name] for name in team} == team


@pytest.mark.parametrize("said", [None, "", "FALSE"])
def test_undeclared_reset_is_written_as_false(said):
    upload = {} if said is None else {"send_password_reset": said}
    user = Desired("user.a@x", "user", "a@x", {"email": "a@x", "name": "A"}, Source("a", 1, 1), upload=upload)
    (row,) = csv.DictReader(io.StringIO(handoff_csv(HandOff(ORIGIN, (), (user,)))))
    assert row["send_password_reset"] == "FALSE"


def test_long_name_is_truncated_in_titles_only():
    name = "x" * 500
    handoff = made(name)
    assert name in Page(handoff_html(handoff)).copies
    assert name not in next(line for line in handoff_markdown(handoff).splitlines() if line.startswith("## 1"))
    assert json.loads(handoff_json(handoff))["steps"][0]["fields"][0]["after"] == name
    assert all(len(line) < 1400 for line in handoff_text(handoff, (), colour=False).splitlines())


def test_empty_hand_off_is_reported_in_every_format():
    empty = HandOff(ORIGIN)
    assert "Nothing is left" in handoff_markdown(empty)
    assert "Nothing is left" in handoff_html(empty)
    assert json.loads(handoff_json(empty))["steps"] == []


@pytest.mark.parametrize("name", ["handoff.md", "handoff.html", "handoff.json", "users.csv"])
def test_file_of_other_origin_is_moved_aside_and_listed(tmp_path, name):
    (tmp_path / name).write_text("my notes")
    pack = write_pack(tmp_path, pack_texts(made("Hello")))
    assert pack.moved_aside == {tmp_path / name: tmp_path / f"{name}.kept-1"}
    assert (tmp_path / f"{name}.kept-1").read_text() == "my notes"


def test_ticks_in_the_markdown_are_preserved(tmp_path):
    write_pack(tmp_path, pack_texts(made("Hello")))
    path = tmp_path / "handoff.md"
    path.write_text(path.read_text().replace("[ ]", "[x]"))
    pack = write_pack(tmp_path, pack_texts(made("Hello there")))
    assert list(pack.moved_aside) == [path]
    assert "[x]" in (tmp_path / "handoff.md.kept-1").read_text()


def test_generated_files_are_replaced_and_unneeded_csv_is_removed(tmp_path):
    user = Desired("user.a@x", "user", "a@x", {"email": "a@x", "name": "A"}, Source("a", 1, 1))
    write_pack(tmp_path, pack_texts(HandOff(ORIGIN, (), (user,))))
    assert (tmp_path / "users.csv").exists()
    pack = write_pack(tmp_path, pack_texts(HandOff(ORIGIN)))
    assert pack.moved_aside == {}
    assert not (tmp_path / "users.csv").exists()


def test_a_changed_file_of_the_project_is_never_read_from_the_pack(project):
    (project.folder / "handoff").mkdir()
    (project.folder / "handoff" / "x.yaml").write_text("not: valid\n")
    assert project.run("validate").code == 0
