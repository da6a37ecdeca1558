"""`--format`: every form of one plan that was asked for, whole however the command ends."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sdx_state.cli.context import Context
from sdx_state.cli.failure import Failure
from sdx_state.cli.forms import Forms, Written, format_option

if TYPE_CHECKING:
    from sdx_state.apply.outcome import ApplyResult, Outcome
    from sdx_state.model.plan import Plan
    from sdx_state.model.whereabouts import Whereabouts
    from sdx_state.plan.conversation import Conversation

F = TypeVar("F", bound=Callable[..., Any])

NAMES = ("text", "json", "markdown", "html", "junit", "sarif", "gitlab", "codequality", "github")
WIDTH = 100  # columns of a text in a file


def _require_format(name: str, context: Context | None) -> None:
    """Return if the format `name` is built in, or an installed package has it.

    Raises:
        BadParameter: None has.
    """
    if name in NAMES:
        return
    from sdx_state.app.extension import ExtensionFailed
    from sdx_state.app.extensions import extensions

    folder = context.folder if context is not None else Path()
    try:
        extensions(folder).named("formats", name, NAMES)
    except ExtensionFailed as error:
        raise click.BadParameter(f"{error}. {error.advice}") from error


def format_options(command: F) -> F:
    """Add the options that say in which forms a plan is reported."""
    for option in (
        click.option(
            "--with-personal-data",
            "personal",
            is_flag=True,
            help="Show in Markdown personal data that only the tenant has.",
        ),
        click.option(
            "--comment-bytes",
            "budget",
            type=click.IntRange(min=1000),
            default=65_536,
            show_default=True,
            help="How large the Markdown may be: GitHub takes 65536 bytes, GitLab 1000000.",
        ),
        format_option(f"{', '.join(NAMES)}, or one that a package adds", _require_format),
    ):
        command = option(command)
    return command


class Reports(Written):
    """The forms that one command was asked for, all of the plan that it made.

    A text is printed as soon as there is a plan. The others are written when the command ends, with what stopped it
    as a diagnostic: so they agree with the exit code, whichever it is.

    Attributes:
        plan: What is reported, None before there is a plan.
        outcomes: What became of each change; None for a command that only plans.
        told: The changed surveys as respondents see them.
        hash: The hash of the plan as a file, empty if it is none.
        where: The environment, the host and the tenant; None before a tenant is opened.
    """

    def __init__(self, context: Context, forms: Forms, budget: int, personal: bool, verbose: bool) -> None:
        super().__init__(forms)
        self._context = context
        self._budget, self._personal, self._verbose = budget, personal, verbose
        self.plan: Plan | None = None
        self.outcomes: Sequence[Outcome] | None = None
        self.told: Sequence[Conversation] = ()
        self.hash = ""
        self.where: Whereabouts | None = None

    def wants(self, *names: str) -> bool:
        """Return whether one of the forms `names` was asked for."""
        return any(form in names for form, _ in self._forms)

    def show(self, plan: Plan, told: Sequence[Conversation] = ()) -> None:
        """Take `plan` as what is reported, and print it if people read stdout."""
        from sdx_state.cli.planning import print_plan

        self.plan, self.told = plan, told
        if self.text_on_stdout:
            print_plan(plan, verbose=self._verbose)

    def ended(self, result: ApplyResult) -> None:
        """Take note of what applying the plan came to."""
        from sdx_state.report.failed import with_outcomes

        self.outcomes = result.outcomes
        if self.plan is not None:
            self.plan = with_outcomes(self.plan, result.outcomes)

    @property
    def ready(self) -> bool:
        """True if there is a plan."""
        return self.plan is not None

    def stopped(self, failure: Failure) -> None:
        """Take what stopped the command into the plan, where that does not say it already."""
        from sdx_state.report.failed import stopped

        if self.plan is None or not failure.told:
            self.plan = stopped(self.plan, failure.found)

    def _page(self) -> str:
        """Return where the plan's page will be found, empty if it is not written or no pipeline keeps it."""
        from sdx_state.programs.pipeline import page_address

        file = next((file for form, file in self._forms if form == "html" and file is not None), None)
        return page_address(self._context.environ, Path.cwd(), file) if file is not None else ""

    def rendered(self, form: str) -> str:
        """Return the plan in `form`.

        Raises:
            ExtensionFailed: The form is that of a package, which failed.
        """
        from sdx_state.app.extensions import extensions
        from sdx_state.report.formats import FORMATS, Options
        from sdx_state.report.text import plan_text

        plan, context = self.plan, self._context
        if plan is None:
            raise ValueError("there is no plan yet")
        if form == "text":
            return plan_text(plan, width=WIDTH, colour=False, verbose=self._verbose) + "\n"
        options = Options(
            self._budget,
            self._personal,
            context.environment,
            context.place_in_repository(),
            self.hash,
            self.outcomes,
            self._page(),
            self.where,
        )
        if form in FORMATS:
            return FORMATS[form](plan, self.told, options)
        extension = extensions(context.folder).named("formats", form, NAMES)
        text = extension.call(plan, self.told, options)
        if not isinstance(text, str):
            raise extension.failed(f"returned {type(text).__name__}, and must return a text")
        return text
