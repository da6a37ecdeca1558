"""Losing the state loses nothing, and a tenant can be written down."""

from __future__ import annotations

import json

import pytest

SURVEY = """\
# Owned by the support team.
surveys:
  csat: # the one on the hotline
    name: CSAT
    greeting_text: Hello.
    questions:
      - {question_label: One, question_text: First?, question_type: yesno}
"""

TENANT = {
    "surveys": [
        {"id": 1, "name": "CSAT", "greeting_text": "Changed by hand", "sms_number": "+61488888888"},
        {"id": 2, "name": "Pilot: 100% \u00fcber ${x}", "closing_text": "Line one\nLine two: yes\n"},
    ],
    "questions": [
        {
            "id": 10,
            "survey_id": 1,
            "order": 1,
            "question_label": "One",
            "question_text": "First?",
            "question_type": "yesno",
        },
        {
            "id": 11,
            "survey_id": 2,
            "order": 2,
            "question_label": "B",
            "question_text": "%name%?",
            "question_type": "text",
        },
        {
            "id": 12,
            "survey_id": 2,
            "order": 1,
            "question_label": "A",
            "question_text": "no",
            "question_type": "nps",
            "max_response": 10,
        },
    ],
    "users": [{"email": "Ana.Lee@Example.com", "name": "Ana", "agent_id": "0017", "timezone": "Europe/Berlin"}],
}


def test_pull_writes_a_whole_tenant_and_the_next_plan_is_empty(connected, tenant):
    tenant.store.load_snapshot(TENANT)
    pulled = connected.run("pull")
    assert pulled.code == 0, pulled.err + pulled.out
    assert "The next plan is empty." in pulled.out
    assert connected.run("validate").code == 0
    assert connected.run("plan", "--detailed-exitcode").code == 0
    listed = connected.run("state", "list").out.splitlines()
    assert "user.ana.lee@example.com" in listed
    assert len(listed) == 6


def test_pull_keeps_comments_addresses_and_files(connected, tenant):
    path = connected.write("support.yaml", SURVEY)
    tenant.store.load_snapshot(TENANT)
    assert connected.run("pull").code == 5
    assert path.read_text() == SURVEY
    assert connected.run("pull", "--overwrite", "--new").code == 0
    text = path.read_text()
    assert "# Owned by the support team." in text
    assert "# the one on the hotline" in text
    assert "Changed by hand" in text
    assert connected.run("plan", "--detailed-exitcode").code == 0


def test_a_second_pull_changes_no_file(connected, tenant):
    tenant.store.load_snapshot(TENANT)
    connected.run("pull")
    before = {path: path.read_bytes() for path in connected.folder.rglob("*.yaml")}
    pulled = connected.run("pull")
    assert pulled.code == 0
    assert {path: path.read_bytes() for path in connected.folder.rglob("*.yaml")} == before


def test_pull_of_a_nested_tenant_keeps_every_language(project, nested_tenant):
    project.connect(nested_tenant.url)
    text = {"default": "Hello", "de-default": "Hallo", "fr-CA": "All\u00f4"}
    nested_tenant.store.load_snapshot({"surveys": [{"id": 1, "name": "A", "greeting_prompt": {"text": text}}]})
    pulled = project.run("pull")
    assert pulled.code == 0, pulled.err
    assert "Allô" in "".join(path.read_text() for path in project.folder.rglob("*.yaml"))


@pytest.mark.parametrize("loss", ["deleted", "rebuilt"])
def test_losing_the_state_loses_nothing(connected, tenant, loss):
    connected.write("a.yaml", SURVEY)
    connected.apply()
    (connected.folder / ".sdx" / "state.json").unlink()
    if loss == "rebuilt":
        assert connected.run("state", "rebuild", "--auto-approve").code == 0
        assert connected.run("plan", "--detailed-exitcode").code == 0
    else:
        assert connected.run("plan").last == "Plan: 2 to import, 0 to add, 0 to change, 0 to destroy."
        connected.apply()
    assert len(tenant.store.rows("surveys")) == 1
    assert connected.run("plan", "--detailed-exitcode").code == 0


def test_rebuild_replaces_a_state_that_cannot_be_read(connected):
    connected.write("a.yaml", SURVEY)
    connected.apply()
    (connected.folder / ".sdx" / "state.json").write_bytes(b"")
    assert connected.run("plan").code == 7
    assert connected.run("state", "rebuild", "--auto-approve").code == 0
    assert connected.run("plan", "--detailed-exitcode").code == 0


def test_state_mv_moves_questions_too_and_rm_stops_managing(connected, tenant):
    connected.write("a.yaml", SURVEY)
    connected.apply()
    assert connected.run("state", "mv", "survey.csat", "survey.hotline").code == 0
    assert connected.run("state", "list").out.split() == ["question.hotline.one", "survey.hotline"]
    connected.write("a.yaml", SURVEY.replace("csat:", "hotline:"))
    assert connected.run("plan", "--detailed-exitcode").code == 0
    assert connected.run("state", "rm", "question.hotline.one", "survey.hotline").code == 0
    assert connected.run("state", "list").out == ""
    assert len(tenant.store.rows("surveys")) == 1


def test_state_commands_name_the_nearest_address(connected):
    connected.write("a.yaml", SURVEY)
    connected.apply()
    shown = connected.run("state", "show", "survey.csta")
    assert shown.code == 1
    assert "Did you mean survey.csat?" in shown.err


