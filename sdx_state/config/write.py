"""Declarations written into the YAML files of a project: what is there is changed in place, what is new is added."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from sdx_state.config.builder import build
from sdx_state.config.configuration import Declared, read_declared
from sdx_state.config.emit import STEP, block, body_of, key_of
from sdx_state.config.files import SourceText, replace_text
from sdx_state.config.problems import Problem
from sdx_state.config.project import load_project
from sdx_state.config.schema import schema_document
from sdx_state.config.tree import Table, table
from sdx_state.config.update import Update
from sdx_state.config.users_csv import change_rows
from sdx_state.kinds import KINDS, SURVEY
from sdx_state.kinds.address import Address
from sdx_state.kinds.resource import Desired

_LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_REFERS = re.compile(r"(?<![^\s\[{,])[&*][^\s&*]")  # an anchor or an alias, or what looks like one in a text
_KEEPS_BLANK_LINES = re.compile(r"[|>]\d?\+")


def write_resources(
    folder: Path, resources: Sequence[Desired], variables: Mapping[str, str] | None = None
) -> list[Path]:
    """Write `resources` into the project in `folder` and return the files that were written.

    A resource that is declared has its fields changed where it stands, with comments kept and fields that `resources`
    do not name left alone; one whose references already come out as wanted is not touched. New ones go to
    `phone_numbers.yaml`, `users.yaml`, and `surveys/KEY.yaml` with their questions. A file in which nothing changes
    stays as it is, to the byte; nothing is written unless everything could be.

    Args:
        folder: The project's folder.
        resources: What is to be declared, a survey's questions in their order.
        variables: Texts for `${var.NAME}`; without them, those of the project file.

    Raises:
        ConfigurationError: What is there is invalid.
        ValueError: A text cannot be said in YAML, or a key cannot be a file's name.
        OSError: A file could not be written.
    """
    if variables is None:
        variables = load_project(folder, None, {}).variables
    declared = read_declared(folder, variables)
    drafts = _Drafts(folder, declared)
    drafts.take(resources)
    return drafts.write()


class _Drafts:
    """The new texts of all files that something is written into."""

    def __init__(self, folder: Path, declared: Declared) -> None:
        self.folder = folder
        self.declared = declared
        self.texts: dict[str, str] = {}

    def take(self, resources: Sequence[Desired]) -> None:
        """Compose the texts that declare `resources`."""
        questions: dict[Address, list[Desired]] = {}
        others: dict[Address, Desired | None] = {}
        for resource in resources:
            if resource.parent is None:
                others[resource.address] = resource
            else:
                others.setdefault(resource.parent)
                questions.setdefault(resource.parent, []).append(resource)
        updates: dict[str, list[Update]] = {}
        added: dict[str, list[Desired]] = {}
        for address, wanted in others.items():
            current = self.declared.resources.get(address)
            asked = sorted(questions.get(address, ()), key=lambda question: question.position)
            if current is not None:
                pairs = [(self.declared.resources.get(question.address), question) for question in asked]
                update = Update(current, wanted, pairs)
                if update.changes:
                    updates.setdefault(current.source.file, []).append(update)
            elif wanted is not None:
                added.setdefault(_home(wanted), []).append(wanted)
                questions[address] = asked
        for name, changes in updates.items():
            self.texts[name] = self._changed(name, changes)
        for name, new in added.items():
            entries = {key_of(one): body_of(one, questions.get(one.address, ())) for one in new}
            self.texts[name] = self._extended(name, KINDS[new[0].kind].collection, entries)

    def _changed(self, name: str, updates: Sequence[Update]) -> str:
        from sdx_state.config.edit import edit

        source = self.declared.sources[name]
        document = self.declared.documents.get(name)
        if document is None:
            cells = {one.current.source.line: one.wanted.values for one in updates if one.wanted is not None}
            return change_rows(source, cells)
        if _REFERS.search(source.text):
            return _with_ends(edit(_without_ends(source.text), [(_path(one), one) for one in updates]), source.text)
        lines = _LINES.findall(source.text)
        # From the last to the first, so that what is still to be changed stays where it was.
        for update in sorted(updates, key=lambda one: one.current.source.line, reverse=True):
            section, key = _path(update)
            span = entry_lines(document.root, lines, section, key)
            if span is None:
                text = "".join(lines)
                lines = _LINES.findall(_with_ends(edit(_without_ends(text), [((section, key), update)]), text))
            else:
                indent = update.current.source.column - 1
                text = "".join(lines[slice(*span)])
                part = edit(_shifted(_without_ends(text), -indent), [((key,), update)])
                lines[slice(*span)] = _LINES.findall(_with_ends(_shifted(part, indent), source.text))
        return "".join(lines)

    def _extended(self, name: str, section: str, entries: Mapping[str, object]) -> str:
        from sdx_state.config.edit import add

        existing = self.declared.sources.get(name)
        text = self.texts.get(name, existing.text if existing else "")
        root = table(build(SourceText(name, text), _impossible))
        lines = _LINES.findall(text)
        if lines and not lines[-1].endswith(("\n", "\r")):
            lines[-1] += "\n"
        if section not in root.marks and not is_flow(lines, root):
            cut = next((index for index, line in enumerate(lines) if line.startswith("...")), len(lines))
            new = [f"{section}:", *block(entries, STEP)]
        else:
            body = root.get(section)
            last = next(reversed(body), None) if isinstance(body, Table) else None
            span = entry_lines(root, lines, section, last) if last is not None else None
            if span is None or not isinstance(body, Table):
                return _with_ends(add(_without_ends(text), section, entries), text)
            cut = span[1]
            new = list(block(entries, body.place[1] - 1))
        lines[cut:cut] = _LINES.findall(_with_ends("\n".join(new) + "\n", text))
        return "".join(lines)

    def write(self) -> list[Path]:
        """Replace the files, each at once, and return them."""
        written = []
        for name, text in sorted(self.texts.items()):
            path = self.folder / name
            replace_text(path, text)
            written.append(path)
        return written


def _home(resource: Desired) -> str:
    """Return the file that a new resource goes to."""
    if resource.kind != SURVEY.name:
        return f"{KINDS[resource.kind].collection}.yaml"
    pattern = schema_document("resources")["$defs"]["question"]["properties"]["key"]["pattern"]
    if not re.fullmatch(pattern, resource.key) or not resource.key.isprintable():
        raise ValueError(f"{resource.address!r} cannot be the name of a file")
    return f"surveys/{resource.key}.yaml"


def _path(update: Update) -> tuple[str, str]:
    return KINDS[update.current.kind].collection, update.current.key


def entry_lines(root: Table, lines: Sequence[str], section: str, key: str) -> tuple[int, int] | None:
    """Return the first line of an entry, from 0, and the line behind its last; None if it shares them with others.

    Blank lines and comments before the next entry are the next entry's.
    """
    entries = root[section]
    if not isinstance(entries, Table) or is_flow(lines, root) or is_flow(lines, entries):
        return None
    line, column = entries.key_place(key)
    start, end = line - 1, len(lines)
    keys, sections = list(entries.marks), list(root.marks)
    following = [entries.key_place(one) for one in keys[keys.index(key) + 1 :][:1]]
    following += [root.key_place(one) for one in sections[sections.index(section) + 1 :][:1]]
    if following:
        end = following[0][0] - 1
    else:
        end = next((index for index in range(start, end) if lines[index].startswith(("---", "..."))), end)
    if end <= start or lines[start][: column - 1].strip():
        return None
    if not any(_KEEPS_BLANK_LINES.search(one) for one in lines[start:end]):
        while end > start + 1 and _is_between(lines[end - 1], column):
            end -= 1
    return start, end


def is_flow(lines: Sequence[str], node: Table) -> bool:
    """Tell whether `node` is written in brackets."""
    line, column = node.place
    return line <= len(lines) and lines[line - 1][column - 1 : column] == "{"


def _is_between(line: str, column: int) -> bool:
    """Tell whether `line` is blank, or a comment that is not indented below an entry at `column`."""
    text = line.strip()
    return not text or (text.startswith("#") and len(line) - len(line.lstrip(" ")) < column)


def _shifted(text: str, by: int) -> str:
    """Return `text`, whose lines end in LF, indented by `by` spaces more; by fewer, as far as there are any."""
    if by >= 0:
        return "".join(" " * by + line if line.strip("\n") else line for line in text.splitlines(keepends=True))
    return re.sub(f"^ {{1,{-by}}}", "", text, flags=re.MULTILINE)


def _without_ends(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _with_ends(text: str, like: str) -> str:
    """Return `text`, whose lines end in LF, with the line ends of the text `like`."""
    return text.replace("\n", "\r\n") if "\r\n" in like else text


def _impossible(problem: Problem) -> None:
    """What has been read once without a complaint, or was composed here, is sound."""
    raise AssertionError(problem)
