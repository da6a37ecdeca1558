"""`pull` leaves a project whose plan is empty, or changes nothing; it loses no edit and declares nothing unasked."""

from __future__ import annotations

import io
import os
import resource
from typing import Any

import pytest

from sdx_state.config import configuration, files
from sdx_state.live import lists

SHARED = """\
surveys:
  a:
    name: A
    questions: &q
      - {question_label: One, question_text: First?, question_type: text} # shared
  b: {name: B, questions: *q}
"""
COMPANY = "surveys:\n  s:\n    name: S\n    greeting_text: Hello from ${var.company}.\n    closing_text: Bye.\n"


def content(project: Any) -> dict[str, bytes]:
    return {
        path.relative_to(project.folder).as_posix(): path.read_bytes()
        for path in project.folder.rglob("*")
        if path.is_file() and ".sdx" not in path.parts
    }


def edit(tenant: Any, kind: str, label: str, **values: Any) -> None:
    """Change a live resource as a person would in the admin UI."""
    name = {"surveys": "name", "questions": "question_label", "users": "email"}[kind]
    (row,) = [row for row in tenant.store.rows(kind) if row[name] == label]
    tenant.store.put_row(kind, {**row, **values})


def edit_all(tenant: Any, kind: str, **values: Any) -> None:
    for row in tenant.store.rows(kind):
        tenant.store.put_row(kind, {**row, **values})


@pytest.fixture
def applied(connected: Any, apply_once: Any) -> Any:
    connected.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nvariables: {company: Acme}\n")
    connected.write("s.yaml", COMPANY)
    apply_once()
    return connected


