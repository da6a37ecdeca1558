"""The columns of translation files that spreadsheets open: CSV and XLSX.

Rows are sorted, filtered and copied between files there, so each row names its project and language itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from sdx_state.model.formulas import protected_cell, restored_cell
from sdx_state.translations.errors import TranslationError
from sdx_state.translations.exchange import Answer, Answers, Exchange
from sdx_state.translations.language import language_tag

COLUMNS = ("id", "text", "translation", "status", "context", "limit", "keep", "used in")
WIDTHS = (8, 60, 60, 10, 40, 20, 20, 30)  # Characters.
FINISHED = "done"  # A status that translators may write.
_NEEDED = ("id", "translation")


def table_of(exchange: Exchange) -> Iterator[list[str]]:
    """Yield the header and the rows of `exchange`, with formulas turned into texts."""
    tag = language_tag(exchange.language)
    yield [f"translation ({tag})" if name == "translation" else name for name in COLUMNS]
    for row in exchange.rows:
        cells = (
            f"{exchange.project}/{tag}/{row.id}",
            row.source,
            row.target or "",
            row.status,
            row.context,
            row.limit,
            " ".join(row.keep),
            row.places,
        )
        yield [protected_cell(cell) for cell in cells]


def answers_in(rows: Iterable[tuple[int, Sequence[str]]]) -> Answers:
    """Return the answers in `rows`, each with its line; the first is the header.

    Raises:
        TranslationError: A column is missing, or rows are of several projects or languages.
    """
    lines = iter(rows)
    _, header = next(lines, (0, ()))
    columns = {cell.strip().lower().partition(" (")[0]: index for index, cell in enumerate(header)}
    for name in _NEEDED:
        if name not in columns:
            raise TranslationError(
                f"the file has no column `{name}`", "Keep the first row, and the columns `id` and `translation`."
            )
    heads: dict[tuple[str, str], None] = {}
    answers = []
    for line, cells in lines:
        values = {name: cells[index] if index < len(cells) else "" for name, index in columns.items()}
        project, _, rest = values["id"].strip().partition("/")
        tag, _, id = rest.partition("/")
        if not id:
            if values["translation"].strip():
                raise TranslationError(f"line {line} has a translation and no id", "Restore the column `id`.")
            continue
        heads[project, tag] = None
        answers.append(
            Answer(
                id,
                restored_cell(values["translation"]),
                restored_cell(values.get("used in", "")),
                line,
                is_confirmed=values.get("status", "").strip().lower() == FINISHED,
            )
        )
    if len(heads) > 1:
        raise TranslationError(
            "the file contains texts of several projects or languages", "Split it, and import one after the other."
        )
    project, language = next(iter(heads), ("", ""))
    return Answers(project, language, tuple(answers))
