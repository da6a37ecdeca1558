"""One comment and one issue, kept up to date: tested with a local copy of GitHub's API for comments and issues."""

from __future__ import annotations

import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

EXAMPLES = Path(__file__).parents[2] / "examples" / "ci"


@pytest.fixture
def run(github, tmp_path):
    def call(*arguments, token=None, url=github.url):
        environment = {
            **os.environ,
            "GITHUB_API_URL": url,
            "GITHUB_REPOSITORY": "acme/surveys",
            "GITHUB_TOKEN": token or github.token,
        }
        command = [sys.executable, str(EXAMPLES / "github_comments.py"), *arguments]
        return subprocess.run(command, capture_output=True, text=True, env=environment, cwd=tmp_path, check=False)

    return call


def written(tmp_path, text, name="plan.md"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return name


def test_a_comment_is_made_once_and_then_edited_in_place(run, github, tmp_path):
    github.add(github.comments, login="somebody", pull=7, body="Looks good")
    for text in ("one", "two", "drei ü 漢"):
        ended = run("comment", "7", written(tmp_path, f"<!-- sdx-state plan -->\n\n{text}\n"))
        assert ended.returncode == 0, ended.stderr
        assert ended.stdout.startswith("https://github.example/")
    bodies = [one["body"] for one in github.comments.values()]
    assert bodies == ["Looks good", "<!-- sdx-state plan -->\n\ndrei ü 漢\n"]


def test_it_is_found_behind_hundreds_of_others(run, github, tmp_path):
    for number in range(250):
        github.add(github.comments, login="somebody", pull=7, body=f"comment {number}")
    ours = github.add(github.comments, pull=7, body="<!-- sdx-state plan -->\nold")
    assert run("comment", "7", written(tmp_path, "<!-- sdx-state plan -->\nnew")).returncode == 0
    assert ours["body"].endswith("new")
    assert len(github.comments) == 251


def test_comment_of_another_user_is_not_edited(run, github, tmp_path):
    theirs = github.add(github.comments, login="mallory", pull=7, body="<!-- sdx-state plan -->\nAll is well")
    assert run("comment", "7", written(tmp_path, "<!-- sdx-state plan -->\nplan")).returncode == 0
    assert theirs["body"].endswith("All is well")
    assert len(github.comments) == 2


def test_two_environments_have_two_comments(run, github, tmp_path):
    for name in ("staging", "production", "staging"):
        run("comment", "7", written(tmp_path, f"<!-- sdx-state plan {name} -->\n{name}"))
    assert [one["body"].split("\n")[1] for one in github.comments.values()] == ["staging", "production"]


def test_drift_opens_one_issue_updates_it_and_closes_it(run, github, tmp_path):
    github.add(github.issues, login="somebody", title="Drift", body="What is drift?")
    for text in ("first night", "second night"):
        assert run("issue", "Drift", written(tmp_path, f"<!-- sdx-state drift -->\n{text}")).returncode == 0
    ours = [one for one in github.issues.values() if one["user"]["login"] == github.bot]
    assert [one["body"].split("\n")[1] for one in ours] == ["second night"]
    assert run("close", "Drift").returncode == 0
    assert [one["state"] for one in github.issues.values()] == ["open", "closed"]
    assert run("close", "Drift").stdout == "there was nothing to close\n"
    assert run("issue", "Drift", written(tmp_path, "<!-- sdx-state drift -->\nagain")).returncode == 0
    assert len(github.issues) == 3


def test_error_of_the_server_is_one_line_without_the_token(run, tmp_path):
    ended = run("comment", "7", written(tmp_path, "<!-- sdx-state plan -->"), token="wrong-canary")
    assert ended.returncode == 1
    assert "GitHub answered 401" in ended.stderr
    assert "canary" not in ended.stderr
    assert run("comment").returncode == 1


@pytest.mark.parametrize("start", ["", "\n", "\n<!-- sdx-state plan -->\n", "Plan\n", "<!-- other -->\n", "<!--"])
@pytest.mark.parametrize("what", ["comment", "issue"])
def test_file_without_the_hidden_line_edits_no_comment(run, github, tmp_path, start, what):
    for where in (github.comments, github.issues):
        github.add(where, pull=7, title="7", body="Another workflow's words")
        github.add(where, pull=7, title="7", body="<!-- sdx-state plan -->\nold")
    before = str((github.comments, github.issues))
    ended = run(what, "7", written(tmp_path, f"{start}new"))
    assert ended.returncode == 1
    assert "does not begin with <!-- sdx-state" in ended.stderr
    assert str((github.comments, github.issues)) == before


def test_comment_of_a_deleted_user_is_not_edited(run, github, tmp_path):
    github.add(github.comments, pull=7, body="<!-- sdx-state plan -->\nold")["user"] = None
    assert run("comment", "7", written(tmp_path, "<!-- sdx-state plan -->\r\nnew")).returncode == 0
    assert len(github.comments) == 2


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_a_redirect_is_not_followed(run, tmp_path, serve_handler, status):
    seen = []

    class Moved(BaseHTTPRequestHandler):
        def log_message(self, *_): ...

        def do_GET(self):
            seen.append(self.path)
            self.send_response(status)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}/elsewhere")
            self.end_headers()

    ended = run("comment", "7", written(tmp_path, "<!-- sdx-state plan -->"), url=serve_handler(Moved))
    assert ended.returncode == 1
    assert f"GitHub answered {status}" in ended.stderr
    assert "redirects are not followed" in ended.stderr
    assert len(seen) == 1
