"""Declarations written into the YAML files of a project: what is there is changed in place, what is new is added."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from sdx_state.config.configuration import Declared, read_declared
from sdx_state.config.emit import body_of, key_of
from sdx_state.config.files import Folder, ProjectFiles, replace_texts
from sdx_state.config.parse import build
from sdx_state.config.project import load_project
from sdx_state.config.references import NOTHING, References
from sdx_state.config.revise import changed_text, extended_text
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import table
from sdx_state.config.update import Update, changed_fields
from sdx_state.config.users_csv_change import change_rows
from sdx_state.kinds import KINDS, Kind
from sdx_state.model.address import Address, is_key
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Desired
from sdx_state.records import dataclass

if TYPE_CHECKING:
    from sdx_state.config.wanted_values import CellChange

# Windows opens a device at such a name, whatever the extension. Source: Microsoft, "Naming Files, Paths, and
# Namespaces".
_DEVICES = {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in "0123456789¹²³")}


def write_resources(
    folder: Path, resources: Sequence[Desired], variables: Mapping[str, str] | None = None
) -> list[Path]:
    """Write `resources` into the project in `folder` and return the files that were written.

    A resource that is declared has its fields changed in place, with comments kept and fields that `resources`
    do not name left alone; one whose references already come out as wanted is not touched. New ones go to
    the file that their kind names. A file in which nothing changes
    stays as it is, to the byte. Every text is composed before the first file is replaced, each at once.

    Args:
        folder: The project's folder.
        resources: What is to be declared, the children of each in their order.
        variables: Texts for `${var.NAME}`; without them, those of the project file.

    Raises:
        ConfigurationError: What is there is invalid.
        ValueError: YAML cannot express a text, or a key cannot be a file's name.
        OSError: A file could not be written.
    """
    if variables is None:
        variables = load_project(folder, None, {}).variables
    return replace_texts(folder, drafts_of(folder, resources, variables))


def drafts_of(
    folder: Path,
    resources: Sequence[Desired],
    variables: Mapping[str, str],
    files: ProjectFiles | None = None,
    known: Mapping[Address, Desired] | None = None,
    told: Callable[[str], None] | None = None,
) -> dict[str, SourceText]:
    """Return by name the texts of the files that `write_resources` would write.

    Args:
        folder: The project's folder.
        resources: What is to be declared, the children of each in their order.
        variables: Texts for `${var.NAME}`.
        files: Where its files are read; in the folder, if this is None.
        known: What they declare, if that is known. The files are not read again if nothing is to be changed.
        told: Told what is written into which template or block.

    Raises:
        ConfigurationError: What is there is invalid.
        ValueError: YAML cannot express a text, a key cannot be a file's name, or that file is not the project's.
    """
    families = _families(resources)
    if known is not None and not any(_compared(families, known, NOTHING)):
        return {}
    files = files or Folder(folder)
    drafts = _Drafts(files, read_declared(folder, variables, files), told or (lambda _: None))
    drafts.take(families)
    sources = drafts.declared.sources
    return {
        name: SourceText(name, text, sources[name].encoding if name in sources else "utf-8")
        for name, text in drafts.texts.items()
    }


@dataclass
class _Family:
    """The desired declaration of one top-level resource: itself, unless that stays, and its children in order."""

    wanted: Desired | None = None
    children: list[Desired] = field(default_factory=list)


def _families(resources: Sequence[Desired]) -> dict[Address, _Family]:
    families: dict[Address, _Family] = {}
    for resource in resources:
        family = families.setdefault(resource.parent or resource.address, _Family())
        if resource.parent is None:
            family.wanted = resource
        else:
            family.children.append(resource)
    for family in families.values():
        family.children.sort(key=lambda child: child.position)
    return families


def _compared(
    families: Mapping[Address, _Family], declared: Mapping[Address, Desired], references: References
) -> tuple[list[Update], list[_Family]]:
    """Return what changes in resources that are `declared`, and those that are not."""
    updates, added = [], []
    for address, family in families.items():
        current = declared.get(address)
        if current is not None:
            pairs = [(declared.get(child.address), child) for child in family.children]
            update = Update(current, family.wanted, pairs, references)
            if update.changes:
                updates.append(update)
        elif family.wanted is not None:
            added.append(family)
    return updates, added


def _folded(name: str) -> str:
    """Return the form of a name in which macOS and Windows compare names."""
    return unicodedata.normalize("NFC", name).casefold()


class _Drafts:
    """The new texts of all files that something is written into."""

    def __init__(self, files: ProjectFiles, declared: Declared, told: Callable[[str], None]) -> None:
        self.files = files
        self.told = told
        self.declared = declared
        self.texts: dict[str, str] = {}
        self._homes = {_folded(name): name for name in declared.sources}

    def take(self, families: Mapping[Address, _Family]) -> None:
        """Compose the texts that declare `families`."""
        updates: dict[str, list[Update]] = {}
        added: dict[str, dict[str, object]] = {}
        kinds: dict[str, Kind] = {}
        changed, new = _compared(families, self.declared.resources, self.declared.references)
        for update in changed:
            if update.current.address in self.declared.made:
                continue
            updates.setdefault(update.current.source.file, []).append(update)
        for family in new:
            if family.wanted is not None:
                home = self._home(family.wanted)
                kinds.setdefault(home, KINDS[family.wanted.kind])
                added.setdefault(home, {})[key_of(family.wanted)] = body_of(family.wanted, family.children)
        for name, changes in updates.items():
            self.texts[name] = self._changed(name, changes)
        if self.declared.made and changed:
            self._write_back(families, changed)
        for name, entries in added.items():
            self.texts[name] = self._extended(name, kinds[name].collection, entries)

    def _write_back(self, families: Mapping[Address, _Family], changed: Sequence[Update]) -> None:
        """Compose the texts of templates and blocks, those that other changes have touched already included."""
        from sdx_state.config.cells import changed_cells
        from sdx_state.config.edit_block import Edit, relaid_text
        from sdx_state.config.wanted_values import CellChange
        from sdx_state.config.write_back import WriteBack

        members = [
            one for family in families.values() for one in (family.wanted, *family.children) if one is not None
        ]
        edits: dict[str, list[Edit]] = {}
        cells: dict[str, list[CellChange]] = {}
        for one in WriteBack(self.declared, {member.address: member for member in members}).edits(changed):
            if isinstance(one.edit, CellChange):
                cells.setdefault(one.file, []).append(one.edit)
            else:
                edits.setdefault(one.file, []).append(one.edit)
            self.told(one.what)
        for name, changes in cells.items():
            self.texts[name] = changed_cells(changes[0].sheet, _by_line(changes))
        for name, several in edits.items():
            text = self.texts.get(name, self.declared.sources[name].text)
            root = table(build(SourceText(name, text), _unexpected))
            self.texts[name] = relaid_text(text, root, several)

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


def _by_line(changes: Sequence[CellChange]) -> dict[int, dict[int, str]]:
    """Return the new texts of cells, by the line and the index of each."""
    lines: dict[int, dict[int, str]] = {}
    for one in changes:
        lines.setdefault(one.line, {})[one.index] = one.text
    return lines


def _unexpected(diagnostic: Diagnostic) -> None:
    """Texts that were read without a complaint, or composed here, are valid."""
    raise AssertionError(diagnostic)
