"""The files of a project: which ones there are, and their text, opened once and only if they are what they seem."""

from __future__ import annotations

import codecs
import os
import re
import secrets
import stat
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from sdx_state.config.problems import Problem, Severity

PROJECT_FILE = "sdx.yaml"
SUFFIXES = (".yaml", ".yml")
LEFT_OUT = ("handoff",)  # what a hand-off wrote is output
MAX_BYTES = 32 * 1024 * 1024  # twice the largest tenant that was measured, in one file
MAX_LINE_SHOWN = 1_000

_PLAIN_BYTES = bytes([9, 10, 13, *range(32, 127)])
# C0 and C1 controls, DEL, and what YAML 1.1 readers, but no editor, take for the end of a line.
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\ufffe\uffff]")
_LINE_END = re.compile("\r\n|\r|\n")


@dataclass(frozen=True)
class SourceText:
    """The text of one file, and the problems that point into it.

    Attributes:
        name: The file, relative to the project's folder, with forward slashes.
        text: Its text, without a byte-order mark.
    """

    name: str
    text: str

    @cached_property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return _LINE_END.split(self.text)

    def line(self, number: int) -> str | None:
        """Return line `number`, from 1, or None where there is none."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else None

    def problem(
        self, place: tuple[int, int], message: str, hint: str | None = None, severity: Severity = "error"
    ) -> Problem:
        """Return a problem at `place`, a line and a column from 1."""
        line, column = place
        text = self.line(line)
        if text is not None and len(text) > MAX_LINE_SHOWN:
            text = text[:MAX_LINE_SHOWN] if column <= MAX_LINE_SHOWN else None
        return Problem(self.name, line, column, message, severity, hint, text)

    def place_of(self, index: int) -> tuple[int, int]:
        """Return line and column, from 1, of the character at `index`."""
        before = self.text[:index]
        ends = list(_LINE_END.finditer(before))
        return len(ends) + 1, index - (ends[-1].end() if ends else 0) + 1


def find_files(folder: Path) -> tuple[list[str], list[Problem]]:
    """Return the resource files under `folder`, sorted, and what is wrong with their names.

    Hidden files and folders are left out, the project file and the hand-off's folder too.
    """
    names: list[str] = []
    problems: list[Problem] = []

    def unreadable(error: OSError) -> None:
        name = Path(error.filename).relative_to(folder).as_posix() if error.filename else "."
        problems.append(Problem(name, 1, 1, f"the folder cannot be read: {error.strerror}"))

    for path, folders, files in os.walk(folder, onerror=unreadable):
        here = Path(path).relative_to(folder)
        at_root = here == Path()
        folders[:] = sorted(one for one in folders if not one.startswith(".") and not (at_root and one in LEFT_OUT))
        for one in folders:
            if (Path(path) / one).is_symlink():
                message = "a symbolic link to a folder is not followed"
                problems.append(
                    Problem((here / one).as_posix(), 1, 1, message, hint="move the files into the project")
                )
        for one in files:
            wanted = one.endswith(SUFFIXES) and not one.startswith(".")
            if wanted and not (at_root and one == PROJECT_FILE):
                names.append((here / one).as_posix())
    names.sort()
    problems += _alike(names)
    return names, problems


def _alike(names: list[str]) -> list[Problem]:
    """Names that some file systems take for one file would be read as one there and as two here."""
    seen: dict[str, str] = {}
    problems = []
    for name in names:
        first = seen.setdefault(unicodedata.normalize("NFC", name).casefold(), name)
        if first != name:
            message = f"the name differs from that of {first} by case or by Unicode form only"
            problems.append(Problem(name, 1, 1, message, hint="rename one of the two"))
    return problems


def read_text(folder: Path, name: str, problem: Callable[[Problem], None]) -> SourceText | None:
    """Return the text of the file `name` of the project in `folder`; what is wrong goes to `problem`, and None back.

    The file must lie in the folder with every link followed, be a regular one of at most 32 MiB, and hold UTF-8.
    """
    data, complaint, hint = _read_bytes(folder, name)
    if data is None:
        problem(Problem(name, 1, 1, complaint, hint=hint))
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        problem(Problem(name, 1, 1, "this file is UTF-16", hint="save it as UTF-8"))
        return None
    try:
        source = SourceText(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        good = SourceText(name, data[: error.start].decode("utf-8-sig"))
        place = good.place_of(len(good.text))
        byte = data[error.start]
        problem(Problem(name, *place, f"the byte 0x{byte:02X} is not valid UTF-8", hint="save the file as UTF-8"))
        return None
    # Most files are plain ASCII, which one pass in C can tell.
    if data.translate(None, _PLAIN_BYTES):
        found = _CONTROL.search(source.text)
        if found:
            problem(_control_problem(source, found))
            return None
    return source


def _read_bytes(folder: Path, name: str) -> tuple[bytes | None, str, str | None]:
    try:
        real = (folder / name).resolve(strict=True)
        if not real.is_relative_to(folder.resolve()):
            return None, "the file lies outside the project", "copy it into the project"
        # Not blocking, or a FIFO would hold us here for ever.
        descriptor = os.open(real, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOFOLLOW", 0))
        with os.fdopen(descriptor, "rb") as file:
            if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                return None, "this is not a regular file", None
            data = file.read(MAX_BYTES + 1)
    except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links; ValueError: NUL in the name
        return None, f"the file cannot be read: {getattr(error, 'strerror', None) or error}", None
    if len(data) > MAX_BYTES:
        return None, f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB", "split it"
    return data, "", None


def _control_problem(source: SourceText, found: re.Match[str]) -> Problem:
    character = found[0]
    place = source.place_of(found.start())
    if character == "\0":
        return source.problem(place, "a NUL character: this is not a text file")
    if character in "\x85\u2028\u2029":
        hint = f'write "\\u{ord(character):04x}" in double quotes if it is meant'
        return source.problem(place, f"the line separator U+{ord(character):04X} is not a line end here", hint)
    hint = f'remove it, or write "\\u{ord(character):04x}" in double quotes if it is meant'
    return source.problem(place, f"the control character U+{ord(character):04X} is not allowed", hint)


def replace_text(path: Path, text: str) -> None:
    """Make `text` the content of `path`, whole or not at all; links are followed, byte-order mark and mode kept.

    Raises:
        OSError: The file could not be written.
    """
    path = path.resolve()
    path.parent.mkdir(parents=True, exist_ok=True)
    mark, mode = b"", None
    if path.exists():
        mode = path.stat().st_mode & 0o777
        with path.open("rb") as file:
            mark = codecs.BOM_UTF8 if file.read(3) == codecs.BOM_UTF8 else b""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(mark + text.encode("utf-8"))
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            temporary.chmod(mode)
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
