"""The quick look says yes only if formatting the file changes and reports nothing, and says it of most such files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.config.format import formatted
from sdx_state.config.plain_layout import is_formatted
from sdx_state.config.scaffold import scaffold
from sdx_state.config.source_text import SourceText
from sdx_state.config.write import write_resources
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Desired, Source
from tests.benchmarks.tenants import write_project
from tests.config.layout_texts import EVERYTHING, EXAMPLES, TEXTS, TIDY

PROJECTS = [path for path in EXAMPLES if "ci" not in path.relative_to(path.parents[3]).parts]
PIECES = (
    *(
        "#",
        " # ",
        "  #",
        "# c\n",
        " ",
        "  ",
        "\n",
        "\n\n",
        "\t",
        "- ",
        ": ",
        ":",
        "|",
        "|-",
        "|+",
        ">",
        "'",
        '"',
        "\\",
    ),
    *(
        "&a ",
        "*a",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "null",
        "true",
        "~",
        "0x1F",
        "1e3",
        "2024-01-01",
        ".inf",
        "<<",
        "!",
        "? ",
    ),
    *("é", "e\u0301", "\u202e", "\ufeff", "\u3000", "\xa0", "\xad", "\x85", "\u2028", "\x07", "\U0001f600", "\ud800"),
    *("---\n", "...\n", "%", "@", "`", "a: b\n", "  a: b\n", "    a: b\n", "  # c\n", "- a\n", "  - a\n", "=", "-"),
    *("x" * 130, "\r\n", "\r", "''", '""', "$", "(", "+", "/", "\\n", "\\u00e9", "\\x41", "\\/", "\\ud83d\\ude00"),
)
CHARACTERS = st.sampled_from(
    [*"ab01 :#-?!&*'\"\\[]{},|>%@`~=<+./_$()", "é", "\u0301", "\U0001f600", ": ", " #", ", "]
)


@st.composite
def near_values(draw: st.DrawFn) -> str:
    """Texts that are nearly, or quite, a value on one line."""
    inner = "".join(draw(st.lists(CHARACTERS, min_size=1, max_size=8)))
    return draw(st.sampled_from([inner, f'"{inner}"', f"'{inner}'", f"[{inner}]", f"{{k: {inner}}}"]))


@st.composite
def damaged(draw: st.DrawFn) -> str:
    """Parts of formatted files with some damage, which may leave them formatted."""
    lines = draw(st.sampled_from(TEXTS)).split("\n")
    start = draw(st.integers(0, len(lines) - 1))
    lines = lines[start : start + draw(st.integers(2, 25))]
    indent = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    lines = [line[indent:] for line in lines]
    if draw(st.booleans()):
        lines = ["top:", *("  " + line if line else "" for line in lines)]
    for _ in range(draw(st.integers(0, 3))):
        at, other = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
        line = lines[at]
        column = draw(st.integers(0, len(line)))
        blanks = len(line) - len(line.lstrip())
        match draw(st.sampled_from(["piece", "cut", "swap", "repeat", "indent", "comment", "value", "key"])):
            case "piece":
                lines[at] = line[:column] + draw(st.sampled_from(PIECES)) + line[column:]
            case "cut":
                lines[at] = line[:column] + line[column + draw(st.integers(1, 3)) :]
            case "swap":
                lines[at], lines[other] = lines[other], line
            case "repeat":
                lines.insert(other, line)
            case "indent":
                lines[at] = " " * max(0, blanks + draw(st.sampled_from([-4, -2, -1, 1, 2, 4]))) + line.lstrip()
            case "comment":
                new = draw(st.sampled_from(["", "# c", "- v", "k:", "- w: 'q'", "key: v # c"]))
                lines.insert(at + 1, " " * blanks + new if new else "")
            case "value":
                lines[at] = line.partition(": ")[0] + ": " + draw(near_values())
            case "key":
                lines[at] = " " * blanks + draw(near_values()) + ": " + line.partition(": ")[2]
    return draw(st.sampled_from(["\n", "\n", "\n", "\r\n"])).join([*lines, ""])


def full_way(text: str) -> tuple[str | None, list[Diagnostic]]:
    """Return what reading and writing `text` as YAML makes of it, and what it reports."""
    diagnostics: list[Diagnostic] = []
    return formatted(SourceText("a.yaml", text), diagnostics.append), diagnostics


@given(damaged())
def test_yes_means_that_formatting_changes_and_reports_nothing(text: str) -> None:
    if is_formatted(text):
        assert full_way(text) == (text, [])


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize("text", [TIDY, EVERYTHING])
def test_a_formatted_text_with_comments_and_literals_is_recognized(text: str, ends: str) -> None:
    text = text.replace("\n", ends)
    assert full_way(text) == (text, [])
    assert is_formatted(text)


@pytest.mark.parametrize("path", PROJECTS, ids=lambda path: path.name)
def test_files_of_example_projects_are_recognized(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert full_way(text) == (text, [])
    assert is_formatted(text)


def test_files_of_benchmarks_and_of_init_are_recognized(tmp_path: Path) -> None:
    write_project(tmp_path / "small", "small")
    scaffold(tmp_path / "new", "demo.surveydynamix.com", sample=True)
    texts = [path.read_text(encoding="utf-8") for path in tmp_path.rglob("*.yaml")]
    assert len(texts) >= 4
    for text in texts:
        assert full_way(text) == (text, [])
        assert is_formatted(text)


FIELDS = (
    "Support CSAT", "Rate us: 1 to 5", "How was it? # 5", "010", "yes", "it's \"quoted\" \\ here", "Grüße, José",
    "One.\nTwo.\n\n\nThree. # not a comment\n", "- a\n- b", "\u202eabc\u200b", "a\tb", " blanks ",
    "x" * 3_000, "Hi 👋", "[brackets]", "{braces}", "100 %", "@home", "`code`", "null", "12:30", "",
)  # fmt: skip


@pytest.mark.parametrize("text", FIELDS)
def test_files_that_are_written_from_a_tenant_are_recognized(text: str) -> None:
    nowhere = Source("a.yaml", 1, 1)
    languages = {"default": text, "de-default": f"{text}!"}
    resources = [
        Desired("survey.a", "survey", "a", {"name": "A", "description": text, "greeting_text": languages}, nowhere),
        Desired(
            "user.0412@example.com", "user", "0412@example.com", {"email": "0412@example.com", "name": text}, nowhere
        ),
    ]
    with tempfile.TemporaryDirectory() as name:
        (Path(name) / "sdx.yaml").write_text("sdx: 1\n")
        written = [path.read_bytes().decode() for path in write_resources(Path(name), resources, {})]
    assert written
    for one in written:
        assert full_way(one) == (one, [])
        assert is_formatted(one)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# nothing but a comment\n",
        "\na: b\n",
        "a: b",
        "a: b\n\n",
        "a: b \n",
        "a: b\n\n\nc: d\n",
        "a:  b\n",
        "a: b  # two blanks\n",
        "a: b # one #  # two\n",
        "a: b\r\nc: d\n",
        "a:\n   b: c\n",
        "a:\n- b\n",
        "a:\n  -  b\n",
        "a: b\n  c: d\n",
        "# at 0\n  # at 2\na: b\n",
        "a:\n# at 0\n  b: c\n",
        "a: b\n  # at 2\n",
        "a: b\na: c\n",
        'a: b\n"a": c\n',
        "a: {b: c, b: d}\n",
        "é: b\ne\u0301: c\n",
        "true: b\n",
        "1: b\n",
        "2026-01-01: b\n",
        "a: &x b\nc: *x\n",
        "<<: {a: b}\n",
        "a: !x b\n",
        "a: b: c\n",
        "a: b:\n",
        "a: {b: c\n",
        "a: [b,c]\n",
        "a: { b: c }\n",
        "a: [b: c]\n",
        "a: 'b\n  c'\n",
        "a: b\n  c\n",
        "a: |+\n  b\n",
        "a: |2\n    b\n",
        "a: |\n    b\n",
        "a: |\n\n  b\n",
        "a: |\nb: c\n",
        "a: >\n  b\n",
        'a: "\\x41"\n',
        'a: "\\u00e9"\n',
        'a: "\\ud83d\\ude00"\n',
        'a: "\\ud800"\n',
        "a: \u202eb\n",
        "a: b\tc\n",
        "a: b\n---\nc: d\n",
        "%YAML 1.1\n---\na: b\n",
        "? a\n: b\n",
        f"{'a' * 128}: b\n",
        "- a\n",
        "a\n",
        "a: " + "[" * 65 + "]" * 65 + "\n",
        "".join("  " * level + "a:\n" for level in range(70)),
    ],
)
def test_a_text_that_is_to_change_or_that_is_unusual_is_not_recognized(text: str) -> None:
    assert not is_formatted(text)
