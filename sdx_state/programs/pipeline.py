"""The CI pipeline, from the environment variables of GitHub and GitLab."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from sdx_state.model.urls import relative_path


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
