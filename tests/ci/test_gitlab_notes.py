"""One note on a merge request and one issue about drift, against a local server with GitLab's paths."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

EXAMPLES = Path(__file__).parents[2] / "examples" / "ci"
TOKEN = "glpat-canary-0815"
SELF = 41
PLAN = "<!-- sdx-state plan prod -->\n"


class GitLab:
    """Notes and issues of one project."""

    def __init__(self):
        self.notes, self.issues = [], []

    def add(self, where, author=SELF, **content):
        number = len(self.notes) + len(self.issues) + 1
        row = {"id": number, "iid": number, "author": {"id": author}, "state": "opened", **content}
        where.append({**row, "web_url": f"https://gitlab.example/{number}"})
        return where[-1]

    def answer(self, method, path, content, token):
        if token != TOKEN:
            return 401, {}
        parts = urlsplit(path)
        query = {name: value[0] for name, value in parse_qs(parts.query).items()}
        if parts.path == "/api/v4/user":
            return 200, {"id": SELF}
        path = parts.path.removeprefix("/api/v4/projects/7/")
        found = re.fullmatch(r"merge_requests/3/notes(?:/(\d+))?", path)
        where = self.notes if found else self.issues
        found = found or re.fullmatch(r"issues(?:/(\d+))?", path)
        if found is None:
            return 404, {}
        if method == "GET":
            rows = [one for one in where if one["state"] == query.get("state", one["state"])]
            size, number = int(query["per_page"]), int(query["page"])
            return 200, rows[(number - 1) * size : number * size]
        if method == "POST":
            return 201, self.add(where, **content)
        row = next(one for one in where if one["iid"] == int(found[1]))
        row |= {"state": "closed"} if content == {"state_event": "close"} else content
        return 200, row


@pytest.fixture
def gitlab(serve_handler):
    made = GitLab()

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_): ...

        def handle_any(self):
            length = int(self.headers.get("Content-Length") or 0)
            content = json.loads(self.rfile.read(length)) if length else None
            status, answer = made.answer(self.command, self.path, content, self.headers.get("PRIVATE-TOKEN"))
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_PUT = handle_any

    made.url = f"{serve_handler(Handler)}/api/v4"
    return made


@pytest.fixture
def run(gitlab, tmp_path):
    def call(*arguments, token=TOKEN, text=None):
        if text is not None:
            (tmp_path / "file.md").write_text(text, encoding="utf-8")
        environment = {**os.environ, "CI_API_V4_URL": gitlab.url, "CI_PROJECT_ID": "7", "SDX_NOTES_TOKEN": token}
        command = [sys.executable, str(EXAMPLES / "gitlab_notes.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)

    return call


def test_note_is_added_once_and_then_edited_behind_hundreds_of_others(run, gitlab):
    for number in range(250):
        gitlab.add(gitlab.notes, author=1, body=f"note {number}")
    for text in ("one", "drei ü 漢"):
        ended = run("note", "3", "file.md", text=f"{PLAN}{text}")
        assert ended.returncode == 0, ended.stderr
    assert [one["body"] for one in gitlab.notes[250:]] == [f"{PLAN}drei ü 漢"]


def test_note_of_another_user_is_not_edited(run, gitlab):
    theirs = gitlab.add(gitlab.notes, author=1, body=f"{PLAN}All is well")
    assert run("note", "3", "file.md", text=f"{PLAN}plan").returncode == 0
    assert theirs["body"] == f"{PLAN}All is well"
    assert len(gitlab.notes) == 2


def test_drift_opens_one_issue_updates_it_and_closes_it(run, gitlab):
    gitlab.add(gitlab.issues, author=1, title="Drift", description="What is drift?")
    for text in ("first night", "second night"):
        assert run("issue", "Drift", "file.md", text=f"<!-- sdx-state drift -->\n{text}").returncode == 0
    assert gitlab.issues[1]["description"].endswith("second night")
    assert run("close", "Drift").returncode == 0
    assert [one["state"] for one in gitlab.issues] == ["opened", "closed"]
    assert run("close", "Drift").stdout == "no open issue\n"


def test_file_without_the_hidden_line_writes_nothing(run, gitlab):
    ended = run("note", "3", "file.md", text="plan")
    assert ended.returncode == 1
    assert "does not begin with <!-- sdx-state" in ended.stderr
    assert gitlab.notes == []


def test_wrong_token_is_reported_in_a_line_without_the_token(run):
    ended = run("note", "3", "file.md", text=PLAN, token="wrong-canary")
    assert ended.returncode == 1
    assert "GitLab answered 401" in ended.stderr
    assert "canary" not in ended.stderr


@pytest.fixture
def job(shared, programs, gitlab, monkeypatch):
    """Runs the script of a job with a token for notes."""
    jobs = yaml.safe_load((EXAMPLES / "gitlab-ci.yml").read_text())
    (shared.folder / ".gitlab").mkdir()
    shutil.copy(EXAMPLES / "gitlab_notes.py", shared.folder / ".gitlab")
    given = {"CI_API_V4_URL": gitlab.url, "CI_PROJECT_ID": "7", "SDX_NOTES_TOKEN": TOKEN, "CI_MERGE_REQUEST_IID": "3"}
    for name, value in given.items():
        monkeypatch.setenv(name, value)

    def run(name):
        environment = {
            **os.environ,
            "PATH": f"{programs}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(sys.path),
        }
        command = ["bash", "-eo", "pipefail", "-c", "\n".join(jobs[name]["script"])]
        return subprocess.run(
            command, cwd=shared.folder, env=environment, capture_output=True, text=True, check=False
        )

    return run


def test_scheduled_job_keeps_one_issue_about_drift(job, shared, tenant, gitlab):
    assert "The state is empty" in job("drift").stdout
    shared.write("a.yaml", "surveys: {a: {name: A, description: Ours}}\n")
    assert shared.apply().code == 0
    assert job("drift").returncode == 0
    (row,) = tenant.store.rows("surveys")
    tenant.store.put_row("surveys", {**row, "description": "By hand"})
    ended = job("drift")
    assert ended.returncode == 0, ended.stderr
    assert [(one["title"], one["state"]) for one in gitlab.issues] == [("Surveys have drifted in prod", "opened")]
    assert "By hand" in gitlab.issues[0]["description"]
    tenant.store.put_row("surveys", row)
    assert job("drift").returncode == 0
    assert gitlab.issues[0]["state"] == "closed"


def test_merge_request_gets_its_plan_as_a_note(job, shared, gitlab, monkeypatch):
    shared.write("a.yaml", "surveys: {a: {name: A}}\n")
    assert shared.apply().code == 0
    assert shared.run("pull", "--snapshot", str(shared.folder / "tenant.prod.json")).code == 0
    git = ["git", "-c", "user.name=T", "-c", "user.email=t@example.com"]
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "surveys"]):
        subprocess.run([*git, *command], cwd=shared.folder, check=True, capture_output=True)
    monkeypatch.setenv("CI_MERGE_REQUEST_DIFF_BASE_SHA", "HEAD")
    shared.write("a.yaml", "surveys: {a: {name: A, description: New}}\n")
    ended = job("review")
    assert ended.returncode == 0, ended.stderr
    (note,) = gitlab.notes
    assert '+ description: "New"' in note["body"]
    shared.write("a.yaml", "surveys: {a: {name: 7}}\n")
    assert job("review").returncode == 1
    assert len(gitlab.notes) == 1
    assert note["body"].startswith(f"{PLAN}**`prod`**\n\n**The plan has errors. Nothing can be applied.**\n")
