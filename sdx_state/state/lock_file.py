"""The lock of a state in a folder: a file that the kernel releases if its holder dies."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import TextIO

from sdx_state.programs.machine import Machine
from sdx_state.state import platform
from sdx_state.state.backend import Fence
from sdx_state.state.errors import UNREADABLE_ADVICE, LockLost, StateLocked, StateNotSaved, StateUnusable
from sdx_state.state.files import make_private_folder, open_folder, read_private
from sdx_state.state.holder import About, Holder, holder_now, holder_of, waited
from sdx_state.state.staging import write_all

LOOK = 1.0  # seconds between looks at a lock that another run has


@contextmanager
def locked(path: Path, purpose: str, about: About, machine: Machine) -> Iterator[Fence]:
    """Hold the lock file `path` while the block runs, and give it a fence: call that before each write.

    Args:
        path: The file.
        purpose: The command, for users who find the state locked.
        about: This run, and how long it waits for another one.
        machine: Clock and waiting.

    Raises:
        StateLocked: Another run holds the lock; the message says which, where and since when.
        StateNotSaved: The folder cannot be written.
    """
    try:
        make_private_folder(path.parent)
        with open_folder(path.parent) as folder:
            descriptor = folder.open(path.name, os.O_RDWR | os.O_CREAT)
    except OSError as error:
        raise StateNotSaved(f"{path} cannot be written ({error.strerror})") from error
    with os.fdopen(descriptor, "r+", encoding="utf-8", errors="replace") as file:
        _wait_for(file, path, about, machine)
        holder = holder_now(purpose, about, machine)
        fence = Fence(partial(_require_same_file, path, descriptor), holder=holder)
        fence()  # another user may have replaced the file between opening and locking it
        try:
            file.truncate(0)
            write_all(descriptor, json.dumps(vars(holder)).encode())
        except OSError as error:
            raise StateNotSaved(
                f"{path} cannot be written ({error.strerror}).\nMake room, then run again."
            ) from error
        try:
            yield fence
        finally:
            with suppress(OSError):  # the lock is free all the same, and the next holder writes over this
                file.seek(0)
                file.truncate(0)
                platform.unlock(descriptor)


def _wait_for(file: TextIO, path: Path, about: About, machine: Machine) -> None:
    """Lock the open `file`; while another run has it, wait as long as `about` says, and name the holder.

    Raises:
        StateLocked: Another run still has it.
    """
    begun, named = machine.monotonic(), ""
    while True:
        try:
            platform.lock(file.fileno(), wait=False)
        except BlockingIOError:
            file.seek(0)
            written = file.read()
            rest = (about.timeout or 0.0) - (machine.monotonic() - begun)
            if rest <= 0:
                raise StateLocked(_held_by(written, path, machine.now(), about.timeout)) from None
            holder = holder_of(written)
            if holder is not None and named != holder.id:
                named = holder.id
                about.waiting(holder.described(machine.now()))
            machine.sleep(min(LOOK, rest))
        else:
            return


def holding(path: Path) -> Holder | None:
    """Return the run that holds the lock file `path`, None if there is none. Changes nothing.

    Raises:
        StateUnusable: The lock file cannot be read.
    """
    try:
        written = read_private(path)
        if not written:
            return None
        with open_folder(path.parent) as folder:
            descriptor = folder.open(path.name, os.O_RDWR)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise StateUnusable(f"{path} cannot be read ({error.strerror})", UNREADABLE_ADVICE) from error
    try:
        platform.lock(descriptor, wait=False)  # a dead run left its name, and not the lock
    except BlockingIOError:
        return holder_of(written.decode("utf-8", "replace"))
    else:
        platform.unlock(descriptor)
        return None
    finally:
        os.close(descriptor)


def is_left_behind(path: Path, id: str) -> bool:
    """Tell whether a run left its name in the lock file `path`, dead or not.

    Raises:
        StateUnusable: The file cannot be read.
        StateNotSaved: It names another lock than `id`.
    """
    try:
        left = read_private(path).decode("utf-8", "replace")
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StateUnusable(f"{path} cannot be read ({error.strerror})", UNREADABLE_ADVICE) from error
    if not left:
        return False
    holder = holder_of(left)
    if holder is not None and holder.id != id:
        raise StateNotSaved(f"the lock here is {holder.id}, not {id}.\nNothing was changed.")
    return True


def _require_same_file(path: Path, descriptor: int) -> None:
    held = os.fstat(descriptor)
    try:
        there = path.lstat()
    except OSError:
        there = None
    if there is None or not os.path.samestat(there, held):
        raise LockLost(
            f"{path} was deleted or replaced while this run held the lock: another run may be writing.\n"
            "Nothing more was sent. What was done is in the journal: wait until no run is active, then apply again."
        )


def _held_by(written: str, path: Path, now: float, timeout: float | None) -> str:
    holder = holder_of(written)
    who = "another run"
    if holder is not None:
        who = holder.described(now)
    return (
        f"the state is locked by {who}.\n{waited(timeout)} If that run died, the lock is already free: "
        f"the system releases {path} with its process."
    )
