"""Modules of the package as syntax trees, each parsed once by all tests that read them in one process."""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path
from typing import Any

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


def walk(tree: ast.AST) -> list[Any]:
    """Return all nodes of `tree`, as `ast.walk` does; those of a module are found once."""
    known: list[Any] | None = getattr(tree, "every_node", None)
    if known is None:
        known = [tree]
        for node in known:  # it grows
            for value in node.__dict__.values():
                if isinstance(value, ast.AST):
                    known.append(value)
                elif isinstance(value, list):
                    known += [one for one in value if isinstance(one, ast.AST)]
        if isinstance(tree, ast.Module):
            setattr(tree, "every_node", known)  # noqa: B010 - no attribute that modules have
    return known
