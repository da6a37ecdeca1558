"""Modules of the package as syntax trees, each parsed once by all tests that read them in one process."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of `path`, which no test changes."""
    return ast.parse(path.read_text(encoding="utf-8"))
