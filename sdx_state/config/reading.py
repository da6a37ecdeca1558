"""The files that a project reads, whatever is wrong with what they say."""

from __future__ import annotations

from pathlib import Path

from sdx_state.config.configuration import names_read
from sdx_state.config.files import Folder
from sdx_state.config.project import excluded_from
from sdx_state.config.sift import PROJECT_FILE


def files_read(folder: Path) -> frozenset[Path]:
    """Return the files that the project in `folder` reads, with every link followed."""
    return frozenset((folder / name).resolve() for name in (PROJECT_FILE, *names_read(folder)))


def would_be_read(folder: Path, name: str) -> bool:
    """Tell whether the project in `folder` would read a file `name`, were it there."""
    files = Folder(folder)
    return name == PROJECT_FILE or files.would_find(name, excluded_from(files))
