"""Work that data controls is bounded: patterns, comparisons, normalization, references, globs and numbers.

Each hostile case would take minutes to years without its bound; a process that does not end is killed by the timeout.
"""

from __future__ import annotations

import re
import subprocess
import sys
import unicodedata
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import sdx_state
from sdx_state.config.references import MOST_BAD, MOST_IN_ALL, MOST_OF_ONE, References, Room
from sdx_state.kinds.email import identity_of
from sdx_state.model import alike, texts
from sdx_state.model.address import slug
from sdx_state.model.pattern import SEARCHED, NoPattern, is_found
from sdx_state.report.words import word_diff
from tests.parsed import modules

PACKAGE = Path(sdx_state.__file__).parent
PATIENCE = 240  # seconds for what takes a few


def ends(code: str, *arguments: str) -> str:
    """Run `code` in a process of its own and return what it prints; one that does not end is killed."""
    command = [sys.executable, "-c", code, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    except subprocess.TimeoutExpired as late:
        pytest.fail(f"did not end in {PATIENCE} seconds; printed last: {(late.stdout or b'')[-200:].decode()}")
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


EVERY_PATTERN = r"""
import importlib, pkgutil, re, sys
import sdx_state.patterns
found = {}
for module in pkgutil.walk_packages(sdx_state.__path__, "sdx_state."):
    try:
        loaded = importlib.import_module(module.name)
    except ImportError:
        continue
    for name, value in vars(loaded).items():
        for one in value if isinstance(value, tuple) else (value,):
            if isinstance(one, (re.Pattern, sdx_state.patterns.pattern)):
                found[one.pattern, one.flags] = one, f"{module.name}.{name}"
BITS = ["a", "1", " ", "\t", "\n", "#", "-", ".", ":", "é", "/", "@", "$", "${", "[", "]", "'", '"', "`", "%", "+"]
BITS += ["a ", " a", "# ", " #", ":#", "- ", "a:\n", "a.", "a1", "\n ", "é ", "a-", "1-", "a@", "['", "%a", "(", "|"]
LENGTH = int(sys.argv[1])
for pattern, name in found.values():
    print(name, flush=True)
    for bit in BITS:
        for end in ("", "\0", '"', "a", "\n"):
            for start in ("", "a:\n", "a"):
                text = start + bit * (LENGTH // len(bit)) + end
                whole = text if isinstance(pattern.pattern, str) else text.encode()
                pattern.fullmatch(whole)
                for _ in zip(range(3), pattern.finditer(whole)):
                    pass
"""


def test_every_pattern_of_the_package_is_linear(quick: bool) -> None:
    """A pattern that backtracks into itself would not end, and a quadratic one takes minutes on 20,000 characters."""
    names = ends(EVERY_PATTERN, "200" if quick else "20000").split()
    assert len(names) > 50
    assert {"sdx_state.config.emit._PLAIN", "sdx_state.report.words._TOKEN"} <= set(names)


def test_patterns_are_compiled_where_the_test_above_finds_them() -> None:
    """Those that no module keeps under a name are known, each with its reason."""
    known = {
        "config/number_plans.py": "from the metadata of phonenumbers, for at most 15 digits",
        "config/plain_rows.py": "of our own keys and forms of values, each for the rest of its line",
        "patterns.py": "compiles those of other modules",
        "check/rules.py": "from globs, in which a star does not go back (`fnmatch.translate`)",
        "config/explain.py": "from our own schemas",
        "config/cells.py": "from a separator of one character",
    }
    found = set()
    for path in modules():
        for line in path.read_text("utf-8").splitlines():
            if re.search(r"\bre\.compile\(|= pattern\(", line) and not re.match(r"[A-Z_0-9]+ = ", line):
                found.add(path.relative_to(PACKAGE).as_posix())
    assert found == set(known)


def test_only_one_module_compares_by_likeness() -> None:
    """`difflib` is cubic: `kinds/alike.py` bounds it; diffs of files ask that; references have a bound."""
    users = {one.relative_to(PACKAGE).as_posix() for one in modules() if "difflib import" in one.read_text("utf-8")}
    assert users == {"model/alike.py", "report/file_diff.py", "config/references.py"}


WORDS = st.lists(st.sampled_from(["a", "b", "c", "d e"]), max_size=30)


@given(WORDS, WORDS)
def test_bounded_comparison_agrees_with_difflib(old: list[str], new: list[str]) -> None:
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, old, new, autojunk=False)
    assert alike.opcodes(old, new) == matcher.get_opcodes()
    for least in (0.3, 0.6, 0.9):
        assert alike.is_alike(old, new, least) == (matcher.ratio() >= least)
    assert alike.likeness(old, new) == matcher.ratio()


@given(st.text("abc", min_size=1, max_size=8), st.lists(st.text("abc", min_size=1, max_size=8), unique=True))
def test_hints_agree_with_difflib(word: str, known: list[str]) -> None:
    from difflib import get_close_matches

    assert alike.nearest(word, known) == next(iter(get_close_matches(word, known, n=1)), None)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ([f"w{n}" if n % 2 else " " for n in range(4000)], [f"v{n}" if n % 2 else " " for n in range(4000)]),
        (["a"] * 3000, ["a", "b"] * 1500),
        (list("ab") * 2000, list("ba") * 2000),
    ],
)
def test_comparison_of_hostile_texts_is_bounded(old: list[str], new: list[str]) -> None:
    assert alike.opcodes(old, new) is None
    assert alike.is_alike(old, new, 0.1) is None
    assert alike.likeness(old, new) is None
    before, after = "".join(old)[:3000], "".join(new)[:3000]
    pieces = word_diff(before, after)
    assert "".join(text for mark, text in pieces if mark != "added") == before
    assert "".join(text for mark, text in pieces if mark != "removed") == after


