"""Translations of a project: exported for translators, imported, and counted."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fnmatch import fnmatchcase
from functools import cached_property
from pathlib import Path

from sdx_state.config.configuration import Declared, load_configuration, read_declared
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Changed, Folder, replace_texts
from sdx_state.config.language_edit import LanguageEdit, translated_text
from sdx_state.config.parse import build
from sdx_state.config.project import load_project
from sdx_state.config.sift import PROJECT_FILE
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import table
from sdx_state.kinds import KINDS
from sdx_state.kinds.field import FieldType
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Desired
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.plan.targets import unmatched
from sdx_state.records import dataclass
from sdx_state.state.named_files import read_regular
from sdx_state.translations.collect import texts_of, uses_of
from sdx_state.translations.errors import TranslationError
from sdx_state.translations.exchange import Answers, Exchange, rows_of
from sdx_state.translations.fingerprint import fingerprint, is_foreign
from sdx_state.translations.formats import FORMATS, read_answers
from sdx_state.translations.judge import Judged, judge
from sdx_state.translations.language import language_key, language_tag
from sdx_state.translations.memory import FILE, Memory, read_memory
from sdx_state.translations.placing import Expected, edits_of, expected_of
from sdx_state.translations.proof import unexpected
from sdx_state.translations.text import Text, text_hash
from sdx_state.translations.written import Written

MOST_BYTES = 64 * 1024 * 1024  # A translation file.


@dataclass(frozen=True)
class Count:
    """How much of the texts is translated into a language.

    Attributes:
        language: Its tag.
        complete: Texts that are translated.
        missing: Texts without a translation in at least one place.
        outdated: Texts that changed after they were translated.
    """

    language: str
    complete: int
    missing: int
    outdated: int


@dataclass(frozen=True)
class Exported:
    """An export.

    Attributes:
        data: The file.
        count: The texts in it.
    """

    data: bytes
    count: Count


@dataclass(frozen=True)
class Imported:
    """An import.

    Attributes:
        files: The files that were written.
        language: The tag of the language.
        written: Translations that are new or other than before.
        confirmed: Translations that stay, and are now known to be of the present text.
        judged: What became of the answers.
    """

    files: tuple[Path, ...]
    language: str
    written: int
    confirmed: int
    judged: Judged


class Translations:
    """The translations of the project in a folder. Rules about texts do not stop them, for they may mend those.

    Args:
        folder: The project's folder.
        environment: The chosen environment.
        environ: The process environment.

    Raises:
        ConfigurationError: With all errors of all files.
    """

    def __init__(self, folder: Path, environment: str | None, environ: Mapping[str, str]) -> None:
        self._folder, self._environment, self._environ = folder, environment, environ
        self._files = Folder(folder)
        self._project = load_project(folder, environment, environ)

    def export(
        self, language: str, form: str, source_tag: str, targets: Sequence[str] = (), *, todo: bool = False
    ) -> Exported:
        """Return the texts of the default language as a file for translators.

        Args:
            language: What is translated into: `de`, `fr-CA`.
            form: The format, one of `FORMATS`.
            source_tag: The language tag of the texts.
            targets: Globs of the addresses whose texts are exported; none for all.
            todo: Only texts that are missing or outdated.

        Raises:
            TranslationError: There is no such language, a glob matches nothing, the format cannot contain a text, or
                its library is not installed.
        """
        key = language_key(language)
        self._require_matches(targets)
        texts = [text for text in self._texts(key, targets) if not todo or text.status != "complete"]
        source = language_tag(language_key(source_tag))
        exchange = Exchange(self._fingerprint, key, source, rows_of(texts))
        return Exported(FORMATS[form].write(exchange), _count(key, texts))

    def import_file(self, path: Path, language: str | None = None) -> Imported:
        """Write the answers in the file at `path` into the project, all files or none.

        Args:
            path: The file.
            language: The language that it has to be of; None for any.

        Raises:
            TranslationError: It cannot be read, or is of another project or language. Nothing was changed.
            OSError: A file could not be written; all are as they were.
        """
        try:
            answers, key = self._answers(path, language)
        except (TranslationError, OSError) as error:
            advice = error.advice if isinstance(error, TranslationError) else "Name a file that can be read."
            message = error.strerror or str(error) if isinstance(error, OSError) else str(error)
            raise TranslationError(f"{path.name}: {message}", f"{advice} Nothing was changed.") from error
        texts = self._texts(key)
        if is_foreign(answers.answers, {text.id for text in texts}, self._declared.resources):
            message = f"{path.name}: the file was exported from another project: this one has none of its places"
            raise TranslationError(message, "Import it there, or export again. Nothing was changed.")
        judged = judge(answers.answers, texts, path.name, self._shown)
        changes = [one for one in judged.accepted if one.changes]
        drafts = self._drafts(edits_of(changes, texts, self._written, key))
        self._require_expected(drafts, key, expected_of(changes))
        memory = self._memory_text(key, judged, texts)
        written = replace_texts(self._folder, {**drafts, **memory})
        confirmed = len(judged.accepted) - len(changes)
        return Imported(tuple(written), language_tag(key), len(changes), confirmed, judged)

    def status(self, languages: Sequence[str] = (), targets: Sequence[str] = ()) -> list[Count]:
        """Return how much is translated into each of `languages`; into those of the project, if there are none.

        Args:
            languages: The languages.
            targets: Globs of the addresses whose texts are counted; none for all.

        Raises:
            TranslationError: There is no such language, or a glob matches nothing.
        """
        self._require_matches(targets)
        keys = [language_key(one) for one in languages] or self._languages
        return [_count(key, self._texts(key, targets)) for key in keys]

    def _answers(self, path: Path, language: str | None) -> tuple[Answers, str]:
        """Return the answers in the file at `path`, and the key of their language."""
        answers = read_answers(read_regular(path, MOST_BYTES))
        if not answers.answers:
            raise TranslationError("the file contains no texts", "Name a file with the answers of translators.")
        if answers.project != self._fingerprint:
            raise TranslationError(
                "the file was exported from another project, or with other settings of `tenant`, `api` or `scope`",
                "Import it there, or export again.",
            )
        key = language_key(answers.language)
        if language is not None and language_key(language) != key:
            message = f"the file is for the language {language_tag(key)}, and not for {language}"
            raise TranslationError(message, "Name the file of that language, or its language.")
        return answers, key

    def _texts(self, key: str, targets: Sequence[str] = ()) -> list[Text]:
        uses = uses_of(self._declared.resources, self._written, key, self._project.lint.sms_segments)
        chosen = [
            use for use in uses if not targets or any(fnmatchcase(use.occurrence.address, one) for one in targets)
        ]
        return texts_of(chosen, key, self._memory)

    def _require_matches(self, targets: Sequence[str]) -> None:
        for wrong in unmatched({"--target": targets}, self._declared.resources, otherwise="addresses are in a plan"):
            raise TranslationError(wrong.message, wrong.help or "")

    @cached_property
    def _declared(self) -> Declared:
        return read_declared(self._folder, self._project.variables, self._files)

    @cached_property
    def _written(self) -> Written:
        return Written({name: document.root for name, document in self._declared.documents.items()})

    @cached_property
    def _memory(self) -> Memory:
        return read_memory(self._files)

    @cached_property
    def _fingerprint(self) -> str:
        root = build(SourceText(PROJECT_FILE, self._files.read(PROJECT_FILE).decode("utf-8-sig")), _ignored)
        return fingerprint(table(root))

    @cached_property
    def _languages(self) -> list[str]:
        """The languages that texts of the project have, in the order of their tags."""
        found: set[str] = set()
        for desired in self._declared.resources.values():
            for texts in _languages_of(desired):
                found.update(texts)
        return sorted(found - {DEFAULT_LANGUAGE})

    def _shown(self, text: str) -> str:
        expanded = self._declared.references.expand(text)
        return expanded.text if expanded.whole else text

    def _drafts(self, edits: Mapping[str, Sequence[LanguageEdit]]) -> dict[str, SourceText | None]:
        drafts: dict[str, SourceText | None] = {}
        for name, changes in edits.items():
            source = self._declared.sources[name]
            text = translated_text(source.text, self._declared.documents[name].root, changes)
            drafts[name] = SourceText(name, text, source.encoding)
        return drafts

    def _require_expected(self, drafts: Mapping[str, SourceText | None], language: str, expected: Expected) -> None:
        """Return if the project with `drafts` says what it says, but for the texts in `expected`.

        Raises:
            TranslationError: It does not.
        """
        if not drafts:
            return
        try:
            after = load_configuration(self._folder, self._environment, self._environ, Changed(self._files, drafts))
        except ConfigurationError as error:
            message = f"what would be written is not valid: {error}"
            raise TranslationError(message, "Nothing was changed. Write this translation by hand.") from error
        wrong = unexpected(self._declared.resources, after.resources, language, expected)
        if wrong:
            message = f"the translation cannot be written into its file: {', '.join(wrong[:5])}"
            raise TranslationError(message, "Nothing was changed. Write this translation by hand, and import again.")

    def _memory_text(self, language: str, judged: Judged, texts: Sequence[Text]) -> dict[str, SourceText | None]:
        """Return the file that remembers what was translated, if it changes."""
        added = {(language, text_hash(one.target), text_hash(one.text.source)) for one in judged.accepted}
        if not added:
            return {}
        answers = {one.text.id: one.target for one in judged.accepted}
        now = {text.id: answers.get(text.id, text.target) for text in texts}
        used = {(language, text_hash(target)) for target in now.values() if target is not None}
        others = {one[:2] for one in self._memory.pairs if one[0] != language}
        text = self._memory.text(used | others, added)
        if self._files.has(FILE) and self._files.read(FILE).decode("utf-8-sig") == text:
            return {}
        return {FILE: SourceText(FILE, text)}


def _ignored(diagnostic: Diagnostic) -> None:
    """The project file was read before, and its diagnostics were reported."""


def _count(language: str, texts: Sequence[Text]) -> Count:
    statuses = [text.status for text in texts]
    return Count(
        language_tag(language), statuses.count("complete"), statuses.count("missing"), statuses.count("outdated")
    )


def _languages_of(desired: Desired) -> list[Mapping[str, object]]:
    found: list[Mapping[str, object]] = []
    for field in KINDS[desired.kind].fields:
        value = desired.values.get(field.name)
        if field.translated and isinstance(value, Mapping):
            found.append(value)
        elif field.type is FieldType.OPTIONS and isinstance(value, Sequence):
            found += [
                inner for one in value if isinstance(one, Mapping) and isinstance(inner := one.get("text"), Mapping)
            ]
    return found
