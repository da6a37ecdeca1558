"""Runs `sdx-state` with the locks of Windows, and without the functions missing there, as far as this machine can.

Modules that Python itself needs on this system are imported first. Then `fcntl` and its like cannot be imported, the
functions and constants missing on Windows are gone, directories cannot be opened, and `msvcrt.locking` locks ranges
of bytes.
"""

from __future__ import annotations

import asyncio
import concurrent.futures
import errno
import fcntl
import io
import json
import multiprocessing
import os
import signal
import socketserver
import ssl
import subprocess
import sys
import tempfile
import time
import types
import uuid

import keyring
import platformdirs.unix

# They must be loaded while this system has all that it has.
LOADED = (
    asyncio,
    concurrent.futures,
    multiprocessing,
    socketserver,
    ssl,
    subprocess,
    tempfile,
    uuid,
    keyring,
    platformdirs,
)

MODULES = ("fcntl", "grp", "pwd", "resource", "termios", "tty", "pty", "syslog", "readline")
LACKING = {
    os: (
        *("O_NOFOLLOW", "O_DIRECTORY", "O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC", "O_SYNC", "O_DSYNC", "O_ASYNC"),
        *("fchmod", "fchown", "chown", "lchown", "geteuid", "getuid", "getgid", "getegid", "getgroups", "getpgid"),
        *("setsid", "killpg", "mkfifo", "mknod", "uname", "statvfs", "sync", "fdatasync", "fork", "forkpty", "nice"),
        *(
            "set_blocking",
            "getloadavg",
            "sched_getaffinity",
            "confstr",
            "sysconf",
            "pread",
            "pwrite",
            "posix_fadvise",
        ),
    ),
    time: ("clock_gettime", "clock_settime", "clock_getres", "CLOCK_BOOTTIME", "CLOCK_MONOTONIC", "tzset"),
    signal: ("SIGHUP", "SIGKILL", "SIGALRM", "SIGPIPE", "SIGUSR1", "SIGUSR2", "SIGCHLD", "alarm", "setitimer"),
}


def locks() -> types.ModuleType:
    """Return a replacement of the module `msvcrt`: a lock covers bytes, and fails with EACCES."""
    module = types.ModuleType("msvcrt")
    how = {1: fcntl.LOCK_EX, 2: fcntl.LOCK_EX | fcntl.LOCK_NB, 0: fcntl.LOCK_UN}
    module.LK_LOCK, module.LK_NBLCK, module.LK_UNLCK = 1, 2, 0  # type: ignore[attr-defined]

    def locking(descriptor: int, mode: int, count: int) -> None:
        try:
            fcntl.lockf(descriptor, how[mode], count, os.lseek(descriptor, 0, os.SEEK_CUR))
        except BlockingIOError:
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES)) from None

    module.locking = locking  # type: ignore[attr-defined]
    return module


def become_windows_like() -> None:
    """Remove the functions missing on Windows, for the rest of this process."""
    sys.modules["msvcrt"] = locks()
    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment] # an import of it fails
    for module, names in LACKING.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)
    for name in ("supports_dir_fd", "supports_fd", "supports_follow_symlinks"):
        setattr(os, name, set())


def run(arguments: list[str], encoding: str) -> tuple[int, str, str]:
    """Return how a command ends and what it prints to a console of `encoding`, which takes nothing else."""
    from sdx_state.cli.main import entry

    out, err = (io.TextIOWrapper(io.BytesIO(), encoding, errors="strict", newline="") for _ in range(2))
    sys.argv, sys.stdout, sys.stderr = ["sdx-state", *arguments], out, err
    code = 0
    try:
        entry()
    except SystemExit as ended:
        code = ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    finally:
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__
    said = []
    for stream in (out, err):
        stream.flush()
        said.append(stream.buffer.getvalue().decode(encoding))
    return code, said[0], said[1]


if __name__ == "__main__":
    become_windows_like()
    # Answers a line of JSON with another: arguments and encoding; exit code, stdout and stderr.
    for line in sys.stdin:
        print(json.dumps(run(*json.loads(line))), flush=True)
