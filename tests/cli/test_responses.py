"""Responses come out once each, under the address of their question, and an export that broke off is gone on with."""

from __future__ import annotations

import codecs
import csv
import io
import json
import os
import re
import resource
import signal
import subprocess
import sys
from typing import Any

import pytest

from sdx_state.sandbox.records import COMPARED
from tests.faulty_proxy import Hold

SURVEYS = """
surveys:
  csat:
    name: CSAT
    questions:
      - {question_label: Score, question_text: "How was it?", question_type: number, max_response: 10}
      - {question_label: Why, question_text: "Why?", question_type: text}
  other:
    name: Other
    questions:
      - {question_label: Score, question_text: "And this?", question_type: number, max_response: 10}
"""
COLUMNS = [
    "response_id",
    "interaction_id",
    "survey",
    "question",
    "question_id",
    "question_label",
    "response_type",
    "response",
    "submitted_at",
]
MANY = 2300  # three pages


class Survey:
    """A live survey that people answer."""

    def __init__(self, tenant: Any, name: str) -> None:
        self.store = tenant.store
        (self.id,) = [row["id"] for row in self.store.rows("surveys") if row["name"] == name]
        self.questions = {
            row["question_label"]: row["id"] for row in self.store.rows("questions") if row["survey_id"] == self.id
        }
        self.interaction = self.store.put_record(
            "interactions", {"survey_id": self.id, "uuid": "secret", "status": "Started"}
        )["id"]

    def answer(self, response: object = "9", label: str = "Score", **fields: object) -> int:
        row = {
            "interaction_id": self.interaction,
            "question_id": self.questions.get(label),
            "response": response,
            "submitted_at": "2026-02-19 10:31:00",
            "recording_url": None,
            "response_type": "number",
            "question_label": label,
        }
        return self.store.put_record("responses", {**row, **fields})["id"]

    def answer_often(self, count: int) -> None:
        for number in range(count):
            said = f'{number}, "so"\r\nto say é' if number % 3 == 0 else number
            self.answer(said, ("Score", "Why")[number % 2])


@pytest.fixture
def csat(connected: Any, tenant: Any, proxy: Any, apply_once: Any) -> Survey:
    connected.connect(proxy.url)
    connected.write("a.yaml", SURVEYS)
    apply_once()
    return Survey(tenant, "CSAT")


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sdx_state.programs.machine.Machine.sleep", lambda _, seconds: None)


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def export(project: Any, *arguments: str) -> list[dict[str, Any]]:
    """Export as JSON Lines to stdout, and return the rows."""
    ended = project.run("responses", "csat", "--format", "jsonl", *arguments)
    assert ended.code == 0, ended.err
    return [json.loads(line) for line in ended.out.splitlines()]


def to_file(project: Any, *arguments: str, name: str = "out", survey: str = "csat") -> Any:
    return project.run("responses", survey, "--output", str(project.folder / name), *arguments)


# The content of a row


def assert_where_alone(said: str) -> None:
    """Assert that a command has nothing to say but which tenant it reads."""
    assert re.fullmatch(r"Environment: [^\n]*\n", said)


def test_each_response_has_the_address_of_its_question(connected: Any, csat: Survey) -> None:
    csat.answer("9"), csat.answer("It was quick.", "Why", response_type="text")
    ended = connected.run("responses", "survey.csat")
    assert ended.code == 0
    assert_where_alone(ended.err)
    assert ended.out.startswith(",".join(COLUMNS) + "\r\n")
    first, second = rows_of(ended.out)
    assert first == {
        "response_id": "1",
        "interaction_id": "1",
        "survey": "survey.csat",
        "question": "question.csat.score",
        "question_id": str(csat.questions["Score"]),
        "question_label": "Score",
        "response_type": "number",
        "response": "9",
        "submitted_at": "2026-02-19T10:31:00Z",
    }
    assert (second["question"], second["response"]) == ("question.csat.why", "It was quick.")


def test_a_label_that_changed_splits_no_column(connected: Any, csat: Survey) -> None:
    csat.answer("9")
    connected.write("a.yaml", SURVEYS.replace("question_label: Score", "key: score, question_label: Rating", 1))
    assert connected.apply().code == 0
    csat.answer("8", question_label="Rating")
    rows = export(connected)
    assert [row["question_label"] for row in rows] == ["Score", "Rating"]
    assert {row["question"] for row in rows} == {"question.csat.score"}


