"""Answers that are late, of another resource, or of another tenant: nothing is created twice or overwritten."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

ONE = "surveys: {a: {name: A}}\n"
TWO = "surveys: {a: {name: A}, b: {name: B}}\n"
SERIAL = "sdx: 1\napi: {host: x.example, parallelism: 1}\nlimits: {deletes: 9, deletes_percent: 100}\n"


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the settle time be short: whatever is late in these tests is so for a few requests."""
    monkeypatch.setattr("sdx_state.apply.settling.SETTLE", 0.5)


@pytest.fixture
def behind(project: Any, proxy: Any, quick: None) -> Any:
    """A project behind a proxy, one request at a time."""
    project.connect(proxy.url)
    project.write("sdx.yaml", SERIAL)
    return project


def ids_in_state(project: Any) -> dict[str, str]:
    (state,) = [one for one in project.folder.glob(".sdx/*.json") if "journal" not in one.name]
    entries = json.loads(state.read_text())["state"]["resources"]
    return {address: entry["id"] for address, entry in entries.items()}


def many(count: int) -> str:
    return "surveys:\n" + "".join(f"  s{n}: {{name: S{n}}}\n" for n in range(count))


def posts(proxy: Any) -> int:
    return sum(method == "POST" for method, _ in proxy.seen)


def hidden(paths: Callable[[str], bool], times: int) -> Callable[..., tuple[int, Any]]:
    """Answer 404 to the first `times` reads of an item whose path `paths` accepts."""
    left = [times]

    def edit(method: str, path: str, status: int, content: Any) -> tuple[int, Any]:
        if method == "GET" and paths(path) and left[0] > 0:
            left[0] -= 1
            return 404, {"error": "not found"}
        return status, content

    return edit


def test_create_that_shows_late_is_waited_for(behind: Any, proxy: Any, tenant: Any) -> None:
    behind.write("a.yaml", ONE)
    proxy.edit = hidden(lambda path: "/surveys/" in path, times=3)
    applied = behind.apply()
    assert applied.code == 0, applied.err
    assert "does not show yet" in applied.err
    assert len(tenant.store.rows("surveys")) == posts(proxy) == 1


def test_create_that_does_not_show_is_not_repeated(behind: Any, proxy: Any, tenant: Any, monkeypatch: Any) -> None:
    behind.write("a.yaml", ONE)

    def nothing(method: str, path: str, status: int, content: Any) -> tuple[int, Any]:
        if method == "GET" and path.endswith("/surveys"):
            return status, []
        return (404, {}) if method == "GET" and "/surveys/" in path else (status, content)

    proxy.edit = nothing
    applied = behind.apply()
    assert applied.code == 1
    assert "was created with id 1" in applied.err
    monkeypatch.setattr("sdx_state.apply.settling.SETTLE", 60.0)
    planned = behind.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.out
    assert "created a moment ago as id 1" in planned.out
    proxy.edit = None
    assert behind.apply().code == 0
    assert len(tenant.store.rows("surveys")) == posts(proxy) == 1


def test_resource_hidden_for_a_moment_is_not_created_again(behind: Any, proxy: Any, tenant: Any) -> None:
    behind.write("a.yaml", many(12))
    assert behind.apply().code == 0
    reads = [0]

    def two_hidden(method: str, path: str, status: int, content: Any) -> tuple[int, Any]:
        if method != "GET":
            return status, content
        if path.endswith("/surveys"):
            return status, [row for row in content if row["id"] not in (3, 4)]
        if path.endswith(("/surveys/3", "/surveys/4")):
            reads[0] += 1
            return (404, {}) if reads[0] <= 4 else (status, content)
        return status, content

    proxy.edit = two_hidden
    assert behind.apply().code == 3
    proxy.edit = None
    assert behind.run("plan", "--detailed-exitcode").code == 0
    assert len(tenant.store.rows("surveys")) == 12


def test_survey_that_a_colleague_creates_meanwhile_is_not_created_again(behind: Any, proxy: Any, tenant: Any) -> None:
    behind.write("a.yaml", ONE)

    def colleague(method: str, path: str) -> None:
        if method == "OPTIONS" and not tenant.store.rows("surveys"):
            tenant.store.load_snapshot({"surveys": [{"id": 77, "name": "A"}]})

    proxy.before = colleague
    applied = behind.apply()
    assert applied.code == 3, applied.err
    assert "id 77" in applied.err
    assert posts(proxy) == 0
    assert behind.apply().code == 0
    assert ids_in_state(behind) == {"survey.a": "77"}


