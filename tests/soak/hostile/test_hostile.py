"""For any text in the tenant or the files: no report acts on it, and every report shows it readably.

`python -m tests.soak.hostile.hostile --seed 1 --count 20000` looks at more of it.
"""

from __future__ import annotations

import csv
import re
import sys

import jinja2
import pytest

from sdx_state.handoff import upload
from sdx_state.report import handoff, junit, markdown, template
from tests.soak.hostile import hostile, hostile_cases
from tests.soak.hostile.hostile_alike import untold_of
from tests.soak.hostile.hostile_cases import Case, faults_of, places, shown_places
from tests.soak.hostile.hostile_corpus import CORPUS
from tests.soak.hostile.hostile_outputs import OUTPUTS
from tests.soak.hostile.judge_plain import controls_in

SEED, CHUNKS, CASES = 20_260, 4, 30


@pytest.fixture(autouse=True)
def pages_of_this_test():
    """Makes the environment of pages again: tests switch its parts off, and it is kept for a process."""
    template._environment.cache_clear()
    yield
    template._environment.cache_clear()


@pytest.fixture(autouse=True)
def harmless_anew(monkeypatch):
    """Determine the shown places while all safeguards are active; make the harmless outputs again for each test."""
    for name in OUTPUTS:
        shown_places(name)
    hostile_cases.forget_harmless()
    yield
    hostile_cases.forget_harmless()


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_no_output_acts_on_a_hostile_text_and_each_lets_it_be_read(chunk, capsys):
    tally = hostile.run(SEED, range(chunk * CASES, (chunk + 1) * CASES))
    assert not tally.failed, capsys.readouterr().out


def test_text_and_difference_marks_never_combine_into_a_command(capsys):
    tally = hostile.run(1, [11230])  # a text that ends in ## before what was taken out of it: [-
    assert not tally.failed, capsys.readouterr().out


def test_every_place_is_seen_in_some_output_and_every_output_sees_some():
    seen = {name: set(shown_places(name)) for name in OUTPUTS}
    rewritten = hostile_cases.REWRITTEN
    internal = {"told.key", "change.needs", "lineage", "survey.previous", "said.key", "environment", "values.key"}
    assert set(places()) - set().union(*seen.values()) <= rewritten | internal
    assert [name for name, found in seen.items() if not found] == ["markdown that is cut", "gitlab"]
    for name, place in (
        ("text", "unmanaged.label"),
        ("markdown", "question.text"),
        ("html", "said.before"),
        ("junit", "error"),
        ("sarif", "risk.high.file"),
        ("text", "field.file"),
        ("github", "warning.help"),
        ("hand-off csv", "upload.name"),
        ("hand-off html", "option.label"),
        ("hand-off markdown", "risk.low"),
        ("hand-off text", "handoff.done"),
        ("drift", "accepted.reason"),
        ("diagnostics", "diagnostic.help"),
        ("outcomes", "outcome.advice"),
        ("failures", "freeze.reason"),
    ):
        assert place in seen[name], name


def test_the_corpus_has_every_kind_of_text_that_is_feared():
    text = "".join(CORPUS)
    assert {"\x1b", "\x9b", "\u202e", "\u200b", "\U000e0061", "\u2028", "\ud800"} <= set(controls_in(text))
    for feared in ("```", "![", "<!-- sdx-state plan", "@octocat", "#123", "::error", "##vso[", "]]>", "javascript:"):
        assert feared in text


# Earlier findings, each with the shortest text that shows it.


@pytest.mark.parametrize(
    ("output", "value"),
    [
        ("text", "word " * 11 + "::error::x"),
        ("text", "w" * 61 + "::error::x"),
        ("markdown", "\U0001d173"),
        ("diagnostics", "##vso[task.complete result=Succeeded;]"),
        ("sarif", "javascript:alert(1)"),
        ("sarif", "a b.yaml"),
        ("hand-off markdown", "><img src=https://evil.example/b.png>"),
        ("hand-off markdown", "@octocat closes #123"),
        ("hand-off markdown", "da39a3ee5e6b4b0d3255bfef95601890afd80709"),
        ("hand-off markdown", "https://evil.example"),
        ("hand-off html", "a\u200bb"),
        ("html", "%3A%3Aerror::x"),
        ("html", "gh-123|gh-123"),
    ],
)
def test_no_output_acts_on(output, value):
    assert faults_of(Case(value), output)[0] == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("a b", "a\u00a0b"),
        ("a b", "a\u2009b"),
        ("ab", "a\u200bb"),
        ("a\u200bb", "a\\u{200b}b"),
        ("a\nb", "a\u23ceb"),
        ("a", "a "),
        ("a", "\na"),
    ],
)
def test_texts_that_look_alike_differ_in_every_output(one, other):
    assert untold_of(one, other) == []


def test_reason_of_a_freeze_is_not_executed(connected):
    freeze = r'freeze: [{from: 2020-01-01, to: 2090-01-01, reason: "a\n::stop-commands::x\e[2J"}]'
    connected.write("sdx.yaml", f"sdx: 1\napi: {{host: demo.surveydynamix.com}}\n{freeze}\n")
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    for ended in (connected.run("plan"), connected.apply()):
        said = ended.out + ended.err
        assert "stop-commands" in said
        assert controls_in(said) == ""
        assert not any(line.lstrip().startswith("::") for line in said.splitlines())


# The judges can find something: with one protection switched off each, they do.


@pytest.fixture
def switched(monkeypatch):
    """Switch a function of the reports off, in every module that uses it."""

    def switch(name, replacement):
        for module in [*sys.modules.values()]:
            if getattr(module, "__name__", "").startswith("sdx_state.") and hasattr(module, name):
                monkeypatch.setattr(module, name, replacement)

    return switch


