"""`plan` of a large project: the tenant is read while the files are loaded."""

from __future__ import annotations

import json
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from sdx_state.app import ahead as app_ahead
from sdx_state.app import declared
from sdx_state.cli.console import ReadingProgress
from sdx_state.live import ahead
from sdx_state.programs.interrupts import Terminated
from sdx_state.programs.machine import Machine, Uptime
from sdx_state.records import replace
from sdx_state.state.journal import Journal
from sdx_state.state.local import LocalStore
from tests.faulty_proxy import PATIENCE, FaultyProxy, Hold

LARGE = app_ahead.LARGE
SURVEYS = 4
REQUESTS = 2 + SURVEYS  # surveys, users, the questions of each survey
FILE = "surveys:\n" + "".join(
    f"  s{number}: {{name: S{number}, questions: [{{question_label: Q, question_text: Q?, question_type: text}}]}}\n"
    for number in range(1, SURVEYS + 1)
)


class Tenant:
    """The tenant behind its proxy, as the test sees it while files are loaded.

    Attributes:
        meanwhile: Called in the main thread when the program begins to load the files.
        most: Most requests that were in flight at a time.
        hidden: Name of a survey that no list shows.
    """

    def __init__(self, proxy: FaultyProxy) -> None:
        self.proxy = proxy
        self.meanwhile: Callable[[], None] = lambda: None
        self.most = self._now = 0
        self.hidden = ""
        self._held: Hold | None = None
        self._changed = threading.Condition()
        fault_for = proxy.fault_for

        def arrived(method: str, path: str) -> Any:
            with self._changed:
                self._now += 1
                self.most = max(self.most, self._now)
                self._changed.notify_all()
            if self._held is not None and "/questions" not in path:
                self._held()
            return fault_for(method, path)

        def answered(_method: str, _path: str, status: int, told: Any) -> tuple[int, Any]:
            with self._changed:
                self._now -= 1
            if isinstance(told, list) and self.hidden:
                told = [row for row in told if row.get("name") != self.hidden]
            return status, told

        proxy.fault_for, proxy.edit = arrived, answered

    def asked(self) -> Counter[str]:
        """Return how often each list was asked for."""
        return Counter(path for _, path in self.proxy.seen)

    def wait_for(self, count: int) -> None:
        """Wait until `count` requests have come."""
        with self._changed:
            assert self._changed.wait_for(lambda: len(self.proxy.seen) >= count, PATIENCE)

    def is_slow(self) -> Hold:
        """Answer no list of surveys or users until the returned object is released."""
        self._held = Hold()
        return self._held

    def is_slow_until_loading(self, then: Callable[[], None] = lambda: None) -> None:
        """Answer nothing until the program begins to load the files; then call `then`."""
        hold = self.is_slow()

        def meanwhile() -> None:
            hold.release()
            then()

        self.meanwhile = meanwhile


@pytest.fixture
def slow(project, proxy, apply_once, monkeypatch):
    """A large project that was applied, whose tenant the test slows down."""
    project.connect(proxy.url)
    project.write("a.yaml", FILE)
    project.write("b.yaml", "users: {u@example.com: {name: U}}\n")
    apply_once()
    monkeypatch.setattr(app_ahead, "LARGE", 0)
    proxy.seen.clear()
    tenant = Tenant(proxy)
    load = declared.load_configuration

    def loading(*given: Any) -> Any:
        tenant.meanwhile()
        return load(*given)

    monkeypatch.setattr(declared, "load_configuration", loading)
    return tenant


@pytest.fixture
def plainly(project, slow, monkeypatch):
    """Return a function that runs a command without reading ahead, and returns what the tenant was asked."""

    def run(*arguments: str) -> Any:
        meanwhile, slow.meanwhile = slow.meanwhile, lambda: None
        with monkeypatch.context() as patch:
            patch.setattr(app_ahead, "LARGE", 1 << 60)
            ended = project.run(*arguments)
        slow.meanwhile = meanwhile
        asked = slow.asked()
        slow.proxy.seen.clear()
        return ended, asked

    return run


@pytest.mark.parametrize("command", ["plan", "drift"])
def test_lists_that_the_state_asks_for_are_read_while_files_are_loaded_and_not_again(project, slow, plainly, command):
    plain, asked = plainly(command)
    slow.is_slow_until_loading(lambda: slow.wait_for(REQUESTS))
    ended = project.run(command)
    assert ended == plain
    assert slow.asked() == asked
    assert asked.total() == REQUESTS