def test_hint_for_hostile_words_ends() -> None:
    known = ["ba" * 100 + str(number) for number in range(100_000)]
    assert alike.nearest("ab" * 50, known) in (None, *known[: alike.CANDIDATES])


@given(st.text(max_size=60))
def test_short_texts_are_normalized_as_ever(text: str) -> None:
    assert texts.normalized("NFC", text) == unicodedata.normalize("NFC", text)
    assert texts.normalized("NFKD", text) == unicodedata.normalize("NFKD", text)


def test_texts_of_marks_are_normalized_in_linear_work(quick: bool) -> None:
    code = r"""
import sys
from sdx_state.model.address import slug
from sdx_state.kinds.email import identity_of
from sdx_state.model.texts import normalized
from sdx_state.sandbox.emails import same
text = "a" + "\u0315\u0300\u0316" * int(sys.argv[1])
assert normalized("NFC", text) == text and slug(text) == "a"
assert len(identity_of(text + "@x.com")) == len(same(text + "@x.com")) == len(text) + 6
"""
    assert ends(code, "100000" if quick else "700000") == ""


def test_long_texts_of_people_are_normalized() -> None:
    assert texts.normalized("NFC", "Cafe\u0301 " * 10_000) == "Caf\u00e9 " * 10_000
    assert slug("\u00c9" * 5_000) == "e" * 1_000


def test_identity_of_a_long_text_is_itself_again() -> None:
    text = "\u00c9e\u0301" * 5_000 + "@x.com"
    assert identity_of(identity_of(text)) == identity_of(text)


def test_references_of_one_text_are_bounded() -> None:
    found = References({"x": "x" * 1_000}).expand("${var.x}" * 1_001)
    assert [bad.index for bad in found.bad] == [8_000]
    assert f"{MOST_OF_ONE:,}" in found.bad[0].message
    assert References({"x": "x" * 1_000}).expand("${var.x}" * 1_000).bad == ()


def test_references_of_all_texts_are_bounded_and_reported_once() -> None:
    references = References({"x": "x" * 900_000}, room=Room())
    expanded = [references.expand("${var.x}") for _ in range(MOST_IN_ALL // 900_000 + 50)]
    assert sum(len(one.bad) for one in expanded) == 1
    assert sum(len(one.text) for one in expanded) <= MOST_IN_ALL
    assert not expanded[-1].whole


def test_bad_references_of_one_text_are_reported_up_to_a_number() -> None:
    found = References({}).expand("${var.x}" * 100_000)
    assert len(found.bad) == MOST_BAD
    assert not found.whole


def test_small_file_of_references_is_refused_at_its_place(project: Any) -> None:
    project.write("sdx.yaml", f"sdx: 1\napi: {{host: x.example}}\nvariables: {{x: '{'x' * 30_000}'}}\n")
    project.write("a.yaml", f"surveys:\n  s:\n    name: S\n    greeting_text: '{'${var.x}' * 30_000}'\n")
    ended = project.run("validate")
    assert ended.code == 1
    assert "a.yaml:4:" in ended.err
    assert "references make this text longer than 1,000,000 characters" in ended.err


@pytest.mark.soak
def test_globs_styles_and_layout_end_on_hostile_texts() -> None:
    code = r"""
from fnmatch import fnmatchcase
assert not fnmatchcase("a" * 250, "*a" * 250 + "b")
assert not fnmatchcase("a" * 10_000, "*a" * 50 + "b")
from sdx_state.config.emit import style_of
assert style_of("a" + "\u00e9" * 150 + '"') == "quoted"
from sdx_state.config.source_text import SourceText
from sdx_state.config.format import formatted
for text in (
    "a:\n" + "\n" * 20_000 + "  b: 1\n",
    "a: 1" + " " * 200_000 + "#\n",
    "a: 1\n" + "# x\n" * 20_000,
    "a: |\n" + "  x \n" * 5_000 + "b: 1 \n",
):
    assert formatted(SourceText("a.yaml", text), print) is not None
"""
    ends(code)


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(.*a.{900})b", "(?:.*(?:a|ab|abc|b){1,300}){1,3}z", "(a|b)*a(a|b){400}c"]
)
def test_patterns_of_a_project_end_on_any_text(pattern: str) -> None:
    assert not is_found(pattern, "a" * (SEARCHED - 1) + "!")
    with pytest.raises(NoPattern, match="over the limit of 20000"):
        is_found(pattern, "a" * 1_000_000)


def test_numbers_of_many_digits_cause_no_traceback(project: Any) -> None:
    digits = "9" * 5_000
    project.write("a.yaml", f"surveys:\n  s:\n    name: S\n    id: {digits}\n    redirect_timeout: {digits}\n")
    ended = project.run("validate")
    assert ended.code == 1
    assert "a.yaml:" in ended.err
    assert "Traceback" not in ended.err
