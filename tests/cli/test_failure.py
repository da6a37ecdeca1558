"""Bad input and network faults: a clear message, the right exit code, nothing lost, nothing written."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.faulty_proxy import Hold

TWO = """
surveys:
  a:
    name: A
    questions: [{question_label: Q, question_text: Why?, question_type: text}]
  b: {name: B}
users:
  ana@example.com: {name: Ana}
"""


@pytest.fixture
def weather(project, proxy):
    """A project that talks to its tenant through a proxy."""
    project.connect(proxy.url)
    project.write("a.yaml", TWO)
    return project


def assert_converges(project):
    assert project.apply().code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_wrong_credentials_stop_at_the_first_request(weather, tenant, proxy):
    weather.connect(proxy.url, token="wrong")
    planned = weather.run("plan")
    assert planned.code == 1
    assert "credentials" in planned.err
    assert "wrong" not in planned.err.replace("wrong credentials", "").replace("are wrong", "")
    assert len(proxy.seen) <= 8


def test_missing_credentials_name_the_variables(connected, monkeypatch):
    connected.write("a.yaml", TWO)
    monkeypatch.delenv("SDX_AUTH_TOKEN")
    planned = connected.run("plan")
    assert planned.code == 1
    assert "SDX_AUTH_TOKEN" in planned.err


def test_a_host_that_does_not_exist(project, monkeypatch):
    project.connect("https://nowhere.invalid/api")
    project.write("a.yaml", TWO)
    planned = project.run("plan")
    assert planned.code == 1
    assert "nowhere.invalid" in planned.err
    assert "Traceback" not in planned.err


def test_a_host_that_answers_html(project, serve_handler):
    class Portal(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<html>Sign in to the hotel network</html>")

    project.connect(serve_handler(Portal) + "/api")
    project.write("a.yaml", TWO)
    planned = project.run("plan")
    assert planned.code == 1
    assert "web page" in planned.err


@pytest.mark.parametrize(
    "url", ["http://surveydynamix.com/api", "https://user:secret@surveydynamix.com/api", "ftp://x"]
)
def test_an_address_that_would_leak_is_refused(project, url):
    project.connect(url)
    project.write("a.yaml", TWO)
    planned = project.run("plan")
    assert planned.code == 1
    assert "secret" not in planned.err


def test_a_tenant_other_than_the_pinned_one_gets_no_request(project, proxy):
    project.connect(proxy.url)
    project.write("sdx.yaml", "sdx: 1\ntenant: 11111111-1111-4111-8111-111111111111\napi: {host: x.example}\n")
    project.write("a.yaml", TWO)
    planned = project.run("plan")
    assert planned.code == 1
    assert "pinned" in planned.err
    assert proxy.seen == []


def test_missing_resource_files_with_managed_resources_are_an_error(connected, tenant):
    path = connected.write("a.yaml", TWO)
    connected.apply()
    path.unlink()
    applied = connected.apply()
    assert applied.code == 6
    assert "declares no resources" in applied.err
    assert len(tenant.store.rows("surveys")) == 2


def test_deletes_need_their_exact_count(connected, tenant):
    connected.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nlimits: {deletes: 0}\n")
    connected.write("a.yaml", TWO)
    connected.apply()
    connected.write("a.yaml", TWO.replace("  b: {name: B}\n", ""))
    assert connected.apply().code == 6
    assert connected.apply("--allow-deletes", "2").code == 6
    assert connected.apply("--allow-deletes", "1").code == 0
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["A"]


def test_a_protected_survey_is_not_deleted_even_after_its_block_is_gone(connected, tenant):
    connected.write("a.yaml", TWO.replace("name: B}", "name: B, protect: true}"))
    connected.apply()
    connected.write("a.yaml", TWO.replace("  b: {name: B}\n", ""))
    applied = connected.apply("--allow-deletes", "1")
    assert applied.code == 6
    assert "survey.b is protected" in applied.err
    assert connected.run("destroy", "--auto-approve").code == 6
    assert len(tenant.store.rows("surveys")) == 2


@pytest.mark.parametrize("content", [b"", b"{", b"\x00" * 100, b'{"format": 99}'])
def test_a_state_that_cannot_be_trusted_is_never_taken_for_none(connected, tenant, content):
    connected.write("a.yaml", TWO)
    connected.apply()
    path = connected.folder / ".sdx" / "state.json"
    path.write_bytes(content)
    for command in (["plan"], ["apply", "--auto-approve"], ["destroy", "--auto-approve"], ["state", "list"]):
        assert connected.run(*command).code == 7
    assert path.read_bytes() == content


def test_a_state_with_one_bit_flipped_is_refused(connected):
    connected.write("a.yaml", TWO)
    connected.apply()
    path = connected.folder / ".sdx" / "state.json"
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    assert connected.run("plan").code == 7


def test_a_locked_state_names_its_holder(connected, tenant):
    connected.write("a.yaml", TWO)
    connected.run("plan")
    (connected.folder / ".sdx").mkdir(exist_ok=True)
    lock = connected.folder / ".sdx" / "state.lock"
    lock.write_text('{"pid": 4711, "host": "desk", "since": 0, "purpose": "apply", "id": "0a1b2c3d"}')
    with lock.open() as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        applied = connected.apply()
    assert applied.code == 4
    assert "4711" in applied.err
    assert tenant.store.rows("surveys") == []


@pytest.mark.parametrize("fault", [500, 502, 503, "drop before", "html", "truncate", "empty"])
def test_a_read_that_fails_once_is_read_again(weather, proxy, fault, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    proxy.fail("GET", "/surveys", fault)
    assert weather.run("plan").code == 0


def test_a_read_that_keeps_failing_ends_with_a_message(weather, proxy, monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    proxy.fail("GET", "/surveys", 500, times=100)
    planned = weather.run("plan")
    assert planned.code == 1
    assert "500" in planned.err
    assert planned.out == ""


@pytest.mark.parametrize("fault", [500, 503, "drop after", "html", "truncate", "empty"])
@pytest.mark.parametrize("collection", ["surveys", "questions", "users"])
def test_a_create_whose_answer_is_lost_happens_once(weather, proxy, tenant, monkeypatch, fault, collection):
    monkeypatch.setattr(time, "sleep", lambda _: None)
    proxy.fail("POST", f"/{collection}", fault)
    applied = weather.apply()
    if isinstance(fault, int):  # the proxy answered for the tenant, so nothing was created
        assert applied.code == 1
        assert "no new resource appeared" in applied.err
    else:
        assert applied.code == 0, applied.err
    assert_converges(weather)
    assert sorted(row["name"] for row in tenant.store.rows("surveys")) == ["A", "B"]
    assert len(tenant.store.rows("questions")) == 1
    assert len(tenant.store.rows("users")) == 1


@pytest.mark.parametrize("fault", [500, "drop before", "drop after", "html", "truncate"])
def test_an_update_whose_answer_is_lost_is_judged_by_reading(weather, proxy, monkeypatch, apply_once, fault):
    apply_once()
    monkeypatch.setattr(time, "sleep", lambda _: None)
    weather.write("a.yaml", TWO.replace("name: Ana", "name: Anna"))
    proxy.fail("PUT", "/users", fault)
    assert weather.apply().code == (1 if fault in (500, "drop before") else 0)
    assert_converges(weather)


@pytest.mark.parametrize("fault", [500, "drop before", "drop after", "html"])
def test_a_delete_whose_answer_is_lost_is_judged_by_reading(weather, proxy, monkeypatch, apply_once, fault):
    apply_once()
    monkeypatch.setattr(time, "sleep", lambda _: None)
    weather.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nlimits: {deletes: 1, deletes_percent: 100}\n")
    weather.write("a.yaml", TWO.replace("  b: {name: B}\n", ""))
    proxy.fail("DELETE", "/surveys", fault)
    assert weather.apply().code == (1 if fault in (500, "drop before") else 0)
    assert_converges(weather)


def test_a_409_on_create_fails_that_resource_and_its_dependants_only(weather, proxy, tenant):
    proxy.fail("POST", "/surveys", 409)
    applied = weather.apply()
    assert applied.code == 1
    assert "409" in applied.err
    assert "failed" in applied.last
    assert [row["email"] for row in tenant.store.rows("users")] == ["ana@example.com"]
    assert_converges(weather)


def test_a_409_on_delete_keeps_the_resource_and_its_place_in_the_state(weather, proxy, tenant):
    weather.apply()
    weather.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nlimits: {deletes: 1, deletes_percent: 100}\n")
    weather.write("a.yaml", TWO.replace("  b: {name: B}\n", ""))
    proxy.fail("DELETE", "/surveys", 409)
    assert weather.apply().code == 1
    assert "survey.b" in weather.run("state", "list").out
    assert_converges(weather)


def test_405_hands_off_the_remaining_changes_of_that_verb(weather, proxy, tenant):
    proxy.fail("POST", "/surveys", 405, times=99)
    applied = weather.apply()
    assert applied.code == 8, applied.err
    assert len([path for method, path in proxy.writes() if path.startswith("/api/surveys")]) <= 2
    assert [row["email"] for row in tenant.store.rows("users")] == ["ana@example.com"]


def test_a_401_while_applying_stops_everything_and_saves_what_was_done(weather, proxy):
    proxy.fail("POST", "/(users|questions)", 401, times=99)
    applied = weather.apply()
    assert applied.code == 1
    assert "not started" in applied.last or "failed" in applied.last
    proxy.rules.clear()
    assert_converges(weather)


def test_nothing_is_sent_after_a_401(weather, proxy):
    """Many requests with wrong credentials could lock the account."""
    weather.write("sdx.yaml", "sdx: 1\napi: {host: x.example, parallelism: 1}\n")
    for command in (["plan"], ["apply", "--auto-approve"], ["drift"], ["pull"], ["whoami"]):
        proxy.rules.clear()
        proxy.seen.clear()
        proxy.fail("GET", "/surveys", 401)
        assert weather.run(*command).code == 1
        asked = [path.partition("?")[0] for _, path in proxy.seen]
        assert asked.index("/api/surveys") == len(asked) - 1, command


def test_a_resource_that_changed_since_the_plan_is_left_alone(weather, proxy, tenant, monkeypatch):
    weather.apply()
    weather.write("a.yaml", TWO.replace("name: Ana", "name: Anna"))
    from sdx_state.apply import write

    original = write.Writer._update

    def meanwhile(self, change):
        tenant.store.put_row("users", {"email": "ana@example.com", "name": "Renamed by hand"})
        return original(self, change)

    monkeypatch.setattr(write.Writer, "_update", meanwhile)
    applied = weather.apply()
    assert applied.code == 3
    assert "name changed in the tenant" in applied.err
    assert tenant.store.rows("users")[0]["name"] == "Renamed by hand"


def command(project, *arguments, **options):
    return subprocess.Popen(
        [
            sys.executable,
            "-c",
            "from sdx_state.cli.main import entry; entry()",
            "-C",
            str(project.folder),
            *arguments,
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,
    )


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), pytest.param(signal.SIGTERM, 143, marks=pytest.mark.soak)]
)
def test_a_signal_during_apply_saves_what_was_done(weather, proxy, tenant, number, code):
    weather.write("sdx.yaml", "sdx: 1\napi: {host: x.example, parallelism: 4}\n")
    weather.write("a.yaml", "users:\n" + "".join(f"  u{n}@example.com: {{name: U{n}}}\n" for n in range(30)))
    fifth_to_eighth = Hold(after=4, count=4)
    proxy.fail("POST", "/users", fifth_to_eighth, times=30)
    with command(weather, "apply", "--auto-approve") as running:
        assert fifth_to_eighth.reached()
        running.send_signal(number)
        said = [next(line for line in running.stderr if "Stopping" in line)]
        fifth_to_eighth.release()
        out, err = running.stdout.read(), running.stderr.read()
    assert running.returncode == code, [*said, err]
    assert "not started" in out
    assert len(tenant.store.rows("users")) == 8
    assert len(weather.run("state", "list").out.split()) == 8
    assert_converges(weather)
    assert len(tenant.store.rows("users")) == 30


@pytest.mark.usefixtures("waits")
def test_a_signal_ends_a_run_whose_tenant_does_not_answer_and_the_next_run_finds_what_was_done(
    weather, proxy, tenant
):
    weather.write("sdx.yaml", "sdx: 1\napi: {host: x.example, parallelism: 4}\n")
    weather.write("a.yaml", "surveys:\n" + "".join(f"  s{n}: {{name: S{n}}}\n" for n in range(30)))
    answers = Hold(after=8, count=4)

    def held(method, path, status, told):
        if path == "/api/surveys" and (method == "POST" or answers.reached_at_once()):
            answers()
        return status, told

    proxy.edit = held
    with command(weather, "apply", "--auto-approve") as running:
        assert answers.reached()
        running.send_signal(signal.SIGTERM)
        _, err = running.communicate()  # all answers are held until it has ended
    answers.release()
    assert running.returncode == 143, err
    assert len(weather.run("state", "list").out.split()) == 8
    assert_converges(weather)
    assert sorted(row["name"] for row in tenant.store.rows("surveys")) == sorted(f"S{n}" for n in range(30))


@pytest.mark.usefixtures("waits")
def test_killed_at_once_loses_nothing_and_duplicates_nothing(weather, proxy, tenant):
    weather.write("sdx.yaml", "sdx: 1\napi: {host: x.example, parallelism: 4}\n")
    weather.write("a.yaml", "surveys:\n" + "".join(f"  s{n}: {{name: S{n}}}\n" for n in range(30)))
    answers = Hold(after=8, count=4)

    def held(method, path, status, told):
        if (method, path) == ("POST", "/api/surveys"):
            answers()
        return status, told

    proxy.edit = held
    with command(weather, "apply", "--auto-approve") as running:
        assert answers.reached()
        running.kill()
        running.communicate()
    answers.release()
    assert len(tenant.store.rows("surveys")) == 12
    journal = weather.folder / ".sdx" / "state.journal.jsonl"
    assert journal.read_text().count('"intent"') == 30, "those that are next are written down with the first"
    assert_converges(weather)
    assert sorted(row["name"] for row in tenant.store.rows("surveys")) == sorted(f"S{n}" for n in range(30))


def test_a_full_disk_sends_nothing_and_keeps_the_old_state(project, tenant):
    project.connect(tenant.url)
    project.write("a.yaml", TWO)
    project.apply()
    before = (project.folder / ".sdx" / "state.json").read_bytes()
    project.write("a.yaml", TWO + "  ben@example.com: {name: Ben}\n")

    def full() -> None:
        import resource

        resource.setrlimit(resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))

    running = command(project, "apply", "--auto-approve", preexec_fn=full)
    _, err = running.communicate(timeout=30)
    assert running.returncode == 1
    assert "Traceback" not in err
    assert "could not be" in err or "cannot be" in err
    assert (project.folder / ".sdx" / "state.json").read_bytes() == before
    assert [row["email"] for row in tenant.store.rows("users")] == ["ana@example.com"]
    assert_converges(project)


def test_not_a_terminal_and_not_approved_writes_nothing(connected, tenant, monkeypatch):
    connected.write("a.yaml", TWO)
    with Path(os.devnull).open() as nothing:
        monkeypatch.setattr(sys, "stdin", nothing)
        applied = connected.run("apply")
    assert applied.code == 1
    assert "--auto-approve" in applied.err
    assert tenant.store.rows("surveys") == []


def test_unknown_commands_and_options_are_usage_errors_with_nothing_on_stdout(project):
    for arguments in (["paln"], ["plan", "--nope"], ["apply", "--allow-deletes", "many"]):
        ended = project.run(*arguments)
        assert (ended.code, ended.out) == (2, "")
    assert "plan" in project.run("paln").err


def test_run_that_never_began_is_not_a_success(weather, proxy, monkeypatch):
    from sdx_state.state.errors import StateNotSaved
    from sdx_state.state.journal import Journal

    def full(self, address, status):
        raise StateNotSaved("no room")

    monkeypatch.setattr(Journal, "ended", full)
    applied = weather.apply()
    assert applied.code == 1
    assert "not started" in applied.last


@pytest.mark.usefixtures("waits")
def test_unwritten_order_is_not_a_success(weather, proxy, tenant):
    two = TWO.replace("[{question_label: Q", "[{question_label: P, question_type: text}, {question_label: Q")
    weather.apply()
    weather.write("a.yaml", two)
    proxy.fail("PUT", "/questions", 503, times=9)
    applied = weather.apply()
    assert applied.code == 1
    assert "question.a.p" in applied.err
    proxy.rules.clear()
    assert_converges(weather)
    rows = sorted(tenant.store.rows("questions"), key=lambda row: row["order"])
    assert [row["question_label"] for row in rows] == ["P", "Q"]


@pytest.mark.parametrize("command", ["destroy", "apply"])
def test_a_run_that_died_after_its_deletes_is_not_taken_for_the_wrong_tenant(connected, tenant, monkeypatch, command):
    from sdx_state.state.errors import StateNotSaved
    from sdx_state.state.local import LocalStore

    many = "surveys:\n" + "".join(f"  s{n}: {{name: S{n}}}\n" for n in range(6))
    connected.write("a.yaml", many + "users: {u@example.com: {name: U}}\n")
    assert connected.apply().code == 0
    connected.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nlimits: {deletes: 9, deletes_percent: 100}\n")
    if command == "apply":
        connected.write("a.yaml", "users: {u@example.com: {name: U}}\n")

    def full(self, ledger):
        raise StateNotSaved("no room")

    with monkeypatch.context() as patch:
        patch.setattr(LocalStore, "save", full)
        assert connected.run(command, "--auto-approve").code != 0
    assert tenant.store.rows("surveys") == []
    ended = connected.run(command, "--auto-approve")
    assert ended.code == 0, ended.err
    assert "is it the right one" not in ended.err.lower()
    assert connected.run("state", "list").out.split() == (["user.u@example.com"] if command == "apply" else [])


@pytest.mark.parametrize("jump", [-10 * 365 * 86400.0, 10 * 365 * 86400.0, 3600.0])
def test_a_clock_that_jumps_does_not_shorten_the_wait_for_what_is_on_its_way(connected, tenant, monkeypatch, jump):
    from sdx_state.apply.settling import SETTLE
    from sdx_state.programs import machine
    from sdx_state.state import journal

    real, waited = time.time, []
    intend = journal.Journal.intend_ahead

    def dies(self, intentions):
        intend(self, intentions)
        raise KeyboardInterrupt

    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    with monkeypatch.context() as patch:
        patch.setattr(journal.Journal, "intend_ahead", dies)
        assert connected.apply().code != 0
    monkeypatch.setattr(machine.time, "time", lambda: real() + jump)
    monkeypatch.setattr(machine.time, "sleep", waited.append)
    applied = connected.apply()
    assert applied.code == 0
    assert f"minutes {'ahead of' if jump > 0 else 'behind'} the server's" in applied.out
    assert SETTLE - 20 < waited[0] <= SETTLE
    assert len(tenant.store.rows("surveys")) == 1


def test_an_error_names_its_code(connected):
    from sdx_state.state.local import LocalStore

    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    with LocalStore(connected.folder / ".sdx", "state", None).lock("apply"):
        ended = connected.run("apply", "--auto-approve")
    assert ended.code == 4
    assert "Error[state-locked]: the state is locked by `sdx-state apply`" in ended.err
    assert "Fix: " in connected.run("explain", "state-locked").out
