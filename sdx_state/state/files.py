"""Private files: files that this program alone writes, in folders that no other user can change.

The author of a project can place anything at the names that are used below `.sdx` and `handoff`: a symbolic link, a
second name of another file, a pipe, a device. So a folder is opened first, names are looked up in the opened folder
and never followed, and every file is checked again after it was opened. Files are replaced so that a crash leaves the
old content or the new, never a mixture.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
from collections.abc import Iterator
from pathlib import Path

from sdx_state.state import platform
from sdx_state.state.errors import ForeignFile
from sdx_state.state.ownership import kind_of_file, why_folder_not_private, why_foreign, why_not_private
from sdx_state.state.platform import Directory
from sdx_state.state.staging import replace_content, sync_folder, write_all

HIDDEN_FOLDER = ".sdx"  # of the project: the state, the sandbox, and what else this program keeps
PRIVATE_FILE, PRIVATE_FOLDER = 0o600, 0o700
READABLE_FILE = 0o644
MAX_BYTES = 512 * 1024 * 1024  # of one file: many times the state of the largest tenant that was measured


class OpenFolder:
    """An open folder. Every name is one in this folder, and is never followed out of it.

    Attributes:
        path: Where it is, for messages.
        shared: Other users may write here, as they may in a hand-off. Otherwise such a folder is refused.
    """

    def __init__(self, directory: Directory, path: Path, *, shared: bool) -> None:
        self._directory = directory
        self.path, self.shared = path, shared
        why = None if shared else why_folder_not_private(directory.found, path)
        if why is not None:
            raise ForeignFile(why, "Other users who can write there could change what is deleted or sent.")

    def found(self, name: str) -> os.stat_result | None:
        """Return what is at `name`, links not followed; None if nothing is."""
        try:
            return self._directory.stat(name)
        except FileNotFoundError:
            return None

    def is_ours(self, name: str) -> bool:
        """Tell whether a file at `name` is one that this program could have written."""
        found = self.found(name)
        return found is not None and self._why_foreign(name, found) is None

    def require_ours(self, name: str) -> None:
        """Return if there is nothing at `name`, or a file that this program could have written.

        Raises:
            ForeignFile: It is something else. In a shared folder: OSError.
        """
        found = self.found(name)
        if found is not None:
            self._require_ours(name, found)

    def read(self, name: str, limit: int = MAX_BYTES) -> bytes:
        """Return the content of the file `name`.

        Raises:
            ForeignFile: It is not a file of this program. In a shared folder: OSError.
            OSError: There is none, it cannot be read, or it is larger than `limit` bytes.
        """
        with os.fdopen(self.open(name, os.O_RDONLY), "rb") as file:
            data = file.read(limit + 1)
        if len(data) > limit:
            raise OSError(errno.EFBIG, f"is larger than {limit // 1024 // 1024} MiB", str(self.path / name))
        return data

    def open(self, name: str, flags: int) -> int:
        """Return a descriptor of the file `name`, made with mode 0600 if `flags` say so.

        Raises:
            ForeignFile, OSError: As for `read`.
        """
        self.require_ours(name)  # opening a device can act on it
        descriptor = self._directory.open(name, flags, PRIVATE_FILE)
        try:
            self._require_ours(name, os.fstat(descriptor))
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def write(self, name: str, data: bytes, mode: int | None = PRIVATE_FILE) -> None:
        """Make `data` the content of `name`: temporary file, fsync, rename, fsync of the folder.

        Args:
            name: The file.
            data: Its new content.
            mode: Its permissions; None keeps those of the file that is replaced, and gives a new one the usual ones.

        Raises:
            ForeignFile: Something else is at `name`. In a shared folder: OSError.
            OSError: The disk is full, the folder read-only, ...: the old file is as it was.
        """
        self.require_ours(name)
        replace_content(
            name, data, 0o666 if mode is None else mode, keep_mode=mode is None, directory=self._directory
        )
        self._directory.sync()

    def append(self, name: str, data: bytes, *, durably: bool) -> None:
        """Append `data` to `name`; if `durably`, return only when it and all before it is on the disk.

        Raises:
            ForeignFile: Something else is at `name`. In a shared folder: OSError.
            OSError: It could not be written whole; what was written of it is taken back where that is possible.
        """
        descriptor = self.open(name, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            size = os.fstat(descriptor).st_size
            try:
                write_all(descriptor, data)
                if durably:
                    platform.sync(descriptor)
            except OSError:
                with contextlib.suppress(OSError):
                    os.ftruncate(descriptor, size)
                raise
        finally:
            os.close(descriptor)
        if not size:  # the file is new, or a run that failed made it and did not get as far as this
            self._directory.sync()

    def sync(self, name: str) -> None:
        """Return when all that was written to the file `name`, and the name itself, is on the disk.

        Raises:
            ForeignFile, OSError: As for `read`; or it is not on the disk.
        """
        descriptor = self.open(name, os.O_RDONLY)
        try:
            platform.sync(descriptor)
        finally:
            os.close(descriptor)
        self._directory.sync()

    def sync_names(self) -> None:
        """Return when the names in the folder are on the disk.

        Raises:
            OSError: They are not.
        """
        self._directory.sync()

    def truncate(self, name: str, length: int) -> None:
        """Cut the file `name` after `length` bytes."""
        descriptor = self.open(name, os.O_WRONLY)
        try:
            os.ftruncate(descriptor, length)
        finally:
            os.close(descriptor)

    def names(self, form: re.Pattern[str]) -> list[str]:
        """Return the names of this program's files that have the `form`, the oldest first."""
        found = [(self.found(name), name) for name in self._directory.names() if form.fullmatch(name)]
        ours = [
            (one.st_mtime_ns, name) for one, name in found if one is not None and self._why_foreign(name, one) is None
        ]
        return [name for _, name in sorted(ours)]

    def greatest(self, form: re.Pattern[str]) -> str | None:
        """Return the greatest name of this program's files that have the `form`, None if there is none.

        Only that file is looked at: a folder of thousands costs little more than reading its names.
        """
        for name in sorted(self._directory.names(), reverse=True):
            if form.fullmatch(name) and (one := self.found(name)) is not None and not self._why_foreign(name, one):
                return name
        return None

    def keep_newest(self, form: re.Pattern[str], count: int) -> None:
        """Delete all but the `count` newest of this program's files whose names have the `form`."""
        for name in self.names(form)[:-count]:
            self.remove(name)

    def remove(self, name: str) -> None:
        """Remove the name `name`; where it is a link, the link alone."""
        self._directory.remove(name)

    def rename(self, name: str, other: str) -> None:
        """Give what is at `name`, whatever it is, the name `other`; a link stays one."""
        self._directory.rename(name, other)

    def inside(self, name: str, *, create: bool = False) -> Directory:
        """Return the folder `name` in this one, made first if `create`.

        Raises:
            ForeignFile: It is a link, or no folder. In a shared folder: OSError.
            OSError: There is none, or it cannot be opened.
        """
        found = self.found(name)
        if found is None and create:
            mode = 0o777 if self.shared else PRIVATE_FOLDER
            with contextlib.suppress(FileExistsError):  # another run was first
                self._directory.make_directory(name, mode)
            self._directory.sync()
        elif found is not None and not stat.S_ISDIR(found.st_mode):
            raise self._not_a_folder(name, found)  # opening a device can act on it
        try:
            return self._directory.open_directory(name)
        except OSError as error:
            if error.errno not in (errno.ENOTDIR, errno.ELOOP):
                raise
            raise self._not_a_folder(name, self.found(name)) from None

    def _not_a_folder(self, name: str, found: os.stat_result | None) -> Exception:
        kind = kind_of_file(found.st_mode) if found is not None else None
        return self._refusal(
            self.path / name,
            f"is {kind or 'a file'}, expected a directory",
            "Move it away.",
        )

    def _require_ours(self, name: str, found: os.stat_result) -> None:
        why = self._why_foreign(name, found)
        if why is not None:
            raise self._refusal(self.path / name, *why)

    def _refusal(self, path: Path, why: str, advice: str) -> Exception:
        if self.shared:
            return OSError(errno.EPERM, f"{why}. {advice}", str(path))
        return ForeignFile(f"{path} {why}", advice)

    def _why_foreign(self, name: str, found: os.stat_result) -> tuple[str, str] | None:
        return why_foreign(found, self.path / name, self._directory.found.st_uid, shared=self.shared)


