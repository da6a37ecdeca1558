"""PO, the format of GNU gettext."""

from __future__ import annotations

import io
from typing import Any

from sdx_state.translations.errors import ExtraMissing, TranslationError
from sdx_state.translations.exchange import Answer, Answers, Exchange
from sdx_state.translations.language import language_tag

FORM = "po"
_PROGRAM = "sdx-state"
# Written here: the library adds the time and requests for names, so that no two exports would be equal.
_HEADER = r"""# Texts of surveys, exported by sdx-state.
msgid ""
msgstr ""
"Project-Id-Version: sdx-state {project}\n"
"Language: {language}\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=utf-8\n"
"Content-Transfer-Encoding: 8bit\n"

"""
_PLACES = "Used in: "


def _babel() -> Any:
    try:
        from babel.messages import pofile
    except ImportError:
        raise ExtraMissing(FORM, "babel") from None
    return pofile


def write(exchange: Exchange) -> bytes:
    """Return `exchange` as a PO file. An outdated translation is fuzzy.

    Raises:
        ExtraMissing: babel is not installed.
    """
    pofile = _babel()
    from babel.messages.catalog import Catalog

    catalog = Catalog(fuzzy=False)
    for row in exchange.rows:
        message = catalog.add(
            row.source,
            row.target or "",
            context=row.id,
            auto_comments=[" ".join(note.split()) for note in row.notes],
        )
        message.flags = {"fuzzy"} if row.status == "outdated" else set()  # `python-format` is guessed, and wrong here
    file = io.BytesIO()
    pofile.write_po(file, catalog, width=0, omit_header=True)
    language = language_tag(exchange.language).replace("-", "_")
    return _HEADER.format(project=exchange.project, language=language).encode() + file.getvalue()


def read(data: bytes) -> Answers:
    """Return the answers in a PO file. Its fuzzy ones are not translations yet.

    Raises:
        ExtraMissing: babel is not installed.
        TranslationError: It is not one.
    """
    pofile = _babel()
    try:
        catalog = pofile.read_po(io.BytesIO(data), abort_invalid=True)
    except pofile.PoFileError as error:
        raise TranslationError(f"the file is not valid PO: {error}", "Export it again from your tool.") from None
    except (ValueError, LookupError, UnicodeError) as error:
        raise TranslationError(f"the file is not valid PO: {error}", "Save it as UTF-8.") from None
    project = catalog.version if catalog.project == _PROGRAM else ""
    answers = [
        Answer(
            str(message.context or ""),
            message.string,
            " ".join(message.auto_comments).rpartition(_PLACES)[2],
            message.lineno or 0,
            is_fuzzy=message.fuzzy,
            is_confirmed=not message.fuzzy,
        )
        for message in catalog
        if message.id and isinstance(message.string, str) and isinstance(message.id, str)
    ]
    return Answers(str(project), str(catalog.locale_identifier or ""), tuple(answers))
