"""Options of every command, and the list of commands."""

from __future__ import annotations

import importlib

import click
import pytest

from sdx_state.cli.main import COMMANDS, cli

FILES = "surveys: {a: {name: A}}\n"


def test_folder_and_environment_may_follow_the_command(project, tmp_path):
    project.write("a.yaml", FILES)
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nenvironments: {prod: {}}\n")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    before = project.run("--env", "prod", "validate")
    assert before.code == 0
    after = project.run("validate", "--env", "prod", "-C", str(project.folder), folder=elsewhere)
    assert (after.code, after.out) == (before.code, before.out)
    assert project.run("validate", "--env", "nope").code != 0


def test_a_command_of_a_group_takes_them_too(project, tmp_path):
    project.write("a.yaml", FILES)
    assert project.run("apply", "--sandbox", "--auto-approve").code == 0
    listed = project.run("state", "list", "--sandbox", "-C", str(project.folder), folder=tmp_path)
    assert listed.out == "survey.a\n"


def test_a_folder_that_is_not_there_is_named(project):
    ended = project.run("plan", "-C", "/nonexistent")
    assert ended.code == 2
    assert "'/nonexistent' does not exist" in ended.err


def test_help_lists_every_command_under_its_task(project):
    shown = project.run("--help").out
    for name in COMMANDS:
        assert f"\n  {name} " in shown
    assert "\nPlan and apply:\n" in shown


@pytest.mark.parametrize("name", COMMANDS)
def test_every_help_line_is_a_sentence_that_fits(name):
    command = importlib.import_module(f"sdx_state.cli.{name}").command
    for one in (command, *(command.commands.values() if isinstance(command, click.Group) else ())):
        line = one.get_short_help_str(200)
        assert len(line) <= 60, line
        assert line[0].isupper()
        assert line.endswith(".")


def test_unknown_command_gets_the_nearest_name_as_hint(project):
    ended = project.run("aply")
    assert ended.code == 2
    assert "Did you mean `apply`?" in ended.err
    assert isinstance(cli, click.Group)
