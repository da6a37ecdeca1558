"""Laying files out changes how they look and nothing that they say."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.config.format import format_files, formatted
from sdx_state.config.parse import build
from sdx_state.config.scaffold import scaffold
from sdx_state.config.source_text import SourceText
from sdx_state.model.diagnostic import Diagnostic
from tests.config.layout_texts import EXAMPLES, MESSY, TIDY
from tests.tiers import tries


def laid_out(text):
    diagnostics = []
    return formatted(SourceText("a.yaml", text), diagnostics.append), diagnostics


def meaning(text):
    diagnostics = []
    return build(SourceText("a.yaml", text), diagnostics.append), [str(one) for one in diagnostics]


def test_a_messy_file_becomes_a_tidy_one():
    assert laid_out(MESSY) == (TIDY, [])


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_the_examples_are_tidy(path):
    text = path.read_text(encoding="utf-8")
    assert laid_out(text) == (text, [])


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing but a comment\n", "# one\n\n\n\n# two   \n"])
def test_a_file_without_values_stays_without_values(text):
    new, diagnostics = laid_out(text)
    assert not diagnostics
    assert [line for line in new.split("\n") if line] == [line.rstrip() for line in text.split("\n") if line]
    assert laid_out(new) == (new, [])


def test_braces_in_lists_stay():
    text = "a: [x, {b: c}, {d: e, f: g}]\n"
    assert laid_out(text) == (text, [])


def test_windows_line_ends_stay():
    windows = TIDY.replace("\n", "\r\n")
    assert laid_out(windows)[0] == windows
    assert laid_out(MESSY.replace("\n", "\r\n"))[0] == windows


def test_declared_blanks_and_blank_lines_stay():
    text = 'surveys:\n  a:\n    name: A\n    greeting_text: "x   "\n    closing_text: |\n      a  \n\n\n\n      b\n'
    assert meaning(laid_out(text)[0]) == meaning(text)


def test_invalid_yaml_is_reported_at_its_place_and_left_alone():
    new, (diagnostic,) = laid_out("surveys:\n  a: {name: A\n")
    assert new is None
    assert str(diagnostic).startswith("a.yaml:")


def mess(chance, text):
    """Return `text` with blanks, blank lines and comments put in where a person might."""
    lines = []
    for given_line in text.split("\n"):
        line = given_line
        what = chance.draw(st.integers(0, 12))
        if what == 0:
            lines += [""] * chance.draw(st.integers(1, 4))
        elif what == 1:
            lines.append(" " * (len(line) - len(line.lstrip())) + "# a comment")
        elif what == 2:
            line = line + "   "
        elif what == 3:
            line = line.replace(": ", ":   ", 1)
        elif what == 4:
            line = line + "  # beside it"
        lines.append(line)
    return chance.draw(st.sampled_from(["\n", "\r\n"])).join(lines)


@tries(10, 400)
@given(st.data(), st.sampled_from(EXAMPLES))
def test_whatever_a_file_looks_like_it_says_the_same_afterwards(chance, path):
    text = mess(chance, path.read_text(encoding="utf-8"))
    before = meaning(text)
    new, diagnostics = laid_out(text)
    if new is None:
        assert diagnostics
        return
    assert meaning(new) == before
    assert new.count("\r\n") == (new.count("\n") if "\r\n" in text else 0)
    assert new.count("#") == text.count("#")
    assert laid_out(new) == (new, [])


def test_the_command_writes_only_what_changes_and_check_writes_nothing(project):
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\n")
    tidy, messy = project.write("tidy.yaml", "users: {a@example.com: {name: A}}\n"), project.write("b.yaml", MESSY)
    before = tidy.stat().st_mtime_ns
    checked = project.run("fmt", "--check")
    assert (checked.code, checked.out) == (1, "b.yaml\n")
    assert messy.read_text() == MESSY
    shown = project.run("fmt", "--check", "--diff")
    assert "-    support-csat:" in shown.out
    assert project.run("fmt").out == "b.yaml\n"
    assert messy.read_text() == TIDY
    assert tidy.stat().st_mtime_ns == before
    assert (project.run("fmt", "--check").code, project.run("fmt").out) == (0, "")


def test_one_broken_file_keeps_every_file_as_it_is(project):
    messy = project.write("a.yaml", MESSY)
    project.write("b.yaml", "surveys: {a: {name: [}\n")
    ended = project.run("fmt")
    assert ended.code == 1
    assert "b.yaml:1:" in ended.err
    assert messy.read_text() == MESSY


def test_files_of_init_are_formatted(tmp_path: Any) -> None:
    scaffold(tmp_path, "demo.surveydynamix.com", sample=True)
    assert format_files(tmp_path, write=False) == []


@pytest.mark.parametrize("escape", ["\\u202e", "\\u2028", "\\ufeff", "\\u0085", "\\U000e0041", "\\u0012"])
def test_invisible_characters_stay_escaped(files: Any, escape: str) -> None:
    text = f'surveys:\n  a:\n    name: "A {escape} b"\n'
    files.write("a.yaml", text.replace("  a:", "   a:"))
    format_files(files.folder, write=True)
    assert files.text("a.yaml") == text


@pytest.mark.parametrize(
    "text",
    [
        'surveys:\n  a: {name: "Type # 5",\n    description: D}\n',
        "surveys:\n  a: {name: 'Type # 5', description: D} # kept\n",
        'surveys:\n  a:\n    name: "Type # 5\n      and # 6"\n',
        "surveys:\n  a:\n      name: A\n      description: | # why\n          # no comment\n          b # c\n",
    ],
)
def test_hash_inside_a_text_is_not_a_comment(text: str) -> None:
    diagnostics: list[Diagnostic] = []
    new = formatted(SourceText("a.yaml", text), diagnostics.append)
    assert diagnostics == []
    assert new is not None
    assert new.count("#") == text.count("#")
    assert formatted(SourceText("a.yaml", new), diagnostics.append) == new


@pytest.fixture
def messy_files(project):
    """A project with files that are not formatted, its own and others."""
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nexclude: [other.yaml]\n")
    for name in ("a.yaml", "sub/b.yaml", "other.yaml", ".github/c.yaml"):
        project.write(name, MESSY)
    project.write("broken.yaml", "surveys: {a: {name: [}\n")
    return project


def test_only_the_files_that_are_named_are_read_and_formatted(messy_files, monkeypatch):
    monkeypatch.chdir(messy_files.folder / "sub")
    assert messy_files.run("fmt", "--check", "b.yaml", "../a.yaml", "./b.yaml").out == "a.yaml\nsub/b.yaml\n"
    ended = messy_files.run("fmt", "b.yaml")
    assert (ended.code, ended.out, ended.err) == (0, "sub/b.yaml\n", "")
    assert (messy_files.folder / "sub/b.yaml").read_text() == TIDY
    assert (messy_files.folder / "a.yaml").read_text() == MESSY


def test_named_files_that_are_not_of_the_project_are_skipped_and_reported(messy_files, monkeypatch, tmp_path_factory):
    outside = tmp_path_factory.mktemp("outside") / "d.yaml"
    outside.write_text(MESSY)
    monkeypatch.chdir(messy_files.folder)
    messy_files.write("notes.md", "text")
    for name in ("other.yaml", ".github/c.yaml", "notes.md", str(outside)):
        ended = messy_files.run("fmt", "--check", name)
        assert (ended.code, ended.out) == (0, "")
        assert ended.err == f"skipped: {name} is not a YAML file of this project\n"


def test_a_named_file_that_does_not_exist_or_is_broken_is_an_error(messy_files, monkeypatch):
    monkeypatch.chdir(messy_files.folder)
    assert messy_files.run("fmt", "missing.yaml").code == 2
    assert messy_files.run("fmt", "sub").code == 2
    broken = messy_files.run("fmt", "a.yaml", "broken.yaml")
    assert broken.code == 1
    assert "broken.yaml:1:" in broken.err
    assert (messy_files.folder / "a.yaml").read_text() == MESSY


def test_the_project_file_is_formatted_when_it_is_named(messy_files, monkeypatch):
    monkeypatch.chdir(messy_files.folder)
    messy_files.write("sdx.yaml", "sdx:   1\napi: {host: demo.surveydynamix.com}\n")
    assert messy_files.run("fmt", "sdx.yaml").out == "sdx.yaml\n"
