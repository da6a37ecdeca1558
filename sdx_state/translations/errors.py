"""Errors of translations."""

from __future__ import annotations

from sdx_state.model.advised import AdvisedError


class TranslationError(AdvisedError):
    """A translation file cannot be read or written."""


class ExtraMissing(TranslationError):
    """A library for a format is not installed."""

    def __init__(self, form: str, library: str) -> None:
        super().__init__(
            f"the format {form} needs {library}, which is not installed", "pip install 'sdx-state[translations]'"
        )
