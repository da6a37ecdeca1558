"""What a project declares, judged by the lints of installed packages too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from sdx_state.app.extensions import Extensions, extensions
from sdx_state.config import Configuration, ConfigurationError, ProjectFiles, load_configuration
from sdx_state.model.diagnostic import Diagnostic, in_order
from sdx_state.state.backend import LOCAL


def load_declared(
    folder: Path, environment: str | None, environ: Mapping[str, str], files: ProjectFiles | None = None
) -> Configuration:
    """Read the project in `folder` as `load_configuration` does, and let every lint judge it.

    Raises:
        ConfigurationError: With all errors of all files; those of lints come once the files have none.
    """
    configuration = load_configuration(folder, environment, environ, files)
    known = extensions(folder)
    found = (*_without_backend(configuration, known), *known.linted(configuration))
    if not found:
        return configuration
    diagnostics = in_order((*configuration.warnings, *found))
    if any(one.severity == "error" for one in found):
        raise ConfigurationError(diagnostics)
    return replace(configuration, warnings=diagnostics)


def _without_backend(configuration: Configuration, known: Extensions) -> tuple[Diagnostic, ...]:
    """Return an error where the state is to be kept by something that is not installed."""
    state = configuration.project.state
    names = [LOCAL, *(one.name for one in known.of("state_backends"))]
    if state.backend in names:
        return ()
    missing = known.missing("state_backends", state.backend, (LOCAL,))
    return (Diagnostic("unknown-backend", "error", str(missing), state.source, help=missing.advice),)
