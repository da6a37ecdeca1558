"""Checks of surveys that need no tenant."""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from sdx_state.config.configuration import Configuration
from sdx_state.kinds import KINDS, cached_by_table
from sdx_state.kinds.field import FieldType
from sdx_state.kinds.interaction import BLOCK_WORDS, PLACEHOLDERS
from sdx_state.model.address import Address
from sdx_state.model.conversation import Check
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.pattern import INSTALL_PATTERNS, PatternsMissing, check_pattern
from sdx_state.model.resource import Desired, Source
from sdx_state.model.value import DEFAULT_LANGUAGE, Value
from sdx_state.patterns import pattern
from sdx_state.state.files import HIDDEN_FOLDER

Texts = Sequence[tuple[str, str, str]]  # Field, text and language of each prompt.
NPS_SCALE = 10
# A condition, as in `%if agent_id = 1%`, is skipped as a whole.
_PLACEHOLDER = pattern(rf"%(?:{'|'.join(sorted(BLOCK_WORDS))})\b[^%]*%|%([A-Za-z][A-Za-z0-9_]*)%", re.IGNORECASE)
_TEXTED = ("greeting_text", "instructions_text", "closing_text", "invalid_response_text", "question_text")


def kept_by_git(folder: Path) -> list[Diagnostic]:
    """Return an error for every tracked file below `.sdx`: a pull would replace a newer state."""
    from sdx_state.config.revision import tracked
    from sdx_state.programs.git import GitFailed

    try:
        found = tracked(folder, HIDDEN_FOLDER)
    except GitFailed as error:
        if not os.path.lexists(folder / HIDDEN_FOLDER):
            return []
        message = f"cannot check if Git tracks files in this directory: {error}"
        return [Diagnostic("git-unavailable", "warning", message, Source(HIDDEN_FOLDER, 0, 0), help=error.advice)]
    return [
        Diagnostic(
            "state-in-git",
            "error",
            "Git tracks this symbolic link: the state would be read and written at its target"
            if is_link
            else "Git tracks this file: a pull would replace the state with an older one",
            Source(name, 0, 0),
            help=f"git rm --cached {shlex.quote(name)}, and add {HIDDEN_FOLDER}/ to .gitignore",
        )
        for name, is_link in found
    ]


def offline_diagnostics(configuration: Configuration) -> list[Diagnostic]:
    """Return warnings about declarations that are a problem for respondents or could not be verified."""
    families = _families(configuration)
    silent = [_asks_nothing(survey) for survey, *questions in families.values() if not questions]
    return silent + _diagnostics(configuration, families.values()) + _unverified(configuration.checks)


def _unverified(checks: Iterable[Check]) -> list[Diagnostic]:
    """Return a warning at the first pattern if the library for patterns is not installed."""
    for said in (said for check in checks for said in check.patterns):
        try:
            check_pattern(said.text)
        except PatternsMissing as error:
            return [
                Diagnostic(
                    "unverified-pattern",
                    "warning",
                    f"patterns are not verified: {error}",
                    said.source,
                    help=INSTALL_PATTERNS,
                )
            ]
    return []


def _families(configuration: Configuration) -> dict[Address, list[Desired]]:
    """Return each survey with its questions."""
    families: dict[Address, list[Desired]] = {}
    for desired in configuration.resources.values():
        if desired.kind == "survey":
            families[desired.address] = [desired]
    for desired in configuration.resources.values():
        if desired.kind == "question" and desired.parent in families:
            families[desired.parent].append(desired)
    return families


def _diagnostics(configuration: Configuration, families: Iterable[list[Desired]]) -> list[Diagnostic]:
    lint = configuration.project.lint
    known = PLACEHOLDERS | frozenset(lint.placeholders)
    found: list[Diagnostic] = []
    for family in families:
        spoken = [(desired, list(_texts(desired))) for desired in family]
        for desired, texts in spoken:
            found += _scale_diagnostics(desired)
            found += _empty_diagnostics(desired, texts)
            found += _placeholder_diagnostics(desired, texts, known)
            if family[0].values.get("sms_number"):
                found += _length_diagnostics(desired, texts, lint.sms_segments)
        found += _language_diagnostics(spoken)
    return found


def _asks_nothing(survey: Desired) -> Diagnostic:
    return _diagnostic("no-questions", survey, "name", "has no questions")


