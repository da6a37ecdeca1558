"""A stored tenant is planned against without credentials, and gives no person away."""

from __future__ import annotations

import json

import pytest

FILES = """
surveys:
  a: {name: A, description: One, questions: [{question_label: Q, question_text: Why?, question_type: text}]}
users:
  ana.lee@example.com: {name: Ana Lee, phone: "+61491570156", agent_id: alee}
"""


@pytest.fixture
def stored(connected, tenant, tmp_path, monkeypatch):
    """A tenant in a file; from then on there are no credentials."""
    connected.write("a.yaml", FILES)
    connected.apply()
    tenant.store.load_snapshot({"surveys": [{"name": "Somebody's"}]})
    path = tmp_path / "tenant.json"
    pulled = connected.run("pull", "--snapshot", str(path))
    assert pulled.code == 0, pulled.err
    for name in ("SDX_API_URL", "SDX_CUSTOMER_UUID", "SDX_AUTH_TOKEN"):
        monkeypatch.delenv(name)
    connected.path = path
    return connected


def rehearse(project, *arguments):
    return project.run("plan", "--sandbox", "--snapshot", str(project.path), "--detailed-exitcode", *arguments)


def test_nothing_of_a_person_is_in_the_file(stored):
    text = stored.path.read_text()
    for private in ("Ana", "Lee", "ana.lee", "491570156"):
        assert private not in text
    assert stored.path.stat().st_mode & 0o777 == 0o600
    assert "Somebody's" in text


def test_the_plan_is_a_real_one(stored):
    same = rehearse(stored)
    assert (same.code, same.last) == (0, "No changes. The tenant matches the configuration.")
    stored.write("a.yaml", FILES.replace("One", "Two").replace("alee", "lee"))
    document = json.loads(rehearse(stored, "--format", "json").out)
    fields = {
        change["address"]: [(field["path"], field["before"], field["after"]) for field in change["fields"]]
        for change in document["resource_changes"]
    }
    assert fields == {
        "survey.a": [("description", "One", "Two")],
        "user.ana.lee@example.com": [("agent_id", "alee", "lee")],
    }


def test_a_person_who_is_renamed_shows_as_changed_and_not_as_who(stored):
    stored.write("a.yaml", FILES.replace("Ana Lee", "Ana Smith"))
    planned = rehearse(stored)
    assert planned.code == 2
    assert "Lee" not in planned.out.replace("ana.lee@example.com", "")


def test_it_leaves_no_state_behind(stored):
    before = {path: path.read_bytes() for path in (stored.folder / ".sdx").rglob("*") if path.is_file()}
    rehearse(stored)
    assert {path: path.read_bytes() for path in (stored.folder / ".sdx").rglob("*") if path.is_file()} == before


def test_personal_data_is_kept_when_asked_for(connected, tenant, tmp_path):
    connected.write("a.yaml", FILES)
    connected.apply()
    connected.path = tmp_path / "tenant.json"
    connected.run("pull", "--snapshot", str(connected.path), "--with-personal-data")
    assert "Ana Lee" in connected.path.read_text()
    assert rehearse(connected).code == 0


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 2}', '{"format": 1, "surveys": 3}'])
def test_a_file_that_is_no_stored_tenant_is_refused(project, tmp_path, content):
    path = tmp_path / "tenant.json"
    path.write_text(content)
    project.write("a.yaml", FILES)
    ended = project.run("plan", "--sandbox", "--snapshot", str(path))
    assert ended.code == 1
    assert "pull --snapshot" in ended.err
    assert project.run("plan", "--snapshot", str(path)).code == 2
