"""`sdx-state validate`."""

from __future__ import annotations

import click

from sdx_state.cli.context import Context


@click.command()
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True)
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.pass_obj
def command(context: Context, form: str, strict: bool) -> None:
    """Check every file, offline. Prints all errors at once."""
    import os
    from dataclasses import replace

    from sdx_state.check.offline import kept_by_git, offline_findings
    from sdx_state.cli.console import err_colour, say
    from sdx_state.config import ConfigurationError, Problem, load_configuration
    from sdx_state.report.problems import problems_json, problems_text

    problems: tuple[Problem, ...]
    counts = ""
    try:
        configuration = load_configuration(context.folder, context.environment, os.environ)
    except ConfigurationError as error:
        problems = error.problems
    else:
        odd = offline_findings(configuration)
        problems = (
            *kept_by_git(context.folder),
            *configuration.warnings,
            *(
                Problem(one.source.file, one.source.line, one.source.column, one.message, "warning", one.hint)
                for one in odd
                if one.source is not None
            ),
        )
        files = len(configuration.files)
        counts = f"{len(configuration.resources)} resources in {files} file{'' if files == 1 else 's'}"
    if strict:
        problems = tuple(replace(problem, severity="error") for problem in problems)
    valid = not any(problem.severity == "error" for problem in problems)
    if form == "json":
        click.echo(problems_json(problems), nl=False)
    else:
        if problems:
            say(problems_text(problems, colour=err_colour()))
        if valid:
            click.echo(f"The configuration is valid: {counts}.")
    if not valid:
        raise click.exceptions.Exit(1)
