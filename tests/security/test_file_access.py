"""Files are opened, changed and deleted in five modules, and elsewhere only where this table says why."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.parsed import parsed, walk

ROOT = Path(__file__).parents[2]
METHODS = {
    "chmod", "copyfile", "glob", "hardlink_to", "iterdir", "lchmod", "link_to", "listdir", "makedirs", "mkdir",
    "mknod", "mkfifo", "open", "read_bytes", "read_text", "remove", "removedirs", "rename", "renames", "rglob",
    "rmdir", "scandir", "symlink", "symlink_to", "touch", "truncate", "unlink", "walk", "write_bytes", "write_text",
}  # fmt: skip
MODULES = {"fileinput", "glob", "shelve", "shutil", "tempfile"}

EVERYTHING = tuple(
    f"sdx_state/state/{name}.py" for name in ("files", "named_files", "platform", "staging", "together")
)

# Module -> what it uses -> why it need not, or cannot, go through those five.
ALLOWED: dict[str, dict[str, str]] = {
    "sdx_state/app/installed.py": {
        "os.scandir": "the names of installed packages, outside of the project",
        "Path(folder, 'entry_points.txt').read_bytes": "a file of an installed package",
    },
    "sdx_state/api/in_flight.py": {"self._waiting.remove": "a queue in memory"},
    "sdx_state/api/vault.py": {"folder.open": "an open folder of private files"},
    "sdx_state/state/move_file.py": {"folder.remove": "an open folder of private files"},
    "sdx_state/state/journal_file.py": {
        "folder.truncate": "an open folder of private files",
        "folder.remove": "an open folder of private files",
    },
    "sdx_state/state/lock_file.py": {
        "folder.open": "an open folder of private files",
        "file.truncate": "a file that was opened in such a folder",
    },
    "sdx_state/app/asking.py": {"glob": "escapes a text, and looks at no file"},
    "sdx_state/handoff/pack.py": {"folder.rename": "an open folder", "opened.remove": "an open folder"},
    "sdx_state/programs/machine.py": {"_BOOT_ID.read_text": "one file of the kernel"},
    "sdx_state/cli/console.py": {"shutil": "the size of the terminal"},
    "sdx_state/cli/main.py": {"shutil": "the size of the terminal"},
    "sdx_state/app/opening.py": {"tempfile": "a folder of its own, mode 0700, for a state that is not kept"},
    "sdx_state/cli/responses.py": {"open": "a descriptor that is open already, of what is no regular file"},
    "sdx_state/cli/streams.py": {
        "os.open": "/dev/null",
        "open": "the descriptors of the standard streams, which are open already",
    },
    "sdx_state/cli/help.py": {
        "formatter.write_text": "lines of the help, and no file",
        "(files('sdx_state') / 'guides' / f'{topic}.md').read_text": "a file of this package",
    },
    "sdx_state/config/codes.py": {
        "folder.iterdir": "files of this package",
        "file.read_text": "a file of this package",
    },
    "sdx_state/config/number_plans.py": {"Path(__file__).with_name(FILE).read_text": "a file of this package"},
    "sdx_state/config/builder.py": {"self.open": "the open mappings and lists of a document, and no file"},
    "sdx_state/kinds/timezone.py": {"Path(tzdata.__file__).parent.joinpath(name).read_text": "a file of a package"},
    "sdx_state/app/page_server.py": {"os.walk": "names, times and sizes of a project's files, links not followed"},
    "sdx_state/config/files.py": {
        "os.walk": "the names of a project's files, links not followed",
        "os.open": "the reader of a project's files, which stays within the project and takes regular files only",
    },
    "sdx_state/config/schema.py": {
        "packed.read_text": "a file of this package",
        "(Path(__file__).resolve().parents[2] / 'schemas' / file).read_text": "a file of this package",
    },
    "sdx_state/programs/browser.py": {"webbrowser.open": "an address, and no file"},
    "sdx_state/programs/git.py": {
        "shutil": "looks for the program",
        "path.open": "8 bytes of a regular file that Git itself would read",
    },
    "sdx_state/report/responses.py": {
        "os.open": "a named file that grows; opened without following links, and checked after that",
        "self.path.unlink": "the file that this run made, and in which nothing came",
    },
    "sdx_state/sandbox/contract.py": {
        "packed.read_text": "a file of this package",
        "(Path(__file__).resolve().parents[2] / 'schemas' / FILE).read_text": "a file of this package",
    },
    "sdx_state/translations/xlsx.py": {"archive.open": "a part of a workbook in memory"},
    "sdx_state/sandbox/database_file.py": {"os.open": "shares no code; checks before and after by itself"},
}


def uses_of_files(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Yield the line and the name of everything in `tree` that may open, change, list or delete files."""
    for node in walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, one.name) for one in node.names if one.name.split(".")[0] in MODULES)
        elif isinstance(node, ast.ImportFrom):
            module = (node.module or "").split(".")[0]
            if module in MODULES:
                yield node.lineno, module
            elif module in ("os", "io", "builtins"):
                yield from ((node.lineno, one.name) for one in node.names if one.name in METHODS)
        elif isinstance(node, ast.Attribute):
            if node.attr in METHODS or ast.unparse(node) == "os.link":
                yield node.lineno, ast.unparse(node)
        elif isinstance(node, ast.Name) and node.id == "open" and isinstance(node.ctx, ast.Load):
            yield node.lineno, "open"
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "replace":
            # A path is replaced with one argument; texts and moments take more, or names.
            on_os = isinstance(node.func.value, ast.Name) and node.func.value.id == "os"
            if on_os or (len(node.args) == 1 and not node.keywords):
                yield node.lineno, ast.unparse(node.func)


def test_files_are_used_in_five_modules_and_where_the_table_says() -> None:
    found: dict[str, dict[str, int]] = {}
    for path in sorted((ROOT / "sdx_state").rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name not in EVERYTHING:
            for line, use in uses_of_files(parsed(path)):
                found.setdefault(name, {}).setdefault(use, line)
    new = [
        f"{name}:{line}: {use}"
        for name, uses in found.items()
        for use, line in uses.items()
        if use not in ALLOWED.get(name, {})
    ]
    assert not new, f"use {' or '.join(EVERYTHING)}, or say in the table why not"
    gone = [f"{name}: {use}" for name, uses in ALLOWED.items() for use in uses if use not in found.get(name, {})]
    assert not gone, "the table names what is not there any more"
    assert all(reason for uses in ALLOWED.values() for reason in uses.values())


@pytest.mark.parametrize(
    "line",
    [
        "open('x')",
        "with open('x') as f: pass",
        "path.open('rb')",
        "os.open(path, 0)",
        "from os import open as o",
        "path.read_text()",
        "list(map(Path.read_bytes, paths))",
        "path.write_bytes(b'')",
        "for one in folder.glob('*'): one.unlink()",
        "os.remove(path)",
        "temporary.replace(path)",
        "os.replace(a, b)",
        "import shutil",
        "from shutil import rmtree",
        "import tempfile as t",
        "save = open",
        "x = os.listdir",
    ],
)
def test_a_new_use_of_files_is_found(line: str) -> None:
    assert list(uses_of_files(ast.parse(line)))


@pytest.mark.parametrize("line", ["text.replace('a', 'b')", "moment.replace(tzinfo=utc)", "read_regular(path)"])
def test_other_code_is_not_counted_as_use_of_files(line: str) -> None:
    assert not list(uses_of_files(ast.parse(line)))
