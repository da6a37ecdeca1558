"""Bad files are refused in plain words, at the exact place, within bounds of time and memory."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sdx_state.config import builder as builder_module
from sdx_state.config.parse import build
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Items, Table
from sdx_state.model.diagnostic import Diagnostic

SYNTAX = [
    ("a: %x% y\n", "1:4", "a text that starts with `%` must be quoted", 'write "%x% y"'),
    ("a: @x\n", "1:4", "a text that starts with `@` must be quoted", 'write "@x"'),
    ("a: `x`\n", "1:4", "a text that starts with a backtick must be quoted", 'write "`x`"'),
    ("a:\n\t- b\n", "2:1", "a tab cannot indent", "indent with spaces"),
    ("a: b\n\tc: d\n", "2:1", "a tab cannot indent", "indent with spaces"),
    ("a b\nc: d\n", "2:2", "a colon that belongs to no key", None),
    ("a:b\nc: d\n", "2:2", "a colon that belongs to no key", None),
    ("a: b: c\n", "1:5", "a colon that belongs to no key", None),
    ("a: b\n c: d\n", "2:3", "a colon that belongs to no key", None),
    ('x: 1\na: "y\n', "2:4", "a quote is opened here and never closed", None),
    ("a: [1,2\nb: 3\n", "2:2", "a comma or a `]` is missing: the `[` was opened at line 1", None),
    ("{a: b\n", "2:1", "a comma or a `}` is missing: the `{` was opened at line 1", None),
    ("a: {x: ${var.y}}\n", "1:8", "a reference that is not quoted", None),
    ("a: &\n", "1:5", "a name must follow `&` or `*`", None),
    ("a: - b\n", "1:4", "a list cannot start here", None),
    ("- a\nb: c\n", "2:1", "a key among the items of a list", None),
    ("a: 'it's'\n", "1:8", "this is neither a key nor the end of the block above", None),
    ("a: |x\n  y\n", "1:5", "text on the line of a `|` or `>`", None),
    ("a: ]\n", "1:4", "a value is missing before this", None),
    ("a: *b\n", "1:4", "there is no anchor `&b`", None),
    ("%YAML 3.0\n---\na: b\n", "1:1", "this YAML version is not supported", None),
    ('a: "\\q"\n', None, "a backslash that escapes nothing", "double it, or use single quotes"),
    ("%foo\n", None, None, None),
    ("a: !foo b\n", "1:4", "the tag `!foo` is not allowed", None),
    ("a: !!str 1\n", "1:4", "the tag `tag:yaml.org,2002:str` is not allowed", None),
    ("a: b\n---\nc: d\n", "2:1", "a second document starts here: a file has one", None),
    ("just text\n", "1:1", "this file contains text and no sections", None),
    ("a: 1\nb: 2\na: 3\n", "3:1", "`a` is declared twice: first at a.yaml:1:1", None),
    ("{a: 1, 'a': 2}\n", "1:8", "`a` is declared twice: first at a.yaml:1:2", None),
    ("caf\u00e9: 1\ncafe\u0301: 2\n", "2:1", "`caf\u00e9` is declared twice: first at a.yaml:1:1", None),
    (
        "a: &x 1\nc:\n  <<: *x\n",
        "3:7",
        "a merge key (`<<`) needs a mapping, or a list of mappings",
        "give the mapping an anchor (`&NAME`), and write `<<: *NAME`",
    ),
    (
        "a: &x {}\nc:\n  <<: *x\n  <<: *x\n",
        "4:7",
        "`<<` is declared twice: first at a.yaml:3:7",
        "write `<<: [*ONE, *OTHER]`",
    ),
    ("1: a\n", "1:1", "a key must be a text, and `1` is not", 'quote it: "1"'),
    ("true: a\n", "1:1", "a key must be a text, and `true` is not", None),
    ("? [a]\n: b\n", "1:3", "a key must be a plain text", None),
    ("&k a: b\n", "1:1", "a key has neither tag nor anchor", None),
    ("a: &x 1\nb: &x 2\n", "2:4", "the anchor `&x` is declared twice", None),
    ("a: &x [*x]\n", "1:8", "the alias `*x` is inside the value that it names", None),
]


def diagnostics_of(text: str) -> list[Diagnostic]:
    found: list[Diagnostic] = []
    build(SourceText("a.yaml", text), found.append)
    return found


def check(text: str, place: str | None, message: str | None, hint: str | None) -> None:
    found = diagnostics_of(text)
    assert len(found) >= 1
    if place is not None:
        assert f"{found[0].source.line}:{found[0].source.column}" == place
    if message is not None:
        assert found[0].message == message
    if hint is not None:
        assert found[0].help == hint


@pytest.mark.skipif(not yaml.__with_libyaml__, reason="PyYAML was built without libyaml")
@pytest.mark.parametrize(("text", "place", "message", "hint"), SYNTAX)
def test_errors_are_reported_in_plain_words_at_their_place(
    text: str, place: str | None, message: str | None, hint: str | None
) -> None:
    check(text, place, message, hint)


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"), [one for one in SYNTAX if "neither a key" not in str(one[2])]
)
def test_without_libyaml_the_same_errors_are_reported(
    monkeypatch: pytest.MonkeyPatch, text: str, place: str | None, message: str | None, hint: str | None
) -> None:
    monkeypatch.setattr(builder_module, "_Parser", yaml.SafeLoader)
    if message == "a key among the items of a list":
        message = "this is neither a key nor the end of the block above"
    check(text, place, message, hint)


def test_both_parsers_build_the_same_values_and_places(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "a:\n  - {b: 1, 'c': yes}\n  - |\n    x\n    y\nd: &x [1.5, ~]\ne: *x\n'q r': \"s\\nt\"\n"

    def built() -> tuple[Any, Any, Any]:
        root = build(SourceText("a.yaml", text), pytest.fail)
        assert isinstance(root, Table)
        items = root["a"]
        assert isinstance(items, Items)
        return root, root.marks, items.places

    fast = built()
    monkeypatch.setattr(builder_module, "_Parser", yaml.SafeLoader)
    assert built() == fast
    assert fast[0] == {"a": [{"b": 1, "c": "yes"}, "x\ny\n"], "d": [1.5, None], "e": [1.5, None], "q r": "s\nt"}
    assert fast[1]["d"] == (6, 1, 6, 4)
    assert fast[2] == [(2, 5), (3, 5)]


def test_every_diagnostic_of_a_file_is_reported_at_once() -> None:
    found = diagnostics_of("a: !x 1\na: 2\n3: 4\nb: *c\n")
    assert [(one.source.line, one.source.column) for one in found] == [(1, 4), (2, 1), (3, 1), (4, 4)]


def test_the_source_line_comes_with_the_diagnostic() -> None:
    (found,) = diagnostics_of("ok: 1\n  bad: [\n")[:1]
    assert found.excerpt == "  bad: ["


BOMBS = [
    ("a: " + "[" * 100 + "]" * 100 + "\n", "this is nested more than 64 levels deep"),
    ("a: " + "[" * 200_000, "this is nested more than 64 levels deep"),
    ("{a: " * 100_000, "this is nested more than 64 levels deep"),
    ("a: &a x\nb: [" + "*a, " * 1_001 + "]\n", "more than 1,000 aliases in one file"),
    (
        "a: &a [x,x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
        "the aliases of this file expand to more than 100,000 values",
    ),
]


@pytest.mark.timeout(60)
@pytest.mark.parametrize(("text", "message"), BOMBS)
def test_a_bomb_is_refused(text: str, message: str) -> None:
    assert [one.message for one in diagnostics_of(text)] == [message]


def test_a_file_of_too_many_values_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builder_module, "MAX_NODES", 1_000)
    assert diagnostics_of("- a\n" * 900) == []
    assert [(one.source.line, one.message) for one in diagnostics_of("- a\n" * 1_100)] == [
        (1_000, "the file contains more than 1,000 values")
    ]


def test_aliases_within_bounds_are_values_like_any_other() -> None:
    root = build(SourceText("a.yaml", "a: &x {b: 1}\nc: *x\n"), pytest.fail)
    assert root == {"a": {"b": 1}, "c": {"b": 1}}


BYTES = [
    (b"a: \x00\n", "a.yaml:1:4: a NUL character: this is not a text file"),
    (b"a: 1\nb: \xff\n", "a.yaml:2:4: the byte 0xFF is not valid UTF-8"),
    (b"a: caf\xc3\xa9 \x1b[2J\n", "a.yaml:1:9: the control character U+001B is not allowed"),
    ("a: x\u2028y\n".encode(), "a.yaml:1:5: the line separator U+2028 is not a line end here"),
    ("a: x\x85y\n".encode(), "a.yaml:1:5: the line separator U+0085 is not a line end here"),
    ("surveys: {}\n".encode("utf-16"), "a.yaml:1:1: this file is UTF-16"),
    (b"\xef\xbb\xbfusers: 1\n", "a.yaml:1:8: `users` must be a mapping, and this is a number"),
]


@pytest.mark.parametrize(("content", "said"), BYTES)
def test_bytes_that_are_not_text_are_reported_at_their_place(files: Any, content: bytes, said: str) -> None:
    files.write("a.yaml", content)
    assert files.said()[0] == said


def test_a_byte_order_mark_and_dos_line_ends_are_accepted(files: Any) -> None:
    files.write(
        "a.yaml", b"\xef\xbb\xbfsurveys:\r\n  s:\r\n    name: S\r\n    closing_text: |\r\n      a\r\n      b\r\n"
    )
    survey = files.load().resources["survey.s"]
    assert survey.values == {"name": "S", "closing_text": "a\nb\n"}
    assert survey.positions["closing_text"] == (4, 5)


def test_a_file_that_is_too_large_is_refused(files: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdx_state.config.files.MAX_BYTES", 1024 * 1024)
    files.write("a.yaml", b"#" * (1024 * 1024 + 1))
    assert files.said() == ["a.yaml:1:1: the file is larger than 1 MiB"]


def test_links_out_of_the_project_and_special_files_are_refused(files: Any, tmp_path: Any) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}-outside"
    outside.mkdir()
    (outside / "x.yaml").write_text("surveys: {x: {name: X}}\n")
    (files.folder / "file.yaml").symlink_to(outside / "x.yaml")
    (files.folder / "folder").symlink_to(outside)
    (files.folder / "dangling.yaml").symlink_to("nowhere.yaml")
    (files.folder / "loop.yaml").symlink_to("loop.yaml")
    os.mkfifo(files.folder / "pipe.yaml")
    said = files.said()
    assert "file.yaml:1:1: the file lies outside the project" in said
    assert "folder:1:1: a symbolic link to a folder is not followed" in said
    assert "pipe.yaml:1:1: this is not a regular file" in said
    assert any(one.startswith("dangling.yaml:1:1: the file cannot be read") for one in said)
    assert any(one.startswith("loop.yaml:1:1: the file cannot be read") for one in said)
    assert len(said) == 5


def test_a_link_within_the_project_is_followed(files: Any) -> None:
    files.write("real/x.txt", "surveys: {x: {name: X}}\n")
    (files.folder / "x.yaml").symlink_to("real/x.txt")
    assert list(files.load().resources) == ["survey.x"]


def test_a_mounted_config_map_is_read(files: Any) -> None:
    files.write("..2026_01_01/x.yaml", "surveys: {x: {name: X}}\n")
    (files.folder / "..data").symlink_to("..2026_01_01")
    (files.folder / "x.yaml").symlink_to("..data/x.yaml")
    assert list(files.load().resources) == ["survey.x"]


@pytest.mark.parametrize("hidden", [".env", ".sdx/credentials.json", "people/.env", ".git/config", "people/.x/y.csv"])
def test_hidden_file_is_not_part_of_the_project(files: Any, hidden: str) -> None:
    files.write(hidden, "TOKEN=hunter2\nname,email\n")
    named = [
        files.write("named.yaml", f"users: {{csv: [{hidden}, ./{hidden}, x/../{hidden}]}}\n"),
        files.write("sub/named.yaml", f"users: {{csv: ../{hidden}}}\n"),
    ]
    diagnostics = files.diagnostics()
    assert len(diagnostics) == 4
    assert all("hidden files are not part of the project" in str(one) for one in diagnostics)
    for path in named:
        path.unlink()
    (files.folder / "a.yaml").symlink_to(hidden)
    (files.folder / "links").mkdir()
    (files.folder / "links" / "a.csv").symlink_to(f"../{hidden}")
    files.write("u.yaml", "users: {csv: links/a.csv}\n")
    diagnostics += files.diagnostics()
    assert sum("the file is a link to a hidden one" in str(one) for one in diagnostics) == 2
    assert "hunter2" not in repr(diagnostics)


@pytest.mark.parametrize(
    "content",
    ["TOKEN=hunter2\n", '"hunter2\n', "hunter2\x00", "a\nhunter2\x07\n", "\ufeffhunter2,x\n", b"\xff hunter2"],
)
def test_nothing_is_shown_of_a_file_that_may_be_any(files: Any, content: Any) -> None:
    files.write("secrets", content)
    files.write("u.yaml", "users: {csv: secrets}\n")
    assert files.diagnostics()
    assert "hunter2" not in repr(files.diagnostics())


def test_hidden_files_the_hand_off_and_other_files_are_left_out(files: Any) -> None:
    for name in (".hidden.yaml", ".github/x.yaml", "handoff/x.yaml", "notes.txt", "a.yaml.bak", "deep/.x/y.yml"):
        files.write(name, "not: [valid\n")
    files.write("deep/er/b.yml", "surveys: {b: {name: B}}\n")
    files.write("a.yaml", "surveys: {a: {name: A}}\n")
    loaded = files.load()
    assert loaded.files == ("a.yaml", "deep/er/b.yml")
    assert list(loaded.resources) == ["survey.a", "survey.b"]


def test_file_names_that_differ_by_case_only_are_refused(files: Any) -> None:
    files.write("a.yaml", "")
    files.write("A.yaml", "")
    assert files.said() == ["a.yaml:1:1: the name differs from that of A.yaml by case or by Unicode form only"]


def test_an_empty_file_declares_nothing(said_of: Callable[[str], list[str]]) -> None:
    for text in ("", "# only a comment\n", "---\n", "surveys:\n", "{}"):
        assert said_of(text) == ["sdx.yaml:1:1: nothing is declared"]


PIECES = (
    """surveys users : { } [ ] &a *a ! | > " ' # % , ? << a@b.cd name --- ... \\ ${var.company} x 0 é 😀 questions"""
)
pieces = st.lists(st.sampled_from([*PIECES.split(" "), " ", "  ", "\n", "\t", "- "]), max_size=40).map("".join)