def test_id_of_an_unmanaged_resource_is_not_accepted_for_a_create(behind: Any, proxy: Any, tenant: Any) -> None:
    tenant.store.load_snapshot({"surveys": [{"id": 5, "name": "Theirs", "description": "Keep"}]})
    behind.write("a.yaml", "surveys: {a: {name: A, description: Ours}}\n")
    proxy.edit = lambda method, path, status, content: (
        (status, {**content, "id": 5}) if method == "POST" else (status, content)
    )
    assert behind.apply().code == 0
    rows = {row["id"]: row for row in tenant.store.rows("surveys")}
    assert rows[5]["name"] == "Theirs" and rows[5]["description"] == "Keep"
    assert ids_in_state(behind)["survey.a"] != "5"
    assert len(rows) == 2


def test_two_creates_answered_with_one_id_get_their_own(behind: Any, proxy: Any, tenant: Any) -> None:
    behind.write("a.yaml", TWO)
    proxy.edit = lambda method, path, status, content: (
        (status, {**content, "id": 1}) if method == "POST" else (status, content)
    )
    assert behind.apply().code == 0
    ids = ids_in_state(behind)
    assert sorted(ids.values()) == ["1", "2"]
    names = {str(row["id"]): row["name"] for row in tenant.store.rows("surveys")}
    assert {address: names[id] for address, id in ids.items()} == {"survey.a": "A", "survey.b": "B"}


def test_lock_that_is_deleted_stops_the_run(behind: Any, proxy: Any, tenant: Any) -> None:
    behind.write("a.yaml", many(6))

    def replace_lock(method: str, path: str) -> None:
        if method == "POST":
            lock = behind.folder / ".sdx" / "state.lock"
            lock.unlink()
            lock.touch(mode=0o600)

    proxy.before = replace_lock
    applied = behind.apply()
    assert applied.code == 4, applied.err
    assert "deleted or replaced" in applied.err
    assert posts(proxy) == 1
    proxy.before = lambda *_: None
    assert behind.apply().code == 0
    assert len(tenant.store.rows("surveys")) == 6


def test_stale_answer_before_an_update_does_not_revert_an_edit(behind: Any, proxy: Any, tenant: Any) -> None:
    behind.write("a.yaml", ONE)
    assert behind.apply().code == 0
    (row,) = tenant.store.rows("surveys")
    tenant.store.put_row("surveys", {**row, "email_subject": "A person's edit"})
    behind.write("a.yaml", "surveys: {a: {name: A, description: New}}\n")
    reads = [0]

    def old(method: str, path: str, status: int, content: Any) -> tuple[int, Any]:
        if method == "GET" and path.endswith("/surveys/1"):
            reads[0] += 1
            if reads[0] <= 2:
                return status, {**content, "email_subject": "Before that"}
        return status, content

    proxy.edit = old
    assert behind.apply().code == 0
    (row,) = tenant.store.rows("surveys")
    assert (row["description"], row["email_subject"]) == ("New", "A person's edit")


def used_again(project: Any, tenant: Any) -> None:
    """Give the id of survey.a to another survey."""
    project.write("a.yaml", TWO)
    assert project.apply().code == 0
    tenant.store.put_row("surveys", {"id": 1, "name": "Theirs"})


@pytest.mark.parametrize(
    ("text", "command"),
    [
        ("surveys: {b: {name: B}}\n", ("apply", "--auto-approve", "--allow-deletes", "1")),
        ("surveys: {a: {name: A, description: x}, b: {name: B}}\n", ("apply", "--auto-approve")),
        (TWO, ("destroy", "--auto-approve")),
    ],
)
def test_id_that_is_used_again_is_neither_deleted_nor_overwritten(
    behind: Any, tenant: Any, text: str, command: tuple[str, ...]
) -> None:
    used_again(behind, tenant)
    behind.write("a.yaml", text)
    ended = behind.run(*command)
    assert ended.code == 5, ended.err
    assert "survey 1" in ended.out + ended.err
    assert {row["id"]: row["name"] for row in tenant.store.rows("surveys")} == {1: "Theirs", 2: "B"}


def test_undo_does_not_delete_what_uses_an_id_again(behind: Any, tenant: Any) -> None:
    used_again(behind, tenant)
    run = behind.run("history").out.strip().splitlines()[-1].split()[0]
    ended = behind.run("undo", run, "--auto-approve")
    assert ended.code == 5, ended.err
    assert len(tenant.store.rows("surveys")) == 2


def test_renamed_survey_can_be_declared_as_moved(behind: Any, tenant: Any) -> None:
    used_again(behind, tenant)
    assert behind.run("state", "resolve", "survey.a", "--adopt", "1").code == 0
    assert behind.apply().code == 0
    assert {row["id"]: row["name"] for row in tenant.store.rows("surveys")} == {1: "A", 2: "B"}


