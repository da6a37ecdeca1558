"""The Python interface of the tool: as in the guide, typed, silent, and no way around approval."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

import sdx_state
from sdx_state import Credentials, Project, Refused
from sdx_state.app import project as module
from sdx_state.apply.approval import Consent, approve
from sdx_state.state.local import LocalStore
from tests.state.memory_store import VirtualMachine

GUIDE = Path(__file__).parents[2] / "sdx_state" / "guides" / "python.md"
EXAMPLE = next(
    text
    for text in re.findall(r"^```python\n(.*?)^```", GUIDE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    if "Project.open" in text
)
SURVEYS = """
surveys:
  support-csat:
    name: Support CSAT
    greeting_text: Hello.
    questions:
      - {question_label: NPS, question_text: How likely?, question_type: nps, max_response: 10}
"""
THREE = "surveys: {a: {name: A}, b: {name: B}, c: {name: C}}\n"
NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
BASIC = Credentials("sandbox", "00000000-0000-4000-8000-000000000000")

# Code that type checkers of its users accept; a `type: ignore` marks the lines that they must reject.
USES = """
from collections.abc import Sequence

from sdx_state import ApplyResult, ApprovedPlan, Credentials, Outcome, PlanStale, Project, Refused, Review

project = Project.open("surveys", environment="prod")
project = Project.open(sandbox=True, lock_timeout=300)
project = Project.open("surveys", credentials=Credentials("token", "5f0c0d5e"))
review: Review = project.plan(targets=["survey.*"], excludes=["user.*"])
addresses: list[str] = [str(change.address) for change in review.plan.changes]
try:
    approved: ApprovedPlan = review.approve(level="low", allow=["survey.a"], allow_deletes=2)
except Refused as error:
    rules: list[str] = [one.code for one in error.violations]