@pytest.mark.parametrize("loss", ["the state is lost", "the survey is declared no more"])
def test_either_the_yaml_or_the_state_is_enough_to_tell_the_address(connected: Any, csat: Survey, loss: str) -> None:
    csat.answer()
    if loss == "the state is lost":
        (connected.folder / ".sdx" / "state.json").unlink()
    else:
        connected.write("a.yaml", SURVEYS[: SURVEYS.index("  csat")] + SURVEYS[SURVEYS.index("  other") :])
    assert [row["question"] for row in export(connected)] == ["question.csat.score"]


def test_a_question_that_no_yaml_declares_has_no_address_and_keeps_its_id(
    connected: Any, csat: Survey, tenant: Any
) -> None:
    stranger = tenant.store.create(
        "questions", {"survey_id": csat.id, "question_label": "Mine", "question_type": "text"}
    )
    csat.answer(question_id=int(stranger))
    (row,) = export(connected)
    assert (row["question"], row["question_id"]) == (None, int(stranger))
    assert rows_of(connected.run("responses", "csat").out)[0]["question"] == ""


def test_only_the_named_survey_is_exported(connected: Any, csat: Survey, tenant: Any) -> None:
    other = Survey(tenant, "Other")
    mine = [csat.answer(), other.answer() and csat.answer()]
    assert [row["response_id"] for row in export(connected)] == mine


def test_recordings_come_only_when_they_are_asked_for(connected: Any, csat: Survey) -> None:
    csat.answer(recording_url="https://cdn.example.com/voice.mp3")
    for form in ("csv", "jsonl"):
        assert "voice.mp3" not in connected.run("responses", "csat", "--format", form).out
        assert "voice.mp3" in connected.run("responses", "csat", "--format", form, "--with-recordings").out


HOSTILE = [
    "=1+1",
    "+cmd|' /C calc'!A0",
    "-2+3",
    "@SUM(A1)",
    "\t=1",
    "\r=1",
    'a "b", c',
    "two\nlines",
    "é\u202e",
    "\0",
]


def test_no_cell_of_a_csv_is_executed_and_every_cell_is_read_back(connected: Any, csat: Survey) -> None:
    for text in [*HOSTILE, "-3", "+61491570156", "4.5"]:
        csat.answer(text, question_label=text)
    ended = connected.run("responses", "csat")
    rows = rows_of(ended.out)
    assert [row["response"] for row in rows] == [
        *(f"'{text}" for text in HOSTILE[:6]),
        *HOSTILE[6:9],
        "\ufffd",
        *["-3", "+61491570156", "4.5"],
    ]
    assert [row["question_label"] for row in rows] == [row["response"] for row in rows]
    assert "in cells: 12" in ended.err


@pytest.mark.parametrize("sign", ["\uff1d", "\uff0b", "\uff0d", "\uff20"])
def test_full_width_signs_are_formulas_for_some_spreadsheets(connected: Any, csat: Survey, sign: str) -> None:
    csat.answer(f"{sign}1")
    ended = connected.run("responses", "csat")
    assert [row["response"] for row in rows_of(ended.out)] == [f"'{sign}1"]


def test_byte_order_mark_is_written_once_at_the_beginning_of_a_file(connected: Any, csat: Survey) -> None:
    csat.answer("\u00e4")
    assert to_file(connected, "--bom").code == 0
    csat.answer("\u00f6")
    assert to_file(connected, "--bom", "--resume").code == 0
    assert to_file(connected, "--resume").code == 0
    data = (connected.folder / "out").read_bytes()
    assert data.startswith(codecs.BOM_UTF8 + b"response_id,")
    assert data.count(codecs.BOM_UTF8) == 1
    assert [row["response"] for row in rows_of(data.decode("utf-8-sig"))] == ["\u00e4", "\u00f6"]


