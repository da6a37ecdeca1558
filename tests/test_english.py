"""The words of the product: one word per thing, and the one that readers know from other tools of the field."""

from __future__ import annotations

import ast
import io
import json
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

import sdx_state
from sdx_state.cli.main import COMMANDS, cli
from tests.conftest import Source
from tests.parsed import modules, parsed, walk

PACKAGE = Path(sdx_state.__file__).parent
HERE = Path(__file__).parents[1]

# The words below are required in the package, the schemas, the guides, the README, the examples and the tests.
# A pattern that no message contains -> the words to use. `--adopt` is the name of an option, and stays.
BETTER = {
    r"\bwritt?en? anew|\bwrites? anew|\banew\b": "again, or name the action: create, update",
    r"\bput there\b": "created",
    r"\bowned\b|\bunowned\b|\bours\b": "managed, unmanaged",
    r"\bnobody'?s?\b|\bsomebody'?s?\b|\bwhoever\b": "name the person: another user, no respondent; or name the thing",
    r"\bstrangers?\b": "unmanaged, another user",
    r"(?<!-)\badopt(?:s|ed|ing|ion)?\b": "import",
    r"\bforgets?\b|\bforgot(?:ten)?\b|\bforgetting\b": "stop managing, remove",
    r"\blet(?:s|ting)? (?:\w+ )?go\b|\bleaves? \w+ to itself\b": "stop managing",
    r"\bmeets?\b|\bmet\b": "sees, hears; fulfills",
    r"\bhold(?:s|ing)? (?:a |the )?conversations?\b|\bconversations? (?:is|are|was|were) held\b": "run a check",
    r"\brefusals?\b": "violation, error",
    r"\bodd\b|\bsorts? of\b": "finding, kind",
    r"\bhas no place for\b|\bdo(?:es)? not take\b": "is not supported by the API",
    r"\bfor a person\b": "managed by hand, hand-off",
    r"\b(?:ask|asks|asked|sent|send|sends) (?:once |it )?(?:again|more)\b(?! than)": "retry",
    r"\bways? (?:of|to) sign|\bsign(?:s|ed)? in (?:in )?(?:this|that|another) way\b": "authentication method",
    r"\bbad weather\b": "network faults",
    r"\bwhat (?:it|he|she|they) (?:is|are) called\b": "identifier, name",
    r"\bstands?\b|\bstood\b|\bbears?\b|\bbore\b": "is, has, contains",
    r"\b(?:is|are|was|were|be) (?:said|told)\b": "is reported, is listed",
    r"\bgiven? up\b|\bgives? up\b|\bgave up\b": "stopped, exhausted",
    r"\bgo(?:es)? on\b|\bwent on\b": "continues",
    r"\bcomes? together\b": "combines",
    r"\bonce more\b|\bagain and again\b": "again, N times",
    r"\bnamesakes?\b": "resource with the same name",
    r"\b(?:is|are) due\b": "expected X, got Y",
    r"(?<!there )\b(?:is|are) no (?!longer\b|more\b)": "is not a",
    # "To hold a lock" or a lease is the term of the field.
    r"\bhold(?:s|ing)?\b(?! (?:an? |the )?(?:\w+'s )?(?:lock|lease)\b)": "contains, has",
    r"\blacks?\b|\blacked\b|\blacking\b": "is missing, does not have",
    r"\bstands? here twice\b": "duplicate",
    r"\bis well again\b": "has recovered",
    r"\bcame to (?:its|their) end\b": "completed",
    r"\bsurely\b": "certainly",
    r"\bmade up\b": "generated",
    r"\bends? elsewhere\b": "ends at another question",
    r"\bbug of\b": "bug in",
    r"\bdid not fit here\b": "is omitted here",
    r"\bfrom now on\b": "after this change",
}
WORDS = [(re.compile(pattern, re.IGNORECASE), better) for pattern, better in BETTER.items()]
# A sentence without its noun: say "Unsupported changes", not "What is not supported".
HEADLESS = re.compile(r"\s*(?:What|Whether|Whoever|Who|Whom|Whose)\b(?!.*\?)", re.DOTALL)
CODE = re.compile(r"`[^`]*`|\]\([^)]*\)")
# The reason of a suppression follows its marker.
MARKER = re.compile(r"#[#:! ]*(?:(?:noqa(?:: ?[A-Z0-9, ]+)?|type: ignore(?:\[[\w, -]+\])?)[ #-]*)*")
# `Args:` and `Attributes:` list names of the code, which are not prose.
NAMES = re.compile(r"^ +\*{0,2}\w+(?:, \w+)*: ", re.MULTILINE)


