"""The environment of child processes: no `SDX_*` settings, and no programs from relative directories."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

PREFIX = "SDX_"
# Programs need these to find themselves, their libraries, the settings of the user and a temporary directory.
PASSED = frozenset(
    {
        *("PATH", "HOME", "USER", "LOGNAME", "XDG_CONFIG_HOME", "TMPDIR", "TZ", "LD_LIBRARY_PATH", "DEVELOPER_DIR"),
        *("SYSTEMROOT", "SYSTEMDRIVE", "WINDIR", "COMSPEC", "PATHEXT", "TEMP", "TMP", "USERPROFILE", "HOMEDRIVE"),
        *("HOMEPATH", "APPDATA", "LOCALAPPDATA", "PROGRAMDATA", "PROGRAMFILES"),
    }
)

_withholding = threading.RLock()


def child_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the variables of `environ` that a child process gets: only those that are listed here."""
    kept = {name: value for name, value in environ.items() if name.upper() in PASSED}
    return {**kept, "PATH": search_path(environ)}


def search_path(environ: Mapping[str, str]) -> str:
    """Return the search path without relative entries, where a project could place a program."""
    entries = environ.get("PATH", os.defpath).split(os.pathsep)
    return os.pathsep.join(entry for entry in entries if Path(entry).is_absolute())


@contextmanager
def settings_withheld() -> Iterator[None]:
    """Remove `SDX_*` from the environment of this process while a library runs that may start programs.

    This is for libraries that choose the environment of their children: `webbrowser`, backends of `keyring`
    and the D-Bus daemon that those may start. Other threads do not see `SDX_*` either while the block runs.
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
