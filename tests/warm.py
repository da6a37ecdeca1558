"""A command line that is imported once: each run is a fork of it, with streams, folder and environment of its own.

A start of `sdx-state plan` takes a second of processor time, almost all of it for imports. A test that is about what
a process does with its streams and files, and not about how it starts, runs the program of the fixture `warm`.
Signals to that program do not reach the fork.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import IO, Any

# Modules that commands import inside functions. A name that is missing here only costs time.
IMPORTED = (
    "cryptography.hazmat.primitives.ciphers.aead",
    "deepdiff",
    "email_validator",
    "fastjsonschema",
    "jinja2.ext",
    "jsonschema",
    "phonenumbers.phonenumberutil",
    "psycopg",
    "requests",
    "rich.table",
    "ruamel.yaml",
    "starlette.applications",
    "starlette.routing",
    "uvicorn.lifespan.off",
    "uvicorn.loops.auto",
    "uvicorn.protocols.http.auto",
    "yaml",
)
STREAMS = (("stdin", "r", "strict"), ("stdout", "w", "strict"), ("stderr", "w", "backslashreplace"))
# It imports few modules, and passes on its arguments. It must not contain ' because it is enclosed in two of them.
PROGRAM = """#!/bin/sh
exec "{python}" -I -S -c '
import fcntl, json, os, socket, struct, sys
given = {{}}
for number in range(3):
    try:
        given[number] = fcntl.fcntl(number, fcntl.F_DUPFD, 10)
    except OSError:
        pass  # it is closed
run = {{"arguments": sys.argv[1:], "folder": os.getcwd(), "environment": dict(os.environ), "streams": list(given)}}
run["umask"] = os.umask(0)
data = json.dumps(run).encode()
with socket.socket(socket.AF_UNIX) as line:
    line.connect("{address}")
    socket.send_fds(line, [struct.pack("I", len(data))], list(given.values()) or [line.fileno()])
    line.sendall(data)
    os._exit(struct.unpack("i", line.recv(4, socket.MSG_WAITALL))[0])
' "$@"
"""


def without_waiting(sync: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return an `os.fsync` that returns at once: the disk keeps its power, and each wait is milliseconds.

    Tests of power cuts have disks of their own (`tests/soak/faults/disk.py`). A descriptor that cannot be synced is
    an error here too.
    """

    def fsync(descriptor: Any) -> None:
        mode = os.fstat(descriptor).st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
            sync(descriptor)

    return fsync


@contextmanager
def warm_program() -> Iterator[Path]:
    """Make a program that runs the command line, as `sdx-state` does."""
    with TemporaryDirectory(prefix="sdx-warm-") as folder:
        program, address = Path(folder, "sdx-state"), Path(folder, "socket")
        program.write_text(PROGRAM.format(python=sys.executable, address=address))
        program.chmod(0o755)
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = [sys.executable, __file__, str(address)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment) as server:
            assert server.stdout is not None
            assert server.stdout.readline() == b"warm\n"
            yield program
            server.communicate(timeout=20)  # it ends with its input


def main(address: str) -> None:
    """Serve, until the input ends, and be the command line in each fork."""
    import sdx_state

    for module in pkgutil.walk_packages(sdx_state.__path__, "sdx_state."):
        if not module.name.endswith("__main__"):
            importlib.import_module(module.name)
    for name in IMPORTED:
        with suppress(ImportError):
            importlib.import_module(name)
    from sdx_state.config.verdict import verdict_of

    for name in ("project", "resources"):
        verdict_of(name)  # compiled once
    fsync: Any = without_waiting(os.fsync)
    os.fsync = fsync
    gc.freeze()
    run = _next_run(address)
    if run is None:
        return
    from sdx_state.cli.main import entry

    sys.argv = ["sdx-state", *run["arguments"]]
    os.chdir(run["folder"])
    os.umask(run["umask"])
    os.environ.clear()
    os.environ.update(run["environment"])
    time.tzset()
    for number, (name, mode, errors) in enumerate(STREAMS):
        stream = _stream(number, mode, errors)
        for one in (name, f"__{name}__"):
            setattr(sys, one, stream)
    entry()


def _next_run(address: str) -> dict[str, Any] | None:
    """Return, in a fork of its own, what to run; None, in the server, when its input has ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the children are not waited for
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        os.write(1, b"warm\n")
        while True:
            ready, _, _ = select.select([0, listening.fileno()], [], [])
            if 0 in ready:
                return None
            line, _ = listening.accept()
            if os.fork() == 0:
                break
            line.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    with line:
        head, given, _, _ = socket.recv_fds(line, 4, 3)
        (length,) = struct.unpack("I", head)
        run: dict[str, Any] = json.loads(line.recv(length, socket.MSG_WAITALL))
        if pid := os.fork():
            _, status = os.waitpid(pid, 0)
            line.sendall(struct.pack("i", os.waitstatus_to_exitcode(status)))
            os._exit(0)
    for number in range(3):
        if number in run["streams"]:
            os.dup2(given[run["streams"].index(number)], number)
        else:
            os.close(number)
    os.closerange(3, 256)
    return run


def _stream(number: int, mode: str, errors: str) -> IO[str] | None:
    """Return a standard stream as Python makes it, None for one that is closed."""
    try:
        os.fstat(number)
    except OSError:
        return None
    encoding = os.environ.get("PYTHONIOENCODING") or "utf-8"
    stream: IO[str] = open(number, mode, encoding=encoding, errors=errors, closefd=False)  # noqa: SIM115 - as long as the program
    return stream


if __name__ == "__main__":
    del sys.path[0]  # this folder, in which `cli` is a folder of tests
    main(sys.argv[1])
