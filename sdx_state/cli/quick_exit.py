"""The end of the process. To take the interpreter apart takes longer than the requests of a small plan."""

from __future__ import annotations

import atexit
import os
import sys
import threading
from contextlib import suppress


def exit_quickly(code: object) -> None:
    """End the process with `code`; return where only the interpreter can end it.

    What libraries registered for the end runs. Only objects and modules are not freed one by one: the system takes
    the memory back at once. The interpreter ends it where a thread still works, for which it waits; where somebody
    measures, looks for leaks, or goes on in this process; and where output cannot be written.
    """
    working = any(not one.daemon for one in threading.enumerate() if one is not threading.main_thread())
    if not isinstance(code, int) or working or _is_watched():
        return
    atexit._run_exitfuncs()  # each once: what has run is not registered any more
    with suppress(OSError, ValueError):
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(code)


def _is_watched() -> bool:
    if sys.gettrace() is not None or sys.getprofile() is not None:
        return True
    monitoring = getattr(sys, "monitoring", None)  # since Python 3.12
    if monitoring is not None and any(monitoring.get_tool(tool) is not None for tool in range(6)):
        return True
    return bool(sys.flags.dev_mode or sys.flags.inspect or sys.flags.interactive)
