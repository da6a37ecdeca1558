"""All files of a project -> what is declared, or everything that is wrong with them, at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from sdx_state.config.across import (
    Reporter,
    check_across,
    check_departures,
    check_moved,
    check_references,
    read_moved,
    read_removed,
)
from sdx_state.config.comments import suppressions_in
from sdx_state.config.conversations import read_checks
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Folder, ProjectFiles, read_text
from sdx_state.config.judged import judged
from sdx_state.config.parse import build
from sdx_state.config.project import found_files, read_project
from sdx_state.config.references import References
from sdx_state.config.resources import Declarations, Document
from sdx_state.config.scope import check_scope
from sdx_state.config.settings import Project
from sdx_state.config.sift import PROJECT_FILE, Found, unread, with_way_out
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Table, table
from sdx_state.garbage import uncollected
from sdx_state.kinds import KINDS, Kind
from sdx_state.model.address import Address
from sdx_state.model.conversation import Check
from sdx_state.model.diagnostic import Diagnostic, in_order, once_for_all_uses
from sdx_state.model.resource import Desired, Moved, Removed, Source
from sdx_state.model.suppression import Suppression
from sdx_state.records import dataclass, replace

if TYPE_CHECKING:
    from sdx_state.config.expansion import Expansion, Origin
    from sdx_state.config.users_csv import Users


@dataclass(frozen=True)
class Configuration:
    """A project as declared.

    Attributes:
        project: The project file.
        resources: By address, in the order of the table of kinds, children behind their parents.
        moved: Changes of address.
        removed: Addresses to stop managing or delete.
        warnings: Findings that are not errors.
        files: The files that declare resources, relative to the folder, sorted.
        checks: Scripted conversations that surveys must complete as declared.
        suppressions: Codes of warnings that are suppressed, in the project file and in comments.
        lints: Findings about texts that respondents see; empty until they are computed.
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
    with uncollected():
        return _Loader(folder, files).load(environment, environ)


@dataclass(frozen=True)
class Declared:
    """The resource files of a project and their resources.

    Attributes:
        resources: By address.
        documents: The YAML files, by name.
        sources: The texts of all files, by name.
        references: What texts may refer to.
        users: The files of users, by name.
        made: What templates and `for_each` made, and of what.
    """

    resources: Mapping[Address, Desired]
    documents: Mapping[str, Document]
    sources: Mapping[str, SourceText]
    references: References
    users: Mapping[str, Users]
    made: Mapping[Address, Origin] = field(default_factory=dict)


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
    loader.made = {}
    with uncollected():
        documents, declarations = loader.declarations(variables, found_files(loader.files))
    if any(diagnostic.severity == "error" for diagnostic in loader.diagnostics):
        raise ConfigurationError(loader.diagnostics)
    by_name = {document.source.name: document for document in documents}
    return Declared(
        declarations.resources, by_name, loader.sources, declarations.references, loader.users, loader.made
    )


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
        self.made: dict[Address, Origin] | None = None  # kept for `read_declared` alone

    def load(self, environment: str | None, environ: Mapping[str, str]) -> Configuration:
        project, excluded = read_project(self.folder, environment, environ, self.diagnostics.append, self.files)
        if project is None and not self.files.has(PROJECT_FILE):
            raise ConfigurationError(self.diagnostics)  # not a project: its files are anybody's
        found = self.files.find(excluded)
        documents, declarations = self.declarations(project.variables if project else None, found)
        reporter = Reporter(self.sources, self.diagnostics.append)
        check_across(declarations.resources, reporter)
        if project is not None:
            check_scope(declarations.resources.values(), project.scope, reporter)
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
        expansion = self._expansion(documents)
        for kind in KINDS.values():
            if kind.parent is None:
                for document in documents:
                    declarations.add(kind, document)
                    self._add_rows(kind, document, declarations)
                    if expansion is not None:
                        for made in expansion.made(kind, document):
                            declarations.add_made(kind, made)
                            if self.made is not None:
                                self.made[kind.address(made.key)] = made.origin
                        declarations.complete = self.complete = self.complete and expansion.complete
        if expansion is not None:
            expansion.close()
            self.diagnostics[:] = dict.fromkeys(self.diagnostics)
        self.diagnostics[:] = once_for_all_uses(self.diagnostics)
        return documents, declarations

    def _expansion(self, documents: list[Document]) -> Expansion | None:
        """Return what makes the declarations of templates and `for_each`, None if no file has them."""
        if all(document.parts is None for document in documents):
            return None
        from sdx_state.config.expansion import Expansion

        return Expansion(documents, self.files, self.sources, self.diagnostics.append, self._took)

    def _took(self, name: str, source: SourceText | None) -> None:
        self.named.add(name)
        if source is not None:
            self.sources[name] = source

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
        found = judged(root, source)
        self.diagnostics += found.diagnostics
        self.complete = self.complete and found.complete
        return Document(source, root, found.broken, found.parts) if isinstance(root, Table) else None

    def _read(self, name: str) -> SourceText | None:
        source = read_text(self.files, name, self._syntax_diagnostic)
        if source is not None:
            self.sources[name] = source
            self.suppressions += suppressions_in(source)
        return source

    def _syntax_diagnostic(self, diagnostic: Diagnostic) -> None:
        """Unreadable files could declare anything."""
        self.complete = False
        self.diagnostics.append(diagnostic)

    def _add_rows(self, kind: Kind, document: Document, declarations: Declarations) -> None:
        if not kind.upload or "csv" not in table(document.root.get(kind.collection)):
            return
        from sdx_state.config.users_rows import add_users

        self.users |= add_users(kind, document, declarations, self.files, self.diagnostics.append, self._took)

    def _departures(
        self, documents: list[Document], declarations: Declarations, reporter: Reporter
    ) -> tuple[list[Moved], list[Removed]]:
        moved: list[Moved] = []
        removed: list[Removed] = []
        # A document that the schema rejects may declare questions that were not read.
        complete = self.complete and not any(document.broken for document in documents)
        for document in documents:
            moved += read_moved(document)
            removed += read_removed(document, declarations.declared, reporter)
        check_moved(moved, declarations.declared, complete, reporter)
        check_departures(moved, removed, declarations.declared, reporter)
        return moved, removed