def terminal(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    stdin = io.StringIO(answer + "\n")
    monkeypatch.setattr(stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr("sys.stdin", stdin)


def is_settled(project: Any) -> bool:
    return project.run("validate").code == 0 and project.run("plan", "--detailed-exitcode").code == 0


def test_first_pull_after_init_writes_the_tenant_in_place_of_the_example(connected, tenant):
    (connected.folder / "sdx.yaml").unlink()
    assert connected.run("init", "--sample").code == 0
    tenant.store.load_snapshot({"surveys": [{"id": 1, "name": "Live"}]})
    pulled = connected.run("pull")
    assert pulled.code == 0, pulled.err
    assert [path.name for path in (connected.folder / "surveys").iterdir()] == ["live.yaml"]
    assert is_settled(connected)


def test_first_pull_after_init_takes_a_live_survey_of_the_name_of_the_example(connected, tenant):
    (connected.folder / "sdx.yaml").unlink()
    connected.run("init", "--sample")
    tenant.store.load_snapshot({"surveys": [{"id": 1, "name": "Support CSAT", "greeting_text": "Live"}]})
    assert connected.run("pull").code == 0
    assert "Live" in (connected.folder / "surveys" / "support-csat.yaml").read_text()
    assert is_settled(connected)


def test_changed_example_is_an_edit(connected, tenant):
    (connected.folder / "sdx.yaml").unlink()
    connected.run("init", "--sample")
    path = connected.folder / "surveys" / "support-csat.yaml"
    path.write_text(path.read_text() + "# mine\n")
    tenant.store.load_snapshot({"surveys": [{"id": 1, "name": "Live"}]})
    before = content(connected)
    pulled = connected.run("pull", "--new", "--overwrite")
    assert pulled.code == 5
    assert "survey.support-csat" in pulled.err
    assert content(connected) == before


def test_a_change_in_the_tenant_is_pulled_without_a_question(applied, tenant):
    edit(tenant, "surveys", "S", closing_text="Goodbye.")
    pulled = applied.run("pull")
    assert pulled.code == 0, pulled.err
    assert (applied.folder / "s.yaml").read_text() == COMPANY.replace("Bye.", "Goodbye.")
    assert is_settled(applied)


def test_a_variable_stays_in_a_text_that_changed_around_it(applied, tenant):
    edit(tenant, "surveys", "S", greeting_text="Welcome to Acme!")
    assert applied.run("pull").code == 0
    assert 'greeting_text: "Welcome to ${var.company}!"' in (applied.folder / "s.yaml").read_text()
    assert is_settled(applied)


@pytest.mark.parametrize(
    "local",
    [
        COMPANY.replace("Bye.", "See you."),
        COMPANY.replace("    closing_text: Bye.\n", "    closing_text: Bye.\n    description: New\n"),
        "surveys: {}\n",
    ],
)
def test_an_edit_that_was_not_applied_is_not_lost(applied, tenant, local):
    applied.write("s.yaml", local)
    before = content(applied)
    pulled = applied.run("pull")
    assert pulled.code == 5
    assert "survey.s" in pulled.err
    assert "pull --overwrite" in pulled.err
    assert content(applied) == before
    assert applied.run("pull", "--overwrite").code == 0
    assert is_settled(applied)


def test_a_changed_variable_is_an_edit(applied, tenant):
    applied.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nvariables: {company: Beta}\n")
    pulled = applied.run("pull")
    assert pulled.code == 5
    assert "${var.company}" in (applied.folder / "s.yaml").read_text()
    assert applied.run("pull", "--overwrite").code == 0
    assert "Hello from Acme." in (applied.folder / "s.yaml").read_text()
    assert is_settled(applied)


@pytest.mark.parametrize(("answer", "code"), [("yes", 0), ("no", 5), ("", 5)])
def test_a_person_at_a_terminal_is_asked_before_an_edit_is_lost(applied, monkeypatch, answer, code):
    path = applied.write("s.yaml", COMPANY.replace("Bye.", "See you."))
    terminal(monkeypatch, answer)
    pulled = applied.run("pull")
    assert pulled.code == code
    assert ("See you." in path.read_text()) == (code != 0)


def test_new_resources_are_written_down_when_that_is_asked_for(applied, tenant, monkeypatch):
    tenant.store.put_row("surveys", {"name": "Made by hand"})
    tenant.store.put_row("users", {"email": "u@x.com", "name": "U"})
    before = content(applied)
    pulled = applied.run("pull")
    assert pulled.code == 0
    assert "2 live resources not declared, and left alone" in pulled.err
    assert content(applied) == before
    terminal(monkeypatch, "no")
    assert applied.run("pull").code == 0
    assert content(applied) == before
    terminal(monkeypatch, "yes")
    assert applied.run("pull").code == 0
    assert {"users.yaml", "surveys/made-by-hand.yaml"} <= set(content(applied))
    assert is_settled(applied)


def test_a_question_made_by_hand_joins_its_survey_when_that_is_asked_for(applied, tenant):
    (survey,) = tenant.store.rows("surveys")
    tenant.store.put_row(
        "questions", {"survey_id": survey["id"], "order": 1, "question_label": "Q", "question_type": "text"}
    )
    assert applied.run("pull").code == 0
    assert "question_label" not in (applied.folder / "s.yaml").read_text()
    assert applied.run("pull", "--new").code == 0
    assert "question_label: Q" in (applied.folder / "s.yaml").read_text()
    assert is_settled(applied)


@pytest.mark.parametrize("name", ["S", "Renamed"])
def test_a_changed_key_is_named_before_anything_is_written(applied, tenant, name):
    edit(tenant, "surveys", "S", description="By hand", name=name)
    applied.write("s.yaml", COMPANY.replace("  s:\n", "  support:\n"))
    before = content(applied)
    pulled = applied.run("pull", "--overwrite", "--new")
    assert pulled.code == 5
    line = "moved: [{from: survey.s, to: survey.support}]"
    assert line in pulled.err
    assert content(applied) == before
    applied.write("moved.yaml", line + "\n")
    assert applied.run("pull", "--overwrite").code == 0
    assert is_settled(applied)


def test_a_question_that_was_removed_keeps_its_key_when_its_survey_changes_its_address(connected):
    def question(number, key):
        return f"{{key: {key}, question_label: Q{number}, question_text: Q{number}, question_type: text}}"

    first = f"{question(1, 'x')}, {question(3, 'y')}"
    connected.write(
        "s.yaml",
        f"surveys:\n  a: {{name: N1, questions: [{first}]}}\n  b: {{name: N2, questions: [{question(2, 'x')}]}}\n",
    )
    assert connected.apply().code == 0
    connected.write(
        "s.yaml",
        f"surveys:\n  b: {{name: N1, questions: [{question(3, 'y')}]}}\n"
        f"  a: {{name: N2, questions: [{question(2, 'x')}]}}\n"
        "moved:\n- {from: survey.a, to: survey.b}\n- {from: survey.b, to: survey.a}\n",
    )
    pulled = connected.run("pull", "--overwrite")
    assert pulled.code == 0, pulled.err
    assert (connected.folder / "s.yaml").read_text("utf-8").count("key: x") == 2
    assert connected.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("survey", ["A", "B"])
def test_a_change_through_an_alias_changes_one_survey(connected, tenant, survey):
    path = connected.write("s.yaml", SHARED)
    assert connected.apply().code == 0
    (row,) = [row for row in tenant.store.rows("surveys") if row["name"] == survey]
    (question,) = [one for one in tenant.store.rows("questions") if one["survey_id"] == row["id"]]
    tenant.store.put_row("questions", {**question, "question_text": "Second?"})
    pulled = connected.run("pull")
    assert pulled.code == 0, pulled.err + pulled.out
    assert is_settled(connected)
    text = path.read_text()
    assert text.count("First?") == text.count("Second?") == 1
    assert "# shared" in text


@pytest.mark.parametrize("label", ["Renamed", "\u6e80\u8db3", "***", ""])
def test_a_label_that_changed_in_the_tenant_keeps_the_key_of_its_question(connected, tenant, label):
    connected.write("s.yaml", SHARED)
    assert connected.apply().code == 0
    edit_all(tenant, "questions", question_label=label)
    pulled = connected.run("pull")
    assert pulled.code == 0, pulled.out + pulled.err
    assert is_settled(connected)
    assert sorted(connected.run("state", "list").out.split()) == [
        "question.a.one", "question.b.one", "survey.a", "survey.b",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("field", "cleared"), [("max_response", None), ("max_response", ""), ("question_sound_file", "")]
)
def test_a_value_that_was_cleared_in_the_tenant_can_be_pulled(connected, tenant, field, cleared):
    said = "max_response: 10, question_sound_file: 'https://x.com/a.mp3'"
    question = f"{{question_label: One, question_text: First?, question_type: nps, {said}}}"
    connected.write("s.yaml", f"surveys:\n  a: {{name: A, questions: [{question}]}}\n")
    assert connected.apply().code == 0
    edit_all(tenant, "questions", **{field: cleared})
    pulled = connected.run("pull")
    assert pulled.code == 0, pulled.out + pulled.err
    assert is_settled(connected)
    assert connected.run("pull").out.startswith("2 resources in 0 changed files")


def test_resource_deleted_in_the_tenant_stays_declared_and_is_named(applied, tenant):
    (row,) = tenant.store.rows("surveys")
    tenant.store.delete_row("surveys", row["id"])
    before = content(applied)
    pulled = applied.run("pull", "--overwrite", "--new")
    assert pulled.code == 5
    assert "declared, and not in the tenant: 1 resource: survey.s" in pulled.err
    assert content(applied) == before


def test_when_the_second_file_cannot_be_written_the_first_is_put_back(connected, tenant):
    for name in "abc":
        connected.write(f"{name}.yaml", f"surveys: {{{name}: {{name: {name}, description: x}}}}\n")
    connected.apply()
    edit(tenant, "surveys", "a", description="short")
    edit(tenant, "surveys", "b", description="long" * 100_000)
    tenant.store.put_row("surveys", {"name": "new"})
    before = content(connected)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, hard))
    try:
        pulled = connected.run("pull", "--new")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert pulled.code == 1
    assert "File too large" in pulled.err
    assert content(connected) == before
    assert not (connected.folder / "surveys").exists()
    assert connected.run("pull", "--new").code == 0
    assert is_settled(connected)


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_when_a_file_cannot_be_replaced_all_are_put_back(connected, tenant, monkeypatch, failing):
    for name in "abc":
        connected.write(f"{name}.yaml", f"surveys: {{{name}: {{name: {name}, description: x}}}}\n")
    connected.apply()
    for name in "abc":
        edit(tenant, "surveys", name, description="changed")
    before = content(connected)
    replace = os.replace
    calls = []

    def refuse(path: Any, target: Any, **folders: Any) -> None:
        if str(target).endswith(".yaml"):
            calls.append(target)
            if len(calls) == failing:
                raise PermissionError(13, os.strerror(13), str(target))
        replace(path, target, **folders)

    monkeypatch.setattr(os, "replace", refuse)
    assert connected.run("pull").code == 1
    monkeypatch.setattr(os, "replace", replace)
    assert content(connected) == before


