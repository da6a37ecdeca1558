"""Drift as the daily job: what changed here, what there, what in both, and what a team has accepted."""

from __future__ import annotations

import json

import pytest

FILES = """
surveys:
  a: {name: A, description: One, greeting_text: Hello}
  b: {name: B}
users: {u@example.com: {name: U}}
"""


@pytest.fixture
def drifted(connected, tenant, apply_once):
    """A tenant in which one survey was changed by hand and one was deleted; the configuration has changed too."""
    connected.write("a.yaml", FILES)
    apply_once()
    rows = {row["name"]: row for row in tenant.store.rows("surveys")}
    tenant.store.put_row("surveys", {**rows["A"], "description": "By hand", "greeting_text": "Hi"})
    tenant.store.delete_row("surveys", str(rows["B"]["id"]))
    connected.write("a.yaml", FILES.replace("Hello", "Hello there").replace("{name: U}", "{name: V}"))
    return connected


def baseline(project, *entries):
    lines = [json.dumps(entry) for entry in entries]
    project.write(".drift.yaml", "accepted:\n" + "".join(f"  - {line}\n" for line in lines))
    return str(project.folder / ".drift.yaml")


def entry(address, path="*", expires="2999-12-31"):
    return {"address": address, "path": path, "reason": "agreed", "owner": "ops", "expires": expires}


def test_three_causes_are_distinguished(drifted):
    document = json.loads(drifted.run("drift", "--format", "json").out)
    found = {(one["address"], one["path"]): one["origin"] for one in document["drift"] + document["pending"]}
    assert found == {
        ("survey.a", "description"): "drift",
        ("survey.a", "greeting_text"): "both",
        ("survey.b", None): "drift",
        ("user.u@example.com", "name"): "config",
    }
    text = drifted.run("drift").out
    assert 'survey.a.description: configuration "One", tenant "By hand"' in text
    assert "survey.b: deleted in the tenant" in text
    assert text.splitlines()[-1] == "Drift: 3 drifted, 0 accepted, 1 pending."


def test_the_exit_code_tells_a_scheduler(drifted):
    assert drifted.run("drift").code == 0
    assert drifted.run("drift", "--detailed-exitcode").code == 2


def test_no_drift_is_reported_and_exits_with_0(connected):
    connected.write("a.yaml", FILES)
    connected.apply()
    ended = connected.run("drift", "--detailed-exitcode")
    assert (ended.code, ended.last) == (0, "No drift. 0 drifted, 0 accepted, 0 pending.")


def test_a_baseline_accepts_what_it_names_and_fails_on_the_rest(drifted):
    path = baseline(drifted, entry("survey.a"))
    ended = drifted.run("drift", "--baseline", path)
    assert ended.code == 1
    assert "agreed (ops, until 2999-12-31)" in ended.out
    assert ended.last == "Drift: 1 drifted, 2 accepted, 1 pending."
    path = baseline(drifted, entry("survey.a", "description"), entry("survey.*", "greeting_*"), entry("survey.b"))
    assert drifted.run("drift", "--baseline", path).code == 0
    assert drifted.run("drift", "--baseline", path, "--detailed-exitcode").code == 0


def test_an_expired_entry_accepts_nothing_and_fails(drifted):
    path = baseline(drifted, entry("survey.*"), entry("survey.a", expires="2020-01-31"))
    ended = drifted.run("drift", "--baseline", path)
    assert ended.code == 1
    assert ".drift.yaml:3: expired on 2020-01-31" in ended.out


def test_an_entry_that_is_about_nothing_any_more_is_named(drifted):
    path = baseline(drifted, entry("survey.*"), entry("user.nobody"))
    ended = drifted.run("drift", "--baseline", path)
    assert ended.code == 0
    assert ".drift.yaml:3: idle" in ended.out


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("accepted:\n  - {address: a, reason: r, owner: o}\n", ".drift.yaml:2:5", "`expires`"),
        ("accepted:\n  - {address: a, reason: r, owner: o, expires: soon}\n", ".drift.yaml:2:48", "not a day"),
        (
            "accepted:\n  - {adress: a, address: a, reason: r, owner: o, expires: 2999-01-01}\n",
            ".drift.yaml:2:6",
            "`adress`",
        ),
        ("accepted:\n  - nothing\n", ".drift.yaml:2:5", "mapping"),
        ("known: []\n", ".drift.yaml:1:1", "`known`"),
    ],
)
def test_a_baseline_that_cannot_be_right_is_refused_with_its_place(connected, text, place, words):
    connected.write(".drift.yaml", text)
    ended = connected.run("drift", "--baseline", str(connected.folder / ".drift.yaml"))
    assert ended.code == 1
    assert place in ended.err
    assert words in ended.err
    assert ended.out == ""


def test_missing_baseline_is_reported(connected):
    ended = connected.run("drift", "--baseline", "nowhere.yaml")
    assert ended.code == 1
    assert "no baseline" in ended.err


def test_errors_of_drift_are_not_mixed_into_its_json(connected, tenant):
    tenant.store.load_snapshot({"surveys": [{"name": "A"}, {"name": "A"}]})
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    ended = connected.run("drift", "--format", "json")
    assert ended.code == 5
    (found,) = [one for one in json.loads(ended.out)["diagnostics"] if one["severity"] == "error"]
    assert found["code"] == "ambiguous-match"
    assert "could be any of 2" in ended.err


def test_metrics_are_written_for_a_collector_that_is_another_user(drifted, tmp_path):
    file = tmp_path / "sdx.prom"
    assert drifted.run("drift", f"--format=openmetrics={file}").code == 0
    text = file.read_text("utf-8")
    assert 'sdx_state_drift_changes{environment="",kind="survey",status="drifted"} 3\n' in text
    assert 'sdx_state_success{command="drift",environment=""} 1\n' in text
    assert text.endswith("# EOF\n")
    assert file.stat().st_mode & 0o777 == 0o644


def test_metrics_on_stdout_are_alone_there(drifted):
    out = drifted.run("drift", "--format", "openmetrics").out
    assert out.startswith("# TYPE sdx_state_success gauge\n")
    assert out.endswith("\n# EOF\n")


def test_metrics_of_a_tenant_that_cannot_be_read_say_that_it_failed(drifted, monkeypatch):
    monkeypatch.setenv("SDX_AUTH_TOKEN", "wrong")
    ended = drifted.run("drift", "--format", "openmetrics")
    assert ended.code == 1
    assert 'sdx_state_success{command="drift",environment=""} 0\n' in ended.out
    assert "sdx_state_drift_changes" not in ended.out
    assert ended.out.endswith("# EOF\n")
