"""What can be told about a survey without a tenant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

from sdx_state.config import Problem, tracked
from sdx_state.kinds.resource import Desired
from sdx_state.plan.model import Finding

NPS_SCALE = 10
STATE_SUFFIXES = (".json", ".jsonl", ".lock", ".db")


def kept_by_git(folder: Path) -> list[Problem]:
    """Return an error for every file of the state that Git keeps: it would be pulled over a newer one."""
    return [
        Problem(
            name,
            1,
            1,
            "Git keeps a file of the state: whoever pulls gets an older state than the tenant's",
            hint="git rm --cached it, and put .sdx/ into .gitignore",
        )
        for name in tracked(folder, ".sdx")
        if name.endswith(STATE_SUFFIXES) and not name.endswith(".schema.json")
    ]


def offline_findings(resources: Iterable[Desired]) -> list[Finding]:
    """Return a warning for everything declared that respondents would stumble over."""
    found: list[Finding] = []
    asked: set[str] = set()
    surveys: list[Desired] = []
    for desired in resources:
        if desired.kind == "survey":
            surveys.append(desired)
        elif desired.kind == "question":
            asked.add(desired.parent or "")
            found += _question_findings(desired)
    found += (
        Finding("warning", f"{survey.address} asks no question", survey.address, survey.source)
        for survey in surveys
        if survey.address not in asked
    )
    return found


def _question_findings(desired: Desired) -> Iterator[Finding]:
    scale = desired.values.get("max_response")
    if desired.values.get("question_type") == "nps" and scale not in (None, NPS_SCALE):
        yield Finding(
            "warning",
            f"{desired.address}: a net promoter score is asked on 0 to {NPS_SCALE}, and max_response is {scale}",
            desired.address,
            desired.source_of("max_response"),
            f"max_response: {NPS_SCALE}",
        )
    text = desired.values.get("question_text")
    if "question_text" in desired.values and text in (None, "", {}):
        yield Finding(
            "warning",
            f"{desired.address}: question_text is empty",
            desired.address,
            desired.source_of("question_text"),
        )