def test_json_lines_are_ascii_and_exact(connected: Any, csat: Survey) -> None:
    values = [*HOSTILE, "", None, 7, 1.5, "007"]
    for value in values:
        csat.answer(value)
    ended = connected.run("responses", "csat", "--format", "jsonl")
    assert ended.out.isascii()
    assert "\x1b" not in ended.out
    assert [json.loads(line)["response"] for line in ended.out.splitlines()] == values


# Which rows


TIMES = [
    "2026-02-18 23:59:59",
    "2026-02-19 00:00:00",
    "2026-02-19 10:30:00",
    "2026-02-19 23:59:59",
    "2026-02-20 00:00:00",
]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--since", "2026-02-19"], [1, 2, 3, 4]),
        (["--until", "2026-02-19"], [0, 1, 2, 3]),
        (["--since", "2026-02-19", "--until", "2026-02-19"], [1, 2, 3]),
        (["--since", "2026-02-19T10:30Z"], [2, 3, 4]),
        (["--since", "2026-02-19T10:30:01"], [3, 4]),
        (["--until", "2026-02-19T10:30:00Z"], [0, 1]),
        (["--since", "2026-02-19T20:30+10:00"], [2, 3, 4]),
        (["--since", "2026-02-18T19:00:00-05:00", "--until", "2026-02-19T05:30-05:00"], [1]),
    ],
)
def test_a_period_is_from_its_begin_to_before_its_end_and_a_day_counts_whole(
    connected: Any, csat: Survey, options: list[str], expected: list[int]
) -> None:
    ids = [csat.answer(submitted_at=at) for at in TIMES]
    assert [row["response_id"] for row in export(connected, *options)] == [ids[place] for place in expected]


@pytest.mark.parametrize("zero", ["-0001-11-30 00:00:00", "0000-00-00 00:00:00", "", None])
def test_a_time_that_never_was_is_empty_and_lies_in_no_period(connected: Any, csat: Survey, zero: object) -> None:
    csat.answer(submitted_at=zero), csat.answer()
    assert [row["submitted_at"] for row in export(connected)] == [None, "2026-02-19T10:31:00Z"]
    ended = connected.run("responses", "csat", "--since", "2020-01-01")
    assert [row["response_id"] for row in rows_of(ended.out)] == ["2"]
    assert "1 without a time" in ended.err


@pytest.mark.parametrize(
    "options",
    [
        ["--since", "yesterday"],
        ["--until", "2026-02-30"],
        ["--since", "2026-02-19T25:00"],
        ["--since", "2026-02-19", "--until", "2026-02-18"],
        ["--resume"],
        ["--format", "jsonl", "--bom"],
        ["--format", "xml"],
    ],
)
def test_meaningless_arguments_are_refused_before_any_request(proxy: Any, project: Any, options: list[str]) -> None:
    project.connect(proxy.url)
    project.write("a.yaml", SURVEYS)
    assert project.run("responses", "csat", *options).code == 2
    assert proxy.seen == []


def test_unknown_survey_gets_the_nearest_name_as_hint(connected: Any, csat: Survey) -> None:
    ended = connected.run("responses", "cast")
    assert (ended.code, ended.out) == (1, "")
    assert "Did you mean survey.csat?" in ended.err


def test_survey_missing_in_the_tenant_is_reported(connected: Any) -> None:
    connected.write("a.yaml", SURVEYS)
    ended = to_file(connected)
    assert ended.code == 1
    assert "survey.csat is not in the tenant" in ended.err
    assert not (connected.folder / "out").exists()


def test_of_two_surveys_with_one_name_a_person_has_to_choose(connected: Any, tenant: Any) -> None:
    tenant.store.load_snapshot({"surveys": [{"id": 1, "name": "CSAT"}, {"id": 2, "name": "CSAT"}]})
    connected.write("a.yaml", SURVEYS)
    assert connected.run("responses", "csat").code == 5


def test_a_survey_without_responses_gives_the_header_alone(connected: Any, csat: Survey) -> None:
    assert connected.run("responses", "csat").out == ",".join(COLUMNS) + "\r\n"
    assert connected.run("responses", "csat", "--format", "jsonl").out == ""


