"""The file of a tenant's database. SQLite follows links; what others put at its names is refused before."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

BESIDE = ("-wal", "-shm", "-journal")  # what SQLite keeps in files of its own; https://sqlite.org/tempfiles.html


def make_file(database: Path) -> None:
    """Create `database`, its owner's alone, unless it is there already.

    Raises:
        OSError: At its name, or at one that SQLite uses beside it, is something that this program did not make.
    """
    for path in (database, *(database.with_name(f"{database.name}{suffix}") for suffix in BESIDE)):
        try:
            _require_own(path, path.lstat())
        except FileNotFoundError:
            continue
    flags = os.O_RDWR | os.O_CREAT
    for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_NOCTTY"):
        flags |= getattr(os, name, 0)  # Windows has none of them
    descriptor = os.open(database, flags, 0o600)
    try:
        _require_own(database, os.fstat(descriptor))
    finally:
        os.close(descriptor)


def _require_own(path: Path, found: os.stat_result) -> None:
    effective_user = getattr(os, "geteuid", None)
    user = found.st_uid if effective_user is None else effective_user()  # on Windows all files are of user 0
    # As root, in a container for example, one works in folders of other users.
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
    raise OSError(errno.EPERM, f"{why}. Move it away; the sandbox makes a new one", str(path))
