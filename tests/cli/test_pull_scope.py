"""`scope` in `sdx.yaml`: two projects share a tenant, and each reads, lists, pulls and changes its part alone."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.sandbox import SandboxServer
from tests.conftest import Project
from tests.tiers import tries

ROWS = {
    "surveys": [{"id": 1, "name": "Acme CSAT"}, {"id": 2, "name": "Zenith CSAT"}],
    "questions": [
        {"id": 11, "survey_id": 1, "question_label": "A", "question_text": "?", "question_type": "text", "order": 1},
        {"id": 12, "survey_id": 2, "question_label": "Z", "question_text": "?", "question_type": "text", "order": 1},
    ],
    "users": [{"email": "ann@acme.example", "name": "Ann"}, {"email": "zoe@zenith.example", "name": "Zoe"}],
}


def scoped(*lines: str) -> str:
    return "\n".join(["sdx: 1", "api: {host: demo.surveydynamix.com}", *lines, ""])


ACME = scoped('scope: {surveys: ["Acme *"], users: ["*@acme.example"]}')


@pytest.fixture
def shared(connected: Any, tenant: Any) -> Any:
    tenant.store.load_snapshot(ROWS)
    connected.write("sdx.yaml", ACME)
    return connected


def declared(project: Any) -> str:
    files = sorted(path for path in project.folder.rglob("*.yaml") if path.name != "sdx.yaml")
    return "\n".join(path.read_text("utf-8") for path in files)


def test_declared_resources_outside_are_errors_at_their_lines(shared):
    shared.write("a.yaml", "surveys:\n  z:\n    description: d\n    name: Zenith CSAT\n")
    shared.write("u.yaml", "users:\n  joe@zenith.example: {name: Joe}\n")
    ended = shared.run("validate")
    assert ended.code == 1
    assert "a.yaml:4:5" in ended.err
    assert "survey.z is outside `scope`: no glob under `surveys` matches the name `Zenith CSAT`" in ended.err
    assert "u.yaml:2:3" in ended.err


def test_kind_that_scope_does_not_name_is_outside(shared):
    shared.write("sdx.yaml", scoped('scope: {surveys: ["Acme *"]}'))
    shared.write("u.yaml", "users: {ann@acme.example: {name: Ann}}\n")
    assert "user.ann@acme.example is outside `scope`: it has no `users`" in shared.run("validate").err


@pytest.mark.parametrize(
    ("scope", "said"),
    [
        ("scope: {survey: [a]}", "did you mean `surveys`?"),
        ("scope: {questions: [a]}", "unknown field `questions`"),
        ("scope: {phone_numbers: [a]}", "unknown field `phone_numbers`"),
        ("scope: {}", "scope"),
        ("scope: {surveys: []}", "surveys"),
        ("scope: {surveys: Acme}", "surveys"),
    ],
)
def test_wrong_scope_is_an_error_with_the_way_out(shared, scope, said):
    shared.write("sdx.yaml", scoped(scope))
    ended = shared.run("validate")
    assert ended.code == 1
    assert said in ended.err
    assert "sdx.yaml:3" in ended.err


def test_environment_replaces_the_globs_of_a_kind(shared):
    shared.write("sdx.yaml", f"{ACME}environments: {{z: {{scope: {{surveys: ['Zenith *']}}}}}}\n")
    shared.write("a.yaml", "surveys: {z: {name: Zenith CSAT}}\nusers: {ann@acme.example: {name: Ann}}\n")
    assert shared.run("validate").code == 1
    assert shared.run("--env", "z", "validate").code == 0


def test_first_pull_writes_the_resources_in_scope_and_lists_no_others(shared):
    ended = shared.run("pull")
    assert ended.code == 0, ended.err
    assert "3 resources" in ended.last
    assert "Zenith" not in declared(shared)
    assert "zenith" not in declared(shared)
    plan = shared.run("plan", "--format", "json")
    assert '"unmanaged": 0' in plan.out
    assert "enith" not in plan.out


def test_users_are_not_requested_where_none_are_in_scope(shared, proxy):
    shared.write("sdx.yaml", scoped('scope: {surveys: ["Acme *"]}'))
    shared.connect(proxy.url)
    assert shared.run("pull").code == 0
    paths = [path for _, path, *_ in proxy.seen]
    assert any("survey_id=1" in path for path in paths)
    assert not [path for path in paths if "/users" in path or "survey_id=2" in path]


def test_stored_tenant_has_the_resources_in_scope_alone(shared):
    snapshot = shared.folder / "tenant.json"
    assert shared.run("pull").code == 0
    assert (
        shared.run("pull", "--snapshot", str(snapshot)).last == f"3 resources in {snapshot}, users under pseudonyms."
    )
    assert "Zenith" not in snapshot.read_text("utf-8")
    ended = shared.run("plan", "--sandbox", "--snapshot", str(snapshot), "--detailed-exitcode")
    assert ended.code == 0, ended.out + ended.err


def test_plan_of_a_stored_tenant_deletes_no_user_outside(shared):
    assert shared.run("pull").code == 0
    shared.write("sdx.yaml", scoped('scope: {surveys: ["Acme *"]}'))
    (shared.folder / "users.yaml").unlink()
    for option in ([], ["--with-personal-data"]):
        snapshot = shared.folder / f"tenant{len(option)}.json"
        assert shared.run("pull", "--snapshot", str(snapshot), *option).code == 0
        planned = shared.run("plan", "--sandbox", "--snapshot", str(snapshot))
        assert planned.code == 0, planned.err
        assert planned.last == "Plan: 0 to add, 0 to change, 0 to destroy, 1 to stop managing."


def test_survey_renamed_out_of_scope_stops_plan_and_pull_and_is_kept(shared, tenant):
    assert shared.run("pull").code == 0
    before = declared(shared)
    tenant.store.put_row("surveys", {**tenant.store.rows("surveys")[0], "name": "Zenith Two"})
    for command in (("plan",), ("apply", "--auto-approve"), ("pull",), ("pull", "--overwrite", "--new")):
        ended = shared.run(*command)
        assert ended.code == 5, ended.err
        assert "live-outside-scope" in ended.out + ended.err
    assert declared(shared) == before
    (shared.folder / "surveys" / "acme-csat.yaml").unlink()
    ended = shared.apply()
    assert ended.code == 0, ended.err
    assert "outside `scope`: stays in the tenant, no longer managed" in ended.out
    assert len(tenant.store.rows("surveys")) == 2
    assert len(tenant.store.rows("questions")) == 2
    assert "acme-csat" not in shared.run("state", "list").out


def test_destroy_deletes_managed_resources_in_scope_alone(shared, tenant):
    assert shared.run("pull").code == 0
    tenant.store.put_row("surveys", {**tenant.store.rows("surveys")[0], "name": "Zenith Two"})
    ended = shared.run("destroy", "--auto-approve=high", "--allow", "*", "--allow-deletes", "1")
    assert ended.code == 0, ended.err
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["Zenith Two", "Zenith CSAT"]
    assert [row["email"] for row in tenant.store.rows("users")] == ["zoe@zenith.example"]


def test_scope_narrowed_over_an_undeclared_user_stops_managing_it(shared, tenant):
    assert shared.run("pull").code == 0
    shared.write("sdx.yaml", scoped('scope: {surveys: ["Acme *"]}'))
    (shared.folder / "users.yaml").unlink()
    ended = shared.apply()
    assert ended.code == 0, ended.err
    assert len(tenant.store.rows("users")) == 2
    assert shared.run("plan", "--detailed-exitcode").code == 0


NAMES = ["Acme A", "Acme B", "Zenith A", "Zenith B"]


class Team:
    """One of two projects on a tenant."""

    def __init__(self, folder: Path, patch: pytest.MonkeyPatch, brand: str, url: str) -> None:
        folder.mkdir()
        self.brand, self.project = brand, Project(folder, patch)
        self.project.connect(url)
        settings = f'scope: {{surveys: ["{brand} *"], users: ["*@{brand.lower()}.example"]}}'
        self.project.write("sdx.yaml", scoped("limits: {deletes: 99, deletes_percent: 100}", settings))

    def declare(self, names: list[str], user: bool, text: str) -> None:
        lines = [f'  s{name[-1].lower()}: {{name: {name}, description: "{text}"}}' for name in names]
        parts = ["surveys:", *lines] if lines else []
        if user:
            parts += ["users:", f"  joe@{self.brand.lower()}.example: {{name: Joe}}"]
        for path in self.project.folder.rglob("*.yaml"):
            if path.name != "sdx.yaml":
                path.unlink()
        self.project.write("all.yaml", "\n".join(parts) + "\n")

    def owns(self, row: dict[str, Any]) -> bool:
        return str(row.get("name")).startswith(f"{self.brand} ") or f"@{self.brand.lower()}." in str(row.get("email"))


steps = st.tuples(
    st.booleans(),
    st.sampled_from(["apply", "apply", "pull", "pull --overwrite --new", "drift", "rename", "destroy", "undo last"]),
    st.lists(st.sampled_from("AB"), unique=True),
    st.booleans(),
    st.sampled_from(["one", "two"]),
    st.sampled_from(NAMES),
)


@pytest.mark.timeout(3600)
@tries(2, 120)
@given(st.lists(steps, min_size=3, max_size=8))
def test_two_projects_on_one_tenant_never_touch_what_is_the_others(history):
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, SandboxServer(":memory:") as tenant:
        patch.setattr("sdx_state.apply.settling.SETTLE", 0.0)
        teams = [Team(Path(folder) / brand, patch, brand, tenant.url) for brand in ("Acme", "Zenith")]

        def others(team: Team) -> list[dict[str, Any]]:
            return [row for kind in ("surveys", "users") for row in tenant.store.rows(kind) if not team.owns(row)]

        for first, command, letters, user, text, renamed in history:
            team = teams[0 if first else 1]
            if command == "rename":  # by a person, also into the scope of the other
                rows = tenant.store.rows("surveys")
                if rows:
                    tenant.store.put_row("surveys", {**rows[0], "name": renamed})
                continue
            if command == "apply":
                team.declare([f"{team.brand} {letter}" for letter in letters], user, text)
            before = others(team)
            approval = ("--auto-approve=high", "--allow", "*") if command.split()[0] in ("apply", "undo") else ()
            if command == "destroy":
                approval = ("--auto-approve=high", "--allow", "*")
            ended = team.project.run(*command.split(), *approval)
            assert "Traceback" not in ended.err, ended.err
            assert others(team) == before, ended.out + ended.err
            other = teams[1 if first else 0].brand
            pulled = declared(team.project)
            assert other not in pulled, pulled
            assert other.lower() not in pulled, pulled