def test_the_sandbox_and_an_environment_can_be_asked(project: Any) -> None:
    from sdx_state.sandbox.store import Store

    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nenvironments: {staging: {}}\n")
    project.write("a.yaml", SURVEYS)
    assert project.run("--env", "staging", "apply", "--sandbox", "--auto-approve").code == 0

    class Kept:
        store = Store(project.folder / ".sdx" / "sandbox.staging.db")

    Survey(Kept, "CSAT").answer("kept")
    Kept.store.close()
    ended = project.run("--env", "staging", "responses", "csat", "--sandbox")
    assert [row["response"] for row in rows_of(ended.out)] == ["kept"]


# The file, and going on with it


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_output_file_has_the_content_of_stdout_and_is_private(connected: Any, csat: Survey, form: str) -> None:
    csat.answer_often(5)
    ended = to_file(connected, "--format", form)
    assert ended.code == 0, ended.err
    path = connected.folder / "out"
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.read_bytes().decode() == connected.run("responses", "csat", "--format", form).out


@pytest.mark.soak
@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_wherever_a_crash_cut_the_file_off_it_is_gone_on_with(
    connected: Any, csat: Survey, form: str, quick: bool
) -> None:
    csat.answer_often(4)
    path = connected.folder / "out"
    to_file(connected, "--format", form)
    whole = path.read_bytes()
    for cut in [*range(0, len(whole), 41 if quick else 7), len(whole) - 1, len(whole)]:
        path.write_bytes(whole[:cut])
        ended = to_file(connected, "--format", form, "--resume")
        assert ended.code == 0, (cut, ended.err)
        assert path.read_bytes() == whole, cut


def test_zeros_left_by_a_power_failure_are_not_rows(connected: Any, csat: Survey) -> None:
    csat.answer_often(4)
    path = connected.folder / "out"
    for form in ("csv", "jsonl"):
        path.unlink(missing_ok=True)
        to_file(connected, "--format", form)
        whole = path.read_bytes()
        path.write_bytes(whole[:-30] + bytes(5000))
        assert to_file(connected, "--format", form, "--resume").code == 0
        assert path.read_bytes() == whole


@pytest.mark.soak
@pytest.mark.parametrize("fault", [500, "drop before", "truncate", "html"])
def test_server_that_fails_in_the_middle_leaves_a_resumable_file(
    connected: Any, csat: Survey, proxy: Any, impatient: None, fault: Any
) -> None:
    csat.answer_often(MANY)
    assert to_file(connected, name="whole").code == 0
    whole = (connected.folder / "whole").read_bytes()
    proxy.fail("GET", r"responses\?.*_offset=1998", fault, times=9)
    broken = to_file(connected)
    assert broken.code == 1
    assert "1999 responses are in" in broken.err
    assert "--resume" in broken.err
    kept = (connected.folder / "out").read_bytes()
    assert whole.startswith(kept)
    assert len(rows_of(kept.decode())) == 1999
    proxy.rules.clear()
    resumed = to_file(connected, "--resume")
    assert resumed.code == 0, resumed.err
    assert (connected.folder / "out").read_bytes() == whole


def test_a_server_that_fails_at_once_leaves_no_file_in_the_way(
    connected: Any, csat: Survey, proxy: Any, impatient: None
) -> None:
    csat.answer()
    proxy.fail("GET", "responses", 400)
    assert to_file(connected).code == 1
    assert not (connected.folder / "out").exists()
    assert to_file(connected).code == 0


def test_new_responses_are_added_and_old_ones_not_asked_for_again(
    connected: Any, csat: Survey, tenant: Any, proxy: Any
) -> None:
    csat.answer_often(MANY)
    assert to_file(connected).code == 0
    added = csat.answer("new")
    proxy.seen.clear()
    assert "1 responses of survey.csat added" in to_file(connected, "--resume").out
    pages = [path for _, path in proxy.seen if f"/responses?survey_id={csat.id}&" in path]
    assert len(pages) == 1
    rows = rows_of((connected.folder / "out").read_bytes().decode())
    assert [int(row["response_id"]) for row in rows] == list(range(1, added + 1))


def test_responses_deleted_in_the_tenant_hide_no_new_one(connected: Any, csat: Survey, tenant: Any) -> None:
    csat.answer_often(MANY)
    assert to_file(connected).code == 0
    for id in [*range(1, 900), MANY - 1, MANY]:
        tenant.store.delete_record("responses", str(id))
    csat.answer("new")
    assert to_file(connected, "--resume").code == 0
    rows = rows_of((connected.folder / "out").read_bytes().decode())
    assert [int(row["response_id"]) for row in rows] == list(range(1, MANY + 2))


