"""The environment of child processes: no settings of this program, and no program from a relative folder."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PREFIX = "SDX_"
# A program finds itself, its libraries, its user's settings and a place for temporary files by these.
PASSED = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "DEVELOPER_DIR"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "HOMEDRIVE"),
        *("HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES"),
    }
)

_withholding = threading.RLock()


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return what a child process gets of `environ`: names that are listed here, and nothing else."""
    kept = {name: value for name, value in environ.items() if name.upper() in PASSED}
    return {**kept, "PATH": search_path(environ)}


def search_path(environ: Mapping[str, str]) -> str:
    """Return the search path without relative entries: in those a project could put a program of its own."""
    entries = environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if Path(entry).is_absolute())


@contextmanager
def settings_withheld() -> Iterator[None]:
    """Take `SDX_*` out of this process's environment while a library runs that may start programs with all of it.

    It is for libraries whose children we cannot give an environment of their own: `webbrowser`, backends of `keyring`
    and the D-Bus daemon that those may start. Other threads see no `SDX_*` either while the block runs.
    """
    with _withholding:
        taken = {name: os.environ.pop(name) for name in list(os.environ) if name.upper().startswith(PREFIX)}
        path = os.environ.get("PATH")
        os.environ["PATH"] = search_path(os.environ)
        try:
            yield
        finally:
            if path is None:
                del os.environ["PATH"]
            else:
                os.environ["PATH"] = path
            os.environ.update(taken)