@settings(max_examples=10 * settings.default.max_examples)
@given(st.one_of(pieces, st.text(max_size=60)))
def test_whatever_the_text_reading_ends_with_values_or_diagnostics_that_point_into_it(text: str) -> None:
    found: list[Diagnostic] = []
    source = SourceText("a.yaml", text.encode("utf-8", "ignore").decode("utf-8"))
    root = build(source, found.append)
    assert root is None or isinstance(root, Table | Items)
    for one in found:
        assert one.source is not None
        assert 1 <= one.source.line <= len(source.lines) + 1
        assert one.source.column >= 1
        assert one.message


@pytest.mark.parametrize("style", ['"\\ud83d\\ude00 b"', '"\\uD83D\\uDE00 b"'])
def test_characters_that_json_tools_escape_as_two_halves_are_read(files: Any, style: str) -> None:
    files.write("a.yaml", f'{{"surveys": {{"s": {{"name": {style}, "nope": 1}}}}}}')
    column = len(f'{{"surveys": {{"s": {{"name": {style}, "')
    assert files.said()[0].startswith(f"a.yaml:1:{column}:")
    files.write("a.yaml", f'{{"surveys": {{"s": {{"name": {style}}}}}}}')
    assert files.load().resources["survey.s"].values["name"] == "😀 b"


