"""Reading the tenant of a large project while its files are loaded, for commands that only read.

A command that writes reads after it has locked the state. Everything here is of use only where the files are without
errors, so nothing is reported before: an error of credentials, state or tenant is raised where the plan needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from sdx_state.api.credentials import VARIABLES
from sdx_state.config.files import Folder
from sdx_state.config.sift import Excluded

if TYPE_CHECKING:
    from sdx_state.api.retry import Wait
    from sdx_state.api.stored import Found
    from sdx_state.app.begun import Begun
    from sdx_state.app.place import Place
    from sdx_state.config.settings import Project
    from sdx_state.model.urls import BaseUrl

LARGE = 1_000_000  # Bytes of files that take longer to load than what reading ahead begins with.


@contextmanager
def reading_ahead(
    project: Project,
    place: Place,
    environ: Mapping[str, str],
    find: Callable[[BaseUrl], Found],
    waiting: Callable[[Wait], None],
) -> Iterator[Begun | None]:
    """Read a live tenant ahead while the block runs; yield None where that does not pay or cannot be done.

    It pays for large projects. It needs a state, and credentials in the environment: those that are stored may have
    to be renewed, or asked for.

    Args:
        project: The project file.
        place: Where the state is.
        environ: Environment variables.
        find: Returns the credentials for an address.
        waiting: Called with each long wait that the server asks for, once the tenant is handed over.
    """
    begun = None
    if any(environ.get(name, "").strip() for name in VARIABLES) and _size(place.folder) >= LARGE:
        from sdx_state.app.begun import begun_of

        try:
            begun = begun_of(project, place, environ, find, waiting)
        except Exception:  # noqa: BLE001 - opening the tenant again raises it again, after errors of files
            begun = None
    if begun is None:
        yield None
        return
    try:
        begun.begin()
        yield begun
    finally:
        begun.end()


def _size(folder: Path) -> int:
    """Return the bytes of the YAML files below `folder`, roughly: excluded ones count, and CSV files do not."""
    files = (folder / name for name in Folder(folder).find(Excluded()).names)
    return sum(one.stat().st_size for one in files if one.is_file())
