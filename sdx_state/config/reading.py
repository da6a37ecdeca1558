"""The files that a project reads, whatever is wrong with what they say."""

from __future__ import annotations

from pathlib import Path

from sdx_state.config.configuration import names_read
from sdx_state.config.files import Folder
from sdx_state.config.project import found_files
from sdx_state.config.sift import PROJECT_FILE, SUFFIXES, is_looked_into, is_resource_file


def files_read(folder: Path) -> frozenset[Path]:
    """Return the files that the project in `folder` reads, with every link followed."""
    return frozenset((folder / name).resolve() for name in (PROJECT_FILE, *names_read(folder)))


def would_be_read(folder: Path, name: str) -> bool:
    """Tell whether the project in `folder` would read a file `name`, were it there."""
    if not name.lower().endswith(SUFFIXES):
        return False
    *above, last = name.split("/")
    if not all(is_looked_into(one, at_root=not depth) for depth, one in enumerate(above)):
        return False
    if not is_resource_file(last, at_root=not above):
        return name == PROJECT_FILE
    found = found_files(Folder(folder))
    return not found.excluded.covers(name) and not any(name.startswith(f"{one}/") for one in found.projects)
