"""Which files of a project are read: YAML that nothing excludes; and which ones look as if they should be."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from fnmatch import fnmatchcase

from sdx_state.config.errors import ConfigurationError
from sdx_state.kinds.user import UPLOAD_REQUIRED
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.model.texts import normalized
from sdx_state.patterns import pattern
from sdx_state.records import dataclass, replace

PROJECT_FILE = "sdx.yaml"
SUFFIXES = (".yaml", ".yml")
LEFT_OUT = ("handoff",)  # what a hand-off wrote is output
MAX_LOOKED_AT = 4 * 1024 * 1024  # bytes of a file that is not read for what it declares

_ANY_FOLDERS = "**"
_MAYBE = pattern(r"(?i:\.json|\.csv|\.ya?ml[~.][^/]*|\.ya?ml[ _-][^/]*)")
_SECTION = pattern(r"^(?:\{\s*)?[\"']?(?:surveys|users|phone_numbers)[\"']?[ \t]*:(?:\s|$)", re.MULTILINE)
_OURS = pattern(r"^[\"']?(?:surveys|users|phone_numbers|templates|moved|removed|checks)[\"']?[ \t]*:", re.MULTILINE)
_JSON_SECTION = pattern(r'"(?:surveys|users|phone_numbers)"\s*:\s*\{')


class Unreadable(Exception):
    """A file of a project cannot be read.

    Attributes:
        hint: What to do about it.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.help = hint


Reading = Callable[[str, int], bytes]


@dataclass(frozen=True)
class Excluded:
    """Globs of files that are not the project's: `*` within a name, `**` over folders.

    Attributes:
        globs: Relative to the project. One without a slash inside is of a name in any folder; one that ends in a
            slash is of folders only. A folder is excluded with all that is in it.
    """

    globs: tuple[str, ...] = ()

    def covers(self, name: str, *, is_folder: bool = False) -> bool:
        """Tell whether the file `name`, or a folder that it is in, is excluded."""
        parts = normalized("NFC", name).split("/")
        return any(_covers(normalized("NFC", glob), parts, is_folder=is_folder) for glob in self.globs)


def _covers(glob: str, parts: Sequence[str], *, is_folder: bool) -> bool:
    only_folders = glob.endswith("/")
    steps = [step for step in glob.split("/") if step not in ("", ".")]
    if len(steps) == 1:
        steps = [_ANY_FOLDERS, *steps]
    reached = _passed(steps, {0})
    for number, part in enumerate(parts, 1):
        after = {one for one in reached if one < len(steps) and steps[one] == _ANY_FOLDERS}
        after |= {
            one + 1
            for one in reached
            if one < len(steps) and steps[one] != _ANY_FOLDERS and fnmatchcase(part, steps[one])
        }
        reached = _passed(steps, after)
        if len(steps) in reached and (number < len(parts) or is_folder or not only_folders):
            return True
    return False


def _passed(steps: Sequence[str], reached: Collection[int]) -> set[int]:
    """Return `reached` with what follows each `**`, which may be no folder at all."""
    passed = set(reached)
    for index, step in enumerate(steps):
        if index in passed and step == _ANY_FOLDERS:
            passed.add(index + 1)
    return passed


@dataclass
class Found:
    """The files of a project, by their names.

    Attributes:
        names: The resource files, sorted.
        diagnostics: What is wrong with their names.
        others: Files that are not read, and may be meant to be.
        projects: Folders that are projects of their own, and are not looked into.
        excluded: The globs of what is left out.
    """

    names: list[str] = field(default_factory=list)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)
    excluded: Excluded = field(default_factory=Excluded)

    def add(self, name: str) -> None:
        """Put the file `name`, which is not excluded, where it belongs."""
        folder, _, last = name.rpartition("/")
        if is_resource_file(last, at_root=not folder):
            self.names.append(name)
        elif not last.startswith(".") and _MAYBE.search(last):
            self.others.append(name)


def is_looked_into(folder: str, *, at_root: bool) -> bool:
    """Tell whether a folder of this name may contain resource files: hidden ones and the hand-off do not."""
    return not folder.startswith(".") and not (at_root and folder in LEFT_OUT)


def is_resource_file(name: str, *, at_root: bool) -> bool:
    """Tell whether a file of this name declares resources: YAML that is not hidden, and not the project file."""
    return name.lower().endswith(SUFFIXES) and not name.startswith(".") and not (at_root and name == PROJECT_FILE)


def unread(found: Found, named: Collection[str], read: Reading) -> Iterator[Diagnostic]:
    """Yield a warning for each folder and file that is not read and looks like configuration.

    Args:
        found: The files of the project.
        named: The files that others name.
        read: Returns the content of a file of at most so many bytes; raises where it cannot.
    """
    for folder in found.projects:
        hint = f"to plan it: sdx-state -C {folder} plan; if this is meant, say so in {PROJECT_FILE}: {_line(folder)}"
        message = "this folder is a project of its own, and is not read"
        yield Diagnostic("unread-file", "warning", message, Source(f"{folder}/{PROJECT_FILE}", 1, 1), help=hint)
    for name in found.others:
        if name not in named:
            diagnostic = _looked_at(name, read)
            if diagnostic is not None:
                yield diagnostic


def with_way_out(diagnostics: Iterable[Diagnostic], texts: Mapping[str, str]) -> Iterator[Diagnostic]:
    """Yield `diagnostics`; the first error in a file without a known section says how to leave the file out."""
    told: set[str] = set()
    for one in diagnostics:
        name = one.source.file if one.source else ""
        is_error = one.severity == "error" and name.lower().endswith(SUFFIXES) and name != PROJECT_FILE
        if is_error and name not in told and not _OURS.search(texts.get(name, "")):
            told.add(name)
            hint = f"if this file is not the project's, say so in {PROJECT_FILE}: {_line(name)}"
            first = one.help or ""
            both = f"{first} {hint[0].upper()}{hint[1:]}" if first.endswith("?") else f"{first}; {hint}"
            yield replace(one, help=both if first else hint)
        else:
            yield one


def _looked_at(name: str, read: Reading) -> Diagnostic | None:
    try:
        text = read(name, MAX_LOOKED_AT).decode("utf-8-sig")
    except (Unreadable, ConfigurationError, UnicodeDecodeError):
        return None
    suffix = name.lower().rpartition(".")[2]
    if suffix == "csv":
        if not _is_upload(text):
            return None
        message = "this file has the header of a user upload, and no file names it: its users are not declared"
        hint = f"declare them: `users: {{csv: {_quoted(name)}}}`; if not meant, in {PROJECT_FILE}: {_line(name)}"
    else:
        if not (_JSON_SECTION if suffix == "json" else _SECTION).search(text):
            return None
        message = "this file looks like configuration and is not read: its name does not end in .yaml or .yml"
        hint = f"rename it; if it is not meant, say so in {PROJECT_FILE}: {_line(name)}"
    return Diagnostic("unread-file", "warning", message, Source(name, 1, 1), help=hint)


def _is_upload(text: str) -> bool:
    header = next((line for line in text[:10_000].splitlines() if line.strip() and not line.startswith("sep=")), "")
    cells = {cell.strip(" \t\xa0'\"").lower() for cell in re.split(r"[,;\t|]", header)}
    return cells.issuperset(UPLOAD_REQUIRED)


def _line(name: str) -> str:
    return f"exclude: [{_quoted(name)}]"


def _quoted(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z0-9][\w./-]*", name) else json.dumps(name)
