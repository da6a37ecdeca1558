"""The files of a project: which ones there are, and their text, opened once and only if they are what they seem."""

from __future__ import annotations

import contextlib
import os
import stat
import unicodedata
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Protocol

from sdx_state.config.sift import PROJECT_FILE, Excluded, Found, Unreadable, is_looked_into, is_resource_file
from sdx_state.config.source_text import MARKS, SourceText, character_diagnostic
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.records import dataclass
from sdx_state.state.named_files import read_regular
from sdx_state.state.platform import BYTES, NO_LINK, NO_WAIT
from sdx_state.state.together import write_together

MAX_BYTES = 32 * 1024 * 1024  # twice the largest tenant that was measured, in one file

_PLAIN_BYTES = bytes([9, 10, 13, *range(32, 127)])


class ProjectFiles(Protocol):
    """Where the files of a project are read: a folder on disk, or a revision of a repository."""

    def find(self, excluded: Excluded) -> Found:
        """Return the files that are not excluded."""

    def has(self, name: str) -> bool:
        """Tell whether there is a file `name`."""

    def read(self, name: str) -> bytes:
        """Return the content of the file `name`, which is a regular one of at most `MAX_BYTES` in the project.

        Raises:
            Unreadable: It is not, or cannot be read.
        """


@dataclass(frozen=True)
class Folder:
    """The files of a project on disk.

    Attributes:
        path: The project's folder.
    """

    path: Path

    def find(self, excluded: Excluded) -> Found:
        """Return the files under the folder that are not excluded."""
        found = Found(excluded=excluded)

        def unreadable(error: OSError) -> None:
            name = Path(error.filename).relative_to(self.path).as_posix() if error.filename else "."
            found.diagnostics.append(
                Diagnostic(
                    "unreadable-file", "error", f"the folder cannot be read: {error.strerror}", Source(name, 1, 1)
                )
            )

        for path, folders, files in os.walk(self.path, onerror=unreadable):
            here = Path(path).relative_to(self.path)
            at_root = here == Path()
            if not at_root and PROJECT_FILE in files:
                found.projects.append(here.as_posix())
                folders.clear()
                continue
            folders[:] = sorted(
                one
                for one in folders
                if is_looked_into(one, at_root=at_root)
                and not excluded.covers((here / one).as_posix(), is_folder=True)
            )
            for one in folders:
                if (Path(path) / one).is_symlink():
                    found.diagnostics.append(link_to_folder((here / one).as_posix()))
            for one in files:
                name = (here / one).as_posix()
                if not excluded.covers(name):
                    found.add(name)
        return in_order(found)

    def would_find(self, name: str, excluded: Excluded) -> bool:
        """Tell whether `find` would return the resource file `name`, which exists; nothing else is looked at."""
        *above, last = name.split("/")
        if not is_resource_file(last, at_root=not above) or excluded.covers(name):
            return False
        folder = self.path
        for depth, part in enumerate(above):
            folder /= part
            inner = folder / PROJECT_FILE
            is_project = inner.is_symlink() or inner.exists()
            if (
                not is_looked_into(part, at_root=not depth)
                or folder.is_symlink()
                or (is_project and not inner.is_dir())
            ):
                return False
        return True

    def has(self, name: str) -> bool:
        """Tell whether there is a file `name`."""
        return (self.path / name).exists()

    def read(self, name: str, most: int | None = None) -> bytes:
        """Return the content of the file `name`; the file it is with every link followed lies in the folder."""
        most = MAX_BYTES if most is None else most
        try:
            real = (self.path / name).resolve(strict=True)
            top = self.path.resolve()
            if not real.is_relative_to(top):
                raise outside()
            if is_hidden(real.relative_to(top).as_posix()) and not is_hidden(name):
                raise hidden()
            # Open without blocking: opening a FIFO would otherwise wait forever.
            descriptor = os.open(real, os.O_RDONLY | BYTES | NO_WAIT | NO_LINK)
            with os.fdopen(descriptor, "rb") as file:
                if not stat.S_ISREG(os.fstat(descriptor).st_mode):
                    raise Unreadable("this is not a regular file")
                data = file.read(most + 1)
        except (OSError, RuntimeError, ValueError) as error:  # RuntimeError: a loop of links; ValueError: NUL in it
            raise Unreadable(f"the file cannot be read: {getattr(error, 'strerror', None) or error}") from None
        if len(data) > most:
            raise too_large()
        return data


def is_hidden(name: str) -> bool:
    """Tell whether the file `name` is hidden, or in a hidden folder: such files have credentials, not configuration.

    Names that begin with two dots are not: so Kubernetes calls the folders that a mounted file is a link into.
    """
    return any(part.startswith(".") and part != "." and not part.startswith("..") for part in name.split("/"))


