"""Every form of a plan by its name, all from the one plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sdx_state.plan.conversation import Conversation
from sdx_state.plan.model import Plan
from sdx_state.report.ci import plan_github, plan_gitlab
from sdx_state.report.document import plan_json
from sdx_state.report.junit import plan_junit
from sdx_state.report.markdown import plan_markdown
from sdx_state.report.page import plan_html
from sdx_state.report.sarif import plan_sarif

Conversations = Sequence[Conversation]

# Of what a respondent would hear only the page makes use.
FORMATS: Mapping[str, Callable[[Plan, Conversations], str]] = {
    "json": lambda plan, _: plan_json(plan),
    "markdown": lambda plan, _: plan_markdown(plan),
    "html": plan_html,
    "junit": lambda plan, _: plan_junit(plan),
    "sarif": lambda plan, _: plan_sarif(plan),
    "gitlab": lambda plan, _: plan_gitlab(plan),
    "github": lambda plan, _: plan_github(plan),
}
