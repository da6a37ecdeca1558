"""`sdx-state help` prints the guides, and the guides are true: blocks run, links lead somewhere, commands exist."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import click
import jsonschema
import pytest
import yaml

from sdx_state.cli.help import TOPICS, guide, summary
from sdx_state.cli.main import COMMANDS, cli
from tests.cli.guides import GUIDES, ROOT, Walk, agrees, blocks_of, rewritten, walk

DOCUMENTS = [ROOT / "README.md", *sorted(GUIDES.glob("*.md"))]
BY_NAME = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.stem)
WALKED = [path for path in DOCUMENTS if "```console" in path.read_text(encoding="utf-8")]


def test_every_guide_is_a_topic_with_a_summary():
    assert {path.stem for path in GUIDES.glob("*.md")} == set(TOPICS)
    assert all(20 < len(summary(topic)) < 100 and summary(topic).endswith(".") for topic in TOPICS)


def test_help_lists_the_topics(project):
    ended = project.run("help")
    assert ended.code == 0
    listed = re.findall(r"^  (\S+)  ", ended.out, re.MULTILINE)
    assert listed == list(TOPICS)


@pytest.mark.parametrize("command", [("help",), ("--help",), ("plan", "--help"), ("state", "--help")])
def test_help_fits_a_terminal_of_forty_columns(project, monkeypatch, command):
    monkeypatch.setenv("COLUMNS", "40")
    ended = project.run(*command)
    assert ended.code == 0
    # click gives the texts beside long options ten columns at least.
    assert max(map(len, ended.out.splitlines())) <= (43 if "plan" in command else 40)


@pytest.mark.parametrize("topic", TOPICS)
def test_help_prints_a_guide_as_plain_text_in_a_pipe(project, topic):
    ended = project.run("help", topic)
    assert (ended.code, ended.err) == (0, "")
    assert ended.out == guide(topic)
    assert "\x1b" not in ended.out
    assert "<!--" not in ended.out


@pytest.mark.parametrize("topic", TOPICS)
def test_help_renders_a_guide_on_a_terminal(project, monkeypatch, topic):
    monkeypatch.setattr("sdx_state.cli.console.out_colour", lambda: True)
    ended = project.run("help", topic)
    assert ended.code == 0
    assert "\x1b[" in ended.out
    assert "```" not in ended.out


def test_links_between_guides_name_the_command_that_prints_them():
    assert "hand-off (`sdx-state help handoff`)" in guide("first-tenant")


@pytest.mark.parametrize(
    ("name", "near"),
    [("trouble-shooting", "troubleshooting"), ("gitlap", "gitlab"), ("aply", "apply"), ("json.", "json")],
)
def test_an_unknown_topic_suggests_the_nearest(project, name, near):
    ended = project.run("help", name)
    assert (ended.code, ended.out) == (2, "")
    assert f"Did you mean `{near}`?" in ended.err


def test_nonsense_is_answered_with_where_the_list_is(project):
    ended = project.run("help", "nonsense")
    assert (ended.code, ended.out) == (2, "")
    assert "sdx-state help" in ended.err


def test_help_of_a_command_is_its_own(project):
    assert project.run("help", "apply").out == project.run("apply", "--help").out


@pytest.mark.parametrize("path", WALKED, ids=lambda path: path.stem)
def test_every_console_block_prints_what_the_document_says(path, tmp_path, monkeypatch):
    text = path.read_text(encoding="utf-8")
    assert rewritten(text, tmp_path, monkeypatch) == text


def test_another_output_would_be_noticed(tmp_path, monkeypatch):
    text = "<!-- start: empty -->\n```console\n$ sdx-state --version\nsdx-state 7\n```\n"
    assert re.search(r"^sdx-state 0\.", rewritten(text, tmp_path, monkeypatch), re.MULTILINE)


def test_a_failure_that_the_document_does_not_name_would_be_noticed(tmp_path, monkeypatch):
    text = "<!-- start: empty -->\n```console\n$ sdx-state plan\n...\n```\n"
    with pytest.raises(AssertionError, match="exit code 1"):
        rewritten(text, tmp_path, monkeypatch)


def test_ellipsis_matches_any_text():
    assert agrees("a\n...\nz ... end\n", "a\nb\nc\nz 7 end\n")
    assert agrees("a\n...\nz\n", "a\nz\n")
    assert not agrees("a\nz\n", "a\nb\nz\n")
    assert not agrees("a ...\n", "b c\n")


@BY_NAME
def test_every_link_leads_to_a_file(path):
    text = re.sub(r"^```.*?^```", "", path.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE)
    links = [one.partition("#")[0] for one in re.findall(r"\]\(([^)\s]+)\)", text)]
    missing = [one for one in links if one and "://" not in one and not (path.parent / one).exists()]
    assert missing == []


@BY_NAME
def test_every_command_that_a_document_names_exists(path):
    for command in _commands_in(path.read_text(encoding="utf-8")):
        _require_known(command)


def test_a_command_that_does_not_exist_would_be_noticed():
    with pytest.raises(AssertionError, match="--nonsense"):
        _require_known("sdx-state plan --nonsense")
    with pytest.raises(AssertionError, match="nonsense"):
        _require_known("sdx-state nonsense")


def _commands_in(text: str) -> list[str]:
    fenced = [
        line for block in blocks_of(text) if block.kind in ("sh", "console") for line in block.text.splitlines()
    ]
    inline = re.findall(
        r"`(?:\$ )?(sdx-state [^`]+)`", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE)
    )
    lines = [line.removeprefix("$ ").partition(" #")[0] for line in fenced]
    return [part for line in (*lines, *inline) for part in line.split(" && ") if part.startswith("sdx-state ")]


def _require_known(command: str) -> None:
    words = [one.partition("=")[0] for one in shlex.split(command.replace("[", " ").replace("]", " "))[1:]]
    while words and words[0] in ("-C", "--env"):
        words = words[2:]
    found: click.Command = cli
    while isinstance(found, click.Group) and words and not words[0].startswith("-"):
        if words[0].isupper():
            return  # `sdx-state COMMAND --help` is about all of them
        inner = found.get_command(click.Context(found), words[0].partition("|")[0])
        assert inner is not None, f"`{command}`: there is no {words[0]}"
        found, words = inner, words[1:]
    known = {option for one in found.params for option in one.opts} | {"--help"}
    assert {one for one in words if re.match(r"--\w", one)} - known == set(), f"`{command}`"


@BY_NAME
def test_every_part_of_a_file_is_one_that_the_schemas_know(path):
    schemas = {
        name: json.loads((ROOT / "schemas" / f"{name}.schema.json").read_text()) for name in ("project", "resources")
    }
    for block in blocks_of(path.read_text(encoding="utf-8")):
        if block.kind != "yaml":
            continue
        value = json.loads(json.dumps(yaml.safe_load(block.text), default=str))  # days as the project has them
        if isinstance(value, list):
            value = {"surveys": {"any": {"name": "Any", "questions": value}}}
        if "accepted" in value:
            continue  # a baseline of drift, which its guide uses
        whole = {"sdx": 1, **value} if set(value) <= set(schemas["project"]["properties"]) else value
        errors = list(
            jsonschema.Draft202012Validator(schemas["project" if "sdx" in whole else "resources"]).iter_errors(whole)
        )
        assert errors == [], f"{path.name}:{block.line}"


def test_every_command_is_in_the_guide_of_commands():
    text = (GUIDES / "commands.md").read_text(encoding="utf-8")
    named = set(
        re.findall(r"`([a-z]+)", "".join(line.split("|")[1] for line in text.splitlines() if line[:3] == "| `"))
    )
    assert set(COMMANDS) <= named


def test_python_of_the_guide_on_json_reads_a_plan(tmp_path, monkeypatch):
    text = (GUIDES / "json.md").read_text(encoding="utf-8")
    with walk(text, tmp_path, monkeypatch) as walked:
        assert isinstance(walked, Walk)
        assert [block.kind for block in blocks_of(text)].count("python") == 1


def test_the_guides_are_in_the_wheel():
    import sdx_state

    assert (Path(sdx_state.__file__).parent / "guides" / "first-tenant.md").is_file()


def test_the_readme_is_short_and_names_every_guide():
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 150
    assert [topic for topic in TOPICS if f"sdx_state/guides/{topic}.md" not in text] == []
    assert "pip install sdx-state" not in text
    assert text.index("cannot write") < text.index("## Install")