def link_to_folder(name: str) -> Diagnostic:
    """Return what is wrong with a symbolic link to a folder."""
    message = "a symbolic link to a folder is not followed"
    return Diagnostic("unreadable-file", "error", message, Source(name, 1, 1), help="move the files into the project")


def outside() -> Unreadable:
    """Return what is wrong with a link out of the project."""
    return Unreadable("the file lies outside the project", "copy it into the project")


def hidden() -> Unreadable:
    """Return what is wrong with a link to a hidden file."""
    return Unreadable(
        "the file is a link to a hidden one, which is not part of the project", "copy it, if it is meant"
    )


def too_large() -> Unreadable:
    """Return what is wrong with a file of more than `MAX_BYTES`."""
    return Unreadable(
        f"the file is larger than {MAX_BYTES // 1024 // 1024} MiB",
        "split it: a section, such as `users:`, may be in several files",
    )


def in_order(found: Found) -> Found:
    """Return `found` sorted, with what is wrong with names that are alike."""
    for names in (found.names, found.others, found.projects):
        names.sort()
    found.diagnostics += names_alike(found.names)
    return found


def names_alike(names: list[str]) -> list[Diagnostic]:
    """Names that some file systems take for one file would be read as one there and as two here."""
    seen: dict[str, str] = {}
    diagnostics = []
    for name in names:
        first = seen.setdefault(folded(name), name)
        if first != name:
            message = f"the name differs from that of {first} by case or by Unicode form only"
            diagnostics.append(
                Diagnostic("similar-file-names", "error", message, Source(name, 1, 1), help="rename one of the two")
            )
    return diagnostics


def folded(name: str) -> str:
    """Return `name` as file systems see it that know neither case nor Unicode forms."""
    return unicodedata.normalize("NFC", name).casefold()


def read_text(files: ProjectFiles, name: str, report: Callable[[Diagnostic], None]) -> SourceText | None:
    """Return the text of the file `name`, which must be UTF-8; what is wrong goes to `report`, and None back."""
    try:
        data = files.read(name)
    except Unreadable as error:
        report(Diagnostic("unreadable-file", "error", str(error), Source(name, 1, 1), help=error.help))
        return None
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        report(
            Diagnostic(
                "invalid-encoding", "error", "this file is UTF-16", Source(name, 1, 1), help="save it as UTF-8"
            )
        )
        return None
    try:
        source = SourceText(name, data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        good = SourceText(name, data[: error.start].decode("utf-8-sig"))
        place = good.place_of(len(good.text))
        byte = data[error.start]
        message = f"the byte 0x{byte:02X} is not valid UTF-8"
        report(Diagnostic("invalid-encoding", "error", message, Source(name, *place), help="save the file as UTF-8"))
        return None
    # Most files are plain ASCII, which one pass in C can tell.
    if data.translate(None, _PLAIN_BYTES):
        control = character_diagnostic(source)
        if control is not None:
            report(control)
            return None
    return source


@dataclass(frozen=True)
class Changed:
    """Files as they would be with some of them changed.

    Attributes:
        files: The files as they are.
        texts: By name, the texts of files that are changed or new; None for one that is removed.
    """

    files: ProjectFiles
    texts: Mapping[str, SourceText | None]

    def find(self, excluded: Excluded) -> Found:
        """Return the files that are not excluded."""
        found = self.files.find(excluded)
        here = Found([name for name in found.names if name not in self.texts], others=found.others, excluded=excluded)
        here.diagnostics += [
            one for one in found.diagnostics if one.source is None or one.source.file not in self.texts
        ]
        here.projects += found.projects
        for name, text in self.texts.items():
            within = any(name.startswith(f"{project}/") for project in found.projects)
            if text is not None and not within and not excluded.covers(name):
                here.add(name)
        here.names = list(dict.fromkeys(here.names))
        return in_order(here)

    def has(self, name: str) -> bool:
        """Tell whether there is a file `name`."""
        return self.texts[name] is not None if name in self.texts else self.files.has(name)

    def read(self, name: str) -> bytes:
        """Return the content of the file `name`."""
        text = self.texts.get(name)
        return text.encoded() if text is not None else self.files.read(name)


def replace_texts(folder: Path, texts: Mapping[str, SourceText | None]) -> list[Path]:
    """Make `texts` the content of the files of these names in `folder`, all or none; return the files.

    Links are followed, byte-order marks and modes kept; a file whose text is None is removed.

    Raises:
        OSError: A file could not be written; all are as they were.
        UnicodeEncodeError: The encoding of a file does not have a character.
    """
    contents: dict[Path, bytes | None] = {}
    for name, text in sorted(texts.items()):
        path = folder / name
        mark = MARKS.get(text.encoding, b"") if text is not None else b""
        with contextlib.suppress(FileNotFoundError):
            contents[path] = text.encoded(read_regular(path).startswith(mark)) if text is not None else None
            continue
        contents[path] = text.encoded(marked=False) if text is not None else None
    write_together(contents, 0o666)
    return list(contents)
