"""All files of a project -> what is declared, or everything that is wrong with them, at once."""

from __future__ import annotations

import gc
import posixpath
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from sdx_state.config.across import (
    Reporter,
    check_across,
    check_departures,
    check_moved,
    check_references,
    read_moved,
    read_removed,
)
from sdx_state.config.builder import build
from sdx_state.config.comments import suppressions_in
from sdx_state.config.conversations import read_checks
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Folder, ProjectFiles, SourceText, is_hidden, read_text
from sdx_state.config.project import Project, found_files, read_project
from sdx_state.config.references import References
from sdx_state.config.repeated import Grouped
from sdx_state.config.resources import Declarations, Document
from sdx_state.config.schema import verdict_of
from sdx_state.config.sift import PROJECT_FILE, Found, unread, with_way_out
from sdx_state.config.spreadsheet import read_sheet
from sdx_state.config.tree import Items, Node, Place, Table, items, table
from sdx_state.config.users_csv import Users, UsersFile, read_header, read_rows
from sdx_state.config.values import FieldReader
from sdx_state.kinds import KINDS, Kind
from sdx_state.model.address import Address
from sdx_state.model.conversation import Check
from sdx_state.model.diagnostic import Diagnostic, in_order
from sdx_state.model.resource import Desired, Moved, Removed, Source
from sdx_state.model.suppression import Suppression

_DRIVE = re.compile(r"[A-Za-z]:")  # a path of Windows that begins at a drive


@dataclass(frozen=True)
class Configuration:
    """What a project declares.

    Attributes:
        project: The project file.
        resources: By address, in the order of the table of kinds, children behind their parents.
        moved: Changes of address.
        removed: Addresses to let go.
        warnings: What is odd and no error.
        files: The files that declare resources, relative to the folder, sorted.
        checks: Conversations that surveys must be able to hold.
        suppressions: Codes of warnings that are suppressed, in the project file and in comments.
        lints: What respondents would stumble over; empty until somebody looks.
    """

    project: Project
    resources: dict[Address, Desired]
    moved: tuple[Moved, ...]
    removed: tuple[Removed, ...]
    warnings: tuple[Diagnostic, ...]
    files: tuple[str, ...]
    checks: tuple[Check, ...] = ()
    suppressions: tuple[Suppression, ...] = ()
    lints: tuple[Diagnostic, ...] = ()

    @property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """The warnings, and what the lints found."""
        return (*self.warnings, *self.lints)


def load_configuration(
    folder: Path, environment: str | None, environ: Mapping[str, str], files: ProjectFiles | None = None
) -> Configuration:
    """Read the project in `folder`: `sdx.yaml`, every other YAML file, and the CSV files that they name.

    Args:
        folder: The project's folder.
        environment: The environment to lay over the project file, if any.
        environ: The process environment: `SDX_API_URL` and `SDX_VAR_*` are read, nothing else.
        files: Where its files are read; in the folder, if this is None.

    Raises:
        ConfigurationError: With all diagnostics of all files, by file and line.
    """
    with _without_collection():
        return _Loader(folder, files).load(environment, environ)


