"""Places that translations are written to: those of present translations, or beside the text that they translate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sdx_state.config.language_edit import LanguageEdit, edit_of
from sdx_state.model.address import Address
from sdx_state.model.field_path import FieldPath
from sdx_state.model.resource import Source
from sdx_state.translations.judge import Accepted, is_same
from sdx_state.translations.text import Text
from sdx_state.translations.written import Written

Place = tuple[str, int, int]
Expected = Mapping[tuple[Address, FieldPath], str]


def expected_of(accepted: Sequence[Accepted]) -> Expected:
    """Return what each use of a text says in the language, once `accepted` is written."""
    return {(use.address, use.field): one.target for one in accepted for use in one.text.occurrences}


def edits_of(
    accepted: Sequence[Accepted], texts: Sequence[Text], written: Written, language: str
) -> dict[str, list[LanguageEdit]]:
    """Return the edits that write `accepted`, by the names of their files.

    A present translation is replaced where it is written, if everything that uses it there gets the same one.
    Otherwise the translation goes beside the text in the default language, which overrides the other.

    Args:
        accepted: The answers.
        texts: All texts of the project.
        written: Where they are written.
        language: The key of the language.
    """
    answers = {one.text.id: one.target for one in accepted}
    wanted: dict[Place, set[str | None]] = {}
    for text in texts:
        for use in text.occurrences:
            if use.written is not None:
                wanted.setdefault(_place(use.written), set()).add(answers.get(text.id))
    edits: dict[tuple[str, tuple[str | int, ...]], LanguageEdit] = {}
    for one in accepted:
        for use in one.text.occurrences:
            if use.written is not None and is_same(one.target, one.text.target):
                continue
            shared = use.written is None or len(wanted[_place(use.written)]) > 1
            source = use.default if shared or use.written is None else use.written
            slot = written.slot(source)
            if slot is not None:
                edit = edit_of(slot.path, language, one.target)
                edits[source.file, edit.path] = edit
    by_file: dict[str, list[LanguageEdit]] = {}
    for (file, _), edit in edits.items():
        by_file.setdefault(file, []).append(edit)
    return by_file


def _place(source: Source) -> Place:
    return source.file, source.line, source.column