def test_state_contains_no_texts_and_is_readable_by_its_owner_alone(connected):
    connected.write("a.yaml", SURVEY + 'users: {ana@example.com: {name: Ana Lee, phone: "+61491570156"}}\n')
    connected.apply()
    path = connected.folder / ".sdx" / "state.json"
    text = path.read_text() + "".join(
        part.read_text() for part in (connected.folder / ".sdx" / "state.history").iterdir()
    )
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for private in ("Hello", "Ana Lee", "+61491570156", "First?"):
        assert private not in text
    json.loads(path.read_text())


def test_init_scaffolds_a_project_that_validates_and_ignores_its_state(tmp_path, project):
    folder = tmp_path / "new"
    folder.mkdir()
    assert project.run("init", "--sample", folder=folder).code == 0
    validated = project.run("validate", folder=folder)
    assert validated.code == 0, validated.err
    assert ".sdx/" in (folder / ".gitignore").read_text().splitlines()
    assert project.run("apply", "--sandbox", "--auto-approve", folder=folder).code == 0
    assert project.run("init", folder=folder).code == 1


def test_init_for_a_tenant_writes_no_sample_and_the_next_pull_succeeds(tmp_path, connected):
    connected.write("a.yaml", "surveys: {other: {name: Another survey}}\n")
    assert connected.apply().code == 0
    folder = tmp_path / "new"
    folder.mkdir()
    assert connected.run("init", "--host", "au1.surveydynamix.com", folder=folder).code == 0
    assert not (folder / "surveys").exists()
    pulled = connected.run("pull", folder=folder)
    assert pulled.code == 0
    assert "warning" not in pulled.err
    assert connected.run("fmt", "--check", folder=folder).code == 0


def test_editors_find_the_schema_of_every_file_of_init_in_a_fresh_clone(tmp_path, project):
    assert project.run("init", "--sample", folder=tmp_path).code == 0
    ignored = (tmp_path / ".gitignore").read_text().splitlines()
    named = {
        path.parent / path.read_text(encoding="utf-8").splitlines()[0].partition("$schema=")[2]
        for path in (tmp_path / "sdx.yaml", tmp_path / "surveys" / "support-csat.yaml")
    }
    assert {path.resolve().parent for path in named} == {tmp_path / ".schemas"}
    assert all(json.loads(path.read_text(encoding="utf-8"))["$schema"] for path in named)
    assert not any(line.startswith(".schemas") for line in ignored)


def test_pull_leaves_out_what_cannot_be_declared_and_says_so(connected, tenant):
    tenant.store.load_snapshot(
        {
            "surveys": [
                {"id": 1, "name": "Twin"},
                {"id": 2, "name": "Twin"},
                {"id": 3, "name": "", "sms_number": "12", "greeting_text": "bell \u0007 rings"},
                {
                    "id": 4,
                    "name": "::error:: <b>| `x` \u202e \u00e9 #1 ${var.x} %y% - [a]: {b}",
                    "closing_text": " x \n\n  y\t\n",
                },
            ],
            "questions": [
                {"id": 10, "survey_id": 1, "order": 1, "question_label": "x" * 40, "question_type": "matrix"},
                {"id": 11, "survey_id": 1, "order": 2, "question_label": "", "max_response": "ten"},
                {"id": 12, "survey_id": 1, "order": 3, "question_label": "Same"},
                {"id": 13, "survey_id": 1, "order": 4, "question_label": "Same"},
            ],
            "users": [
                {"email": "a@localhost", "name": "No domain"},
                {"email": "b@x.example", "name": "yes", "timezone": "Mars/Base", "phone": "12", "agent_id": "010"},
            ],
        }
    )
    pulled = connected.run("pull")
    assert pulled.code == 0, pulled.err + pulled.out
    for left_out in ("a@localhost", "phone", "question_label", "max_response", "sms_number"):
        assert left_out in pulled.err
    assert "\u202e" not in pulled.err
    written = "".join(path.read_text() for path in connected.folder.rglob("*.yaml"))
    assert "Mars/Base" in written  # the platform has its own list of zones
    planned = connected.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.out


def test_pull_gives_every_script_keys_that_can_be_read_and_differ(connected, tenant):
    names = ["Опрос 1", "опрос 1!", "客户满意度", "हिन्दी", "Zufriedenheit Süd", "ΆΛΦΑ", "???", "Survey 7", "𐐷" * 90]
    questions = [
        {"id": 100 + number, "survey_id": 1, "order": number, "question_label": label, "question_type": "text"}
        for number, label in enumerate(["顧客", "顧客?", "Вопрос"])
    ]
    surveys = [{"id": number, "name": name} for number, name in enumerate(names, 1)]
    tenant.store.load_snapshot({"surveys": surveys, "questions": questions})
    pulled = connected.run("pull")
    assert pulled.code == 0, pulled.err + pulled.out
    found = sorted(path.stem for path in (connected.folder / "surveys").glob("*.yaml"))
    expected = ["опрос-1", "опрос-1-2", "客户满意度", "हिन्दी", "zufriedenheit-sud", "άλφα", "survey-7", "survey-7-8"]
    assert found == sorted([*expected, "𐐷" * 30])
    assert "question.опрос-1.вопрос" in connected.run("state", "list").out
    before = {path: path.read_bytes() for path in connected.folder.rglob("*.yaml")}
    assert connected.run("pull").code == 0
    assert {path: path.read_bytes() for path in connected.folder.rglob("*.yaml")} == before
