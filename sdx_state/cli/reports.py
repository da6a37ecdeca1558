"""`--format`: every form of one plan that was asked for, whole however the command ends."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sdx_state.cli.context import Context
from sdx_state.cli.failure import Failure, foreseen
from sdx_state.cli.outputs import require_output

if TYPE_CHECKING:
    from sdx_state.apply.outcome import ApplyResult, Outcome
    from sdx_state.model.plan import Plan
    from sdx_state.model.whereabouts import Whereabouts
    from sdx_state.plan.conversation import Conversation
    from sdx_state.report.formats import Options

F = TypeVar("F", bound=Callable[..., Any])
Forms = tuple[tuple[str, Path | None], ...]

NAMES = ("text", "json", "markdown", "html", "junit", "sarif", "gitlab", "codequality", "github")
WIDTH = 100  # columns of a text in a file


def _forms(ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> Forms:
    """Read the forms of a plan."""
    return read_forms(ctx, parameter, values, lambda name: _require_format(name, ctx.find_object(Context)))


def read_forms(
    ctx: click.Context, parameter: click.Parameter, values: tuple[str, ...], require: Callable[[str], None]
) -> Forms:
    """Read `FORMAT` and `FORMAT=FILE`; at most one goes to stdout, and it is text where none is named.

    Args:
        ctx: Of the command.
        parameter: The option.
        values: As given.
        require: Returns if there is a format of a name.

    Raises:
        BadParameter: There is no such format, or two would go to stdout.
    """
    forms = []
    for value in values:
        name, _, file = value.partition("=")
        require(name)
        if file:
            require_output(Path(file), parameter, ctx)
        forms.append((name, Path(file) if file else None))
    shown = [name for name, file in forms if file is None]
    if len(shown) > 1:
        raise click.BadParameter(f"only one of {' and '.join(shown)} can go to stdout: give the others a FILE")
    return tuple(forms) if shown else (("text", None), *forms)


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
            help="Show in Markdown the users' names and phones that stand in the tenant alone.",
        ),
        click.option(
            "--comment-bytes",
            "budget",
            type=click.IntRange(min=1000),
            default=65_536,
            show_default=True,
            help="How large the Markdown may be: GitHub takes 65536 bytes, GitLab 1000000.",
        ),
        click.option(
            "--format",
            "forms",
            multiple=True,
            metavar="FORMAT[=FILE]",
            callback=_forms,
            help=f"{', '.join(NAMES)}, or one that a package adds; on stdout, or in FILE. May be given several "
            "times.  [default: text]",
        ),
    ):
        command = option(command)
    return command


class Reports:
    """The forms that one command was asked for, all of the plan that it made.

    A text is printed as soon as there is a plan. The others are written when the command ends, with what stopped it
    as a diagnostic: so they agree with the exit code, whichever it is.

    Attributes:
        plan: What is reported, None before there is a plan.
        outcomes: What became of each change; None for a command that only plans.
        told: The changed surveys as a respondent meets them.
        hash: The hash of the plan as a file, empty if it is none.
        where: The environment, the host and the tenant; None before a tenant is opened.
    """

    def __init__(self, context: Context, forms: Forms, budget: int, personal: bool, verbose: bool) -> None:
        self._context, self._forms = context, forms
        self._budget, self._personal, self._verbose = budget, personal, verbose
        self.plan: Plan | None = None
        self.outcomes: Sequence[Outcome] | None = None
        self.told: Sequence[Conversation] = ()
        self.hash = ""
        self.where: Whereabouts | None = None

    @property
    def text_on_stdout(self) -> bool:
        """Whether people read stdout, and not a program."""
        return ("text", None) in self._forms

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

    @contextmanager
    def whole(self) -> Iterator[Reports]:
        """Write every form when the block ends, also where it ends with a failure."""
        try:
            yield self
        except click.exceptions.Exit:
            self._write(self.plan)
            raise
        except Exception as error:
            failure = foreseen(error)
            if failure is not None:
                from sdx_state.app.extension import ExtensionFailed

                with suppress(OSError, ExtensionFailed):  # what stopped the command is what has to be told
                    self._write(_with_failure(self.plan, failure))
            raise
        else:
            self._write(self.plan)

    def _write(self, plan: Plan | None) -> None:
        from sdx_state.app.extension import ExtensionFailed
        from sdx_state.cli.console import print_document
        from sdx_state.cli.redaction import redacted
        from sdx_state.report.formats import Options
        from sdx_state.report.text import plan_text
        from sdx_state.state.named_files import write_output

        if plan is None:
            return
        context = self._context
        failed: ExtensionFailed | None = None
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
        for form, file in self._forms:
            if (form, file) == ("text", None):
                continue
            if form == "text":
                text = plan_text(plan, width=WIDTH, colour=False, verbose=self._verbose) + "\n"
            else:
                try:
                    text = self._rendered(form, plan, options)
                except ExtensionFailed as error:
                    failed = failed or error  # the other forms are written all the same
                    continue
            if file is None:
                print_document(text)
            else:
                write_output(file, redacted(text).encode("utf-8", "replace"))
        if failed is not None:
            raise failed

    def _page(self) -> str:
        """Return where the plan's page will be found, empty if it is not written or no pipeline keeps it."""
        from sdx_state.programs.pipeline import page_address

        file = next((file for form, file in self._forms if form == "html" and file is not None), None)
        return page_address(self._context.environ, Path.cwd(), file) if file is not None else ""

    def _rendered(self, form: str, plan: Plan, options: Options) -> str:
        from sdx_state.app.extensions import extensions
        from sdx_state.report.formats import FORMATS

        if form in FORMATS:
            return FORMATS[form](plan, self.told, options)
        extension = extensions(self._context.folder).named("formats", form, NAMES)
        text = extension.call(plan, self.told, options)
        if not isinstance(text, str):
            raise extension.failed(f"returned {type(text).__name__}, and must return a text")
        return text


def _with_failure(plan: Plan | None, failure: Failure) -> Plan:
    """Return `plan` with what stopped the command, where it does not say that already."""
    from sdx_state.report.failed import stopped

    if plan is not None and failure.told:
        return plan
    return stopped(plan, failure.found)
