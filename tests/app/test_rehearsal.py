"""A stored tenant is planned against without credentials, and gives no person away."""

from __future__ import annotations

import json
import re

import pytest

FILES = """
surveys:
  a: {name: A, description: One, questions: [{question_label: Q, question_text: Why?, question_type: text}]}
users:
  ana.lee@example.com: {name: Ana Lee, phone: "+61491570156", agent_id: alee}
"""


@pytest.fixture
def stored(connected, tenant, tmp_path, monkeypatch, apply_once):
    """A tenant in a file; from then on there are no credentials."""
    connected.write("a.yaml", FILES)
    apply_once()
    tenant.store.load_snapshot({"surveys": [{"name": "Somebody's"}]})
    path = tmp_path / "tenant.json"
    pulled = connected.run("pull", "--snapshot", str(path))
    assert pulled.code == 0, pulled.err
    for name in ("SDX_API_URL", "SDX_CUSTOMER_UUID", "SDX_AUTH_TOKEN"):
        monkeypatch.delenv(name)
    connected.path = path
    return connected


DRAWN = re.compile(r"\+999\d{6}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{12,}")


def drawn_out(text):
    """Return a stored tenant without pseudonyms, hashes and UUIDs, which can contain any digits by chance."""
    return DRAWN.sub("", text)


def rehearse(project, *arguments):
    return project.run("plan", "--sandbox", "--snapshot", str(project.path), "--detailed-exitcode", *arguments)


def test_nothing_of_a_person_is_in_the_file(stored):
    text = stored.path.read_text()
    for private in ("Ana", "Lee", "ana.lee", "491570156", "alee"):
        assert private not in drawn_out(text)
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
    ((path, before, after),) = fields.pop("user.ana.lee@example.com")
    assert path == "agent_id"
    assert before != after
    assert before.startswith("agent-")
    assert fields == {"survey.a": [("description", "One", "Two")]}


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


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"format": 3}', '{"format": 1, "surveys": 3}'])
def test_file_without_a_stored_tenant_is_refused(project, tmp_path, content):
    path = tmp_path / "tenant.json"
    path.write_text(content)
    project.write("a.yaml", FILES)
    ended = project.run("plan", "--sandbox", "--snapshot", str(path))
    assert ended.code == 1
    assert "pull --snapshot" in ended.err
    assert project.run("plan", "--snapshot", str(path)).code == 2


PERSONS = """
surveys:
  a:
    name: A
    description: Owned by Ana Lee (ANA.LEE@example.com, +61 491-570-156). Ask care@example.com!
    email_from_address: ana.lee@example.com
    email_from_name: Ana Lee
    outbound_number: "+61491570156"
    inbound_number: "+61730000001"
    questions: [{question_label: Q, question_text: "Did Ana Lee, our agent, help?", question_type: text}]
users:
  ana.lee@example.com: {name: Ana Lee, phone: "+61491570156", agent_id: alee}
"""


@pytest.mark.parametrize("shape", ["tenant", "nested_tenant"])
def test_no_person_is_in_the_file_and_the_plan_is_still_empty(project, shape, request, tmp_path):
    tenant = request.getfixturevalue(shape)
    project.connect(tenant.url)
    project.write("a.yaml", PERSONS)
    assert project.apply().code == 0
    user = {"email": "ben@example.com", "name": "Ben Oh", "agent_id": "boh", "phone": "+61491570157"}
    tenant.store.load_snapshot({"users": [{**user, "timezone": "UTC", "nickname": "Benny"}]})
    project.path = tmp_path / "tenant.json"
    assert project.run("pull", "--snapshot", str(project.path)).code == 0
    text = drawn_out(project.path.read_text())
    for private in ("Ana", "Lee", "ana.lee", "ANA.LEE", "491570", "491-570", "alee", "ben@", "Ben", "boh", "Benny"):
        assert private not in text, private
    for public in ("care@example.com!", "+61730000001", "our agent, help?", "Owned by User "):
        assert public in text, public
    same = rehearse(project)
    assert (same.code, same.last) == (0, "No changes. The tenant matches the configuration.")


def undated(path):
    text = path.read_text()
    assert text.count('"taken": ') == 1
    return re.sub(r'"taken": "[^"]*"', "", text)


def test_pseudonyms_stay_when_the_tenant_is_stored_again(connected, tmp_path):
    connected.write("a.yaml", FILES)
    connected.apply()
    path = tmp_path / "tenant.json"
    connected.run("pull", "--snapshot", str(path))
    before = undated(path)
    connected.run("pull", "--snapshot", str(path))
    assert undated(path) == before
    connected.write("a.yaml", FILES.replace("One", "Two"))
    connected.apply()
    connected.run("pull", "--snapshot", str(path))
    lines = zip(before.splitlines(), undated(path).splitlines(), strict=True)
    changed = [new.strip() for old, new in lines if old != new]
    assert [line for line in changed if not line.startswith('"description": "')] == ['"description": "Two",'][1:]
    assert len(changed) == 2  # the value, and the hash of what was applied


def test_a_telephone_number_cannot_be_found_by_trying_all():
    from collections import Counter

    from sdx_state.app.pseudonyms import Pseudonyms

    pseudonyms = Pseudonyms("00" * 16, ())
    tried = Counter(pseudonyms.of("phone", f"+614{number:08d}") for number in range(0, 10**8, 5000))
    assert len(tried) < 20_000  # of 20,000 numbers some are alike: of all of them, a hundred each
    assert pseudonyms.of("phone", "+61 400 000 000") == pseudonyms.of("phone", "+61400000000")


def test_managed_protected_and_drifted_resources_are_known_without_a_base(stored, tenant, monkeypatch):
    stored.connect(tenant.url)
    more = FILES.replace("users:", "  b: {name: B, protect: true}\n  c: {name: C, description: Ours}\nusers:")
    stored.write("a.yaml", more + "  ben@example.com: {name: Ben, timezone: Europe/Berlin}\n")
    assert stored.apply().code == 0
    (row,) = [row for row in tenant.store.rows("surveys") if row["name"] == "C"]
    tenant.store.put_row("surveys", {**row, "description": "By hand"})
    (user,) = [row for row in tenant.store.rows("users") if row["name"] == "Ben"]
    tenant.store.put_row("users", {**user, "name": "Benjamin", "timezone": "UTC"})
    assert stored.run("pull", "--snapshot", str(stored.path)).code == 0
    monkeypatch.delenv("SDX_API_URL")
    document = json.loads(rehearse(stored, "--format", "json").out)
    origins = {
        (change["address"], field["path"]): field["origin"]
        for change in document["resource_changes"]
        for field in change["fields"]
    }
    assert origins[("survey.c", "description")] == "drift"
    assert origins[("user.ben@example.com", "timezone")] == "drift"
    stored.write("a.yaml", more.replace("  b: {name: B, protect: true}\n", ""))
    planned = rehearse(stored)
    assert planned.code == 6
    assert "survey.b is protected" in planned.out
    assert "- user.user-" in planned.out  # a person who is declared no more has a pseudonym


def test_user_with_destroy_false_is_found_by_pseudonym(stored):
    stored.write(
        "a.yaml", "removed: [{address: user.ana.lee@example.com, destroy: false}]\n" + FILES.partition("users:")[0]
    )
    document = json.loads(rehearse(stored, "--format", "json").out)
    assert [one["address"] for one in document["resource_changes"]] == ["user.ana.lee@example.com"]
