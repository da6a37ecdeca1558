"""Complete cycle with a read-only API: plan, hand-off, mistakes, repair, empty plan."""

from __future__ import annotations

import json

FILES = """
phone_numbers:
  sms: {number: "0488 888 888", country_code: AU, phone_type: mobile}
surveys:
  csat:
    name: CSAT
    greeting_text: Thank you for calling us today.
    closing_text: That was all. Thank you, and goodbye.
    sms_number: ${phone_numbers.sms}
    questions:
      - {question_label: NPS, question_text: How likely?, question_type: nps, max_response: 10}
      - {question_label: Reason, question_text: "Why is that, please?", question_type: text}
  old: {name: Old one, description: Keep me}
users:
  ana@example.com: {name: Ana Lee, agent_id: ana, csv: {permissions: Agent}}
  ben@example.com: {name: "=cmd()", phone: "+61491570156"}
"""


def fields(document):
    return {
        change["address"]: [(field["path"], field["before"], field["after"]) for field in change["fields"]]
        for change in document["resource_changes"]
        if change["change"]["actions"] != ["no-op"]
    }


def test_done_steps_are_ticked_off_and_typos_are_reported(project, documented, person):
    documented.store.load_snapshot({"surveys": [{"id": 9, "name": "Old one", "description": "Change me"}]})
    project.write("a.yaml", FILES)
    planned = project.run("plan")
    assert planned.last == "Plan: 2 to import, 0 to add, 0 to change, 0 to destroy, 6 to hand off."
    assert "! survey.csat (create by hand)" in planned.out
    assert "! user.ana@example.com (create by CSV upload)" in planned.out

    applied = project.apply()
    assert applied.code == 8, applied.err
    assert "handoff.html" in applied.err
    steps = person.steps()
    assert [(step["action"], step["type"]) for step in steps] == [
        ("create", "survey"),
        ("create", "question"),
        ("create", "question"),
        ("update", "survey"),
        ("update", "survey"),
        ("upload", "user"),
    ]
    assert [field["after"] for field in steps[1]["fields"]][-1] == 1  # its position

    person.work(
        {
            ("survey.csat", "closing_text"): "That was all. Thank you, and godbye.",
            ("question.csat.reason", "question_label"): "Raeson",
        }
    )
    document = json.loads(project.run("plan", "--format", "json").out)
    assert fields(document) == {
        "survey.csat": [
            ("closing_text", "That was all. Thank you, and godbye.", "That was all. Thank you, and goodbye.")
        ],
        "question.csat.reason": [
            ("question_label", None, "Reason"),
            ("question_text", None, "Why is that, please?"),
            ("question_type", None, "text"),
        ],
        "user.ben@example.com": [("name", "'=cmd()", "=cmd()")],
    }
    (hint,) = [
        diagnostic for diagnostic in document["diagnostics"] if diagnostic["address"] == "question.csat.reason"
    ]
    assert "question_label: expected 'Reason', found 'Raeson'" in hint["message"]

    ended = project.run("handoff")
    assert ended.code == 8
    assert 'closing_text: expected "That was all. Thank you, and goodbye." found' in ended.out
    assert "[-godbye-]{+goodbye+}" in ended.out
    assert "done  Create the survey 'CSAT'" in ended.out

    wrong = next(row for row in documented.store.rows("questions") if row["question_label"] == "Raeson")
    documented.store.put_row("questions", {**wrong, "question_label": "Reason"})
    project.run("handoff")
    person.work()
    ended = project.run("handoff")
    assert (ended.code, ended.out.splitlines()[-1]) == (0, "Hand-off: nothing is left to do.")
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_steps_need_no_stored_progress(project, documented, person):
    project.write("a.yaml", FILES)
    project.apply()
    person.work()
    (project.folder / ".sdx" / "state.json").unlink()
    for path in (project.folder / "handoff").iterdir():
        path.unlink()
    ended = project.run("handoff")
    assert ended.code == 8
    assert [step["type"] for step in person.steps()] == ["user"]  # the formula, which the upload made harmless
    person.work()
    assert project.run("handoff").code == 0