def test_lists_that_may_be_older_than_the_state_are_read_again(project, slow, plainly, monkeypatch):
    """Another run saved the state after the first lists were asked for."""
    plain, _ = plainly("plan", "--detailed-exitcode")
    outline = LocalStore.outline
    monkeypatch.setattr(LocalStore, "outline", lambda store: replace(outline(store), serial=0))
    slow.is_slow_until_loading(lambda: slow.wait_for(2))
    assert project.run("plan", "--detailed-exitcode") == plain
    assert {path.partition("?")[0]: count for path, count in slow.asked().items() if "questions" not in path} == {
        "/api/surveys": 2,
        "/api/users": 2,
    }


def test_a_tenant_that_answers_promptly_is_asked_for_no_children_ahead(project, slow, monkeypatch):
    monkeypatch.setattr(ahead, "SLOW", PATIENCE)
    found: list[int] = []
    slow.meanwhile = lambda: found.append(sum("/questions" in path for path in slow.asked()))
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert found == [0]
    assert slow.asked().total() == REQUESTS


@pytest.mark.parametrize("arguments", [["plan", "--sandbox"], ["apply", "--auto-approve"], ["validate"]])
def test_a_command_that_writes_or_has_another_tenant_reads_nothing_ahead(project, slow, arguments):
    found: list[int] = []
    slow.meanwhile = lambda: found.append(len(slow.proxy.seen))
    assert project.run(*arguments).code == 0
    assert found[0] == 0


def test_a_small_project_is_not_read_ahead(project, slow, monkeypatch):
    monkeypatch.setattr(app_ahead, "LARGE", LARGE)
    found: list[int] = []
    slow.meanwhile = lambda: found.append(len(slow.proxy.seen))
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert found == [0]


def test_no_more_requests_are_in_flight_than_the_project_says(project, slow):
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com, parallelism: 2}\n")
    two = Hold(count=2)
    slow.proxy.fail("GET", "/questions", two, times=SURVEYS)

    def meanwhile() -> None:
        assert two.reached()
        two.release()

    slow.is_slow_until_loading(meanwhile)
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert slow.most == 2
    assert slow.asked().total() == REQUESTS


def test_errors_of_files_are_reported_without_waiting_for_the_tenant(project, slow, plainly):
    project.write("c.yaml", "surveys: {s: {name: [}\n")
    plain, _ = plainly("plan")
    hold = slow.is_slow()
    slow.meanwhile = lambda: slow.wait_for(2)
    ended = project.run("plan")
    hold.release()
    assert ended == plain
    assert ended.code == 1
    assert "c.yaml:1" in ended.err
    assert slow.asked().total() == 2


@pytest.mark.parametrize(("signal", "code"), [(KeyboardInterrupt, 130), (Terminated, 143)], ids=["Ctrl-C", "SIGTERM"])
def test_a_signal_while_files_are_loaded_ends_the_command_at_once(project, slow, signal, code):
    hold = slow.is_slow()

    def interrupt() -> None:
        slow.wait_for(2)
        raise signal

    slow.meanwhile = interrupt
    ended = project.run("plan")
    hold.release()
    assert ended.code == code
    assert ended.err.strip() == "Interrupted. Nothing more was sent."


def test_a_signal_while_lists_of_children_are_waited_for_ends_the_command_at_once(project, slow, monkeypatch):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    hold = Hold()
    slow.proxy.fail("GET", "/questions", hold, times=SURVEYS)
    slow.is_slow_until_loading(lambda: slow.wait_for(REQUESTS))
    monkeypatch.setattr(ReadingProgress, "expect", interrupt)
    ended = project.run("plan")
    hold.release()
    assert ended.code == 130


@pytest.mark.parametrize("path", ["/surveys", "/users", "/questions"])
@pytest.mark.parametrize("fault", [401, 403, 404, "html"])
def test_a_list_that_fails_ahead_is_reported_as_without_reading_ahead(project, slow, plainly, waits, path, fault):
    slow.proxy.fail("GET", path, fault, times=1 << 30)
    plain, _ = plainly("plan")
    slow.is_slow_until_loading()
    ended = project.run("plan")
    assert ended.code == plain.code == 1
    assert without_numbers(ended.err) == without_numbers(plain.err)


def without_numbers(text: str) -> str:
    """Return `text` without the ids of surveys, whose lists are read at the same time."""
    return "".join(one for one in text if not one.isdigit())


