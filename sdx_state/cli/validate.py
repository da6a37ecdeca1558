"""`sdx-state validate`."""

from __future__ import annotations

import click

from sdx_state.cli.context import Context
from sdx_state.cli.forms import Forms
from sdx_state.cli.found import FoundReports, found_format_option


@click.command()
@found_format_option
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.pass_obj
def command(context: Context, forms: Forms, strict: bool) -> None:
    """Check every file, offline. Prints all errors at once."""
    from dataclasses import replace

    from sdx_state.app.declared import load_declared
    from sdx_state.check.offline import kept_by_git
    from sdx_state.cli.console import err_colour, say
    from sdx_state.config.errors import ConfigurationError
    from sdx_state.model.suppression import unsuppressed
    from sdx_state.model.texts import counted
    from sdx_state.report.diagnostics import diagnostics_text
    from sdx_state.report.found import Found

    with FoundReports(context, "validate", forms).whole() as reports:
        headline = "The configuration is invalid."
        try:
            configuration = load_declared(context.folder, context.environment, context.environ)
        except ConfigurationError as error:
            diagnostics = error.diagnostics
        else:
            diagnostics = (
                *unsuppressed(kept_by_git(context.folder), configuration.suppressions),
                *configuration.diagnostics,
            )
            declared = counted(len(configuration.resources), "resource")
            counts = f"{declared} in {counted(len(configuration.files), 'file')}"
            if all(one.severity != "error" for one in diagnostics) and not (strict and diagnostics):
                headline = f"The configuration is valid: {counts}."
        if strict:
            diagnostics = tuple(replace(one, severity="error") for one in diagnostics)
        reports.found = Found("validate", headline, diagnostics)
        if reports.text_on_stdout:
            if diagnostics:
                say(diagnostics_text(diagnostics, colour=err_colour()))
            if reports.found.successful:
                click.echo(headline)
        if not reports.found.successful:
            raise click.exceptions.Exit(1)
