"""New content is staged in one module: whole and durable before it takes a file's place."""

from __future__ import annotations

import ast
import stat
from pathlib import Path

import pytest

from sdx_state.state import platform
from sdx_state.state.named_files import write_output
from sdx_state.state.platform import DirectoryByPath
from sdx_state.state.staging import replace_file, stage
from sdx_state.state.together import write_together
from tests.conftest import Source

# Module -> why it makes files durable, or makes new ones, without `staging`.
GROW = {
    "state/platform.py": "what `staging` uses, as each system has it",
    "state/files.py": "a file that grows by lines",
    "report/responses.py": "a file that grows by rows",
}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_staged_content_changes_nothing_until_it_takes_the_place(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    staged = stage("a", b"new", 0o600, keep_mode=False, directory=DirectoryByPath(tmp_path))
    assert path.read_bytes() == b"old"
    staged.take_place_of("a")
    assert path.read_bytes() == b"new"
    assert [one.name for one in tmp_path.iterdir()] == ["a"]


def test_discarded_content_leaves_nothing(tmp_path: Path) -> None:
    stage("a", b"new", 0o600, keep_mode=False, directory=DirectoryByPath(tmp_path)).discard()
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("keep_mode", "expected"), [(True, 0o640), (False, 0o600)])
def test_permissions_are_kept_only_if_asked_for(tmp_path: Path, keep_mode: bool, expected: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")
    path.chmod(0o640)
    replace_file(path, b"new", 0o600, keep_mode=keep_mode)
    assert (path.read_bytes(), mode_of(path)) == (b"new", expected)


def test_longest_names_can_be_replaced(tmp_path: Path) -> None:
    path = tmp_path / ("\u00e9" * 127)
    path.write_bytes(b"old")
    write_output(path, b"new")
    write_together({path: b"newer"}, 0o600)
    assert path.read_bytes() == b"newer"
    assert len(list(tmp_path.iterdir())) == 1


def test_failed_sync_leaves_the_old_file_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(platform.os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        replace_file(path, b"new", 0o600, keep_mode=True)
    assert path.read_bytes() == b"old"
    assert len(list(tmp_path.iterdir())) == 1


def test_files_are_made_durable_and_replaced_in_one_module(source: Source) -> None:
    def replaces(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and ast.unparse(node) in (
            "os.fsync",
            "platform.sync",
            "os.replace",
            "os.fdatasync",
            "os.O_EXCL",
        )

    assert set(source.where(replaces)) == {"state/staging.py", *GROW}


def test_bytes_are_written_to_descriptors_in_one_module(source: Source) -> None:
    def writes(node: ast.AST) -> bool:
        return isinstance(node, ast.Attribute) and ast.unparse(node) == "os.write"

    say_at_once = "cli/running.py"  # from a handler of signals, past what the streams buffer
    assert set(source.where(writes)) == {"state/staging.py", say_at_once}
