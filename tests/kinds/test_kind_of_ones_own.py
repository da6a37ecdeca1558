"""A kind is complete in its file: every command supports a team, which only this file declares."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import pytest

from sdx_state.kinds import Kind, registered
from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.page import Page
from tests.faulty_proxy import FaultyProxy, handler_of

TEAM = Kind(
    name="team",
    collection="teams",
    identity="id",
    natural_key="name",
    noun="team",
    title="Teams",
    about="A team of users.",
    section="Teams, by key.",
    page=Page(
        path="Manage Teams > {label}",
        create="Manage Teams > new team",
        beware={"delete": ("Its users lose what it let them see.",)},
    ),
    fields=(
        Field("name", label="Name", about="The team's name. Found by it in the tenant."),
        Field("seats", FieldType.INTEGER, label="Seats", about="How many users it may have."),
        Field("description", label="Description", about="What it is for."),
        Field("lead", FieldType.EMAIL, label="Lead", about="Who leads it.", refers_to="user"),
    ),
)

USERS = """
users:
  ana@example.com: {name: Ana}
  Bo@Example.com: {name: Bo}
"""
TEAMS = """
teams:
  support:
    name: Support
    seats: 5
    lead: user.ana@example.com
  sales: {name: Sales, description: They sell}
"""


class Teams:
    """The teams of a tenant, and the answers of the API for them."""

    def __init__(self) -> None:
        self.rows: dict[int, dict[str, Any]] = {}
        self.ids = itertools.count(1)  # none is used again: that would be looked at for a minute
        self.verbs = "GET, POST, PUT, DELETE"
        self.writes: list[str] = []

    def add(self, **fields: Any) -> int:
        id = next(self.ids)
        self.rows[id] = {"id": id, "name": "", "seats": None, "description": "", "lead": "", **fields}
        return id

    def by_name(self) -> dict[str, dict[str, Any]]:
        return {row["name"]: {key: value for key, value in row.items() if key != "id"} for row in self.rows.values()}

    def named(self, name: str) -> dict[str, Any]:
        return next(row for row in self.rows.values() if row["name"] == name)

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        address = urlsplit(target)
        id = int(address.path.removeprefix("/api/teams").strip("/") or 0)
        if method not in ("GET", "HEAD", "OPTIONS"):
            self.writes.append(f"{method} {address.path}")
        if method == "OPTIONS":
            return 204, None
        if method == "POST":
            return 201, self.rows[self.add(**dict(parse_qsl(body.decode())))]
        if not id:
            query = {name: values[0] for name, values in parse_qs(address.query).items()}
            rows = [self.rows[one] for one in sorted(self.rows, reverse=query.get("_order") != "ASC")]
            offset = int(query.get("_offset", 0))
            return 200, rows[offset : offset + int(query.get("_limit", 10))]
        if id not in self.rows:
            return 404, {"error": "no such team"}
        if method == "PUT":
            self.rows[id] = json.loads(dict(parse_qsl(body.decode()))["team"])
        if method == "DELETE":
            del self.rows[id]
            return 204, None
        return 200, self.rows[id]


def with_teams(upstream: str, teams: Teams) -> type[BaseHTTPRequestHandler]:
    class Handler(handler_of(FaultyProxy(upstream))):  # type: ignore[misc]
        def serve(self) -> None:
            if not urlsplit(self.path).path.startswith("/api/teams"):
                self.forward()
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, told = teams.answer(self.command, self.path, body)
            headers = {"Content-Type": "application/json", "Allow": teams.verbs}
            self.answer(status, headers, b"" if told is None else json.dumps(told).encode())

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = serve

    return Handler


@pytest.fixture
def teams() -> Teams:
    return Teams()


@pytest.fixture
def team_project(project: Any, tenant: Any, teams: Teams, serve_handler: Callable[..., str]) -> Iterator[Any]:
    with registered(TEAM):
        project.connect(serve_handler(with_teams(tenant.url, teams)) + "/api")
        project.write("users.yaml", USERS)
        project.write("teams.yaml", TEAMS)
        yield project


@pytest.fixture
def applied(team_project: Any, teams: Teams) -> Any:
    ended = team_project.apply()
    assert ended.code == 0, ended.err
    teams.writes.clear()
    return team_project


def changes(project: Any, *arguments: str) -> dict[str, list[str]]:
    ended = project.run("plan", "--format", "json", *arguments)
    assert ended.code in (0, 6), ended.err
    return {one["address"]: one["change"]["actions"] for one in json.loads(ended.out)["resource_changes"]}


def test_its_declaration_is_validated(team_project: Any) -> None:
    assert team_project.run("validate").code == 0
    team_project.write("teams.yaml", "teams:\n  support: {name: Support, seats: many, leed: x}\n")
    wrong = team_project.run("validate")
    assert wrong.code == 1
    assert "teams.yaml:2:" in wrong.err
    assert "`seats` must be a whole number" in wrong.err
    assert "`leed`" in wrong.err
    assert "did you mean `lead`?" in wrong.err


def test_scope_covers_it_by_its_name(team_project: Any, teams: Teams) -> None:
    team_project.write("sdx.yaml", "sdx: 1\nscope: {teams: [Support], users: ['*']}\n")
    wrong = team_project.run("validate")
    assert "team.sales is outside `scope`: no glob under `teams` matches the name `Sales`" in wrong.err
    team_project.write("sdx.yaml", "sdx: 1\nscope: {teams: [Support, Sales], users: ['*']}\n")
    assert team_project.run("validate").code == 0


@pytest.mark.parametrize(
    ("lead", "message", "hint"),
    [
        ("user.anna@example.com", "user.anna@example.com is not declared", "did you mean `user.ana@example.com`?"),
        ("ana@example.com", "`lead` names a user by its address", "write user.KEY"),
        ("team.sales", "`lead` names a user by its address", "write user.KEY"),
    ],
)
def test_a_reference_that_leads_nowhere_is_an_error_at_its_place(
    team_project: Any, lead: str, message: str, hint: str
) -> None:
    team_project.write("teams.yaml", f"teams:\n  support: {{name: Support, lead: {lead}}}\n")
    wrong = team_project.run("validate")
    assert wrong.code == 1
    assert "teams.yaml:2:" in wrong.err
    assert message in wrong.err
    assert hint in wrong.err


def test_two_of_one_name_are_an_error(team_project: Any) -> None:
    team_project.write("more.yaml", "teams:\n  other: {name: Support}\n")
    wrong = team_project.run("validate")
    assert wrong.code == 1
    assert "two teams have the name `Support`" in wrong.err


def test_it_is_planned_after_its_references(team_project: Any, teams: Teams) -> None:
    document = json.loads(team_project.run("plan", "--format", "json").out)
    addresses = [one["address"] for one in document["resource_changes"]]
    assert addresses == ["user.ana@example.com", "user.bo@example.com", "team.support", "team.sales"]
    assert teams.writes == []


def test_apply_writes_it_and_the_next_plan_is_empty(team_project: Any, teams: Teams) -> None:
    ended = team_project.apply()
    assert ended.code == 0, ended.err
    assert teams.by_name() == {
        "Support": {"name": "Support", "seats": "5", "description": "", "lead": "ana@example.com"},
        "Sales": {"name": "Sales", "seats": None, "description": "They sell", "lead": ""},
    }
    assert changes(team_project) == {}
    assert changes(team_project, "--refresh-phones") == {}


def test_a_change_a_rename_and_a_delete_are_applied(applied: Any, teams: Teams) -> None:
    applied.write("teams.yaml", "teams:\n  support: {name: Support Desk, seats: 7, lead: user.Bo@Example.com}\n")
    assert changes(applied) == {"team.support": ["update"], "team.sales": ["delete"]}
    ended = applied.apply("--allow-deletes", "1", "--allow", "team.sales")
    assert ended.code == 0, ended.err
    assert {name: (row["seats"], row["lead"]) for name, row in teams.by_name().items()} == {
        "Support Desk": (7, "Bo@Example.com")
    }
    assert changes(applied) == {}


def test_one_that_is_live_is_imported_by_its_name(team_project: Any, teams: Teams) -> None:
    teams.add(name="Support", seats=5, lead="ANA@example.com")
    document = json.loads(team_project.run("plan", "--format", "json").out)
    support = next(one for one in document["resource_changes"] if one["address"] == "team.support")
    assert (support["change"]["actions"], support["change"]["importing"]) == (["no-op"], {"id": "1"})


def test_unmanaged_one_is_listed_and_not_changed(applied: Any, teams: Teams) -> None:
    teams.add(name="Others")
    shown = applied.run("plan")
    assert "1 team (Others)" in shown.out
    assert teams.writes == []


def test_moved_keeps_the_live_resource(applied: Any, teams: Teams) -> None:
    text = TEAMS.replace("  sales:", "  sellers:") + "moved: [{from: team.sales, to: team.sellers}]\n"
    applied.write("teams.yaml", text)
    assert applied.apply().code == 0
    assert teams.writes == []
    assert "team.sellers" in applied.run("state", "list").out


def test_a_user_is_deleted_after_the_team_that_names_it(
    applied: Any, tenant: Any, teams: Teams, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied.write("users.yaml", USERS.replace("  ana@example.com: {name: Ana}\n", ""))
    applied.write("teams.yaml", TEAMS.replace("user.ana@example.com", "user.Bo@Example.com"))
    there: list[bool] = []

    def slow(method: str, target: str, body: bytes) -> tuple[int, Any]:
        if method == "PUT":
            time.sleep(0.3)  # a delete that did not wait would be over by now
            there.append(tenant.store.item("users", "ana@example.com", "flat") is not None)
        return Teams.answer(teams, method, target, body)

    monkeypatch.setattr(teams, "answer", slow)
    ended = applied.apply("--allow-deletes", "1", "--allow", "user.ana@example.com")
    assert ended.code == 0, ended.err
    assert teams.by_name()["Support"]["lead"] == "Bo@Example.com"
    assert there == [True]
    assert [row["email"] for row in tenant.store.rows("users")] == ["Bo@Example.com"]


def test_pull_writes_it_where_its_kind_says_and_the_next_plan_is_empty(
    project: Any, tenant: Any, teams: Teams, serve_handler: Callable[..., str]
) -> None:
    tenant.store.create("users", {"email": "ana@example.com", "name": "Ana"})
    teams.add(name="Support", seats=5, lead="Ana@example.com")
    teams.add(name="Old", lead="gone@example.com")
    with registered(TEAM):
        project.connect(serve_handler(with_teams(tenant.url, teams)) + "/api")
        ended = project.run("pull", "--overwrite")
        assert ended.code == 0, ended.err
        written = (project.folder / "teams.yaml").read_text()
        assert "lead: user.ana@example.com" in written
        assert "seats: 5" in written
        assert "gone@example.com" not in written
        assert "no file declares user.gone@example.com" in ended.err
        assert changes(project) == {}
    assert teams.writes == []


def test_pull_changes_declared_lines(applied: Any, teams: Teams) -> None:
    teams.named("Support")["seats"] = 9
    ended = applied.run("pull", "--overwrite")
    assert ended.code == 0, ended.err
    assert (applied.folder / "teams.yaml").read_text() == TEAMS.replace("seats: 5", "seats: 9")


def test_drift_is_reported(applied: Any, teams: Teams) -> None:
    assert applied.run("drift", "--detailed-exitcode").code == 0
    teams.named("Support")["seats"] = 9
    del teams.rows[teams.named("Sales")["id"]]
    drifted = applied.run("drift", "--detailed-exitcode")
    assert drifted.code == 2
    assert "team.support" in drifted.out
    assert "seats" in drifted.out
    assert "team.sales" in drifted.out


def test_undo_reverts_updates_creates_and_deletes(applied: Any, teams: Teams) -> None:
    before = teams.by_name()
    applied.write("teams.yaml", "teams:\n  support: {name: Support, seats: 7}\n  new: {name: New}\n")
    assert applied.apply("--allow-deletes", "1", "--allow", "team.sales").code == 0
    assert set(teams.by_name()) == {"Support", "New"}
    run = applied.run("history").out.splitlines()[-1].split()[0]
    ended = applied.run("undo", run, "--auto-approve", "--allow-deletes", "1", "--allow", "team.new")
    assert ended.code == 0, ended.err
    after = {name: {**row, "seats": row["seats"] and int(row["seats"])} for name, row in teams.by_name().items()}
    assert after == {name: {**row, "seats": row["seats"] and int(row["seats"])} for name, row in before.items()}


def test_destroy_deletes_it_first(applied: Any, tenant: Any, teams: Teams) -> None:
    names = ("team.support", "team.sales", "user.ana@example.com", "user.bo@example.com")
    allowed = [word for name in names for word in ("--allow", name)]
    ended = applied.run("destroy", "--auto-approve", "--allow-deletes", "4", *allowed)
    assert ended.code == 0, ended.err
    assert teams.rows == {}
    assert tenant.store.rows("users") == []


def test_explain_describes_it(team_project: Any) -> None:
    assert "A team of users." in team_project.run("explain").out
    assert "Who leads it." in team_project.run("explain", "team").out
    assert "whole number" in team_project.run("explain", "team.seats").out
    wrong = team_project.run("explain", "taem")
    assert "Did you mean team?" in wrong.err


@pytest.mark.parametrize("format", ["json", "markdown", "html", "junit", "sarif", "gitlab", "github"])
def test_every_format_of_a_plan_tells_it(applied: Any, format: str) -> None:
    applied.write("teams.yaml", TEAMS.replace("seats: 5", "seats: 6").replace("  sales:", "  others:"))
    shown = applied.run("plan", "--format", format)
    assert shown.code == 6, shown.err  # a delete is over the limit
    if format == "gitlab":
        assert json.loads(shown.out) == {"create": 1, "update": 1, "delete": 1}
    else:
        assert "team.sales" in shown.out
    if format not in ("gitlab", "github", "sarif"):
        assert "team.support" in shown.out


def test_the_text_of_a_plan_has_a_section_of_its_title(team_project: Any) -> None:
    shown = team_project.run("plan").out.splitlines()
    assert "Teams" in shown
    assert any("team.support" in line for line in shown)


def test_unsupported_write_is_handed_off_with_its_page(team_project: Any, teams: Teams) -> None:
    teams.verbs = "GET"
    ended = team_project.apply()
    assert ended.code == 8, ended.err
    shown = team_project.run("handoff")
    steps = json.loads((team_project.folder / "handoff" / "handoff.json").read_text())["steps"]
    support = next(step for step in steps if step["addresses"] == ["team.support"])
    assert support["title"] == "Create the team 'Support'"
    assert support["page"] == "Manage Teams > new team"
    assert {one["name"]: one["after"] for one in support["fields"]} == {
        "Name": "Support",
        "Seats": 5,
        "Lead": "ana@example.com",
    }
    assert "Create the team 'Support'" in shown.out


def test_stored_tenant_contains_it(applied: Any, teams: Teams) -> None:
    path = applied.folder / "tenant.json"
    assert applied.run("pull", "--snapshot", str(path)).code == 0
    document = json.loads(path.read_text())
    assert {row["name"] for row in document["teams"]} == {"Support", "Sales"}
    assert "ana@example.com" not in path.read_text()
    remembered = json.loads((applied.folder / ".sdx" / "state.json").read_text())
    known, stored = (
        told["resources"]["team.support"]["applied"] for told in (remembered["state"], document["state"])
    )
    assert {name for name in known if known[name] != stored.get(name)} == {"lead"}


def test_a_lost_state_finds_it_again_by_its_name(applied: Any) -> None:
    before = applied.run("state", "list").out
    for path in (applied.folder / ".sdx").glob("state*"):
        if path.is_file():
            path.unlink()
    applied.run("state", "rebuild", "--auto-approve")
    assert "team.support" in before
    assert applied.run("state", "list").out == before


def test_tenant_without_any_of_it_is_reported_as_wrong_tenant(applied: Any, teams: Teams) -> None:
    teams.rows.clear()
    stopped = applied.run("plan")
    assert stopped.code == 6
    assert "2 of 2 managed teams are missing in this tenant" in stopped.err


def test_a_saved_plan_is_shown_and_applied(team_project: Any, teams: Teams) -> None:
    file = str(team_project.folder / "plan.json")
    saved = team_project.run("plan", "--out", file)
    assert saved.code == 0, saved.err
    assert "team.support" in team_project.run("show", file).out
    ended = team_project.run("apply", file, "--auto-approve")
    assert ended.code == 0, ended.err
    assert set(teams.by_name()) == {"Support", "Sales"}


def test_target_includes_its_references(team_project: Any, tenant: Any, teams: Teams) -> None:
    ended = team_project.apply("--target", "team.support")
    assert ended.code == 0, ended.err
    assert set(teams.by_name()) == {"Support"}
    assert [row["email"] for row in tenant.store.rows("users")] == ["ana@example.com"]


def test_state_commands_know_it(applied: Any, teams: Teams) -> None:
    assert "team.support" in applied.run("state", "show", "team.support").out
    assert applied.run("state", "mv", "team.support", "team.desk").code == 0
    assert "team.desk" in applied.run("state", "list").out
    assert applied.run("state", "rm", "team.desk").code == 0
    assert "team.desk" not in applied.run("state", "list").out
    assert teams.writes == []
    support = json.loads(applied.run("plan", "--format", "json").out)["resource_changes"]
    assert [(one["address"], one["change"]["importing"] is not None) for one in support] == [("team.support", True)]


def test_capabilities_names_its_verbs(team_project: Any, teams: Teams) -> None:
    teams.verbs = "GET, POST"
    shown = team_project.run("capabilities")
    assert shown.code == 0, shown.err
    assert sum("team" in line for line in shown.out.splitlines()) >= 1


SHIFT = Kind(
    name="shift",
    collection="shifts",
    identity="id",
    natural_key="name",
    noun="shift",
    title="Shifts",
    about="A shift of a team.",
    section="The shifts, in their order.",
    parent="team",
    parent_field="team_id",
    order_field="order",
    fields=(
        Field("name", label="Name", about="The shift's name."),
        Field("hours", FieldType.INTEGER, label="Hours", about="How long it is."),
    ),
)
SHIFTS = """
teams:
  support:
    name: Support
    shifts:
      - {name: Early, hours: 8}
      - {name: Late, hours: 6}
      - {name: Night, hours: 10}
  sales:
    name: Sales
    shifts: [{name: Early}]