def strings(tree: ast.Module) -> Iterator[tuple[int, str, bool]]:
    """Yield line, text and "is a docstring" of each string of a module. A value in an f-string is `{}`."""
    pieces = {id(value) for node in walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values}
    docstrings = {
        id(node.body[0].value)
        for node in walk(tree)
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    for node in walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield (
                node.lineno,
                "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values),
                False,
            )
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in pieces:
            yield node.lineno, node.value, id(node) in docstrings


def words_of(text: str) -> list[str]:
    """Return what is wrong with the words of `text`."""
    found = [f"`{match[0]}`: {better}" for pattern, better in WORDS if (match := pattern.search(text))]
    return found + ([f"`{text.strip()[:12]} ...`: name the noun"] if HEADLESS.match(text) else [])


def prose_of(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and text of the paragraphs of a Markdown page, without code."""
    code = False
    for number, line in enumerate(text.splitlines(), start=1):
        if line.lstrip().startswith(("```", "~~~")):
            code = not code
        elif not code:
            yield number, CODE.sub("` `", line)


def comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and text of each comment of a module, without markers such as `noqa`."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], MARKER.sub("", token.string, count=1)


def findings_in_comments(text: str) -> Iterator[tuple[int, str]]:
    """Yield line number and what is wrong with the words of each comment of a module.

    Only texts after a `#` can be comments. A module without a finding in any of these is not tokenized, to save time.
    """
    candidates = (line[one.start() :] for line in text.splitlines() for one in re.finditer("#", line))
    if any(words_of(CODE.sub("` `", MARKER.sub("", one, count=1))) for one in candidates):
        for line, comment in comments(text):
            for wrong in words_of(CODE.sub("` `", comment)):
                yield line, wrong


def findings_in_docstrings(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line number and what is wrong with the words of each docstring of a module."""
    for line, text, is_docstring in strings(tree):
        if is_docstring:
            for wrong in words_of(CODE.sub("` `", NAMES.sub("", text))):
                yield line, wrong


def findings_in_names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Yield line number and what is wrong with the words of the names of tests."""
    for node in walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            for wrong in words_of(node.name.removeprefix("test_").replace("_", " ").capitalize()):
                yield node.lineno, f"{wrong} in: {node.name}"


def texts_of_page(page: str) -> Iterator[str]:
    """Yield the texts of an HTML template; what it fills in is `X`."""
    page = re.sub(r"<(style|script).*?</\1>|{%.*?%}|{#.*?#}", "\n", page, flags=re.DOTALL)
    for text in re.split(r"<[^>]+>", re.sub(r"{{.*?}}", "X", page, flags=re.DOTALL)):
        if text.strip():
            yield " ".join(text.split())


def descriptions(node: object) -> Iterator[str]:
    """Yield the descriptions of a JSON Schema."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "description" and isinstance(value, str):
                yield value
            else:
                yield from descriptions(value)
    elif isinstance(node, list):
        for value in node:
            yield from descriptions(value)


def sources() -> list[Source]:
    return [(path, parsed(path)) for path in modules()]


def findings() -> Iterator[str]:
    """Yield what is wrong with the words of each part."""
    for path, tree in sources():
        name = f"sdx_state/{path.relative_to(PACKAGE).as_posix()}"
        for line, text, is_docstring in strings(tree):
            if not is_docstring and " " in text:
                for wrong in words_of(text):
                    yield f"{name}:{line}: {wrong}"
    for path in sorted((HERE / "schemas").glob("*.json")):
        for text in descriptions(json.loads(path.read_text(encoding="utf-8"))):
            for wrong in words_of(text):
                yield f"{path.name}: {wrong} in: {text}"
    for path in sorted((PACKAGE / "guides").rglob("*.md")):
        for line, text in prose_of(path.read_text(encoding="utf-8")):
            for wrong in words_of(text):
                yield f"{path.name}:{line}: {wrong}"
    for path in (*sorted(HERE.glob("*.md")), *sorted((HERE / "tests").rglob("*.md"))):
        for line, text in prose_of(path.read_text(encoding="utf-8")):
            for wrong in words_of(text):
                yield f"{path.relative_to(HERE).as_posix()}:{line}: {wrong}"
    for path in (HERE / "pyproject.toml", *sorted((HERE / "examples").rglob("*.y*ml"))):
        for line, text in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for wrong in words_of(CODE.sub("` `", re.sub(r"^.*?(?:^|\s)# ?|^[^#]*$", "", text))):
                yield f"{path.relative_to(HERE).as_posix()}:{line}: {wrong}"

    for path in sorted(PACKAGE.rglob("*.html")):
        for text in texts_of_page(path.read_text(encoding="utf-8")):
            for pattern, better in WORDS:  # a heading may open with "What"
                if pattern.search(text):
                    yield f"{path.name}: {better} in: {text}"

    for text in helps():
        for wrong in words_of(text):
            yield f"help: {wrong} in: {text}"


def commands(group: click.Group) -> Iterator[click.Command]:
    for name in COMMANDS if group is cli else list(group.commands):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield command
        if isinstance(command, click.Group):
            yield from commands(command)


def helps() -> list[str]:
    """Return the help texts of all commands and their options."""
    found = [command.help or "" for command in commands(cli)]
    return found + [getattr(one, "help", None) or "" for command in commands(cli) for one in command.params]


@pytest.mark.soak
def test_all_texts_use_the_words_of_the_field() -> None:
    assert list(findings()) == []


@pytest.mark.soak
def test_comments_docstrings_and_names_of_tests_use_the_words_of_the_field() -> None:
    found = []
    for room in ("sdx_state", "examples", "tests"):
        for path in sorted((HERE / room).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            tree = ast.parse(text)
            wrong = [*findings_in_comments(text), *findings_in_docstrings(tree), *findings_in_names(tree)]
            found += [f"{path.relative_to(HERE).as_posix()}:{line}: {one}" for line, one in wrong]
    assert found == []


def test_help_texts_of_all_commands_are_read() -> None:
    assert len([text for text in helps() if text]) > 80


@pytest.mark.parametrize(
    "text",
    [
        "this is a bug of the program",
        "3 owned resources would be deleted",
        "an object is due, and a list came",
        "`x` is no folder",
        "forget it: sdx-state state rm {}",
        "respondents meet something else from now on",
        "somebody else may have made it",
        "`name` stands here twice",
        "What is said or shown first.",
        "Whether it has to be answered.",
        "the request was sent again",
        "to let it go, set `protect: false`",
    ],
)
def test_old_words_are_found(text: str) -> None:
    assert words_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "there is no time zone `{}`",
        "it is no longer valid",
        "sdx-state state resolve {} --adopt {}",
        "What next?",
        "the answer was sent more than 5 s ago",
        "an outstanding lookup",
    ],
)
def test_other_words_are_not_found(text: str) -> None:
    assert words_of(text) == []


def test_docstrings_are_distinguished_from_messages() -> None:
    tree = ast.parse('"""What it is."""\ndef f(x):\n    """Whether."""\n    return f"a {x} b"\n')
    assert [(text, is_docstring) for _, text, is_docstring in strings(tree)] == [
        ("What it is.", True),
        ("Whether.", True),
        ("a {} b", False),
    ]


def test_comments_are_read_with_the_reasons_of_suppressions() -> None:
    text = 'x = "# ours"  # noqa: S314 - our own\ny = 1  # type: ignore[arg-type] # a fault\n#: One\n'
    assert [*comments(text)] == [(1, "our own"), (2, "a fault"), (3, "One")]


@pytest.mark.parametrize(
    "text",
    [
        "# nobody approved",
        "x = '#'  # noqa: S314 - ours",
        "# What is read",
        "x = '''\n# a'''  # the `name` is due, and more",
    ],
)
def test_old_words_in_comments_are_found(text: str) -> None:
    assert len([*findings_in_comments(text)]) == 1


@pytest.mark.parametrize("text", ["# `ours` is a name", "x = '# ours'", "# noqa: S314 - output of this program"])
def test_other_words_in_comments_are_not_found(text: str) -> None:
    assert [*findings_in_comments(text)] == []


def test_old_words_in_docstrings_and_names_of_tests_are_found() -> None:
    docstring = (
        "One line.\n\n    Args:\n        met: A function.\n        other: The `met` function, once more.\n    "
    )
    tree = ast.parse(f'def test_who_holds_it():\n    """{docstring}"""\n    return "ours"\n')
    assert [*findings_in_docstrings(tree)] == [(2, "`once more`: again, N times")]
    assert [*findings_in_names(tree)] == [
        (1, "`holds`: contains, has in: test_who_holds_it"),
        (1, "`Who holds it ...`: name the noun in: test_who_holds_it"),
    ]
