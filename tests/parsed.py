"""Modules of the package as syntax trees, each parsed once by all tests that read them in one process."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

import sdx_state

PACKAGE = Path(sdx_state.__file__).parent


@cache
def modules() -> tuple[Path, ...]:
    """Return the modules of the package that people wrote, in the order of their names.

    An installed package has more: code that was made of the schemas when the wheel was built.
    """
    return tuple(path for path in sorted(PACKAGE.rglob("*.py")) if not path.name.startswith("compiled_"))


@cache
def parsed(path: Path) -> ast.Module:
    """Return the syntax tree of `path`, which no test changes."""
    return ast.parse(path.read_text(encoding="utf-8"))
