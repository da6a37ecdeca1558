"""`sdx-state validate`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from sdx_state.cli.context import Context
from sdx_state.cli.forms import Forms
from sdx_state.cli.found import FoundReports, found_format_option

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sdx_state.model.address import Address
    from sdx_state.model.resource import Desired


@click.command()
@found_format_option
@click.option("--strict", is_flag=True, help="Treat warnings as errors.")
@click.option("--expanded", is_flag=True, help="Print what the files declare: templates and for_each written out.")
@click.argument("addresses", nargs=-1, metavar="[ADDRESS]...")
@click.pass_obj
def command(context: Context, forms: Forms, strict: bool, expanded: bool, addresses: tuple[str, ...]) -> None:
    """Check every file, offline. Prints all errors at once.

    With --expanded, prints the resources at ADDRESS, or all of them, as plain YAML; globs such as "survey.csat-*" are
    allowed.
    """
    from sdx_state.app.declared import load_declared
    from sdx_state.check.offline import kept_by_git
    from sdx_state.cli.console import err_colour, say
    from sdx_state.config.errors import ConfigurationError
    from sdx_state.model.suppression import unsuppressed
    from sdx_state.model.texts import counted
    from sdx_state.records import replace
    from sdx_state.report.diagnostics import diagnostics_text
    from sdx_state.report.found import Found

    if addresses and not expanded:
        raise click.UsageError("ADDRESS is for --expanded: every file is checked")
    with FoundReports(context, "validate", forms).whole() as reports:
        headline = "The configuration is invalid."
        if expanded and not reports.text_on_stdout:
            raise click.UsageError("--expanded prints YAML: write other formats to files, --format FORMAT=FILE")
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
            if reports.found.successful and expanded:
                print_expanded(configuration.resources, addresses)
                say(headline)
            elif reports.found.successful:
                click.echo(headline)
        if not reports.found.successful:
            raise click.exceptions.Exit(1)


def print_expanded(resources: Mapping[Address, Desired], globs: tuple[str, ...]) -> None:
    """Print `resources`, or those that `globs` match, as YAML.

    Raises:
        Stop: A glob matches none.
        UsageError: A text cannot be written.
    """
    from sdx_state.cli.failure import Stop
    from sdx_state.config.expanded import expanded_text
    from sdx_state.plan.targets import unmatched

    wrong = next(unmatched({"ADDRESS": globs}, resources, (), "all addresses: sdx-state validate --expanded"), None)
    if wrong is not None:
        raise Stop(wrong.message, wrong.help or "")
    try:
        click.echo(expanded_text(resources, globs), nl=False)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
