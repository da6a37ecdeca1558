"""The error of an invalid configuration, with the diagnostics of all of its files."""

from __future__ import annotations

from collections.abc import Iterable

from sdx_state.model.diagnostic import Diagnostic, in_order


class ConfigurationError(Exception):
    """The configuration is invalid.

    Attributes:
        diagnostics: The diagnostics of all files, by file, line and column; at least one is an error.
    """

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = in_order(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        return "\n".join(map(str, self.diagnostics))
