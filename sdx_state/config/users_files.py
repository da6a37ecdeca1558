"""The files of users that a resource file names: where they are, and their rows."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator

from sdx_state.config.files import ProjectFiles, is_hidden
from sdx_state.config.resources import Document
from sdx_state.config.source_text import SourceText
from sdx_state.config.spreadsheet import Sheet, read_sheet
from sdx_state.config.tree import Items, Node, Place, Table, items, table
from sdx_state.config.users_csv import UsersFile
from sdx_state.kinds import Kind
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.records import replace

_DRIVE = re.compile(r"[A-Za-z]:")  # a path of Windows that begins at a drive


def users_files(
    kind: Kind, document: Document, report: Callable[[Diagnostic], None]
) -> Iterator[tuple[str, UsersFile]]:
    """Yield the files that the section of `kind` in `document` names, each with its name in the project.

    A file that may not be read, because it is hidden or outside of the project, goes to `report` instead.
    """
    section = table(document.root.get(kind.collection))
    named = section.get("csv")
    if not kind.upload or named is None or (kind.collection, "csv") in document.broken:
        return
    for file in _files_in(named, section.value_place("csv")):
        name = name_in_project(document.source, file.path, file.place, report)
        if name is not None:
            yield name, file


def name_in_project(source: SourceText, path: str, place: Place, report: Callable[[Diagnostic], None]) -> str | None:
    """Return the name in the project of the file that `source` names as `path` at `place`.

    A file that may not be read, because it is hidden or outside of the project, goes to `report`, and None back.
    """
    written, path = path, path.replace("\\", "/")  # as Windows shows it, it is still the same file
    name = posixpath.normpath(posixpath.join(posixpath.dirname(source.name), path))
    if posixpath.isabs(path) or name.startswith("../") or name == ".." or _DRIVE.match(path):
        message = f"`{written[:80]}` is not inside the project"
        hint = "give a path from this file to one in the project, with /"
        report(source.diagnostic("invalid-path", place, message, hint))
    elif is_hidden(name):
        message = f"`{written[:80]}` is hidden, and hidden files are not part of the project"
        report(source.diagnostic("invalid-path", place, message, "name a file that is not hidden"))
    else:
        return name
    return None


def read_users_sheet(
    files: ProjectFiles, name: str, file: UsersFile, named_by: SourceText, report: Callable[[Diagnostic], None]
) -> Sheet | None:
    """Return the rows of the file `name`, which `named_by` names as `file`.

    Why it cannot be read goes to `report`, and None back.
    """
    return read_named_sheet(files, name, file.place, file.encoding, file.is_known, named_by, report)


def read_named_sheet(
    files: ProjectFiles,
    name: str,
    place: Place,
    encoding: str | None,
    is_known: Callable[[str], bool],
    named_by: SourceText,
    report: Callable[[Diagnostic], None],
) -> Sheet | None:
    """Return the rows of the file `name`, which `named_by` names at `place`.

    Why it cannot be read goes to `report`, and None back. `is_known` tells whether a text is the name of a column.
    """
    unreadable: list[Diagnostic] = []
    sheet = read_sheet(files, name, encoding, is_known, unreadable.append)
    for diagnostic in unreadable:
        # A file that is not there has no line to point at, but the line that names it.
        nowhere = diagnostic.source == Source(name, 1, 1) and diagnostic.excerpt is None
        message = f"{name}: {diagnostic.message}"
        # A file that is not text may be any file: no line of it is shown.
        report(
            named_by.diagnostic(diagnostic.code, place, message, diagnostic.help)
            if nowhere
            else replace(diagnostic, excerpt=None)
        )
    return sheet


def _files_in(named: Node, place: Place) -> Iterator[UsersFile]:
    """Yield the files of users that a section names: a path, a mapping that tells more, or a list of both."""
    if isinstance(named, Items):
        for one, where in zip(named, named.places, strict=True):
            yield from _files_in(one, where)
    elif isinstance(named, Table):
        if "file" in named:
            columns = {header: str(column) for header, column in table(named.get("columns")).items()}
            country_code, encoding = named.get("country_code"), named.get("encoding")
            yield UsersFile(
                str(named["file"]),
                named.value_place("file"),
                columns,
                tuple(map(str, items(named.get("ignore")))),
                str(country_code) if country_code is not None else None,
                str(encoding) if encoding is not None else None,
            )
    elif named is not None:
        yield UsersFile(str(named), place)
