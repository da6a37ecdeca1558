"""Regular expressions that are compiled when they are first used.

Compiling one takes up to 5 ms, and most that a plan imports are for texts that it does not have. Those of a module
that every run uses are compiled by `re`, as usual.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

__all__ = ["pattern"]

if TYPE_CHECKING:
    pattern = re.compile
else:
    _METHODS = ("findall", "finditer", "fullmatch", "match", "search", "split", "sub", "subn")

    class pattern:
        """The regular expression `text`, as `re.compile` returns it."""

        def __init__(self, text, flags=0):
            self._arguments = text, flags

        def __getattr__(self, name):
            compiled = re.compile(*self._arguments)
            self.__dict__.update((method, getattr(compiled, method)) for method in _METHODS)
            return getattr(compiled, name)