def _scale_diagnostics(desired: Desired) -> Iterator[Diagnostic]:
    scale = desired.values.get("max_response")
    if desired.values.get("question_type") == "nps" and scale not in (None, NPS_SCALE):
        message = f"a net promoter score uses the scale 0 to {NPS_SCALE}, but max_response is {scale}"
        yield _diagnostic("nps-scale", desired, "max_response", message, f"max_response: {NPS_SCALE}")


def _empty_diagnostics(desired: Desired, texts: Texts) -> Iterator[Diagnostic]:
    """Yield a warning for each empty question text, and each empty prompt in another language than the default."""
    for name, text, language in texts:
        if not text.strip() and _is_reported_if_empty(name, language):
            where = "" if language == DEFAULT_LANGUAGE else f" in {language}"
            yield _diagnostic("empty-text", desired, name, f"{name} is empty{where}")


def _is_reported_if_empty(name: str, language: str) -> bool:
    return name == "question_text" or language != DEFAULT_LANGUAGE


def _placeholder_diagnostics(desired: Desired, texts: Texts, known: frozenset[str]) -> Iterator[Diagnostic]:
    seen: set[str] = set()
    for name, text, _ in texts:
        if "%" not in text:
            continue
        for placeholder in _PLACEHOLDER.findall(text):
            if placeholder and placeholder not in known and placeholder not in seen:
                seen.add(placeholder)
                hint = f"if interactions have this value: lint: {{placeholders: [{placeholder}]}} in sdx.yaml"
                yield _diagnostic(
                    "unknown-placeholder",
                    desired,
                    name,
                    f"{name} uses the undeclared placeholder %{placeholder}%",
                    hint,
                )


def _length_diagnostics(desired: Desired, texts: Texts, most: int) -> Iterator[Diagnostic]:
    from sdx_state.kinds.segments import message_segments  # which only surveys by text message need

    for name, text, language in texts:
        segments, alphabet = message_segments(text)
        if name in _TEXTED and segments > most:
            where = "" if language == DEFAULT_LANGUAGE else f" in {language}"
            message = f"{name}{where} needs {segments} text messages ({alphabet}), over the limit of {most}"
            yield _diagnostic(
                "long-text-message",
                desired,
                name,
                message,
                "shorten it, or raise lint: {sms_segments: ...} in sdx.yaml",
            )


def _language_diagnostics(declared: Sequence[tuple[Desired, Texts]]) -> Iterator[Diagnostic]:
    """Yield a warning for each prompt without a text in a language of the survey."""
    languages: dict[str, None] = {}
    for _, texts in declared:
        for _, text, language in texts:
            if text.strip() or language != DEFAULT_LANGUAGE:  # An empty default counts as missing.
                languages[_spoken(language)] = None
    if list(languages) == [DEFAULT_LANGUAGE]:
        return
    for desired, texts in declared:
        by_name: dict[str, set[str]] = {}
        cleared = {name for name, _, _ in texts} - {name for name, text, _ in texts if text.strip()}
        for name, text, language in texts:
            if name in cleared:  # Declared as empty.
                continue
            said = by_name.setdefault(name, set())
            if text.strip() or _is_reported_if_empty(name, language):
                said.add(_spoken(language))
        for name, said in by_name.items():
            missing = [language for language in languages if language not in said]
            if missing and name in _TEXTED:
                said_in = ", ".join("the default language" if one == DEFAULT_LANGUAGE else one for one in missing)
                yield _diagnostic("missing-translation", desired, name, f"{name} has no text in {said_in}")


def _spoken(language: str) -> str:
    """Return the language of a key: `de` of `de-default` and of `de-AT`."""
    return language.partition("-")[0]


def _texts(desired: Desired) -> Iterator[tuple[str, str, str]]:
    """Yield field, text and language of every prompt that `desired` declares."""
    for name in _prompts(desired.kind):
        value: Value = desired.values.get(name)
        if value is None:
            continue
        if isinstance(value, Mapping):
            yield from ((name, str(text or ""), language) for language, text in value.items())
        else:
            yield name, str(value or ""), DEFAULT_LANGUAGE


@cached_by_table
def _prompts(kind: str) -> tuple[str, ...]:
    """Return the fields of `kind` with texts that respondents see or hear."""
    return tuple(
        field.name for field in KINDS[kind].fields if field.type is FieldType.PROMPT and field.name.endswith("_text")
    )


def _diagnostic(code: str, desired: Desired, name: str, message: str, help: str | None = None) -> Diagnostic:
    return Diagnostic(
        code, "warning", f"{desired.address}: {message}", desired.source_of(name), desired.address, help
    )
