"""Errors of translations."""

from __future__ import annotations


class TranslationError(Exception):
    """A translation file cannot be read or written.

    Attributes:
        advice: What to do next.
    """

    def __init__(self, message: str, advice: str) -> None:
        super().__init__(message)
        self.advice = advice


class ExtraMissing(TranslationError):
    """A library for a format is not installed."""

    def __init__(self, form: str, library: str) -> None:
        super().__init__(
            f"the format {form} needs {library}, which is not installed", "pip install 'sdx-state[translations]'"
        )
