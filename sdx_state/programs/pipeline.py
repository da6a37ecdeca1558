"""The pipeline that the program runs in, as GitHub and GitLab describe it in the environment."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote


def page_address(environ: Mapping[str, str], folder: Path, file: Path) -> str:
    """Return the address where a reviewer finds `file`, if the pipeline keeps it; empty outside of a pipeline.

    Args:
        environ: The environment.
        folder: The working directory.
        file: A file that is written, relative to `folder` or absolute.

    Source: the variables that GitHub Actions and GitLab CI/CD document. A workflow's run lists its artifacts, and an
    artifact of a GitLab job has an address of its own.
    """
    server, repository, run = (environ.get(f"GITHUB_{name}", "") for name in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    if server and repository and run.isdigit():
        return f"{server}/{quote(repository)}/actions/runs/{run}#artifacts"
    job, project = environ.get("CI_JOB_URL", ""), environ.get("CI_PROJECT_DIR", "")
    absolute = folder / file
    if job and project and absolute.is_relative_to(project):
        return f"{job}/artifacts/file/{quote(absolute.relative_to(project).as_posix())}"
    return ""
