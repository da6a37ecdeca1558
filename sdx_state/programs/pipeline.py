"""The CI pipeline, from the environment variables of GitHub and GitLab."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sdx_state.model.urls import relative_path
from sdx_state.patterns import pattern

_COMMIT = pattern(r"[0-9a-f]{40}|[0-9a-f]{64}")  # SHA-1 or SHA-256


def job_address(environ: Mapping[str, str]) -> str:
    """Return the URL of the workflow run or CI job; empty outside a pipeline."""
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    if server and repository and run.isdigit():
        return f"{server}/{relative_path(repository)}/actions/runs/{run}"
    return environ.get("CI_JOB_URL", "")


def commit_of(environ: Mapping[str, str]) -> str:
    """Return the Git commit that the pipeline runs for; empty outside a pipeline."""
    found = (environ.get(name, "") for name in ("GITHUB_SHA", "CI_COMMIT_SHA"))
    return next((one for one in found if _COMMIT.fullmatch(one)), "")


def page_address(environ: Mapping[str, str], folder: Path, file: Path) -> str:
    """Return the URL of the artifact `file`, if the pipeline keeps it; empty outside a pipeline.

    Args:
        environ: The environment.
        folder: The working directory.
        file: The written file, relative to `folder` or absolute.

    Source: the variables that GitHub Actions and GitLab CI/CD document. A workflow's run lists its artifacts, and an
    artifact of a GitLab job has its own URL.
    """
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    if server and repository and run.isdigit():
        return f"{server}/{relative_path(repository)}/actions/runs/{run}#artifacts"
    job, project = environ.get("CI_JOB_URL", ""), environ.get("CI_PROJECT_DIR", "")
    absolute = folder / file
    if job and project and absolute.is_relative_to(project):
        return f"{job}/artifacts/file/{relative_path(absolute.relative_to(project).as_posix())}"
    return ""
