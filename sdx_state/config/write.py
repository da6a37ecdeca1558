"""Declarations written into the YAML files of a project: what is there is changed in place, what is new is added."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from sdx_state.config.builder import build
from sdx_state.config.configuration import Declared, read_declared
from sdx_state.config.emit import body_of, key_of
from sdx_state.config.files import Folder, ProjectFiles, replace_texts
from sdx_state.config.project import load_project
from sdx_state.config.revise import changed_text, extended_text
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import table
from sdx_state.config.update import Update, changed_fields
from sdx_state.config.users_csv_change import change_rows
from sdx_state.kinds import KINDS
from sdx_state.model.address import Address, is_key
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Desired

# Windows opens a device at such a name, whatever the extension. Source: Microsoft, "Naming Files, Paths, and
# Namespaces".
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}


def write_resources(
    folder: Path, resources: Sequence[Desired], variables: Mapping[str, str] | None = None
) -> list[Path]:
    """Write `resources` into the project in `folder` and return the files that were written.

    A resource that is declared has its fields changed where it stands, with comments kept and fields that `resources`
    do not name left alone; one whose references already come out as wanted is not touched. New ones go to
    the file that their kind names. A file in which nothing changes
    stays as it is, to the byte. Every text is composed before the first file is replaced, each at once.

    Args:
        folder: The project's folder.
        resources: What is to be declared, the children of each in their order.
        variables: Texts for `${var.NAME}`; without them, those of the project file.

    Raises:
        ConfigurationError: What is there is invalid.
        ValueError: A text cannot be said in YAML, or a key cannot be a file's name.
        OSError: A file could not be written.
    """
    if variables is None:
        variables = load_project(folder, None, {}).variables
    return replace_texts(folder, drafts_of(folder, resources, variables))


def drafts_of(
    folder: Path, resources: Sequence[Desired], variables: Mapping[str, str], files: ProjectFiles | None = None
) -> dict[str, SourceText]:
    """Return by name the texts of the files that `write_resources` would write.

    Args:
        folder: The project's folder.
        resources: What is to be declared, the children of each in their order.
        variables: Texts for `${var.NAME}`.
        files: Where its files are read; in the folder, if this is None.

    Raises:
        ConfigurationError: What is there is invalid.
        ValueError: A text cannot be said in YAML, a key cannot be a file's name, or that file is not the project's.
    """
    files = files or Folder(folder)
    drafts = _Drafts(files, read_declared(folder, variables, files))
    drafts.take(resources)
    sources = drafts.declared.sources
    return {
        name: SourceText(name, text, sources[name].encoding if name in sources else "utf-8")
        for name, text in drafts.texts.items()
    }


def _folded(name: str) -> str:
    """Return the form of a name in which macOS and Windows compare names."""
    return unicodedata.normalize("NFC", name).casefold()


class _Drafts:
    """The new texts of all files that something is written into."""

    def __init__(self, files: ProjectFiles, declared: Declared) -> None:
        self.files = files
        self.declared = declared
        self.texts: dict[str, str] = {}
        self._homes = {_folded(name): name for name in declared.sources}

    def take(self, resources: Sequence[Desired]) -> None:
        """Compose the texts that declare `resources`."""
        children: dict[Address, list[Desired]] = {}
        others: dict[Address, Desired | None] = {}
        for resource in resources:
            if resource.parent is None:
                others[resource.address] = resource
            else:
                others.setdefault(resource.parent)
                children.setdefault(resource.parent, []).append(resource)
        updates: dict[str, list[Update]] = {}
        added: dict[str, list[Desired]] = {}
        for address, wanted in others.items():
            current = self.declared.resources.get(address)
            inner = sorted(children.get(address, ()), key=lambda child: child.position)
            if current is not None:
                pairs = [(self.declared.resources.get(child.address), child) for child in inner]
                update = Update(current, wanted, pairs, self.declared.references)
                if update.changes:
                    updates.setdefault(current.source.file, []).append(update)
            elif wanted is not None:
                added.setdefault(self._home(wanted), []).append(wanted)
                children[address] = inner
        for name, changes in updates.items():
            self.texts[name] = self._changed(name, changes)
        for name, new in added.items():
            entries = {key_of(one): body_of(one, children.get(one.address, ())) for one in new}
            self.texts[name] = self._extended(name, KINDS[new[0].kind].collection, entries)

    def _home(self, resource: Desired) -> str:
        """Return the file that a new resource goes to: one that every system can have beside those that are there."""
        home = KINDS[resource.kind].home
        if "{key}" not in home:
            return home
        if not is_key(resource.key):
            raise ValueError(f"{resource.address!r} cannot be the name of a file")
        stem = f"{resource.kind}-{resource.key}" if resource.key.lower() in _DEVICES else resource.key
        names = (home.replace("{key}", f"{stem}-{number}" if number > 1 else stem) for number in count(1))
        return next(name for name in names if self._homes.setdefault(_folded(name), name) == name)

    def _changed(self, name: str, updates: Sequence[Update]) -> str:
        document = self.declared.documents.get(name)
        if document is None:
            cells = {
                one.current.source.line: {
                    field: one.wanted.values.get(field) for field in changed_fields(one.current, one.wanted)
                }
                for one in updates
                if one.wanted is not None
            }
            return change_rows(self.declared.users[name], cells)
        return changed_text(self.declared.sources[name].text, document.root, updates)

    def _extended(self, name: str, section: str, entries: Mapping[str, object]) -> str:
        existing = self.declared.sources.get(name)
        if existing is None and self.files.has(name):
            raise ValueError(f"{name} exists and is not a file that the project reads, so it is not written over")
        text = self.texts.get(name, existing.text if existing else "")
        root = build(SourceText(name, text), _unexpected)
        return extended_text(text, table(root), section, entries)


def _unexpected(diagnostic: Diagnostic) -> None:
    """Texts that were read without a complaint, or composed here, are valid."""
    raise AssertionError(diagnostic)
