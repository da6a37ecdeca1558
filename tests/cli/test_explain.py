"""`sdx-state explain` with the code of a diagnostic."""

from __future__ import annotations

from sdx_state.config.codes import rules


def test_explain_prints_text_example_and_fix_of_a_code(project):
    said = project.run("explain", "unknown-key")
    assert said.code == 0
    assert said.out.startswith("unknown-key (error)\n")
    assert "surveys:\n  a: {nam: A}" in said.out
    assert "Fix: correct the key" in said.out
    assert "ignore[" not in said.out


def test_explain_says_how_a_warning_is_suppressed(project):
    assert "# sdx: ignore[nps-scale]" in project.run("explain", "nps-scale").out


def test_explain_codes_lists_every_code_with_its_title(project):
    lines = project.run("explain", "codes").out.splitlines()
    assert [line.split()[0] for line in lines] == list(rules())


def test_explain_suggests_the_nearest_code(project):
    wrong = project.run("explain", "unknwon-key")
    assert wrong.code == 2
    assert wrong.out == ""
    assert "there is no unknwon-key" in wrong.err
    assert "Did you mean unknown-key?" in wrong.err


def test_every_code_is_explained_on_the_command_line(project):
    for code in ("risk", "freeze", "type-changed", "possible-rename"):
        assert "Fix: " in project.run("explain", code).out
