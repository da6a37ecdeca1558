"""Small projects as real files."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from sdx_state.config.configuration import Configuration, load_configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.model.diagnostic import Diagnostic

PROJECT = "sdx: 1\nvariables: {company: Acme}\n"


class Files:
    """A project's folder that a test fills."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("sdx.yaml", PROJECT)

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
        return path

    def text(self, name: str) -> str:
        return (self.folder / name).read_bytes().decode("utf-8")

    def load(self, environment: str | None = None, environ: Mapping[str, str] | None = None) -> Configuration:
        return load_configuration(self.folder, environment, environ or {})

    def diagnostics(self, environment: str | None = None) -> list[Diagnostic]:
        """Return the errors and warnings of loading the files."""
        try:
            return list(self.load(environment).warnings)
        except ConfigurationError as error:
            return list(error.diagnostics)

    def said(self) -> list[str]:
        """Each diagnostic as `file:line:column: message`."""
        return [str(diagnostic) for diagnostic in self.diagnostics()]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


@pytest.fixture
def said_of(files: Files) -> Callable[[str], list[str]]:
    """A function that returns the messages about a single resource file `a.yaml`."""

    def said(text: str) -> list[str]:
        files.write("a.yaml", text)
        return files.said()

    return said