def test_deletes_and_moves_are_steps_too_and_deletes_come_last(project, documented, person):
    project.write("a.yaml", FILES)
    project.apply()
    person.work()
    project.run("handoff")
    person.work()
    assert project.apply().code == 0
    moved = FILES.replace("  old: {name: Old one, description: Keep me}\n", "")
    nps, reason = [line for line in FILES.splitlines() if "question_label" in line]
    moved = moved.replace(nps, "X").replace(reason, nps).replace("X", reason)
    project.write("a.yaml", moved)
    assert project.apply("--allow-deletes", "1").code == 8
    steps = person.steps()
    assert [step["action"] for step in steps] == ["update", "delete"]
    assert any("logic" in warning for warning in steps[0]["beware"])
    for step in steps:
        person.do(step, {})
    rows = documented.store.rows("questions")
    other = next(
        row for row in rows if row["question_label"] == ("NPS" if "Reason" in steps[0]["title"] else "Reason")
    )
    documented.store.put_row("questions", {**other, "order": 3 - int(str(steps[0]["fields"][0]["after"]))})
    assert project.apply().code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_two_thousand_missing_users_are_one_file_and_one_step(project, documented, person, quick):
    count = 200 if quick else 2000
    project.write("a.yaml", "users:\n" + "".join(f"  u{n}@example.com: {{name: U{n}}}\n" for n in range(count)))
    assert project.apply().code == 8
    (step,) = person.steps()
    assert len(step["addresses"]) == count
    assert f"this upload adds {count}" in " ".join(step["beware"])
    assert person.upload().status_code == 200
    assert project.apply().code == 0


def test_booleans_are_written_as_true_or_false_and_counted(project, documented, person):
    project.write("a.yaml", "users: {csv: a.csv}\n")
    header = "name;email;team;visible;visibility_level;send_password_reset\n"
    project.write("a.csv", header + "Ana;ana@x.com;T;WAHR;2;ja\nBo;bo@x.com;T;0;2;FALSCH\nCy;cy@x.com;;;;1\n")
    assert project.apply().code == 8
    (step,) = person.steps()
    assert "password reset e-mail to 2" in " ".join(step["beware"])
    written = (person.folder / "users.csv").read_text()
    assert "WAHR" not in written
    assert written.count("TRUE") == 3
    assert person.upload(written.replace("TRUE", "WAHR").encode()).status_code == 400
    assert person.upload().status_code == 200
    assert project.apply().code == 0


def test_user_without_a_name_is_a_separate_step(project, documented, person):
    project.write("a.yaml", "users: {u@example.com: {agent_id: u}}\n")
    project.apply()
    (step,) = person.steps()
    assert (step["action"], step["type"]) == ("create", "user")


def test_each_language_is_a_value_to_enter(project, documented, person):
    project.write("a.yaml", "surveys: {a: {name: A, greeting_text: {default: Hello, de-default: Hallo}}}\n")
    project.apply()
    paths = [field["path"] for field in person.steps()[0]["fields"]]
    assert paths == ["name", "greeting_text.default", "greeting_text.de-default"]
    person.work()
    assert project.apply().code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_watch_ends_when_all_steps_are_done(project, documented, person, monkeypatch):
    import time

    project.write("a.yaml", "surveys: {a: {name: A}}\nusers: {u@example.com: {name: U}}\n")
    project.apply()
    looks = []

    def meanwhile(seconds):
        if seconds < 5:  # some thread's own, and no look at the tenant
            return
        looks.append(seconds)
        step = person.steps()[0]
        person.do(step, {})

    monkeypatch.setattr(time, "sleep", meanwhile)
    ended = project.run("handoff", "--watch", "--interval", "7")
    assert ended.code == 0, ended.err
    assert looks == [7, 7]
    assert "done  Create the survey 'A'" in ended.out
    assert "done  Upload users.csv: 1 missing user" in ended.out


def test_watch_ends_with_an_error_of_the_plan(project, documented, person, monkeypatch):
    import time

    project.write("a.yaml", "surveys: {a: {name: A}}\n")
    project.apply()

    def meanwhile(seconds):
        if seconds >= 5:  # a shorter one is some thread's own
            documented.store.load_snapshot({"surveys": [{"name": "A"}, {"name": "A"}]})

    monkeypatch.setattr(time, "sleep", meanwhile)
    ended = project.run("handoff", "--watch", "--interval", "7")
    assert ended.code == 5
    assert "error[ambiguous-match]: survey.a could be any of 2" in ended.out + ended.err
    assert "othing is left" not in ended.out + ended.err


def test_links_lead_to_the_host_unless_the_project_knows_its_pages(project, documented, person):
    documented.store.load_snapshot({"surveys": [{"id": 9, "name": "A"}]})
    project.write("a.yaml", "surveys: {a: {name: A, description: New}}\n")
    project.apply()
    host = documented.url.removesuffix("/api")
    assert person.steps()[0]["link"] == f"{host}/"
    project.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nhandoff: {links: {survey: '/surveys/{id}/edit'}}\n")
    project.run("handoff")
    assert person.steps()[0]["link"] == f"{host}/surveys/9/edit"
    assert "9" in person.steps()[0]["note"]