def test_a_response_that_was_stored_late_is_not_missed(connected: Any, csat: Survey, tenant: Any) -> None:
    ids = [csat.answer() for _ in range(10)]
    row = tenant.store.record("responses", "7")
    tenant.store.delete_record("responses", "7")
    assert to_file(connected).code == 0
    tenant.store.put_record("responses", row)
    assert to_file(connected, "--resume").code == 0
    rows = rows_of((connected.folder / "out").read_bytes().decode())
    assert sorted(int(row["response_id"]) for row in rows) == ids
    assert "0 responses" in to_file(connected, "--resume").out


def test_a_period_is_gone_on_with(connected: Any, csat: Survey) -> None:
    for number in range(400):
        csat.answer(submitted_at=f"2026-02-{1 + number % 28:02d} 10:00:00")
    options = ["--since", "2026-02-14", "--format", "jsonl"]
    assert to_file(connected, *options).code == 0
    path = connected.folder / "out"
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 3])
    assert to_file(connected, *options, "--resume").code == 0
    assert path.read_bytes() == whole


def test_a_file_that_is_there_is_not_written_over(connected: Any, csat: Survey) -> None:
    path = connected.write("out", "mine")
    ended = to_file(connected)
    assert ended.code == 1
    assert "--resume" in ended.err
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("found", "why"),
    [
        ("another survey", "contains responses of survey.other"),
        ("another form", "not a row of this export"),
        ("other columns", "begins with other columns"),
        ("other columns in JSON", "contains other columns"),
        ("another tenant", "contains a response"),
        ("a tenant that has none of them", "that are not of this survey"),
        ("an earlier --since", "outside the period of --since"),
        ("a row in the middle is damaged", "not a row of this export"),
        ("a text", "not a row of this export"),
        ("a line without an end", "not a row of this export"),
        ("a link to a text", "not a row of this export"),
        ("a fifo", "not a regular file"),
    ],
)
def test_a_file_that_is_not_of_this_export_is_left_as_it_is(
    connected: Any, csat: Survey, tenant: Any, found: str, why: str
) -> None:
    csat.answer_often(60)
    Survey(tenant, "Other").answer()
    path, options = connected.folder / "out", ["--resume"]
    if found == "another survey":
        to_file(connected, survey="other")
    elif found == "another form":
        to_file(connected, "--format", "jsonl")
    elif found == "other columns":
        to_file(connected, "--with-recordings")
    elif found == "other columns in JSON":
        to_file(connected, "--with-recordings", "--format", "jsonl")
        options += ["--format", "jsonl"]
    elif found in ("a text", "a line without an end"):
        path.write_text("response_id of mine\nand more\n" if found == "a text" else "mine")
        options += ["--format", "jsonl"]
    elif found == "a link to a text":
        connected.write("elsewhere", "of mine\nand more\n")
        path.symlink_to("elsewhere")
    elif found == "a fifo":
        os.mkfifo(path)
    else:
        to_file(connected)
    if found == "another tenant":
        tenant.store.put_record("responses", {**tenant.store.record("responses", "58"), "question_id": 4711})
    elif found == "a tenant that has none of them":
        for id in range(1, 61):
            tenant.store.delete_record("responses", str(id))
        csat.answer()
    elif found == "an earlier --since":
        options += ["--since", "2026-02-20"]
    elif found == "a row in the middle is damaged":
        path.write_bytes(path.read_bytes().replace(b"survey.csat,question.csat.score", b"survey.csat", 1))
    before = path.read_bytes() if found != "a fifo" else b""
    ended = to_file(connected, *options)
    assert ended.code == 1
    assert why in ended.err
    assert found == "a fifo" or path.read_bytes() == before


def test_two_runs_do_not_write_to_one_file(connected: Any, csat: Survey) -> None:
    import fcntl

    csat.answer()
    assert to_file(connected).code == 0
    with (connected.folder / "out").open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        ended = to_file(connected, "--resume")
    assert ended.code == 1
    assert "another run" in ended.err


