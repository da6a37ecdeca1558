"""URLs of artifacts in a pipeline."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdx_state.programs.pipeline import commit_of, job_address, page_address

GITHUB = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "acme/surveys", "GITHUB_RUN_ID": "17"}
GITLAB = {"CI_JOB_URL": "https://gitlab.example/acme/surveys/-/jobs/9", "CI_PROJECT_DIR": "/builds/acme"}


@pytest.mark.parametrize(
    ("environ", "file", "expected"),
    [
        (GITHUB, "plan.html", "https://github.com/acme/surveys/actions/runs/17#artifacts"),
        (GITLAB, "plan.html", "https://gitlab.example/acme/surveys/-/jobs/9/artifacts/file/prod/plan.html"),
        (GITLAB, "/builds/acme/a b.html", "https://gitlab.example/acme/surveys/-/jobs/9/artifacts/file/a%20b.html"),
        (GITLAB, "/elsewhere/plan.html", ""),
        ({}, "plan.html", ""),
        ({**GITHUB, "GITHUB_RUN_ID": "17)[x"}, "plan.html", ""),
    ],
)
def test_page_has_the_address_where_the_pipeline_keeps_it(environ, file, expected):
    assert page_address(environ, Path("/builds/acme/prod"), Path(file)) == expected


def test_comment_of_a_pipeline_links_to_the_page_that_is_written_beside_it(connected, tmp_path, monkeypatch):
    connected.write("a.yaml", "surveys: {a: {name: A}}\n")
    for name, value in GITHUB.items():
        monkeypatch.setenv(name, value)
    page = f"--format=html={tmp_path / 'plan.html'}"
    assert (
        "(https://github.com/acme/surveys/actions/runs/17#artifacts)"
        in connected.run("plan", "--format", "markdown", page).out
    )
    assert "actions/runs" not in connected.run("plan", "--format", "markdown").out


@pytest.mark.parametrize(
    ("environ", "job", "commit"),
    [
        (
            {
                "GITHUB_SERVER_URL": "https://github.com",
                "GITHUB_REPOSITORY": "acme/surveys",
                "GITHUB_RUN_ID": "42",
                "GITHUB_SHA": "a" * 40,
            },
            "https://github.com/acme/surveys/actions/runs/42",
            "a" * 40,
        ),
        (
            {"CI_JOB_URL": "https://ci.example/7", "CI_COMMIT_SHA": "b" * 40},
            "https://ci.example/7",
            "b" * 40,
        ),
        ({"GITHUB_SHA": "main; rm -rf"}, "", ""),
        ({}, "", ""),
    ],
)
def test_job_and_commit_of_a_pipeline(environ, job, commit):
    assert (job_address(environ), commit_of(environ)) == (job, commit)