result: ApplyResult = project.apply(approved)
failed: Sequence[Outcome] = result.of("failed")
id: str | None = result.outcomes[0].id
Project.open("surveys", "prod")  # type: ignore[call-arg]
project.apply(review)  # type: ignore[arg-type]
project.apply(review.approve(level="critical"))  # type: ignore[arg-type]
review.plan = review.whole  # type: ignore[misc]
"""


@pytest.fixture
def folder(connected, capfd):
    """A project beside a tenant; nothing that the test does may print anything."""
    yield connected
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")


def declared(connected, text, **options):
    connected.write("a.yaml", text)
    return Project.open(connected.folder, **options)


def names(tenant):
    return sorted(one["name"] for one in tenant.store.rows("surveys"))


def test_it_makes_the_tenant_what_the_files_say(folder, tenant):
    project = declared(folder, SURVEYS)
    review = project.plan()
    assert names(tenant) == []
    result = project.apply(review.approve())
    assert [(one.change.address, one.status, one.id) for one in result.outcomes] == [
        ("survey.support-csat", "done", "1"),
        ("question.support-csat.nps", "done", "1"),
    ]
    assert names(tenant) == ["Support CSAT"]
    assert project.plan().plan.empty


def test_it_reports_what_the_command_line_reports(folder, tenant):
    folder.write("a.yaml", SURVEYS.replace("Hello.", "Hello %nobody%."))
    review = Project.open(folder.folder).plan()
    shown = folder.run("plan", "--format", "json")
    assert review.plan.diagnostics
    assert all(diagnostic.message in shown.out for diagnostic in review.plan.diagnostics)


def test_a_plan_with_more_deletes_than_the_limits_is_refused_until_the_number_is_approved(folder, tenant):
    declared(folder, THREE).apply(declared(folder, THREE).plan().approve())
    project = declared(folder, "surveys: {a: {name: A}}\n")
    review = project.plan()
    with pytest.raises(Refused, match="deletes") as caught:
        review.approve()
    assert [one.code for one in caught.value.violations] == ["deletes"]
    with pytest.raises(Refused, match="deletes"):
        review.approve(allow_deletes=1)
    assert names(tenant) == ["A", "B", "C"]
    project.apply(review.approve(allow_deletes=2))
    assert names(tenant) == ["A"]


def test_a_tenant_that_changed_since_the_plan_is_left_alone(folder, tenant):
    project = declared(folder, SURVEYS)
    project.apply(project.plan().approve())
    project = declared(folder, SURVEYS.replace("Hello.", "Good day."))
    approved = project.plan().approve()
    (live,) = tenant.store.rows("surveys")
    tenant.store.put_row("surveys", {**live, "greeting_text": "Edited by a colleague."})
    before = tenant.store.rows("surveys")
    with pytest.raises(sdx_state.PlanStale, match=r"survey\.support-csat: greeting_text differ"):
        project.apply(approved)
    assert tenant.store.rows("surveys") == before


def test_finished_changes_are_omitted(folder, tenant):
    project = declared(folder, SURVEYS)
    approved = project.plan().approve()
    project.apply(approved)
    assert all(one.change.action.value == "no-op" for one in project.apply(approved).outcomes)
    assert names(tenant) == ["Support CSAT"]


def test_the_plan_of_another_project_is_refused(folder, tenant, tmp_path):
    approved = declared(folder, SURVEYS).plan().approve()
    other = tmp_path / "other"
    other.mkdir()
    (other / "sdx.yaml").write_text("sdx: 1\napi: {host: demo.surveydynamix.com}\n", encoding="utf-8")
    (other / "a.yaml").write_text(THREE, encoding="utf-8")
    with pytest.raises(sdx_state.PlanStale, match="the configuration is not the one"):
        Project.open(other).apply(approved)
    assert names(tenant) == []


def test_a_consent_for_another_plan_is_refused_by_name(folder, tenant):
    first, second = declared(folder, SURVEYS).plan(), declared(folder, THREE).plan()
    given = Consent("high", fingerprint=first.plan.fingerprint)
    with pytest.raises(sdx_state.PlanStale) as caught:
        approve(second, given, NOW)
    assert first.plan.fingerprint in str(caught.value)
    assert second.plan.fingerprint in str(caught.value)


def test_everything_managed_is_deleted_only_with_consent_to_the_number(folder, tenant):
    project = declared(folder, THREE)
    project.apply(project.plan().approve())
    tenant.store.create("surveys", {"name": "Of a colleague"})
    review = project.plan(destroy=True)
    with pytest.raises(Refused, match="deletes"):
        review.approve()
    result = project.apply(review.approve(allow_deletes=3))
    assert {one.status for one in result.outcomes} == {"done"}
    assert names(tenant) == ["Of a colleague"]


def test_protected_resource_is_never_destroyed(folder, tenant):
    project = declared(folder, "surveys: {a: {name: A, protect: true}, b: {name: B}}\n")
    project.apply(project.plan().approve())
    with pytest.raises(Refused, match="protect"):
        project.plan(destroy=True).approve(allow_deletes=2, allow=["*"])
    assert names(tenant) == ["A", "B"]


def test_a_locked_state_is_an_error_and_writes_nothing(folder, tenant):
    project = declared(folder, SURVEYS)
    approved = project.plan().approve()
    with LocalStore(folder.folder / ".sdx", "state", None).lock("apply"), pytest.raises(sdx_state.StateLocked):
        project.apply(approved)
    assert names(tenant) == []


def test_apply_waits_for_a_locked_state_as_long_as_lock_timeout_says(folder, tenant):
    machine = VirtualMachine()
    project = declared(folder, SURVEYS, machine=machine, lock_timeout=300)
    approved = project.plan().approve()
    with LocalStore(folder.folder / ".sdx", "state", None).lock("apply"):
        begun = machine.seconds
        with pytest.raises(sdx_state.StateLocked, match="Waited 300 s"):
            project.apply(approved)
        assert machine.seconds - begun == pytest.approx(300)
    assert names(tenant) == []


def test_apply_continues_when_the_lock_that_it_waits_for_is_free(folder, tenant):
    machine = VirtualMachine()
    project = declared(folder, SURVEYS, machine=machine, lock_timeout=300)
    approved = project.plan().approve()
    with ExitStack() as held:
        held.enter_context(LocalStore(folder.folder / ".sdx", "state", None).lock("apply"))
        machine.while_asleep = held.close
        result = project.apply(approved)
    assert {one.status for one in result.outcomes} == {"done"}
    assert names(tenant) == ["Support CSAT"]


@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_lock_timeout_must_be_a_number_of_seconds(folder, seconds):
    with pytest.raises(ValueError, match="lock_timeout must be a number of seconds"):
        declared(folder, SURVEYS, lock_timeout=seconds)


def test_credentials_can_be_passed_in(folder, tenant, monkeypatch):
    for name in ("SDX_CUSTOMER_UUID", "SDX_AUTH_TOKEN"):
        monkeypatch.delenv(name)
    project = declared(folder, SURVEYS)
    with pytest.raises(sdx_state.CredentialsError):
        project.plan()
    project = declared(folder, SURVEYS, credentials=BASIC)
    project.apply(project.plan().approve())
    assert names(tenant) == ["Support CSAT"]
    assert "sandbox" not in repr(project).replace("sandbox=False", "")
    with pytest.raises(sdx_state.AuthenticationError):
        declared(folder, SURVEYS, credentials=replace(BASIC, token="wrong")).plan()


def test_the_environment_can_be_passed_in(folder, tenant, monkeypatch):
    for name in ("SDX_API_URL", "SDX_CUSTOMER_UUID", "SDX_AUTH_TOKEN"):
        monkeypatch.delenv(name)
    environ = {"SDX_API_URL": tenant.url, "SDX_CUSTOMER_UUID": BASIC.customer_uuid, "SDX_AUTH_TOKEN": BASIC.token}
    project = declared(folder, SURVEYS, environ=environ)
    project.apply(project.plan().approve())
    assert names(tenant) == ["Support CSAT"]


def test_credentials_of_the_environment_are_not_sent_where_only_the_project_file_says(folder, monkeypatch):
    monkeypatch.delenv("SDX_API_URL")
    folder.write("sdx.yaml", "sdx: 1\napi: {url: https://surveys.example/api}\n")
    with pytest.raises(sdx_state.UntrustedHostError):
        declared(folder, SURVEYS).plan()


def test_the_sandbox_of_the_project_is_the_one_of_the_command_line(folder, tenant):
    project = declared(folder, SURVEYS, sandbox=True)
    project.apply(project.plan().approve())
    assert names(tenant) == []
    assert folder.run("plan", "--sandbox", "--detailed-exitcode").code == 0


def test_an_environment_has_a_state_of_its_own(folder, tenant):
    folder.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nenvironments: {prod: {}}\n")
    project = declared(folder, SURVEYS, environment="prod")
    project.apply(project.plan().approve())
    assert (folder.folder / ".sdx" / "state.prod.json").exists()
    assert folder.run("--env", "prod", "plan", "--detailed-exitcode").code == 0


def test_wrong_files_are_one_error_with_every_place(folder):
    with pytest.raises(sdx_state.ConfigurationError) as caught:
        declared(folder, "surveys: {a: {nam: A}, b: {name: 1}}\n")
    assert [(one.source.file, one.source.line) for one in caught.value.diagnostics] == [("a.yaml", 1)] * len(
        caught.value.diagnostics
    )
    assert len(caught.value.diagnostics) > 1


def test_unusable_sandbox_is_an_error_with_advice(folder):
    project = declared(folder, SURVEYS, sandbox=True)
    (folder.folder / ".sdx").mkdir(mode=0o700)
    (folder.folder / ".sdx" / "sandbox.db").write_bytes(b"no database" * 100)
    with pytest.raises(sdx_state.SandboxUnusable) as caught:
        project.plan()
    assert "Move the file away" in caught.value.advice


def test_the_example_of_the_module_runs(connected, monkeypatch):
    connected.write("surveys/sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nenvironments: {prod: {}}\n")
    connected.write("surveys/a.yaml", SURVEYS)
    monkeypatch.chdir(connected.folder)
    example = doctest.DocTestParser().get_doctest(module.__doc__ or "", {}, module.__name__, None, 0)
    assert len(example.examples) > 5
    said: list[str] = []
    assert doctest.DocTestRunner(verbose=False).run(example, out=said.append).failed == 0, "".join(said)


def test_the_example_of_the_readme_runs(connected, tenant):
    connected.write("surveys/sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nenvironments: {prod: {}}\n")
    connected.write("surveys/a.yaml", THREE.replace("b: {name: B}, c: {name: C}", "d: {name: D}"))
    assert connected.run("--env", "prod", "apply", "--auto-approve", folder=connected.folder / "surveys").code == 0
    connected.write("surveys/a.yaml", SURVEYS)
    command = [sys.executable, "-W", "error", "-c", EXAMPLE]
    ended = subprocess.run(command, cwd=connected.folder, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "create survey.support-csat" in ended.stdout
    assert names(tenant) == ["Support CSAT"]


@pytest.mark.soak
def test_the_example_and_uses_keep_to_the_types(tmp_path, mypy_cache):
    for number, text in enumerate((EXAMPLE, USES)):
        (tmp_path / f"use_{number}.py").write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(mypy_cache), "."]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