# Processes that end before their time


def start(project: Any, *arguments: str, **options: Any) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "sdx_state.cli.main", "-C", str(project.folder), "responses", "csat", *arguments]
    # A shell that runs the tests in the background may make its children ignore SIGINT.
    options.setdefault("preexec_fn", lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
    return subprocess.Popen(command, stderr=subprocess.PIPE, text=True, **options)


@pytest.mark.soak
@pytest.mark.parametrize(
    ("number", "code"),
    [
        (signal.SIGINT, 130),
        pytest.param(signal.SIGTERM, 143, marks=pytest.mark.soak),
        pytest.param(signal.SIGKILL, -9, marks=pytest.mark.soak),
    ],
)
def test_a_run_that_was_ended_is_gone_on_with(
    connected: Any, csat: Survey, proxy: Any, number: signal.Signals, code: int
) -> None:
    csat.answer_often(MANY)
    to_file(connected, name="whole")
    path = connected.folder / "out"
    third_page = Hold()
    proxy.fail("GET", "_offset=1998", third_page)
    process = start(connected, "--output", str(path))
    assert third_page.reached()
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    third_page.release()
    assert process.returncode == code
    if number != signal.SIGKILL:
        assert "1000 responses are in" in said
        assert "--resume" in said
    assert to_file(connected, "--resume").code == 0
    assert path.read_bytes() == (connected.folder / "whole").read_bytes()


@pytest.mark.soak
def test_full_disk_leaves_complete_rows_and_says_how_to_resume(connected: Any, csat: Survey) -> None:
    csat.answer_often(MANY)
    to_file(connected, name="whole")
    path, whole = connected.folder / "out", (connected.folder / "whole").read_bytes()
    most = len(whole) * 2 // 3

    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))

    process = start(connected, "--output", str(path), preexec_fn=limit)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "--resume" in said
    assert whole.startswith(path.read_bytes())
    assert path.read_bytes().endswith(b"\r\n")
    assert to_file(connected, "--resume").code == 0
    assert path.read_bytes() == whole


