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

    from sdx_state.app.declared import load_declared
    from sdx_state.check.offline import kept_by_git, offline_diagnostics
    from sdx_state.cli.console import err_colour, say
    from sdx_state.config import ConfigurationError
    from sdx_state.model.diagnostic import Diagnostic
    from sdx_state.report.diagnostics import diagnostics_json, diagnostics_text

    diagnostics: tuple[Diagnostic, ...]
    counts = ""
    try:
        configuration = load_declared(context.folder, context.environment, os.environ)
    except ConfigurationError as error:
        diagnostics = error.diagnostics
    else:
        diagnostics = (
            *kept_by_git(context.folder),
            *configuration.warnings,
            *offline_diagnostics(configuration),
        )
        files = len(configuration.files)
        counts = f"{len(configuration.resources)} resources in {files} file{'' if files == 1 else 's'}"
    if strict:
        diagnostics = tuple(replace(diagnostic, severity="error") for diagnostic in diagnostics)
    valid = not any(diagnostic.severity == "error" for diagnostic in diagnostics)
    if form == "json":
        click.echo(diagnostics_json(diagnostics), nl=False)
    else:
        if diagnostics:
            say(diagnostics_text(diagnostics, colour=err_colour()))
        if valid:
            click.echo(f"The configuration is valid: {counts}.")
    if not valid:
        raise click.exceptions.Exit(1)
