"""Every form of a plan by its name, all from the one plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sdx_state.plan.model import Plan
from sdx_state.report.ci import plan_github, plan_gitlab
from sdx_state.report.document import plan_json
from sdx_state.report.junit import plan_junit
from sdx_state.report.markdown import plan_markdown
from sdx_state.report.sarif import plan_sarif

FORMATS: Mapping[str, Callable[[Plan], str]] = {
    "json": plan_json,
    "markdown": plan_markdown,
    "junit": plan_junit,
    "sarif": plan_sarif,
    "gitlab": plan_gitlab,
    "github": plan_github,
}