"""


class Table(Teams):
    """A table of any kind with filtered lists."""

    def __init__(self, collection: str, singular: str) -> None:
        super().__init__()
        self.collection, self.singular = collection, singular

    def add(self, **fields: Any) -> int:
        id = next(self.ids)
        self.rows[id] = {"id": id, **{name: int(v) if v.isdigit() else v for name, v in fields.items()}}
        return id

    def answer(self, method: str, target: str, body: bytes) -> tuple[int, Any]:
        address = urlsplit(target)
        query = {name: values[0] for name, values in parse_qs(address.query).items() if not name.startswith("_")}
        path = address.path.replace(f"/{self.collection}", "/teams")
        body = body.replace(f"{self.singular}=".encode(), b"team=")
        status, told = super().answer(method, f"{path}?{address.query}", body)
        if isinstance(told, list):
            told = [row for row in told if all(str(row.get(name)) == value for name, value in query.items())]
        return status, told

    def of(self, parent: int) -> list[tuple[str, Any]]:
        rows = sorted((row for row in self.rows.values() if row["team_id"] == parent), key=lambda row: row["order"])
        return [(row["name"], row.get("hours")) for row in rows]


@pytest.fixture
def shifts() -> Table:
    return Table("shifts", "shift")


@pytest.fixture
def shift_project(
    project: Any, tenant: Any, teams: Teams, shifts: Table, serve_handler: Callable[..., str]
) -> Iterator[Any]:
    class Both(with_teams(tenant.url, teams)):  # type: ignore[misc]
        def serve(self) -> None:
            if not urlsplit(self.path).path.startswith("/api/shifts"):
                super().serve()
                return
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, told = shifts.answer(self.command, self.path, body)
            headers = {"Content-Type": "application/json", "Allow": "GET, POST, PUT, DELETE"}
            self.answer(status, headers, b"" if told is None else json.dumps(told).encode())

        do_GET = do_POST = do_PUT = do_DELETE = do_OPTIONS = do_HEAD = serve

    with registered(TEAM), registered(SHIFT):
        project.connect(serve_handler(Both) + "/api")
        project.write("teams.yaml", SHIFTS)
        yield project


def test_a_kind_that_lives_in_another_is_applied_in_its_order(
    shift_project: Any, teams: Teams, shifts: Table
) -> None:
    ended = shift_project.apply()
    assert ended.code == 0, ended.err
    assert shifts.of(teams.named("Support")["id"]) == [("Early", 8), ("Late", 6), ("Night", 10)]
    assert shifts.of(teams.named("Sales")["id"]) == [("Early", None)]
    assert changes(shift_project) == {}


def test_children_are_moved_changed_deleted_and_put_back(shift_project: Any, teams: Teams, shifts: Table) -> None:
    assert shift_project.apply().code == 0
    support = teams.named("Support")["id"]
    moved = SHIFTS.replace("      - {name: Early, hours: 8}\n      - {name: Late, hours: 6}\n", "").replace(
        "      - {name: Night, hours: 10}\n", "      - {name: Night, hours: 9}\n      - {name: Early, hours: 8}\n"
    )
    shift_project.write("teams.yaml", moved)
    allowed = ("--allow-deletes", "1", "--allow", "shift.*")
    ended = shift_project.apply(*allowed)
    assert ended.code == 0, ended.err
    assert shifts.of(support) == [("Night", 9), ("Early", 8)]
    assert changes(shift_project) == {}
    run = shift_project.run("history").out.splitlines()[-1].split()[0]
    ended = shift_project.run("undo", run, "--auto-approve", "--allow", "shift.*")
    assert ended.code == 0, ended.err
    assert sorted(shifts.of(support)) == [("Early", 8), ("Late", 6), ("Night", 10)]
    assert [name for name, _ in shifts.of(support)] == ["Early", "Late", "Night"]


def test_a_parent_is_deleted_with_its_children(shift_project: Any, teams: Teams, shifts: Table) -> None:
    assert shift_project.apply().code == 0
    shift_project.write("teams.yaml", SHIFTS.partition("  sales:")[0])
    ended = shift_project.apply("--allow-deletes", "2", "--allow", "*")
    assert ended.code == 0, ended.err
    assert set(teams.by_name()) == {"Support"}
    assert [row["name"] for row in shifts.rows.values()] == ["Early", "Late", "Night"]


def test_pull_writes_children_below_their_parent(shift_project: Any, teams: Teams, shifts: Table) -> None:
    (shift_project.folder / "teams.yaml").unlink()
    support = teams.add(name="Support")
    for order, name in enumerate(("Late", "Early"), start=1):
        shifts.add(name=name, hours="8", team_id=str(support), order=str(order))
    ended = shift_project.run("pull")
    assert ended.code == 0, ended.err
    text = (shift_project.folder / "teams.yaml").read_text()
    assert text.index("shifts:") < text.index("name: Late") < text.index("name: Early")
    assert changes(shift_project) == {}
    shifts.named("Late")["hours"] = 4
    shifts.named("Late")["order"], shifts.named("Early")["order"] = 2, 1
    shifts.add(name="Night", hours="9", team_id=str(support), order="3")
    ended = shift_project.run("pull", "--new")
    assert ended.code == 0, ended.err
    text = (shift_project.folder / "teams.yaml").read_text()
    assert text.index("name: Early") < text.index("name: Late") < text.index("hours: 4") < text.index("name: Night")
    assert changes(shift_project) == {}


def test_error_of_a_child_has_its_place(shift_project: Any) -> None:
    shift_project.write("teams.yaml", SHIFTS.replace("{name: Late, hours: 6}", "{name: early, hours: 6}"))
    wrong = shift_project.run("validate")
    assert wrong.code == 1
    assert "teams.yaml:7:9: error" in wrong.err
    assert "`early`" in wrong.err