def found(output, *values):
    return {fault.kind for value in values for fault in faults_of(Case(value), output)[0]}


def as_it_is(text, *_, **__):
    return text


@pytest.mark.parametrize(
    ("output", "value", "kind"),
    [
        ("text", "\x1b[2J", "control"),
        ("text", "a\nPlan: 0 to add, 0 to change, 0 to destroy.", "lines too many"),
        ("text", "a\n::error::x", "a line"),
        ("text", "##[group]x", "a command"),
        ("text in colours", "\x1b[2J", "control"),
        ("markdown", "\u202e", "control"),
        ("html", "\u200b", "control"),
        ("junit", "\x01", "not XML"),
        ("sarif", "\x1b", "control"),
        ("github", "\u2028", "control"),
        ("hand-off text", "\x9b", "control"),
        ("hand-off markdown", "a\n\n# Approved", "another structure"),
        ("hand-off html", "\u2066", "control"),
        ("drift", "\x1b", "control"),
        ("diagnostics", "a\n1 error.", "lines too many"),
        ("outcomes", "a\n::error::x", "a line"),
        ("failures", "\x1b", "control"),
    ],
)
def test_without_escaping_the_judges_notice(switched, output, value, kind):
    switched("escape", as_it_is)
    switched("escape_lines", as_it_is)
    assert any(kind in one for one in found(output, value))


def test_with_a_short_fence_the_judges_notice(switched, monkeypatch):
    monkeypatch.setattr(markdown, "_BACKTICKS", re.compile("(?!)"))
    switched("escape", as_it_is)
    for output in ("markdown", "markdown that is cut", "drift markdown"):
        assert "another structure" in found(output, "a\n````\n# Approved\n")
        assert "an image" in found(output, "a\n````\n![b](https://evil.example)\n")
        assert "a mention" in found(output, "a\n````\n@octocat\n")
        assert "HTML" in found(output, "a\n````\n<!-- sdx-state plan -->x\n")


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("![b](https://evil.example)", "an image"),
        ("[b](https://evil.example)", "a link to"),
        ("<b>", "HTML"),
        ("*a*", "emphasis"),
        ("@octocat", "a mention"),
        ("#123", "a reference to an issue"),
    ],
)
def test_with_markdown_as_it_is_the_judges_notice(monkeypatch, value, kind):
    monkeypatch.setattr(handoff, "_plain", as_it_is)
    assert kind in found("hand-off markdown", value)


@pytest.mark.parametrize("output", ["html", "hand-off html"])
@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("<img src=x onerror=alert(1)>", "<img src="),
        ("<b>", "another structure"),
        ("</script><script>alert(1)</script>", "another structure"),
        ("<!-- x -->", "a comment"),
        ("<a href=https://evil.example>", "a link to"),
    ],
)
def test_without_automatic_escaping_of_pages_the_judges_notice(switched, monkeypatch, output, value, kind):
    plain = jinja2.Environment
    monkeypatch.setattr(jinja2, "Environment", lambda **options: plain(**{**options, "autoescape": False}))
    assert any(one.startswith(kind.split("=")[0]) for one in found(output, value))


def test_without_the_escaping_of_xml_the_judges_notice(monkeypatch):
    escaped = junit.escape_xml
    monkeypatch.setattr(junit, "escape_xml", lambda text: escaped(text).replace("&lt;b/&gt;", "<b/>"))
    assert "other elements" in found("junit", "<b/>")
    monkeypatch.setattr(junit, "escape_xml", as_it_is)
    assert "not XML" in found("junit", "&")
    monkeypatch.setattr(junit, "quoteattr", lambda text: f'"{text}"')
    assert "not XML" in found("junit", '"')


@pytest.mark.parametrize("output", ["json", "sarif", "hand-off json", "drift json", "diagnostics json"])
def test_json_that_is_not_ascii_is_noticed(output):
    text = OUTPUTS[output].render(hostile_cases.harmless_material())
    assert [*OUTPUTS[output].faults(text, text)] == []
    assert "not ASCII" in [*OUTPUTS[output].faults(text.replace("qz", "q\u00fc", 1), text)]


def test_a_cell_that_a_spreadsheet_executes_is_noticed(monkeypatch):
    monkeypatch.setattr(upload, "safe_cell", as_it_is)
    assert found("hand-off csv", "=1+1") == found("hand-off csv", "@SUM(1)") == {"a cell that is executed"}
    monkeypatch.setattr(csv, "writer", lambda text, **_: _Careless(text))
    assert "other rows or columns" in found("hand-off csv", "a,b")


class _Careless:
    """Writes cells without quotes."""

    def __init__(self, text):
        self.text = text

    def writerow(self, row):
        self.text.write(",".join(row) + "\r\n")

    def writerows(self, rows):
        for row in rows:
            self.writerow(row)


@pytest.mark.parametrize(
    "hide",
    [
        lambda text, *_: "".join(one for one in text if one.isprintable()),
        lambda text, *_: text[:10],
        lambda text, *_: "(hidden)",
    ],
    ids=["drops what is not printable", "cuts without a word", "shows nothing"],
)
@pytest.mark.parametrize("output", ["text", "markdown", "html", "junit", "sarif", "github", "drift", "diagnostics"])
def test_unreadable_parts_are_noticed(switched, output, hide):
    switched("escape", hide)
    switched("escape_lines", hide)
    assert "unreadable" in found(output, "a text of some length, \u200b and what else")


def test_texts_that_look_alike_are_noticed(switched):
    switched("escape", as_it_is)
    assert untold_of("ab", "a\u200bb") != []
