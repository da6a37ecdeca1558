"""`--lock-timeout` on the command line."""

from __future__ import annotations

import click
import pytest

from sdx_state.cli.locking import seconds_of
from sdx_state.cli.main import COMMANDS, cli
from sdx_state.state.local import LocalStore

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90.0), ("5m", 300.0), ("1h", 3600.0), ("0s", 0.0)])
def test_durations_are_read(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "5", "m", "-5m", "5 m", "1.5h", "5d", "999999s"])
def test_other_texts_are_not_durations(text):
    with pytest.raises(click.BadParameter, match="90s, 5m, 1h"):
        seconds_of(text)


def test_commands_that_lock_the_state_have_the_option():
    def names(group, prefix=""):
        for name in COMMANDS if group is cli else group.commands:
            command = group.get_command(click.Context(group), name)
            if isinstance(command, click.Group):
                yield from names(command, f"{name} ")
            elif any("--lock-timeout" in option.opts for option in command.params):
                yield f"{prefix}{name}"

    states = {f"state {name}" for name in ("mv", "rm", "restore", "push", "resolve", "rebuild", "sign", "migrate")}
    assert set(names(cli)) == {"apply", "destroy", "undo", "handoff", "pull", *states}


def test_apply_waits_names_the_holder_and_ends_with_4(connected, monkeypatch):
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    with LocalStore(connected.folder / ".sdx", "state", None).lock("destroy"):
        ended = connected.run("apply", "--auto-approve", "--lock-timeout", "1s")
    assert ended.code == 4
    assert ended.err.count("Waiting.") == 1
    assert "Waited 1 s" in ended.err
    assert "sdx-state destroy" in ended.err


def test_wrong_duration_is_a_usage_error(connected):
    ended = connected.run("apply", "--lock-timeout", "soon")
    assert ended.code == 2
    assert "'soon' is not a duration" in ended.err


def test_history_shows_job_and_commit(connected, monkeypatch):
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    monkeypatch.setenv("CI_JOB_URL", "https://ci.example/jobs/7")
    monkeypatch.setenv("CI_COMMIT_SHA", COMMIT)
    assert connected.apply().code == 0
    assert f"{COMMIT[:12]}  https://ci.example/jobs/7" in connected.run("history").out
    assert f'"commit": "{COMMIT}"' in connected.run("history", "--format", "json").out