@contextmanager
def _without_collection() -> Iterator[None]:
    """Hundreds of thousands of values are made and none is dropped: looking for garbage doubles the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(frozen=True)
class Declared:
    """What the resource files declare, and the files themselves.

    Attributes:
        resources: By address.
        documents: The YAML files, by name.
        sources: The texts of all files, by name.
        references: What texts may refer to.
        users: The files of users, by name.
    """

    resources: Mapping[Address, Desired]
    documents: Mapping[str, Document]
    sources: Mapping[str, SourceText]
    references: References
    users: Mapping[str, Users]


def read_declared(folder: Path, variables: Mapping[str, str], files: ProjectFiles | None = None) -> Declared:
    """Read the resource files under `folder`, with `variables` for `${var.NAME}`, and keep how they were written.

    Args:
        folder: The project's folder.
        variables: Texts by name.
        files: Where its files are read; in the folder, if this is None.

    Raises:
        ConfigurationError: With all diagnostics of all files.
    """
    loader = _Loader(folder, files)
    with _without_collection():
        documents, declarations = loader.declarations(variables, found_files(loader.files))
    if any(diagnostic.severity == "error" for diagnostic in loader.diagnostics):
        raise ConfigurationError(loader.diagnostics)
    by_name = {document.source.name: document for document in documents}
    return Declared(declarations.resources, by_name, loader.sources, declarations.references, loader.users)


def names_read(folder: Path) -> frozenset[str]:
    """Return the names of the resource files under `folder`, and of the files that they name."""
    loader = _Loader(folder)
    found = found_files(loader.files)
    loader.declarations(None, found)
    return frozenset((*found.names, *loader.named))


class _Loader:
    """One reading of one project."""

    def __init__(self, folder: Path, files: ProjectFiles | None = None) -> None:
        self.folder = folder
        self.files = files or Folder(folder)
        self.diagnostics: list[Diagnostic] = []
        self.sources: dict[str, SourceText] = {}
        self.users: dict[str, Users] = {}
        self.complete = True
        self.named: set[str] = set()
        self.suppressions: list[Suppression] = []

    def load(self, environment: str | None, environ: Mapping[str, str]) -> Configuration:
        project, excluded = read_project(self.folder, environment, environ, self.diagnostics.append, self.files)
        if project is None and not self.files.has(PROJECT_FILE):
            raise ConfigurationError(self.diagnostics)  # not a project: its files are anybody's
        found = self.files.find(excluded)
        documents, declarations = self.declarations(project.variables if project else None, found)
        reporter = Reporter(self.sources, self.diagnostics.append)
        check_across(declarations.resources, reporter)
        moved, removed = self._departures(documents, declarations, reporter)
        if isinstance(self.files, Folder):  # of a revision nothing is read but what declares something
            self.diagnostics += unread(found, self.named, self.files.read)
        complete = self.complete and not any(document.broken for document in documents)
        check_references(declarations.resources, declarations.declared, complete, reporter)
        checks = read_checks(documents, declarations.references, declarations.declared, complete, reporter)
        return replace(self._result(project, declarations.resources, moved, removed), checks=tuple(checks))

    def declarations(self, variables: Mapping[str, str] | None, found: Found) -> tuple[list[Document], Declarations]:
        """Read every resource file; `variables` are None where the project file is wrong."""
        self.diagnostics += found.diagnostics
        documents = [document for name in found.names if (document := self._document(name)) is not None]
        declarations = Declarations(variables, self.complete, self.diagnostics.append)
        for kind in KINDS.values():
            if kind.parent is None:
                for document in documents:
                    declarations.add(kind, document)
                    self._add_rows(kind, document, declarations)
        return documents, declarations

    def _result(
        self, project: Project | None, resources: dict[Address, Desired], moved: list[Moved], removed: list[Removed]
    ) -> Configuration:
        texts = {name: source.text for name, source in self.sources.items()}
        diagnostics = tuple(with_way_out(in_order(self.diagnostics), texts))
        if project is None or any(diagnostic.severity == "error" for diagnostic in diagnostics):
            raise ConfigurationError(diagnostics)
        if not resources:
            hint = "declare surveys, users or phone_numbers in any other .yaml file of this folder"
            diagnostics = (
                *diagnostics,
                Diagnostic(
                    "nothing-declared", "warning", "nothing is declared", Source(PROJECT_FILE, 1, 1), help=hint
                ),
            )
        suppressions = (*project.suppressions, *self.suppressions)
        files = tuple(sorted(self.sources))
        return Configuration(
            project, resources, tuple(moved), tuple(removed), diagnostics, files, suppressions=suppressions
        )

    def _document(self, name: str) -> Document | None:
        source = self._read(name)
        if source is None:
            return None
        root = build(source, self._syntax_diagnostic)
        if root is None:
            return None
        broken: frozenset[tuple[str, str]] = frozenset()
        if not verdict_of("resources")(root):
            broken = self._refused(root, source)
        return Document(source, root, broken) if isinstance(root, Table) else None

    def _read(self, name: str) -> SourceText | None:
        source = read_text(self.files, name, self._syntax_diagnostic)
        if source is not None:
            self.sources[name] = source
            self.suppressions += suppressions_in(source)
        return source

    def _syntax_diagnostic(self, diagnostic: Diagnostic) -> None:
        """What cannot be read may have declared anything."""
        self.complete = False
        self.diagnostics.append(diagnostic)

    def _refused(self, root: Table | Items, source: SourceText) -> frozenset[tuple[str, str]]:
        from sdx_state.config.explain import explain

        violations = explain("resources", root, source)
        self.diagnostics += [one.diagnostic for one in violations]
        # A section of the wrong type, or an unknown one, hides what it declares.
        self.complete = self.complete and all(len(one.path) > 1 for one in violations)
        broken = set()
        prunable = {kind.collection for kind in KINDS.values() if not kind.lookup_only}
        for path in (one.path for one in violations):
            if len(path) > 2 and path[0] in prunable:
                _prune(root, path)
            elif len(path) > 1:
                broken.add((str(path[0]), str(path[1])))
        return frozenset(broken)

    def _add_rows(self, kind: Kind, document: Document, declarations: Declarations) -> None:
        if not kind.upload:
            return
        section = table(document.root.get(kind.collection))
        named = section.get("csv")
        if named is None or (kind.collection, "csv") in document.broken:
            return
        for file in _users_files(named, section.value_place("csv")):
            path, place = file.path.replace("\\", "/"), file.place  # as Windows shows it, it is still the same file
            name = posixpath.normpath(posixpath.join(posixpath.dirname(document.source.name), path))
            if posixpath.isabs(path) or name.startswith("../") or name == ".." or _DRIVE.match(path):
                message = f"`{file.path[:80]}` does not lie inside the project"
                hint = "give a path from this file to one in the project, with /"
                self.diagnostics.append(document.source.diagnostic("invalid-path", place, message, hint))
                continue
            if is_hidden(name):
                message = f"`{file.path[:80]}` is hidden, and hidden files are not part of the project"
                self.diagnostics.append(
                    document.source.diagnostic("invalid-path", place, message, "name a file that is not hidden")
                )
                continue
            self._add_file(kind, name, document.source, file, declarations)

    def _add_file(
        self, kind: Kind, name: str, named_by: SourceText, file: UsersFile, declarations: Declarations
    ) -> None:
        self.named.add(name)
        unreadable: list[Diagnostic] = []
        sheet = read_sheet(self.files, name, file.encoding, file.is_known, unreadable.append)
        for diagnostic in unreadable:
            # A file that is not there has no line to point at, but the line that names it.
            nowhere = diagnostic.source == Source(name, 1, 1) and diagnostic.excerpt is None
            message = f"{name}: {diagnostic.message}"
            # A file that is not text may be any file: no line of it is shown.
            shown = (
                named_by.diagnostic(diagnostic.code, file.place, message, diagnostic.help)
                if nowhere
                else replace(diagnostic, excerpt=None)
            )
            self.diagnostics.append(shown)
        if sheet is None:
            return
        self.sources[name] = sheet.source
        grouped = Grouped(self.diagnostics.append)
        users = read_header(file, sheet, grouped)
        if users is not None:
            self.users[name] = users
            reader = FieldReader(sheet.source, References({}), grouped)
            with declarations.reporting_to(grouped):
                for row in read_rows(users, grouped):
                    declarations.add_row(kind, sheet.source, row, reader, file.country_code)
        grouped.close()

    def _departures(
        self, documents: list[Document], declarations: Declarations, reporter: Reporter
    ) -> tuple[list[Moved], list[Removed]]:
        moved: list[Moved] = []
        removed: list[Removed] = []
        # What the schema refuses may declare questions that were not looked at.
        complete = self.complete and not any(document.broken for document in documents)
        for document in documents:
            moved += read_moved(document)
            removed += read_removed(document, declarations.declared, reporter)
        check_moved(moved, declarations.declared, complete, reporter)
        check_departures(moved, removed, declarations.declared, reporter)
        return moved, removed


def _users_files(named: Node, place: Place) -> Iterator[UsersFile]:
    """Yield the files of users that a section names: a path, a mapping that tells more, or a list of both."""
    if isinstance(named, Items):
        for one, where in zip(named, named.places, strict=True):
            yield from _users_files(one, where)
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


def _prune(root: Table | Items, path: tuple[str | int, ...]) -> None:
    """Take the field that the refused value at `path` belongs to out of `root`, so that the rest can be looked into.

    Its mark stays, which tells a field that was refused from one that is missing.
    """
    node: Node = root
    fields: list[tuple[Table, str]] = []
    for step in path:
        if isinstance(node, Items) and isinstance(step, int):
            node = node[step]
        elif isinstance(node, Table) and step in node:
            fields.append((node, str(step)))
            node = node[str(step)]
        else:
            return  # what it lies in has been taken out already
    # An item of a list goes with its list, unless it is a mapping that the fault lies inside of.
    owner, field = fields[-1]
    owner.pop(field, None)
