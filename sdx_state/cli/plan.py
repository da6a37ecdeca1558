"""`sdx-state plan`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.planning import (
    allow_deletes_option,
    error_code,
    limits_of,
    plan_options,
    print_plan,
    stop_after_planning,
)

CHANGES = 2
NAMES = ("text", "json", "markdown", "html", "junit", "sarif", "gitlab", "github")
WIDTH = 100  # columns of a text in a file


def _forms(
    _ctx: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, Path | None], ...]:
    """Read `FORMAT` and `FORMAT=FILE`; at most one goes to stdout, and it is text where none is named."""
    forms = []
    for value in values:
        name, _, file = value.partition("=")
        if name not in NAMES:
            raise click.BadParameter(f"{name!r} is none of {', '.join(NAMES)}")
        forms.append((name, Path(file) if file else None))
    shown = [name for name, file in forms if file is None]
    if len(shown) > 1:
        raise click.BadParameter(f"only one of {' and '.join(shown)} can go to stdout: give the others a FILE")
    return tuple(forms) if shown else (("text", None), *forms)


@click.command()
@click.option(
    "--format",
    "forms",
    multiple=True,
    metavar="FORMAT[=FILE]",
    callback=_forms,
    help=f"{', '.join(NAMES)}; on stdout, or in FILE. May be given several times.  [default: text]",
)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Save the plan for `apply PLANFILE`.")
@click.option("--detailed-exitcode", is_flag=True, help="Exit with 2 if anything would change.")
@click.option(
    "--comment-bytes",
    type=click.IntRange(min=1000),
    default=65_536,
    show_default=True,
    help="How large the Markdown may be: GitHub takes 65536 bytes, GitLab 1000000.",
)
@click.option(
    "--with-personal-data",
    is_flag=True,
    help="Show in Markdown the users' names and phones that stand in the tenant alone.",
)
@click.option("--base", metavar="REVISION", help="Say which changes are this branch's: compare with this revision.")
@click.option(
    "--snapshot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="With --sandbox: plan against the tenant stored in this file by `pull --snapshot`. Needs no credentials.",
)
@allow_deletes_option
@plan_options
@sandbox_option
@click.pass_obj
def command(
    context: Context,
    forms: tuple[tuple[str, Path | None], ...],
    out: Path | None,
    detailed_exitcode: bool,
    comment_bytes: int,
    with_personal_data: bool,
    base: str | None,
    snapshot: Path | None,
    allow_deletes: int | None,
    verbose: bool,
    targets: tuple[str, ...],
    excludes: tuple[str, ...],
    refresh_phones: bool,
    sandbox: bool,
) -> None:
    """Show what differs in the tenant. Changes nothing.

    Exits with 1 if the plan has errors, and with 6 if `apply` would stop at a safety limit. Consent to deletes is
    saved with the plan.
    """
    from sdx_state.apply.rehearsal import load_tenant
    from sdx_state.apply.saved import save_plan
    from sdx_state.cli.console import reading, say
    from sdx_state.plan.conversation import conversations
    from sdx_state.report.formats import FORMATS, Options
    from sdx_state.report.text import plan_text
    from sdx_state.risk.limits import with_limits
    from sdx_state.state.files import write_atomically

    if snapshot is not None and not sandbox:
        raise click.UsageError("--snapshot goes with --sandbox: it is planned against on this machine")
    project = context.project()
    intention = context.intention()
    before = context.before(base) if base is not None else None
    base_intention = before.intention if before is not None else None
    opened = (
        context.rehearsal(project, load_tenant(snapshot), intention, base_intention)
        if snapshot is not None
        else context.live(project, intention, base_intention, sandbox=sandbox)
    )
    with opened as (workspace, intention, base_intention):
        with reading("Reading the tenant") as progress:
            planned = workspace.plan(
                intention,
                progress,
                ask_again=refresh_phones,
                targets=targets,
                excludes=excludes,
                base=base_intention,
            )
        workspace.remember_lookups(planned)
    found = limits_of(planned, project, consented=allow_deletes)
    plan = replace(with_limits(planned.plan, found), consented=allow_deletes)
    if before is not None:
        plan = replace(plan, findings=(*plan.findings, *before.findings))
    needs_page = any(form == "html" for form, _ in forms)
    told = list(conversations(plan, planned.intention, planned.snapshot)) if needs_page else []
    options = Options(comment_bytes, with_personal_data, context.environment)
    for form, file in forms:
        if file is not None:
            rendered = plan_text(plan, width=WIDTH, colour=False, verbose=verbose) + "\n"
            write_atomically(
                file, (FORMATS[form](plan, told, options) if form != "text" else rendered).encode("utf-8", "replace")
            )
        elif form == "text":
            print_plan(plan, verbose=verbose)
        else:
            click.echo(FORMATS[form](plan, told, options), nl=False)
    if out is not None and not plan.errors:
        save_plan(plan, intention, out)
        say(f"\nSaved. To carry out exactly this:  sdx-state apply {out}")
    if plan.errors:
        raise click.exceptions.Exit(error_code(plan))
    stop_after_planning(plan)
    if detailed_exitcode and not plan.empty:
        raise click.exceptions.Exit(CHANGES)