def test_a_reader_that_has_seen_enough_ends_it_without_a_word(connected: Any, csat: Survey) -> None:
    csat.answer_often(MANY)
    process = start(connected, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().startswith("response_id")
    process.stdout.close()
    assert process.stderr is not None
    assert_where_alone(process.stderr.read())
    assert process.wait(60) == 1
    process.stderr.close()


def test_no_progress_is_drawn_without_a_terminal(connected: Any, csat: Survey) -> None:
    csat.answer()
    process = start(connected, stdout=subprocess.PIPE)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 0
    assert_where_alone(said)
    assert len(rows_of(out)) == 1


# Dates that the server is asked for


SINCE = "2026-02-15"


def answer_for_days(csat: Survey) -> list[int]:
    """Give a page of old responses and more, two in each interaction; return the ids of those since `SINCE`."""
    for number in range(MANY // 2):
        row = {"survey_id": csat.id, "uuid": "secret", "status": "Started"}
        csat.interaction = csat.store.put_record("interactions", row)["id"]
        minute = f"2026-02-{1 + number * 28 // (MANY // 2):02d} {number % 24:02d}:{number % 60:02d}"
        csat.answer(submitted_at=f"{minute}:05"), csat.answer(submitted_at=f"{minute}:35")
    return [row["id"] for row in csat.store.records("responses") if row["submitted_at"] >= SINCE]


def dated(proxy: Any, csat: Survey) -> list[str]:
    """Return the lists of the survey that were asked for with dates, apart from trials of a second."""
    asked = [target for _, target in proxy.seen if f"/responses?survey_id={csat.id}&start_date" in target]
    return [target for target in asked if "start_date=2026-02-14T00" in target]


def test_since_is_sent_to_a_server_that_is_proven_to_filter_by_time(connected: Any, csat: Survey, proxy: Any) -> None:
    new = answer_for_days(csat)
    proxy.seen.clear()
    assert [row["response_id"] for row in export(connected, "--since", SINCE)] == new
    assert dated(proxy, csat)
    whole = [target for _, target in proxy.seen if f"/responses?survey_id={csat.id}&_limit" in target]
    assert len(whole) == 1


def without_dates(target: str) -> str:
    return re.sub(r"&(start|end)_date=[^&]*", "", target)


def without_survey_where_dated(target: str) -> str:
    return re.sub(r"survey_id=\d+&(?=start_date)", "", target)


def with_days_alone(target: str) -> str:
    return re.sub(r"(_date=\d{4}-\d\d-\d\d)T[^&]*", r"\1", target)


@pytest.mark.soak
@pytest.mark.parametrize("rewrite", [without_dates, without_survey_where_dated, with_days_alone])
def test_since_loses_nothing_where_a_server_treats_dates_otherwise(
    connected: Any, csat: Survey, tenant: Any, proxy: Any, rewrite: Any
) -> None:
    new = answer_for_days(csat)
    Survey(tenant, "Other").answer(submitted_at="2026-02-20 10:00:00")
    proxy.rewrite = lambda target: rewrite(target) if "/responses" in target else target
    assert [row["response_id"] for row in export(connected, "--since", SINCE)] == new
    assert dated(proxy, csat) == []


@pytest.mark.soak
@pytest.mark.parametrize("status", [400, 404, 500])
def test_since_reads_all_where_dates_are_refused(
    connected: Any, csat: Survey, proxy: Any, impatient: None, status: int
) -> None:
    new = answer_for_days(csat)
    proxy.fail("GET", "/responses.*start_date", status, times=99)
    assert [row["response_id"] for row in export(connected, "--since", SINCE)] == new


@pytest.mark.soak
@pytest.mark.parametrize("field", ["created_at", "completed_at"])
def test_since_loses_nothing_where_dates_compare_a_time_of_the_interaction(
    connected: Any, csat: Survey, proxy: Any, monkeypatch: pytest.MonkeyPatch, field: str
) -> None:
    new = answer_for_days(csat)
    started = {row["id"]: "" for row in csat.store.records("interactions")}
    for row in csat.store.records("responses"):
        # `completed_at` is the time of an interaction's last response; `created_at` is earlier than all of them.
        at = (
            "2026-01-01 10:00:00"
            if field == "created_at"
            else max(started[row["interaction_id"]], row["submitted_at"])
        )
        started[row["interaction_id"]] = at
    for row in csat.store.records("responses"):
        csat.store.put_record("responses", {**row, "compared": started[row["interaction_id"]]})
    monkeypatch.setitem(COMPARED, "responses", "compared")
    assert [row["response_id"] for row in export(connected, "--since", SINCE)] == new
    assert dated(proxy, csat) == []


def test_since_loses_nothing_where_dates_compare_when_a_response_was_changed(
    connected: Any, csat: Survey, proxy: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    new = answer_for_days(csat)
    for id in new[::7]:
        row = csat.store.record("responses", str(id))
        csat.store.put_record("responses", {**row, "changed_at": "2026-03-09 10:00:00"})
    for row in csat.store.records("responses"):
        csat.store.put_record("responses", {"changed_at": row["submitted_at"], **row})
    monkeypatch.setitem(COMPARED, "responses", "changed_at")
    rows = export(connected, "--since", SINCE, "--until", "2026-02-28")
    assert [row["response_id"] for row in rows] == new
    assert dated(proxy, csat)


def test_since_is_not_sent_where_nothing_can_prove_it(connected: Any, csat: Survey, proxy: Any) -> None:
    for number in range(1200):
        csat.answer(submitted_at="2026-02-01 10:00:00" if number < 1100 else "2026-02-20 10:00:00")
    assert len(export(connected, "--since", SINCE)) == 100
    assert dated(proxy, csat) == []


def test_a_period_that_the_server_filters_is_gone_on_with(connected: Any, csat: Survey, proxy: Any) -> None:
    new = answer_for_days(csat)
    options = ["--since", SINCE, "--format", "jsonl"]
    assert to_file(connected, *options).code == 0
    path = connected.folder / "out"
    whole = path.read_bytes()
    assert len(whole.splitlines()) == len(new)
    path.write_bytes(whole[: len(whole) // 3])
    proxy.seen.clear()
    assert to_file(connected, *options, "--resume").code == 0
    assert path.read_bytes() == whole
    assert dated(proxy, csat)