@pytest.mark.parametrize(
    ("address", "id", "because"),
    [
        ("survey.b", "1", "managed as survey.a"),
        ("survey.nobody", "9", "not declared"),
        ("question.b.q", "1", "not in survey.b"),
    ],
)
def test_resolve_refuses_what_cannot_be_that_address(
    behind: Any, tenant: Any, address: str, id: str, because: str
) -> None:
    question = "{question_label: Q, question_text: x, question_type: text}"
    behind.write("a.yaml", f"surveys: {{a: {{name: A, questions: [{question}]}}, b: {{name: B, questions: []}}}}\n")
    assert behind.apply().code == 0
    behind.write(
        "a.yaml",
        f"surveys: {{a: {{name: A, questions: []}}, b: {{name: B, questions: [{question}]}}}}\n"
        "removed: [{address: question.a.q, destroy: false}]\n",
    )
    if address.startswith("question"):
        assert behind.run("state", "rm", "question.a.q").code == 0
    before = ids_in_state(behind)
    ended = behind.run("state", "resolve", address, "--adopt", id)
    assert ended.code == 1
    assert because in ended.err
    assert ids_in_state(behind) == before


def test_two_addresses_pinned_to_one_id_are_an_error(behind: Any, tenant: Any, proxy: Any) -> None:
    tenant.store.load_snapshot({"surveys": [{"id": 5, "name": "Theirs"}]})
    behind.write("a.yaml", "surveys: {a: {name: A, id: 5}, b: {name: B, id: 5}}\n")
    applied = behind.apply()
    assert applied.code != 0
    assert "5" in applied.err + applied.out
    assert proxy.writes() == []


def test_state_with_one_id_under_two_addresses_is_refused(behind: Any, tmp_path: Path) -> None:
    from dataclasses import replace

    from sdx_state.model.ledger import Entry
    from sdx_state.state.local import LocalStore

    behind.write("a.yaml", TWO)
    assert behind.apply().code == 0
    store = LocalStore(behind.folder / ".sdx", "state", None)
    ledger = store.load()
    with store.lock("test"):
        store.save(replace(ledger, entries={"survey.a": Entry("1", {}), "survey.b": Entry("1", {})}))
    planned = behind.run("plan")
    assert planned.code == 7
    assert "survey.a" in planned.err and "survey.b" in planned.err


@pytest.fixture
def other() -> Any:
    """Another tenant, in which the ids of the first are something else."""
    from sdx_state.sandbox import SandboxServer

    with SandboxServer(":memory:") as server:
        server.store.load_snapshot({"surveys": [{"id": n, "name": f"Other {n}"} for n in range(1, 5)]})
        yield server


@pytest.fixture
def with_token(behind: Any, proxy: Any, tenant: Any, other: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The project with a token, which does not name its customer; the two tenants share an origin."""
    monkeypatch.delenv("SDX_CUSTOMER_UUID")
    monkeypatch.delenv("SDX_AUTH_TOKEN")
    monkeypatch.setenv("SDX_ACCESS_TOKEN", "sandbox")
    return behind


@pytest.mark.parametrize("command", ["apply", "destroy", "pull"])
def test_token_of_another_tenant_writes_nothing_there(with_token: Any, proxy: Any, other: Any, command: str) -> None:
    with_token.write("a.yaml", TWO)
    assert with_token.apply().code == 0
    proxy.upstream = other.url
    before = other.store.rows("surveys")
    arguments = () if command == "pull" else ("--auto-approve",)
    ended = with_token.run(command, *arguments)
    assert ended.code == 3, ended.err
    assert "SDX_API_URL" in ended.err and "tenant:" in ended.err
    assert other.store.rows("surveys") == before


def test_plan_with_a_token_of_another_tenant_says_so(with_token: Any, proxy: Any, other: Any) -> None:
    with_token.write("a.yaml", TWO)
    assert with_token.apply().code == 0
    proxy.upstream = other.url
    assert "nothing shows that these credentials" in with_token.run("plan").out


def test_saved_plan_is_not_applied_to_another_tenant(
    with_token: Any, proxy: Any, tenant: Any, other: Any, tmp_path: Path
) -> None:
    tenant.store.load_snapshot({"surveys": [{"id": n, "name": f"Ours {n}"} for n in range(1, 5)]})
    with_token.write("a.yaml", ONE)
    saved = str(tmp_path / "plan.json")
    assert with_token.run("plan", "--out", saved).code == 0
    proxy.upstream = other.url
    ended = with_token.run("apply", saved)
    assert ended.code == 3, ended.err
    assert posts(proxy) == 0
    proxy.upstream = tenant.url
    assert with_token.run("apply", saved).code == 0


def test_token_works_with_its_own_tenant_after_edits(with_token: Any, tenant: Any) -> None:
    with_token.write("a.yaml", TWO)
    assert with_token.apply().code == 0
    with_token.write("a.yaml", TWO.replace("name: A", "name: A, description: New"))
    assert with_token.apply().code == 0
    assert with_token.run("plan", "--detailed-exitcode").code == 0