@contextlib.contextmanager
def open_folder(
    path: Path, *, below: Path | None = None, shared: bool = False, create: bool = False
) -> Iterator[OpenFolder]:
    """Open the folder `path` while the block runs.

    Args:
        path: The folder.
        below: A folder above it. No folder further down may be a link; None: `path` itself may be one.
        shared: See `OpenFolder`.
        create: Make the folder, and where it is not `shared`, its owner's alone.

    Raises:
        ForeignFile: Other users can write there, or it is a link. In a shared folder: OSError.
        OSError: There is none, or it cannot be opened.
    """
    top = path if below is None else below
    if create and not top.exists():
        top.mkdir(mode=0o777 if shared else PRIVATE_FOLDER, parents=True, exist_ok=True)
        sync_folder(top.parent)
    with contextlib.ExitStack() as stack:
        directory = _top(top)
        stack.callback(directory.close)
        folder = OpenFolder(directory, top, shared=shared)
        for name in path.relative_to(top).parts:
            directory = folder.inside(name, create=create)
            stack.callback(directory.close)
            folder = OpenFolder(directory, folder.path / name, shared=shared)
        yield folder


def _top(folder: Path) -> Directory:
    try:
        return platform.open_directory(folder)
    except FileNotFoundError:
        why = why_not_private(folder)  # a dangling link is different from a folder that does not exist yet
        if why is not None:
            raise ForeignFile(why, "Make that folder, or remove the link.") from None
        raise


def make_private_folder(folder: Path, *, below: Path | None = None) -> None:
    """Create `folder`, its owner's alone, unless it is there already.

    Raises:
        ForeignFile, OSError: As for `open_folder`.
    """
    with open_folder(folder, below=below, create=True):
        pass


def read_private(path: Path, *, below: Path | None = None) -> bytes:
    """Return the content of a private file; arguments and errors as for `open_folder` and `OpenFolder.read`."""
    with open_folder(path.parent, below=below) as folder:
        return folder.read(path.name)


def write_atomically(path: Path, data: bytes, *, below: Path | None = None) -> None:
    """Make `data` the content of a private file (0600), whose folder is made where it is missing.

    Raises:
        ForeignFile: There is something else, or other users can write there.
        OSError: The disk is full, the folder read-only, ...: the old file is as it was.
    """
    with open_folder(path.parent, below=below, create=True) as folder:
        folder.write(path.name, data)


def append(path: Path, data: bytes, *, durably: bool) -> None:
    """Append `data` to a private file (0600); arguments and errors as for `OpenFolder.append`."""
    with open_folder(path.parent) as folder:
        folder.append(path.name, data, durably=durably)


def sync(path: Path) -> None:
    """Make all that was written to a private file durable; errors as for `OpenFolder.sync`."""
    with open_folder(path.parent) as folder:
        folder.sync(path.name)
