"""Several files written together: all of them, or none."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path

from sdx_state.state.named_files import read_regular
from sdx_state.state.platform import DirectoryByPath
from sdx_state.state.staging import Staged, stage, sync_folder


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
        staged: list[tuple[Staged | None, Staged | None, Path]] = []
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
                new.take_place_of(target.name)
            else:
                target.unlink(missing_ok=True)
        undo.pop_all()
        for _, kept, _ in staged:
            if kept is not None:
                kept.discard()
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


def _stage(target: Path, data: bytes, mode: int, undo: contextlib.ExitStack) -> Staged:
    staged = stage(target.name, data, mode, keep_mode=True, directory=DirectoryByPath(target.parent))
    undo.callback(staged.discard)
    return staged


def _put_back(kept: Staged | None, target: Path) -> None:
    if kept is not None:
        kept.take_place_of(target.name)
    else:
        target.unlink(missing_ok=True)


def _remove_folder(folder: Path) -> None:
    with contextlib.suppress(OSError):
        folder.rmdir()
