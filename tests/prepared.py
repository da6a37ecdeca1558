"""Projects that are applied once and then copied: tests that begin with the same files begin with the same state.

An apply takes ten times as long as copying what it leaves behind: the folder `.sdx` and the data of the tenant.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import sqlite3
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

STATE = ".sdx"
LOOPBACK = "127.0.0.1"


@dataclass(frozen=True)
class Applied:
    """Result of an apply.

    Attributes:
        state: A copy of the folder `.sdx`.
        data: A copy of the data of the tenant, None for a tenant inside that folder.
    """

    state: Path
    data: sqlite3.Connection | None


_APPLIED: dict[str, Applied] = {}


@cache
def port_of(name: str) -> int:
    """Return a port that stays the same in this process, since a state names the tenant by its URL.

    A socket that does not listen reserves it, which not every system allows beside another that does; there it is 0,
    a free port, and each test applies its project.
    """
    if sys.platform != "linux":
        return 0
    reserving = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    reserving.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    reserving.bind((LOOPBACK, 0))
    port: int = reserving.getsockname()[1]
    reserving.detach()  # it stays open as long as this process
    return port


def apply_once(project: Any, tenant: Any, kept: Path, arguments: tuple[str, ...]) -> None:
    """Apply `project`, or copy what the first apply of the same files to the same tenant left behind.

    Args:
        project: The folder and the command line.
        tenant: The sandbox, None for `--sandbox`.
        kept: Where copies are kept as long as this process.
        arguments: Further arguments of `apply`.
    """
    database: Any = None if tenant is None else tenant.store._db
    key = _digest(project.folder, database, arguments)
    known = _APPLIED.get(key)
    state = project.folder / STATE
    if known is None:
        ended = project.apply(*arguments)
        assert ended.code == 0, ended.err
        copy = kept / key
        shutil.copytree(state, copy)
        _APPLIED[key] = Applied(copy, None if database is None else _copied(database))
        return
    shutil.rmtree(state, ignore_errors=True)
    shutil.copytree(known.state, state)
    if known.data is not None:
        known.data.backup(database)


def _copied(database: sqlite3.Connection) -> sqlite3.Connection:
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    database.backup(copy)
    return copy


def _digest(folder: Path, database: sqlite3.Connection | None, arguments: tuple[str, ...]) -> str:
    digest = hashlib.sha256(repr(arguments).encode())
    digest.update(repr(sorted(one for one in os.environ.items() if one[0].startswith("SDX_"))).encode())
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            digest.update(f"\n{path.relative_to(folder)}\n".encode() + path.read_bytes())
    if database is not None:
        digest.update("\n".join(database.iterdump()).encode())
    return digest.hexdigest()
