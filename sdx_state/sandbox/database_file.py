"""The database file of a tenant. SQLite follows links, so files of other users at its names are rejected first."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

BESIDE = ("-wal", "-shm", "-journal")  # Suffixes of further files of SQLite; https://sqlite.org/tempfiles.html


def make_file(database: Path) -> None:
    """Create `database`, private to its owner, unless it exists.

    Raises:
        OSError: It, or another file of SQLite, is something that this program did not create.
    """
    for path in (database, *(database.with_name(f"{database.name}{suffix}") for suffix in BESIDE)):
        try:
            _require_own(path, path.lstat())
        except FileNotFoundError:
            continue
    flags = os.O_RDWR | os.O_CREAT
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY"):
        flags |= getattr(os, name, 0)  # Windows has neither flag.
    descriptor = os.open(database, flags, 0o600)
    try:
        _require_own(database, os.fstat(descriptor))
    finally:
        os.close(descriptor)


def _require_own(path: Path, found: os.stat_result) -> None:
    effective_user = getattr(os, "geteuid", None)
    user = found.st_uid if effective_user is None else effective_user()  # On Windows all files have user 0.
    # Root, for example in a container, works in directories of other users.
    trusted = {0, user, *([path.parent.stat().st_uid] if user == 0 else [])}
    if stat.S_ISLNK(found.st_mode):
        why = "is a symbolic link, which is not followed"
    elif not stat.S_ISREG(found.st_mode):
        why = "is not a regular file"
    elif found.st_nlink > 1:
        why = "is a hard link: the file has another name"
    elif found.st_uid not in trusted:
        why = f"belongs to another user (uid {found.st_uid})"
    else:
        return
    raise OSError(errno.EPERM, f"{why}. Move it away; the sandbox creates a new one", str(path))
