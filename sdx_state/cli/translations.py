"""`sdx-state translations`: texts for translators, and their answers."""

from __future__ import annotations

from pathlib import Path

import click

from sdx_state.cli.completing import addresses
from sdx_state.cli.context import Context
from sdx_state.cli.outputs import OutputFile, text_or_json_option

FORMS = ("xliff", "xliff2", "po", "csv", "xlsx")


target_option = click.option(
    "--target", "targets", multiple=True, metavar="GLOB", shell_complete=addresses, help="Only these addresses."
)


@click.group("translations")
def command() -> None:
    """Export texts for translators, and import their answers.

    Translators get a file with every text of the default language, its context and its limits. Their answers are
    written into the YAML files, comments kept. XLIFF, PO and XLSX need: pip install 'sdx-state[translations]'
    """


@command.command("export")
@click.option("--language", required=True, metavar="LANG", help="Translate into this language: de, or fr-CA.")
@click.option("--format", "form", required=True, type=click.Choice(FORMS), help="The format of the file.")
@target_option
@click.option("--todo", is_flag=True, help="Only texts that are missing or outdated.")
@click.option(
    "--source-language",
    "source_tag",
    default="en",
    show_default=True,
    metavar="LANG",
    help="The language of the texts, which XLIFF names.",
)
@click.option("--out", type=OutputFile(), help="Write to this file instead of stdout.")
@click.pass_obj
def export(
    context: Context,
    language: str,
    form: str,
    targets: tuple[str, ...],
    todo: bool,
    source_tag: str,
    out: Path | None,
) -> None:
    """Write the texts of the default language to a file.

    A text that is used in several places is in the file once. `xliff` is XLIFF 1.2, `xliff2` is XLIFF 2.0.
    """
    from sdx_state.app.translations import Translations
    from sdx_state.cli.console import say
    from sdx_state.model.texts import counted
    from sdx_state.report.escape import escape
    from sdx_state.state.named_files import write_output

    if out is None and form == "xlsx":
        raise click.UsageError("xlsx needs --out FILE")
    translations = Translations(context.folder, context.environment, context.environ)
    exported = translations.export(language, form, source_tag, targets, todo=todo)
    count = exported.count
    if out is None:
        click.echo(exported.data.decode("utf-8-sig"), nl=False)
    else:
        write_output(out, exported.data, 0o666)
    texts = counted(count.complete + count.missing + count.outdated, "text")
    where = f" in {escape(str(out))}" if out is not None else ""
    say(f"{texts} for {count.language}{where}: {count.missing} missing, {count.outdated} outdated.")


@command.command("import")
@click.argument("file", metavar="FILE", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--language", metavar="LANG", help="Refuse a file for another language.")
@click.pass_obj
def import_file(context: Context, file: Path, language: str | None) -> None:
    """Write the answers in FILE into the YAML files.

    Refuses answers that lost a placeholder, are over a limit, or belong to a text that changed after the export. The
    others are written. The format is recognized by the content.
    """
    from sdx_state.app.translations import Translations
    from sdx_state.cli.console import err_colour, say
    from sdx_state.cli.failure import Stop
    from sdx_state.model.texts import counted
    from sdx_state.report.diagnostics import diagnostics_text

    imported = Translations(context.folder, context.environment, context.environ).import_file(file, language)
    judged = imported.judged
    if judged.refused:
        say(diagnostics_text(judged.refused, colour=err_colour()))
    for path in imported.files:
        say(f"  wrote {path}")
    left = [f"{count} {what}" for count, what in ((judged.empty, "empty"), (judged.fuzzy, "unfinished")) if count]
    omitted = f" Omitted: {', '.join(left)}." if left else ""
    written = counted(imported.written, "translation")
    click.echo(f"{written} into {imported.language} written, {imported.confirmed} unchanged.{omitted}")
    if judged.refused:
        refused = counted(len(judged.refused), "answer")
        raise Stop(f"{refused} refused, shown above", "Correct them in the file, and import it again.", told=True)


@command.command("status")
@click.option("--language", "languages", multiple=True, metavar="LANG", help="Count this language.")
@target_option
@text_or_json_option
@click.pass_obj
def status(context: Context, languages: tuple[str, ...], targets: tuple[str, ...], form: str) -> None:
    """Show how many texts are translated into each language.

    Outdated are translations of texts that changed after the import.
    """
    from sdx_state.app.translations import Translations
    from sdx_state.report.translations import status_json, status_table

    counts = Translations(context.folder, context.environment, context.environ).status(languages, targets)
    click.echo(status_json(counts) if form == "json" else status_table(counts), nl=form != "json")
