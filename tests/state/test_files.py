"""Private files are opened within an open folder, and a file swapped between check and opening is rejected."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdx_state.model.ledger import Head
from sdx_state.state import platform
from sdx_state.state.chain import NOTHING
from sdx_state.state.errors import ForeignFile
from sdx_state.state.files import OpenFolder, append, open_folder, read_private, write_atomically
from sdx_state.state.journal_file import JournalFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "private").mkdir(mode=0o700)
    return tmp_path / "private"


@pytest.fixture
def theirs(tmp_path: Path) -> Path:
    path = tmp_path / "theirs"
    path.write_bytes(b"theirs\n")
    return path


def _cut(path: Path) -> None:
    with open_folder(path.parent) as folder:
        folder.truncate(path.name, 0)


def _lock(path: Path) -> None:
    with open_folder(path.parent) as folder:
        os.close(folder.open(path.name, os.O_RDWR | os.O_CREAT))


ACTIONS: dict[str, Callable[[Path], Any]] = {
    "read": read_private,
    "append": lambda path: append(path, b"more", durably=True),
    "cut": _cut,
    "lock": _lock,
}


@pytest.mark.timeout(30)
@pytest.mark.parametrize("kind", ["symbolic link", "hard link", "pipe"])
@pytest.mark.parametrize("action", ACTIONS)
def test_a_file_that_is_swapped_after_the_first_look_is_refused(
    folder: Path, theirs: Path, monkeypatch: pytest.MonkeyPatch, action: str, kind: str
) -> None:
    path = folder / "state.json"
    if kind == "symbolic link":
        path.symlink_to(theirs)
    elif kind == "hard link":
        path.hardlink_to(theirs)
    else:
        os.mkfifo(path)
    monkeypatch.setattr(OpenFolder, "require_ours", lambda *_: None)  # it looked before the swap
    with pytest.raises((ForeignFile, OSError)):
        ACTIONS[action](path)
    assert theirs.read_bytes() == b"theirs\n"


def test_a_folder_that_is_swapped_after_the_first_look_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").mkdir(mode=0o700)
    (folder / "runs").symlink_to(tmp_path / "outside")
    monkeypatch.setattr(OpenFolder, "found", lambda *_: None)
    with pytest.raises((ForeignFile, OSError)):
        write_atomically(folder / "runs" / "1.json", b"{}", below=folder)
    assert not list((tmp_path / "outside").iterdir())


def test_writes_in_an_open_folder_stay_there_when_its_name_leads_elsewhere(folder: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir(mode=0o700)
    (outside / "1.json").write_text("theirs")
    (folder / "1.json").write_text("ours")
    (folder / "1.json").chmod(0o600)
    with open_folder(folder) as opened:
        folder.rename(tmp_path / "moved")
        folder.symlink_to(outside)
        assert opened.read("1.json") == b"ours"
        opened.write("2.json", b"{}")
        opened.append("2.json", b"{}", durably=True)
        opened.keep_newest(re.compile(r"1\.json"), 0)
        opened.remove("1.json")
    assert sorted(path.name for path in outside.iterdir()) == ["1.json"]
    assert (tmp_path / "moved" / "2.json").read_bytes() == b"{}{}"


def test_the_newest_files_of_a_form_are_kept_and_everything_else_too(folder: Path) -> None:
    for number in range(1, 8):
        (folder / f"{number}.json").write_text("")
        os.utime(folder / f"{number}.json", (number, number))
        (folder / f"{number}.json").chmod(0o600)
    (folder / "notes.json").touch(0o600)
    with open_folder(folder) as opened:
        opened.keep_newest(re.compile(r"[0-9]+\.json"), 3)
    assert sorted(path.name for path in folder.iterdir()) == ["5.json", "6.json", "7.json", "notes.json"]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_new_file_and_its_folders_are_their_owners_alone(tmp_path: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        write_atomically(tmp_path / "a" / "runs" / "1.json", b"{}", below=tmp_path / "a")
    finally:
        os.umask(before)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/runs", "a/runs/1.json")] == [
        0o700,
        0o700,
        0o600,
    ]


@pytest.fixture
def synced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Lists each time that the names of a folder are made durable."""
    calls: list[Any] = []
    opened = platform.open_directory(tmp_path)
    kind: Any = type(opened)
    opened.close()
    real = kind.sync

    def sync(directory: Any) -> None:
        calls.append(directory)
        real(directory)

    monkeypatch.setattr(kind, "sync", sync)
    return calls


def test_name_of_a_file_that_a_failed_run_left_empty_is_durable_with_its_first_line(
    tmp_path: Path, synced: list[Any]
) -> None:
    path = tmp_path / "journal.jsonl"
    path.touch(0o600)
    append(path, b"one\n", durably=True)
    assert len(synced) == 1
    append(path, b"two\n", durably=True)
    assert len(synced) == 1


def test_lines_and_name_of_a_journal_that_a_killed_run_left_are_made_durable(
    tmp_path: Path, synced: list[Any]
) -> None:
    path = tmp_path / "state.journal.jsonl"
    append(path, b"{}\n{", durably=False)
    synced.clear()
    JournalFile(path).mend(NOTHING, "20260101-000000-abcd")
    assert len(synced) == 1
    assert path.read_bytes() == b"{}\n"


def test_name_of_a_closed_part_is_durable_before_the_open_part_is_removed(tmp_path: Path, synced: list[Any]) -> None:
    journal = JournalFile(tmp_path / "state.journal.jsonl")
    append(journal.path, b'{"hash": "x"}\n', durably=True)
    part = journal.history / f"{1:012}-20260101-000000-abcd.jsonl"
    write_atomically(part, journal.path.read_bytes(), below=tmp_path)  # and then the run was killed
    synced.clear()
    journal.close(Head(1, "x"), "20260101-000000-abcd")
    assert len(synced) == 1
    assert not journal.path.exists()