def test_errors_of_files_come_before_those_of_credentials_state_and_tenant(project, slow, monkeypatch):
    project.write("c.yaml", "surveys: {s: {name: [}\n")
    first = project.run("plan")
    assert "c.yaml:1" in first.err
    (project.folder / ".sdx" / "state.json").write_text("{")
    assert project.run("plan") == first
    monkeypatch.setenv("SDX_AUTH_TOKEN", "")
    assert project.run("plan") == first
    (project.folder / "c.yaml").unlink()
    assert "credentials" in project.run("plan").err
    monkeypatch.setenv("SDX_AUTH_TOKEN", "sandbox")
    assert project.run("plan").code == 7


def test_a_list_of_many_pages_is_read_whole(project, slow, tenant):
    (user,) = tenant.store.rows("users")
    tenant.store.load_snapshot({"users": [{**user, "email": f"u{number}@example.com"} for number in range(1001)]})
    slow.is_slow_until_loading(lambda: slow.wait_for(REQUESTS + 1))
    document = json.loads(project.run("plan", "--format", "json").out)
    assert document["summary"]["unmanaged"] == 1001
    assert slow.asked().total() == REQUESTS + 1


def test_children_of_a_survey_that_is_not_live_any_more_are_not_asked_for(project, slow, plainly, tenant):
    tenant.store.delete("surveys", "2")
    plain, asked = plainly("plan")
    slow.is_slow_until_loading(lambda: slow.wait_for(REQUESTS - 1))
    assert project.run("plan").out == plain.out
    assert slow.asked() == asked


def test_the_plan_of_a_part_and_of_new_surveys_sends_the_requests_of_a_plain_one(project, slow, plainly):
    project.write("c.yaml", "surveys: {s5: {name: S5}}\n")
    arguments = ["plan", "--target", "survey.s1", "--format", "json"]
    plain, asked = plainly(*arguments)
    slow.is_slow_until_loading(lambda: slow.wait_for(REQUESTS))
    ended = project.run(*arguments)
    assert slow.asked() == asked
    effort, of_plain = (json.loads(one.out)["effort"] for one in (ended, plain))
    assert effort["requests"] == of_plain["requests"]


def test_telephone_numbers_are_looked_up_once_and_not_ahead(project, slow):
    project.write("c.yaml", "phone_numbers: {au: {number: '+61488888888', country_code: AU, phone_type: mobile}}\n")
    found: list[bool] = []

    def meanwhile() -> None:
        slow.wait_for(REQUESTS)
        found.append(any("phone_numbers" in path for path in slow.asked()))

    slow.is_slow_until_loading(meanwhile)
    assert project.run("plan").code == 0
    assert found == [False]
    assert sum("phone_numbers" in path for path in slow.asked()) == 1


class Killed(BaseException):
    """Ends the program between two lines of the journal, as the system would."""


@pytest.mark.parametrize("reads_ahead", [True, False])
def test_a_create_is_judged_by_the_time_at_which_its_list_was_read(project, slow, plainly, monkeypatch, reads_ahead):
    """A list that was read a moment after a create may not show it, however long files are loaded meanwhile."""

    def dies(*_: object) -> None:
        raise Killed

    project.write("c.yaml", "surveys: {new: {name: New}}\n")
    with monkeypatch.context() as patch:
        patch.setattr(Journal, "ended", dies)
        patch.setattr("sdx_state.cli.failure.report_bug", lambda *_: 137)
        assert plainly("apply", "--auto-approve")[0].code == 137
    slow.hidden = "New"
    slow.proxy.fail("GET", f"/surveys/{SURVEYS + 1}$", 404, times=9)
    uptime, later = Machine.uptime, [0.0]

    def shifted(self: Machine) -> Uptime:
        now = uptime(self)
        return replace(now, seconds=now.seconds + later[0])

    def meanwhile() -> None:
        slow.wait_for(REQUESTS)
        later[0] = 3600.0

    monkeypatch.setattr(Machine, "uptime", shifted)
    if reads_ahead:
        slow.is_slow_until_loading(meanwhile)
        planned = project.run("plan", "--format", "json")
    else:
        later[0] = 3600.0
        planned, _ = plainly("plan", "--format", "json")
    codes = {one["code"] for one in json.loads(planned.out)["diagnostics"]}
    assert ("create-not-visible" in codes) is reads_ahead
