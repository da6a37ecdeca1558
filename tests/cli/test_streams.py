"""Standard streams that are closed or full: what was done is saved, and the loss of output shows."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

TWO = "surveys:\n  a: {name: A}\n  b: {name: B}\n"
REDIRECTIONS = {
    "stdout closed": ">&-",
    "stdout full": ">/dev/full",
    "stderr closed": "2>&-",
    "stderr full": "2>/dev/full",
    "both closed": ">&- 2>&-",
    "both full": ">/dev/full 2>/dev/full",
    "all closed": "<&- >&- 2>&-",
    "all but stderr closed": "<&- >&-",
}


@pytest.fixture
def run(warm):
    """Run the command line in a shell, with a redirection; if `cold`, in an interpreter that starts so."""

    def run(project, redirection, *arguments, cold=False):
        program = [sys.executable, "-c", "from sdx_state.cli.main import entry; entry()"] if cold else [str(warm)]
        command = ["sh", "-c", f'exec "$@" {redirection}', "sh", *program, "-C", str(project.folder), *arguments]
        return subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)

    return run


def visible(ended):
    return ended.stdout + ended.stderr


@pytest.fixture
def declared(connected):
    connected.write("a.yaml", TWO)
    return connected


@pytest.mark.parametrize("redirection", REDIRECTIONS)
@pytest.mark.parametrize("arguments", [("plan",), ("apply", "--auto-approve")], ids=" ".join)
def test_lost_output_is_an_error_and_all_changes_are_saved(run, declared, tenant, redirection, arguments):
    ended = run(declared, REDIRECTIONS[redirection], *arguments)
    assert ended.returncode == 1, visible(ended)
    assert "Traceback" not in visible(ended)
    assert "This is a bug" not in visible(ended)
    if redirection.startswith(("stdout", "all but")):
        assert "cannot write to stdout" in ended.stderr
    elif redirection.startswith("stderr"):
        assert "cannot write to stderr" in ended.stdout
        assert ("Resources: 2 added" if arguments[0] == "apply" else "Plan: 2 to add") in ended.stdout
    created = {row["name"] for row in tenant.store.rows("surveys")}
    managed = declared.run("state", "list").out.split()
    # A plan that cannot be shown is not applied; messages that cannot be written stop nothing.
    assert created == ({"A", "B"} if redirection.startswith("stderr") and arguments[0] == "apply" else set())
    assert managed == (["survey.a", "survey.b"] if created else [])
    assert declared.apply().code == 0
    assert len(tenant.store.rows("surveys")) == 2


@pytest.mark.soak
@pytest.mark.parametrize("redirection", ["stdout closed", "stdout full", "all closed"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("--version",),
        ("--help",),
        ("validate", "--format", "json"),
        ("state", "list"),
        ("explain", "survey"),
        ("completion", "bash"),
        ("responses", "survey.a", "--format", "jsonl"),
        ("plan", "--format", "json"),
        ("drift",),
    ],
    ids=" ".join,
)
def test_a_command_whose_data_is_lost_fails_without_a_traceback(run, declared, tenant, redirection, arguments):
    assert declared.apply().code == 0
    ended = run(declared, REDIRECTIONS[redirection], *arguments)
    quiet = arguments[0] == "responses" and ended.returncode == 0  # a survey without responses has no rows
    assert quiet or ended.returncode == 1, visible(ended)
    assert "Traceback" not in visible(ended)
    assert "This is a bug" not in visible(ended)
    if redirection != "all closed" and not quiet:
        assert "cannot write to stdout" in ended.stderr


def test_stderr_that_ends_in_the_middle_of_an_apply_stops_nothing(declared, tenant):
    declared.write("a.yaml", "".join(["surveys:\n", *(f"  s{n}: {{name: S{n}}}\n" for n in range(30))]))
    script = "from sdx_state.cli.main import entry; entry()"
    command = [sys.executable, "-c", script, "-C", str(declared.folder), "apply", "--auto-approve"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stderr.readline().startswith("Environment: ")
        assert "[1/30]" in process.stderr.readline()
        process.stderr.close()
        out = process.stdout.read()
    assert process.returncode == 1
    assert "Resources: 30 added" in out
    assert "cannot write to stderr" in out
    assert len(declared.run("state", "list").out.split()) == 30


def test_stdout_that_is_lost_after_the_writes_leaves_the_hand_off_and_the_state(declared, monkeypatch):
    from sdx_state.cli import running
    from sdx_state.cli.streams import OutputLost

    def lost(*_, **__):
        raise OutputLost("No space left on device")

    monkeypatch.setattr(running, "print_result", lost)
    declared.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com, capabilities: documented}\n")
    ended = declared.apply()
    assert ended.code == 1
    assert "cannot write to stdout (No space left on device)" in ended.err
    assert (declared.folder / "handoff" / "handoff.html").exists()


def test_descriptor_of_a_closed_stream_is_not_reused_for_private_files(run, declared, tenant):
    ended = run(declared, REDIRECTIONS["all closed"], "apply", "--auto-approve")
    assert ended.returncode == 1
    for path in (declared.folder / ".sdx").rglob("*"):
        if path.is_file():
            assert b"survey.a" not in path.read_bytes() or path.suffix in (".json", ".jsonl")
            assert b"Error" not in path.read_bytes()


def test_messages_without_a_reader_do_not_hide_that_a_plan_has_changes(run, declared):
    assert run(declared, "2>&-", "plan", "--detailed-exitcode").returncode == 2


@pytest.mark.parametrize(
    "redirection",
    [
        pytest.param("stdout closed", marks=pytest.mark.soak),
        "stderr closed",
        pytest.param("all closed", marks=pytest.mark.soak),
    ],
)
def test_an_interpreter_that_starts_without_a_stream_saves_what_it_did(run, declared, tenant, redirection):
    ended = run(declared, REDIRECTIONS[redirection], "apply", "--auto-approve", cold=True)
    assert ended.returncode == 1, visible(ended)
    assert "Traceback" not in visible(ended)
    created = {row["name"] for row in tenant.store.rows("surveys")}
    assert created == ({"A", "B"} if redirection == "stderr closed" else set())
    assert len(declared.run("state", "list").out.split()) == len(created)


def test_closed_stdin_approves_nothing(run, declared, tenant):
    ended = run(declared, "<&-", "apply")
    assert ended.returncode == 1
    assert "not approved" in ended.stderr
    assert tenant.store.rows("surveys") == []


def test_reader_that_closes_stdout_early_gets_no_error_message(declared):
    read, write = os.pipe()
    os.close(read)
    script = "from sdx_state.cli.main import entry; entry()"
    command = [sys.executable, "-c", script, "-C", str(declared.folder), "plan"]
    with os.fdopen(write, "w") as stdout:
        ended = subprocess.run(command, stdout=stdout, stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == 1
    assert re.fullmatch(r"Environment: [^\n]*\n", ended.stderr)
