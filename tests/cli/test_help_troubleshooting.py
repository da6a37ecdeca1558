"""Each case of the guide on troubleshooting, played: what the person sees, and that its commands lead out of it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys

import pytest

from sdx_state.cli.help import guide
from sdx_state.state.local import LocalStore
from tests.faulty_proxy import Hold

CUSTOMER = "00000000-0000-4000-8000-000000000000"
EMPTY = "No changes. The tenant matches the configuration."
FILES = "surveys: {a: {name: A}, b: {name: B}}\nusers: {u@example.com: {name: U}}\n"
CHECK = "Check SDX_API_URL, --env and the credentials"


@pytest.fixture
def applied(connected, apply_once):
    connected.write("a.yaml", FILES)
    apply_once()
    return connected


@pytest.fixture
def state(applied):
    return applied.folder / ".sdx" / "state.json"


def counted(tenant):
    return [len(tenant.store.rows(table)) for table in ("surveys", "users")]


@pytest.mark.usefixtures("waits")
def test_a_run_was_killed(project, proxy, tenant):
    project.connect(proxy.url)
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com, parallelism: 1}\n")
    project.write("a.yaml", FILES)
    second = Hold(after=1)
    proxy.fail("POST", "/surveys", second, times=2)
    with subprocess.Popen(
        [sys.executable, "-m", "sdx_state", "-C", str(project.folder), "apply", "--auto-approve"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=dict(os.environ),
    ) as running:
        assert second.reached()
        running.send_signal(signal.SIGKILL)
    second.release()
    planned = project.run("plan")
    assert "warning[run-interrupted]" in planned.out
    assert "sdx-state apply --resume" in planned.out
    assert "not finished" in project.run("history").out
    assert project.apply("--resume").code == 0
    assert counted(tenant) == [2, 1]
    assert project.run("plan").last == EMPTY


def test_the_state_is_locked(applied, tenant):
    applied.write("a.yaml", FILES.replace("name: U", "name: V"))
    with LocalStore(applied.folder / ".sdx", "state", None).lock("apply"):
        refused = applied.apply()
        assert refused.code == 4
        id = re.search(rf"process {os.getpid()} on \S+, lock (\w+)[,)]", refused.err)[1]
        assert applied.run("state", "unlock", id).code == 4
    assert tenant.store.rows("users")[0]["name"] == "U"
    left = json.dumps({"pid": 1, "host": "h", "since": 0, "purpose": "apply", "id": "ab12"})
    (applied.folder / ".sdx" / "state.lock").write_text(left)
    assert applied.run("state", "unlock", "ab12").out == "The lock is free.\n"
    assert applied.apply().code == 0
    assert tenant.store.rows("users")[0]["name"] == "V"


@pytest.mark.parametrize(
    "damage",
    [lambda path: path.write_bytes(b""), lambda path: path.write_bytes(path.read_bytes()[:-20])],
    ids=["empty", "cut off"],
)
def test_the_state_is_damaged(applied, state, damage):
    damage(state)
    refused = applied.run("plan")
    assert refused.code == 7
    assert 0 < refused.err.index("sdx-state state restore") < refused.err.index("state rebuild")
    assert applied.run("state", "restore", "--auto-approve").code == 0
    assert applied.run("plan").last == EMPTY


def test_the_state_is_lost_and_a_copy_is_kept(applied, state):
    state.unlink()
    assert applied.run("state", "restore", "--auto-approve").code == 0
    assert applied.run("plan").last == EMPTY


def test_the_state_is_lost_without_a_copy(applied, state, tenant):
    state.unlink()
    shutil.rmtree(state.with_name("state.generations"))
    assert applied.run("state", "restore", "--auto-approve").code == 7
    assert applied.run("state", "rebuild", "--auto-approve").code == 0
    assert applied.run("plan").last == EMPTY
    assert counted(tenant) == [2, 1]


def test_the_plan_is_stale(applied, tenant):
    applied.write("a.yaml", FILES.replace("name: U", "name: V"))
    file = str(applied.folder / "plan.json")
    assert applied.run("plan", "--out", file).code == 0
    tenant.store.put_row("users", {**tenant.store.rows("users")[0], "name": "By hand"})
    refused = applied.run("apply", file)
    assert refused.code == 3
    assert "Nothing was written. Plan again" in refused.err
    assert tenant.store.rows("users")[0]["name"] == "By hand"
    assert applied.run("plan", "--out", file).code == 0
    assert applied.run("apply", file).code == 0
    assert tenant.store.rows("users")[0]["name"] == "V"


def test_it_is_the_wrong_host(applied, state, nested_tenant):
    before = state.read_bytes()
    applied.connect(nested_tenant.url)
    refused = applied.run("plan")
    assert refused.code == 7
    assert f"The state is good. {CHECK}." in refused.err
    assert "rebuild" not in refused.err
    assert applied.apply().code == 7
    assert counted(nested_tenant) == [0, 0]
    assert state.read_bytes() == before


def test_it_is_the_wrong_customer(applied, state):
    before = state.read_bytes()
    applied.write(
        "sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\ntenant: 11111111-1111-4111-8111-111111111111\n"
    )
    refused = applied.run("plan")
    assert refused.code == 1
    assert refused.err.splitlines()[-1].startswith(f"{CHECK}.")
    assert state.read_bytes() == before


def test_a_saved_plan_is_of_another_tenant(applied, nested_tenant):
    file = str(applied.folder / "plan.json")
    applied.write("a.yaml", FILES.replace("name: U", "name: V"))
    assert applied.run("plan", "--out", file).code == 0
    shutil.rmtree(applied.folder / ".sdx")
    applied.connect(nested_tenant.url)
    refused = applied.run("apply", file)
    assert refused.code == 3
    assert f"Nothing was written. {CHECK}." in refused.err


def test_almost_all_is_gone_from_the_tenant(applied, state, tenant):
    before = state.read_bytes()
    for one in ("1", "2"):
        tenant.store.delete_row("surveys", one)
    refused = applied.run("apply", "--auto-approve")
    assert refused.code == 6
    assert refused.err.index(CHECK) < refused.err.index("state rm")
    assert state.read_bytes() == before


def test_the_token_was_refused(applied, state, monkeypatch):
    before = state.read_bytes()
    monkeypatch.setenv("SDX_AUTH_TOKEN", "expired")
    for command in (("plan",), ("apply", "--auto-approve")):
        refused = applied.run(*command)
        assert refused.code == 1
        assert "authentication-failed" in refused.err
        assert "sdx-state login" in refused.err
    assert state.read_bytes() == before
    monkeypatch.setenv("SDX_AUTH_TOKEN", "sandbox")
    assert applied.run("plan").last == EMPTY


@pytest.mark.usefixtures("waits")
def test_the_token_expired_during_a_run(project, proxy, tenant):
    project.connect(proxy.url)
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com, parallelism: 1}\n")
    project.write("a.yaml", FILES)
    proxy.fail("POST", "/users", 401, times=1)
    refused = project.apply()
    assert refused.code == 1
    assert "401" in refused.err
    assert "warning[run-interrupted]" in project.run("plan").out
    assert project.apply("--resume").code == 0
    assert counted(tenant) == [2, 1]
    assert project.run("plan").last == EMPTY


def test_every_case_of_the_guide_is_played():
    headings = re.findall(r"^## (.*)$", guide("troubleshooting"), re.MULTILINE)
    played = {
        "A run was killed",
        "The state is locked (exit code 4)",
        "The state is lost or damaged (exit code 7)",
        "The plan is stale (exit code 3)",
        "Wrong tenant",
        "The token expired or was refused",
        "The server asks to wait",  # tests/cli/test_running_waits.py
        "A create was ambiguous (exit code 5)",  # tests/cli/test_apply_outcomes.py
        "A limit stopped it (exit code 6)",  # tests/cli/test_plan_limits.py
        "Undo a run",  # tests/cli/test_history_and_undo.py
    }
    assert set(headings) == played
