"""Files that the user names: read if they are regular ones, and written as a shell's `>` would, but at once.

Links lead where the user meant. What is not a regular file, such as `/dev/stdout`, a named pipe or `>(command)`, is
written into and never replaced.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
from pathlib import Path

from sdx_state.patterns import pattern
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.state.files import MAX_BYTES, PRIVATE_FILE
from sdx_state.state.ownership import kind_of_file
from sdx_state.state.platform import BYTES, NO_WAIT
from sdx_state.state.staging import errors_naming, replace_file, write_all

PATIENCE = 10.0  # seconds that a named pipe may be without a reader
_MOST_LINKS = 40  # as Linux has it
_DESCRIPTOR = pattern(r"(?:/dev/fd|/proc/(?:self|\d+)/fd)/(\d{1,9})")


def read_regular(path: Path, limit: int = MAX_BYTES) -> bytes:
    """Return the content of the regular file `path`. Never waits for another process.

    Raises:
        OSError: There is none, it is a pipe or a device, it cannot be read, or it is larger than `limit` bytes.
    """
    # Opening a device can act on it, so it is looked at before as well.
    _require_regular(path, path.stat())
    descriptor = os.open(path, os.O_RDONLY | BYTES | NO_WAIT)
    with os.fdopen(descriptor, "rb") as file:
        _require_regular(path, os.fstat(descriptor))
        data = file.read(limit + 1)
    if len(data) > limit:
        raise OSError(errno.EFBIG, f"it is larger than {limit // 1024 // 1024} MiB", str(path))
    return data


def require_regular(path: Path) -> None:
    """Return if `path` is a regular file, links followed.

    Raises:
        OSError: There is none, or it is something else.
    """
    _require_regular(path, path.stat())


def _require_regular(path: Path, found: os.stat_result) -> None:
    kind = kind_of_file(found.st_mode)
    if kind is not None:
        raise OSError(errno.EINVAL, f"it is {kind}; save it as a file first, and name that", str(path))


def write_output(path: Path, data: bytes, mode: int = PRIVATE_FILE) -> None:
    """Write `data` to `path`, which the user named: a regular file at once or not at all.

    Args:
        path: Links are followed. A pipe or a device is written into.
        data: All of its content.
        mode: The permissions of a new file; those of an existing one are kept.

    Raises:
        OSError: It could not be written; an older regular file is as it was.
    """
    stream = open_stream(path)
    if stream is None:
        replace_file(path.resolve(), data, mode, keep_mode=True)
        return
    try:
        with errors_naming(path):
            write_all(stream, data)
    finally:
        os.close(stream)


def open_stream(path: Path) -> int | None:
    """Return a descriptor to write to where `path` is not a regular file, None where it is, or will be one.

    Raises:
        OSError: It is a folder, a disk, or a pipe that nothing reads from.
    """
    own = _own_descriptor(path)
    if own is not None:
        # Opened by its name, a file that stdout is redirected to would be written over from its beginning.
        for file in (sys.stdout, sys.stderr):
            if file is not None:  # closed, as by `>&-`
                file.flush()
        return os.dup(own)
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    if stat.S_ISREG(found.st_mode):
        return None
    if stat.S_ISDIR(found.st_mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), str(path))
    if stat.S_ISBLK(found.st_mode):
        raise OSError(errno.EINVAL, "it is a disk, which is not written over", str(path))
    return _opened(path, found)


def _opened(path: Path, found: os.stat_result, machine: Machine = THIS_MACHINE) -> int:
    end = machine.monotonic() + PATIENCE
    while True:
        try:
            descriptor = os.open(path, os.O_WRONLY | BYTES | NO_WAIT)
            break
        except OSError as error:
            if error.errno != errno.ENXIO or not stat.S_ISFIFO(found.st_mode):
                raise
            if machine.monotonic() > end:
                raise OSError(errno.ENXIO, "nothing reads from this pipe", str(path)) from None
            machine.sleep(0.02)
    try:
        if stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "it changed while it was opened", str(path))
        os.set_blocking(descriptor, True)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _own_descriptor(path: Path) -> int | None:
    """Return N where `path` is `/dev/fd/N`, or leads there, as `/dev/stdout` does."""
    name = os.path.abspath(path)  # noqa: PTH100 - `resolve` would follow the last step too, which leads out of /dev/fd
    for _ in range(_MOST_LINKS):
        named = _DESCRIPTOR.fullmatch(name)
        if named is not None and Path(name).parent.resolve() == Path("/dev/fd").resolve():
            return int(named[1])
        try:
            target = os.readlink(name)  # noqa: PTH115 - text, which the next step is compared as
        except OSError:
            return None
        name = os.path.normpath(os.path.join(os.path.dirname(name), target))  # noqa: PTH118, PTH120
    return None
