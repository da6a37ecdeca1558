"""Every form by its name: of a plan, and of what a command found that makes none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from sdx_state.apply.outcome import Outcome
from sdx_state.model.plan import Plan
from sdx_state.model.whereabouts import Whereabouts
from sdx_state.plan.conversation import Conversation
from sdx_state.records import dataclass
from sdx_state.report.ci import code_quality, github, plan_code_quality, plan_github, plan_gitlab
from sdx_state.report.document import plan_json
from sdx_state.report.found import Found, found_html, found_json, found_junit, found_markdown
from sdx_state.report.junit import plan_junit
from sdx_state.report.markdown import GITHUB, plan_markdown
from sdx_state.report.metrics import found_metrics
from sdx_state.report.page import plan_html
from sdx_state.report.sarif import plan_sarif, sarif


@dataclass(frozen=True)
class Options:
    """Options of a format.

    Attributes:
        budget: Bytes that a comment may have.
        personal: Show in a comment the personal data that only the tenant has.
        environment: Whose plan it is; a comment says so in its hidden marker.
        folder: Path of the project in its repository, with a slash at the end: annotations that a CI system shows
            beside the lines of a file must name it from there.
        hash: Hash of the plan as a file, empty if it is none.
        outcomes: What became of each change, None for a command that only plans.
        page: Where the plan's page can be read, empty if nowhere; a comment links to it.
        where: The environment, the host and the tenant; None where no tenant was opened.
    """

    budget: int = GITHUB
    personal: bool = False
    environment: str | None = None
    folder: str = ""
    hash: str = ""
    outcomes: Sequence[Outcome] | None = None
    page: str = ""
    where: Whereabouts | None = None


DEFAULT = Options()


class Form(Protocol):
    """Renders a plan."""

    def __call__(self, plan: Plan, told: Sequence[Conversation], options: Options = DEFAULT) -> str:
        """Return `plan` in this form; the page and the comment say what respondents will see."""
        ...


def _markdown(plan: Plan, told: Sequence[Conversation], options: Options = DEFAULT) -> str:
    return plan_markdown(
        plan,
        told,
        budget=options.budget,
        personal=options.personal,
        environment=options.environment,
        hash=options.hash,
        page=options.page,
    )


FORMATS: Mapping[str, Form] = {
    "json": lambda plan, told, options=DEFAULT: plan_json(plan, options.hash, options.outcomes, options.where),
    "markdown": _markdown,
    "html": lambda plan, told, options=DEFAULT: plan_html(plan, told),
    "junit": lambda plan, told, options=DEFAULT: plan_junit(plan, options.folder),
    "sarif": lambda plan, told, options=DEFAULT: plan_sarif(plan, options.folder),
    "gitlab": lambda plan, told, options=DEFAULT: plan_gitlab(plan),
    "codequality": lambda plan, told, options=DEFAULT: plan_code_quality(plan, options.folder),
    "github": lambda plan, told, options=DEFAULT: plan_github(plan, options.folder),
}


class FoundForm(Protocol):
    """Renders what a command found that makes no plan."""

    def __call__(self, found: Found, options: Options = DEFAULT) -> str:
        """Return `found` in this form."""
        ...


FOUND_FORMATS: Mapping[str, FoundForm] = {
    "json": lambda found, options=DEFAULT: found_json(found),
    "markdown": lambda found, options=DEFAULT: found_markdown(found, options.budget),
    "html": lambda found, options=DEFAULT: found_html(found),
    "junit": lambda found, options=DEFAULT: found_junit(found, options.folder),
    "sarif": lambda found, options=DEFAULT: sarif(found.diagnostics, options.folder, successful=found.successful),
    "codequality": lambda found, options=DEFAULT: code_quality(found.diagnostics, options.folder),
    "openmetrics": lambda found, options=DEFAULT: found_metrics(found, options.environment),
    "github": lambda found, options=DEFAULT: github(found.diagnostics, options.folder),
}
