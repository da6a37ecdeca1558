"""The mark of a move beside a state in a folder."""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path

from sdx_state.decoding.strict import DecodingError, parse
from sdx_state.state.errors import UNREADABLE_ADVICE, StateNotSaved, StateUnusable
from sdx_state.state.files import open_folder, read_private, write_atomically
from sdx_state.state.moving import Move, move_in


def read_move(path: Path) -> Move | None:
    """Return the mark in the file `path`, None if there is none.

    Raises:
        StateUnusable: It cannot be read.
    """
    try:
        return move_in(parse(read_private(path)))
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateUnusable(f"{path} cannot be read ({error.strerror})", UNREADABLE_ADVICE) from error
    except DecodingError as error:
        raise StateUnusable(f"{path} is damaged: {error}", "It says where the state was moved.") from error


def write_move(path: Path, move: Move | None) -> None:
    """Make `move` the content of the file `path`; None removes the file.

    Raises:
        StateNotSaved: It is not on the disk.
    """
    try:
        if move is not None:
            write_atomically(path, json.dumps(vars(move)).encode("ascii") + b"\n")
            return
        with open_folder(path.parent) as folder, suppress(FileNotFoundError):
            folder.remove(path.name)
            folder.sync_names()
    except OSError as error:
        raise StateNotSaved(f"{path} cannot be written ({error.strerror})") from error
