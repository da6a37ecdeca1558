"""A diff of files shows each change, and nothing that a terminal or a CI system would act on."""

from __future__ import annotations

from sdx_state.app.pull import Draft
from sdx_state.report.file_diff import diff_text


def test_changed_new_and_removed_files_are_shown():
    drafts = [
        Draft("a.yaml", "surveys:\n  a: {name: A}\n", "surveys:\n  a: {name: B}\n"),
        Draft("b.yaml", None, "users: {}\n"),
        Draft("c.yaml", "x: 1\n", None),
    ]
    assert diff_text(drafts, colour=False) == (
        "--- a/a.yaml\n+++ b/a.yaml\n@@ -1,2 +1,2 @@\n surveys:\n-  a: {name: A}\n+  a: {name: B}\n"
        "--- /dev/null\n+++ b/b.yaml\n@@ -0,0 +1 @@\n+users: {}\n"
        "--- a/c.yaml\n+++ /dev/null\n@@ -1 +0,0 @@\n-x: 1\n"
    )


def test_equal_files_have_an_empty_diff():
    assert diff_text([], colour=False) == ""


def test_hostile_texts_and_names_are_escaped():
    text = diff_text(
        [Draft("a\x1b[2J.yaml", "", "##[error]x\u202e\n::add-mask::\x1b]0;t\x07\n\u2028y\r\n")], colour=False
    )
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "\u202e" not in text
    assert "\r" not in text
    assert "+##[" not in text
    assert "::add" not in text
    assert len(text.splitlines()) == 6


def test_colors_mark_lines_by_their_signs():
    text = diff_text([Draft("a.yaml", "--x\n", "++x\n")], colour=True)
    assert "\x1b[31m---x\x1b[0m" in text
    assert "\x1b[32m+++x\x1b[0m" in text


def test_files_that_take_too_long_to_compare_are_named():
    before, after = "\n".join(["a", "b"] * 9000), "\n".join(["b", "a", "b"] * 9000)
    assert diff_text([Draft("x.yaml", before, after)], colour=False) == "x.yaml: too many lines change to show them\n"
