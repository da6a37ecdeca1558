"""Texts of languages written into YAML files: in the lines of their fields, comments and style kept."""

from __future__ import annotations

from typing import Any

import pytest

from sdx_state.config.language_edit import edit_of, translated_text
from sdx_state.config.parse import build
from sdx_state.config.source_text import SourceText

KEPT = "# head\n\nsurveys:\n  b:   {name: B}   # kept\n\n"
EDITS: dict[str, tuple[str, tuple[str | int, ...], str]] = {
    "a plain text becomes a map": ("x: Bye\n", ("x",), "x:\n  default: Bye\n  de-default: Tschüss\n"),
    "a comment beside it stays": ("x: Bye   # said\n", ("x",), "x: # said\n  default: Bye\n  de-default: Tschüss\n"),
    "quotes stay": ("x: 'Bye'\n", ("x",), "x:\n  default: 'Bye'\n  de-default: Tschüss\n"),
    "a block text stays one": ("x: |\n  A\n  B\n", ("x",), "x:\n  default: |\n    A\n    B\n  de-default: Tschüss\n"),
    "a language is added at the end": (
        "x:\n  default: Bye\n  fr-default: Au revoir # f\n\n# next\n", ("x", "default"),
        "x:\n  default: Bye\n  fr-default: Au revoir # f\n  de-default: Tschüss\n\n# next\n",
    ),
    "a language is replaced": (
        "x:\n  default: Bye\n  de-default: Ende # d\n", ("x", "de-default"),
        "x:\n  default: Bye\n  de-default: Tschüss # d\n",
    ),
    "inside brackets": ("x: {y: [{t: 'Bye'}], z: 1} # c\n", ("x", "y", 0, "t"),
        "x: {y: [{t: {default: 'Bye', de-default: Tschüss}}], z: 1} # c\n",
    ),
    "an item of a list": (
        "x:\n  - t: Bye\n    l: a\n", ("x", 0, "t"),
        "x:\n  - t:\n      default: Bye\n      de-default: Tschüss\n    l: a\n",
    ),
    "an anchor, for its aliases too": (
        "x: &t {default: Bye}\ny: *t\n", ("x", "default"), "x: &t {default: Bye, de-default: Tschüss}\ny: *t\n",
    ),
    "Windows line ends": ("x: Bye\r\n", ("x",), "x:\r\n  default: Bye\r\n  de-default: Tschüss\r\n"),
}  # fmt: skip


def edited(text: str, *paths: tuple[str | int, ...]) -> str:
    root: Any = build(SourceText("a.yaml", text), pytest.fail)
    return translated_text(text, root, [edit_of(path, "de-default", "Tschüss") for path in paths])


@pytest.mark.parametrize(("before", "path", "after"), EDITS.values(), ids=EDITS.keys())
def test_only_the_field_changes(before, path, after):
    ends = "\r\n" if "\r\n" in before else "\n"
    # The round-trip writer, which aliases need, moves what follows a colon.
    kept = (KEPT.replace("   ", " ") if "&t" in before else KEPT).replace("\n", ends)
    assert edited(kept + before, path) == kept + after


def test_several_fields_change_in_one_file():
    text = "a: One\nb: {default: Two}\nc:\n  d: Three\n"
    assert edited(text, ("c", "d"), ("a",), ("b", "default")) == (
        "a:\n  default: One\n  de-default: Tschüss\nb: {default: Two, de-default: Tschüss}\n"
        "c:\n  d:\n    default: Three\n    de-default: Tschüss\n"
    )


def test_fields_inside_brackets_and_beside_them_change_together():
    text = f"{KEPT}q:\n  - {{l: a, t: One}} # one\n  - l: b\n    t: Two\nz: Three\n"
    languages = "default: {0}\n      de-default: Tschüss\n"
    assert edited(text, ("q", 1, "t"), ("z",), ("q", 0, "t")) == (
        f"{KEPT}q:\n  - {{l: a, t: {{default: One, de-default: Tschüss}}}} # one\n"
        f"  - l: b\n    t:\n      {languages.format('Two')}z:\n  default: Three\n  de-default: Tschüss\n"
    )
