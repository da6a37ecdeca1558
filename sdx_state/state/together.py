"""Several files written together: all of them, or none."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from collections.abc import Mapping
from pathlib import Path

from sdx_state.state.files import sync_folder, write_all
from sdx_state.state.named_files import read_regular


def write_together(contents: Mapping[Path, bytes | None], mode: int) -> None:
    """Make all of `contents` the content of its files, or leave every file as it is.

    New content, and a copy of the old one, are on the disk before the first file is replaced: what may fail after
    that is renaming, and that is undone by renaming.

    Args:
        contents: The whole content of each file, None to remove it. Links are followed.
        mode: The permissions of new files; those of existing ones are kept.

    Raises:
        OSError: A file could not be written; all are as they were.
    """
    targets = {path.resolve(): data for path, data in contents.items()}
    with contextlib.ExitStack() as undo:
        staged: list[tuple[Path | None, Path | None, Path]] = []
        for target, data in targets.items():
            old = _content(target)
            for folder in _missing(target.parent):
                folder.mkdir()
                undo.callback(_remove_folder, folder)
            new = _stage(target, data, mode, undo) if data is not None else None
            kept = _stage(target, old, mode, undo) if old is not None else None
            staged.append((new, kept, target))
        for new, kept, target in staged:
            # Undone in the opposite order: the copy goes back before what was staged is removed.
            undo.callback(_put_back, kept, target)
            if new is not None:
                new.replace(target)
            else:
                target.unlink(missing_ok=True)
        undo.pop_all()
        for _, kept, _ in staged:
            if kept is not None:
                kept.unlink(missing_ok=True)
    for folder in {target.parent for target in targets}:
        sync_folder(folder)


def _content(path: Path) -> bytes | None:
    try:
        return read_regular(path)
    except FileNotFoundError:
        return None


def _missing(folder: Path) -> list[Path]:
    """Return the folders down to `folder` that are not there, outermost first."""
    return [one for one in reversed((folder, *folder.parents)) if not one.exists()]


def _stage(target: Path, data: bytes, mode: int, undo: contextlib.ExitStack) -> Path:
    temporary = target.with_name(f".{target.name[:50]}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, mode)
    undo.callback(temporary.unlink, missing_ok=True)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.fchmod(descriptor, stat.S_IMODE(target.stat().st_mode))
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return temporary


def _put_back(kept: Path | None, target: Path) -> None:
    if kept is not None:
        kept.replace(target)
    else:
        target.unlink(missing_ok=True)


def _remove_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