def test_a_file_that_is_excluded_is_not_written_over(applied, tenant):
    applied.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nexclude: [users.yaml]\n")
    applied.write("s.yaml", COMPANY.replace("${var.company}", "Acme"))
    applied.write("users.yaml", "of: somebody else\n")
    tenant.store.put_row("users", {"email": "u@x.com", "name": "U"})
    before = content(applied)
    pulled = applied.run("pull", "--new")
    assert pulled.code == 1
    assert "users.yaml exists" in pulled.err
    assert content(applied) == before


@pytest.fixture
def readings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The questions lists that the tenant is asked for, one by one."""
    asked: list[str] = []
    list_rows = lists.list_rows

    def counted(client: Any, kind: Any, parent_id: str | None = None) -> list[dict[str, object]]:
        asked.extend([parent_id] if parent_id is not None else [])
        return list_rows(client, kind, parent_id)

    monkeypatch.setattr(lists, "list_rows", counted)
    return asked


def test_a_pull_that_changes_no_file_reads_files_and_tenant_once(applied, readings, monkeypatch):
    loads: list[object] = []
    read_text = files.read_text
    monkeypatch.setattr(configuration, "read_text", lambda *given: loads.append(given[1]) or read_text(*given))
    pulled = applied.run("pull")
    assert (pulled.code, len(readings)) == (0, 1), pulled.err
    assert loads == ["s.yaml"]
    assert is_settled(applied)


def test_a_pull_that_changes_a_file_plans_from_a_fresh_reading(applied, tenant, readings):
    edit(tenant, "surveys", "S", closing_text="Goodbye.")
    assert applied.run("pull").code == 0
    assert len(readings) == 2


def test_a_pull_that_changes_no_file_remembers_what_files_and_tenant_say_alike_now(applied, tenant):
    text = COMPANY.replace("Bye.", "Goodbye.")
    edit(tenant, "surveys", "S", closing_text="Goodbye.")
    applied.write("s.yaml", text)
    assert applied.run("pull").code == 0
    edit(tenant, "surveys", "S", closing_text="Later.")
    # The state knows the value that both had, so this is the tenant's change and no edit in the files.
    pulled = applied.run("pull")
    assert pulled.code == 0, pulled.err
    assert (applied.folder / "s.yaml").read_text() == text.replace("Goodbye.", "Later.")


TWO = "surveys:\n  s:\n    name: S\n    closing_text: Bye.\n  t: {name: T, closing_text: Bye.}\n"


def hidden(project: Any) -> dict[str, bytes]:
    """Return the state and the journal."""
    paths = (path for path in (project.folder / ".sdx").rglob("*") if path.is_file())
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture
def two(connected: Any, apply_once: Any) -> Any:
    connected.write("s.yaml", TWO)
    apply_once()
    return connected


def test_target_pulls_the_named_survey_alone(two, tenant):
    edit(tenant, "surveys", "S", closing_text="Live S.")
    edit(tenant, "surveys", "T", closing_text="Live T.")
    pulled = two.run("pull", "--target", "survey.t")
    assert pulled.code == 0, pulled.err
    assert pulled.last == "1 resource in 1 changed file, 0 newly imported. The next plan is empty for these."
    assert content(two)["s.yaml"].decode() == TWO.replace("T, closing_text: Bye.", "T, closing_text: Live T.")
    plan = two.run("plan", "--detailed-exitcode")
    assert "0 to add, 1 to change" in plan.out


def test_target_leaves_other_edits_alone_and_asks_for_its_own(two, tenant):
    two.write("s.yaml", TWO.replace("    closing_text: Bye.", "    closing_text: Edited."))
    edit(tenant, "surveys", "T", closing_text="Live T.")
    assert two.run("pull").code == 5
    pulled = two.run("pull", "--target", "survey.t")
    assert pulled.code == 0, pulled.err
    assert b"Edited." in content(two)["s.yaml"]
    assert b"Live T." in content(two)["s.yaml"]
    assert two.run("pull", "--target", "survey.s").code == 5
    assert two.run("pull", "--target", "survey.s", "--overwrite").code == 0
    assert b"Edited." not in content(two)["s.yaml"]


def test_target_of_a_question_pulls_its_fields_and_leaves_its_survey_alone(connected, tenant):
    connected.write("s.yaml", SHARED.replace(" &q", "").replace("  b: {name: B, questions: *q}\n", ""))
    assert connected.apply().code == 0
    edit(tenant, "surveys", "A", name="A live")
    edit(tenant, "questions", "One", question_text="Live?")
    id = tenant.store.rows("surveys")[0]["id"]
    new = {"survey_id": id, "question_label": "Two", "question_text": "New?", "question_type": "text", "order": 0}
    tenant.store.load_snapshot({"questions": [new]})
    pulled = connected.run("pull", "--target", "question.a.one")
    assert pulled.code == 0, pulled.err
    assert b"name: A\n" in content(connected)["s.yaml"]
    assert b"Live?" in content(connected)["s.yaml"]
    assert b"New?" not in content(connected)["s.yaml"]
    pulled = connected.run("pull", "--target", "question.a.*", "--new")
    assert pulled.code == 0, pulled.err
    text = content(connected)["s.yaml"]
    assert b"name: A\n" in text
    assert text.index(b"New?") < text.index(b"Live?")
    assert connected.run("pull").code == 0
    assert is_settled(connected)


def test_target_imports_one_of_several_new_surveys(two, tenant):
    tenant.store.load_snapshot({"surveys": [{"id": 50, "name": "New one"}, {"id": 51, "name": "Other one"}]})
    left = two.run("pull", "--target", "survey.new-*")
    assert (left.code, "1 live resource not declared, and left alone: survey 50" in left.err) == (0, True)
    pulled = two.run("pull", "--target", "survey.new-*", "--new")
    assert pulled.code == 0, pulled.err
    assert sorted(content(two)) == ["s.yaml", "sdx.yaml", "surveys/new-one.yaml"]
    assert "survey 51" in two.run("pull").err


def test_target_that_names_nothing_is_an_error(two):
    before = content(two)
    ended = two.run("pull", "--target", "survey.tt")
    assert (ended.code, content(two)) == (1, before)
    assert "--target survey.tt matches nothing" in ended.err
    assert "did you mean survey.t?" in ended.err


def test_diff_shows_the_changes_and_writes_nothing(two, tenant):
    edit(tenant, "surveys", "S", closing_text="Live S.")
    tenant.store.load_snapshot({"surveys": [{"id": 50, "name": "New one"}]})
    before, state = content(two), hidden(two)
    shown = two.run("pull", "--diff")
    assert shown.code == 0, shown.err
    assert "--- a/s.yaml\n+++ b/s.yaml\n" in shown.out
    assert "-    closing_text: Bye.\n+    closing_text: Live S.\n" in shown.out
    assert "new-one" not in shown.out
    assert "1 file would change. Nothing was written." in shown.err
    assert "sdx-state pull --new" in shown.err
    assert "+++ b/surveys/new-one.yaml" in two.run("pull", "--diff", "--new").out
    assert content(two) == before
    assert hidden(two) == state
    assert two.run("pull", "--diff", "--target", "survey.t").out == ""


def test_diff_shows_edits_that_would_be_lost(two, tenant):
    two.write("s.yaml", TWO.replace("    closing_text: Bye.", "    closing_text: Edited."))
    shown = two.run("pull", "--diff")
    assert shown.code == 0
    assert "-    closing_text: Edited.\n+    closing_text: Bye.\n" in shown.out
    assert "Never applied, and replaced here: edits of 1 resource." in shown.err
    assert "Never applied" not in two.run("pull", "--diff", "--overwrite").err
    assert b"Edited." in content(two)["s.yaml"]


def test_diff_of_a_project_without_changes_is_empty(two):
    shown = two.run("pull", "--diff")
    assert (shown.code, shown.out) == (0, "")
    assert "No file would change." in shown.err


def test_diff_is_what_a_pull_writes(two, tenant):
    edit(tenant, "surveys", "S", closing_text="Live S.", description="live")
    shown = two.run("pull", "--diff").out
    before = content(two)["s.yaml"].decode().splitlines()
    assert two.run("pull").code == 0
    after = content(two)["s.yaml"].decode().splitlines()
    body = [line for line in shown.splitlines()[2:] if not line.startswith("@@")]
    assert [line[1:] for line in body if line[0] != "+"] == before[: len([1 for line in body if line[0] != "+"])]
    assert [line[1:] for line in body if line[0] == "+"] == [line for line in after if line not in before]


def test_stored_tenant_and_options_for_files_exclude_each_other(two):
    for option in (["--diff"], ["--target", "survey.s"], ["--new"]):
        ended = two.run("pull", "--snapshot", "t.json", *option)
        assert (ended.code, ended.out) == (2, "")
        assert f"cannot be combined with {option[0]}" in ended.err
