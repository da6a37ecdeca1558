"""Owner and permissions of files and directories: this program, its user, or other users."""

from __future__ import annotations

import os
import shlex
import stat
from pathlib import Path

from sdx_state.state.platform import effective_user

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_KINDS = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFDIR: "a folder",
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
}


def kind_of_file(mode: int) -> str | None:
    """Return the name of a kind of file that is not a regular one, None for a regular file."""
    return None if stat.S_ISREG(mode) else _KINDS.get(stat.S_IFMT(mode), "not a regular file")


def why_not_private(folder: Path) -> str | None:
    """Return why other users may have written to `folder`, None if only its owner can, or if there is none."""
    try:
        return why_folder_not_private(folder.stat(), folder)
    except FileNotFoundError:
        if folder.is_symlink():
            return f"{folder} is a symbolic link to a folder that does not exist"
        return None


def why_folder_not_private(found: os.stat_result, path: Path) -> str | None:
    """Return why other users may have written to the folder at `path`, of which `found` is known."""
    user = effective_user()
    if user is None:
        return None
    if found.st_mode & _OTHERS_WRITE:
        who = "all users" if found.st_mode & stat.S_IWOTH else "its group"
        return f"{path} can be written by {who}: chmod go-w {shlex.quote(str(path))}"
    # As root, in a container for example, one works in folders of other users.
    if user not in (0, found.st_uid) and found.st_uid != 0:
        return f"{path} belongs to another user (uid {found.st_uid})"
    return None


def why_foreign(found: os.stat_result, path: Path, owner: int, *, shared: bool) -> tuple[str, str] | None:
    """Return why this program did not write a file, and what to do; None if it could have.

    Args:
        found: What is known of the file.
        path: Where it is.
        owner: Whose the folder is.
        shared: Other users may write in the folder, as they may in a hand-off.
    """
    kind = kind_of_file(found.st_mode)
    if kind is not None:
        return f"is {kind}, which is not used here", "Move it away; a file of its own belongs there."
    if shared:  # such files are only read, and replaced by others
        return None
    if found.st_nlink > 1:
        return "is a hard link: the file has another name", "Copy it, and put the copy in its place."
    user = effective_user()
    if user is None:
        return None
    # The owner of the folder could have placed any file in it.
    trusted = {0, user, *([owner] if user == 0 else [])}
    if found.st_uid not in trusted:
        return f"belongs to another user (uid {found.st_uid})", "If it is yours, copy it, and use the copy."
    if found.st_mode & _OTHERS_WRITE:
        return "can be written by other users", f"If no other user changed it: chmod go-w {shlex.quote(str(path))}"
    return None