@pytest.mark.parametrize("text", [r'"\ude00\ud83d"', r'"\ud83d \ud83d\ude00"', r'"\ud83d\ude00 \ud83d"'])
def test_half_a_pair_beside_a_whole_one_is_refused(said_of: Any, text: str) -> None:
    said = said_of(f"surveys: {{s: {{name: {text}}}}}")
    assert len(said) == 1
    assert "half of a surrogate pair" in said[0] or "not a character" in said[0]


@pytest.mark.parametrize("text", [r"'\ud83d\ude00'", r'"\\ud83d\\ude00"'])
def test_backslashes_that_escape_nothing_stay(files: Any, text: str) -> None:
    files.write("a.yaml", f"surveys: {{s: {{name: {text}}}}}")
    assert files.load().resources["survey.s"].values["name"] == r"\ud83d\ude00"


def test_a_merge_key_gives_what_the_mapping_itself_does_not_say() -> None:
    text = "x: &x {a: 1, b: 2}\ny: &y {b: 3, c: 4}\nz:\n  <<: [*x, *y]\n  a: 5\n"
    root = build(SourceText("a.yaml", text), pytest.fail)
    assert isinstance(root, Table)
    merged = root["z"]
    assert merged == {"a": 5, "b": 2, "c": 4}
    assert isinstance(merged, Table)
    assert [merged.value_place(key) for key in "abc"] == [(5, 6), (1, 17), (2, 17)]


def test_a_quoted_merge_key_is_a_key() -> None:
    assert build(SourceText("a.yaml", 'a: {"<<": {b: 1}}\n'), pytest.fail) == {"a": {"<<": {"b": 1}}}


@pytest.mark.parametrize(
    "text",
    [
        "x-number: &b {country_code: AU}\nphone_numbers:\n  c:\n    <<: *b\n    number: '0488888888'\n",
        "surveys:\n  a: &b {name: A}\n  c:\n    <<: *b\n    name: D\n",
        "x-q: &q {key: q, max_response: 1}\nsurveys: {a: {name: A, questions: [{<<: *q, question_label: R}]}}\n",
        "surveys:\n  <<: {a: {name: A}}\n",
    ],
)
def test_merge_keys_declare_resources(said_of: Any, text: str) -> None:
    assert said_of(text) == []
