"""Files of other users at the paths of private files: nothing outside changes or hangs, the message is clear."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials
from sdx_state.api.vault import Vault

pytestmark = pytest.mark.timeout(60)  # a command that waits for a pipe would wait for ever

SURVEYS = "surveys: {a: {name: A, greeting_text: x}}\n"
USERS = "users: {a@example.com: {name: A}}\n"
NOBODY = 65534
STATE, OTHER = 7, 1

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make devices and give files away")


class Outside:
    """Files and a folder that are not the project's, and whether anything about them changed."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "outside"
        (self.folder / "kept").mkdir(parents=True, mode=0o700)
        for number in range(1, 31):
            (self.folder / "kept" / f"{number}.json").write_text("{}\n")
        self.file = self.folder / "file"
        self.file.write_bytes(b'{"event": "theirs"}\nhalf a line')
        self.before = self.picture()

    def picture(self) -> dict[str, tuple[int, int, bytes | None]]:
        found = {}
        for path in sorted(self.folder.rglob("*")):
            one = path.lstat()
            content = path.read_bytes() if stat.S_ISREG(one.st_mode) else None
            found[str(path)] = one.st_mode, one.st_ino, content
        return found


def a_link(path: Path, outside: Outside) -> None:
    path.symlink_to(outside.file)


def a_link_to_a_folder(path: Path, outside: Outside) -> None:
    path.symlink_to(outside.folder / "kept")


def a_link_to_nothing(path: Path, outside: Outside) -> None:
    path.symlink_to(outside.folder / "new")


def a_hard_link(path: Path, outside: Outside) -> None:
    path.hardlink_to(outside.file)


def a_pipe(path: Path, _: Outside) -> None:
    os.mkfifo(path)


def a_folder(path: Path, _: Outside) -> None:
    path.mkdir()


def a_file(path: Path, _: Outside) -> None:
    path.write_text("theirs")


def a_device(path: Path, _: Outside) -> None:
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 5))  # /dev/zero: reading it never ends
    except PermissionError:
        pytest.skip("devices cannot be made here")


def a_strangers_file(path: Path, _: Outside) -> None:
    path.write_text("theirs")
    os.chown(path, NOBODY, NOBODY)


Plant = Callable[[Path, Outside], None]
ELSEWHERE = (a_link, a_link_to_a_folder, a_link_to_nothing, a_pipe, a_folder)
FOR_FILES = [
    *ELSEWHERE,
    a_hard_link,
    pytest.param(a_device, marks=root_only),
    pytest.param(a_strangers_file, marks=root_only),
]
FOR_FOLDERS = [a_link, a_link_to_a_folder, a_link_to_nothing, a_pipe, a_file, pytest.param(a_device, marks=root_only)]
APPLY = ("apply", "--sandbox", "--auto-approve")
READ = ("plan", "--sandbox")


def long(case: Any) -> Any:
    """Return `case` as one that only the long tier tries."""
    return pytest.param(case, marks=pytest.mark.soak)


@pytest.fixture
def outside(tmp_path: Path) -> Outside:
    return Outside(tmp_path)


def put(path: Path, plant: Plant, outside: Outside) -> None:
    """Put what `plant` makes at `path`, in the place of what is there."""
    path.parent.mkdir(mode=0o700, exist_ok=True)
    if path.is_dir():
        path.rename(path.with_name(f"{path.name}.before"))
    path.unlink(missing_ok=True)
    plant(path, outside)


def refused(ended: Any, code: int, name: str, outside: Outside) -> None:
    assert ended.code == code, ended.err
    assert name in ended.err
    assert "Traceback" not in ended.err
    assert "This is a bug" not in ended.err
    assert outside.picture() == outside.before


@pytest.mark.parametrize("plant", FOR_FILES)
@pytest.mark.parametrize("command", [APPLY, long(READ), ("state", "list", "--sandbox")], ids=lambda one: one[0])
@pytest.mark.parametrize("name", ["sandbox-state.json", "sandbox-state.journal.jsonl", long("sandbox-state.lock")])
def test_a_foreign_file_of_the_state_is_refused(
    project: Any, outside: Outside, name: str, command: tuple[str, ...], plant: Plant
) -> None:
    project.write("a.yaml", SURVEYS)
    put(project.folder / ".sdx" / name, plant, outside)
    refused(project.run(*command), STATE, name, outside)


@pytest.mark.parametrize("plant", FOR_FILES)
@pytest.mark.parametrize(
    ("name", "command"),
    [
        ("sandbox-state.journal.jsonl", ("history",)),
        ("sandbox-state.journal.jsonl", ("history", "--verify")),
        ("sandbox-state.lock", ("state", "unlock", "abcd")),
    ],
)
def test_a_foreign_file_is_refused_by_the_command_that_reads_it(
    project: Any, outside: Outside, name: str, command: tuple[str, ...], plant: Plant
) -> None:
    (project.folder / ".sdx").mkdir(mode=0o700)
    put(project.folder / ".sdx" / name, plant, outside)
    refused(project.run(*command, "--sandbox"), STATE, name, outside)


@pytest.mark.parametrize("plant", FOR_FILES)
def test_a_foreign_file_in_place_of_a_run_is_not_undone(project: Any, outside: Outside, plant: Plant) -> None:
    project.write("a.yaml", SURVEYS)
    assert project.run(*APPLY).code == 0
    (kept,) = (project.folder / ".sdx" / "sandbox-state.runs").iterdir()
    put(kept, plant, outside)
    ended = project.run("undo", kept.stem, "--auto-approve", "--sandbox")
    refused(ended, STATE, f"sandbox-state.runs/{kept.name}", outside)


@pytest.mark.parametrize("plant", FOR_FOLDERS)
@pytest.mark.parametrize("command", [APPLY, READ], ids=lambda one: one[0])
@pytest.mark.parametrize("name", ["sandbox-state.runs", "sandbox-state.generations"])
def test_a_foreign_folder_of_the_state_is_refused_and_nothing_in_it_deleted(
    project: Any, outside: Outside, name: str, command: tuple[str, ...], plant: Plant
) -> None:
    project.write("a.yaml", SURVEYS)
    put(project.folder / ".sdx" / name, plant, outside)
    refused(project.run(*command), STATE, name, outside)


@pytest.mark.parametrize("plant", FOR_FILES)
def test_an_earlier_state_that_is_foreign_is_not_among_those_that_are_kept(
    project: Any, outside: Outside, plant: Plant
) -> None:
    project.write("a.yaml", SURVEYS)
    assert project.run(*APPLY).code == 0
    put(project.folder / ".sdx" / "sandbox-state.generations" / "77.json", plant, outside)
    ended = project.run("state", "restore", "77", "--auto-approve", "--sandbox")
    refused(ended, STATE, "there is no earlier state 77", outside)


@pytest.mark.parametrize("name", ["sandbox-state.runs", "sandbox-state.generations"])
def test_only_files_with_names_of_our_own_form_are_ever_deleted(project: Any, outside: Outside, name: str) -> None:
    project.write("a.yaml", SURVEYS)
    assert project.run(*APPLY).code == 0
    folder = project.folder / ".sdx" / name
    ours = [
        f"20200101-0000{number:02}-abcd.json" if "runs" in name else f"{number + 900}.json" for number in range(30)
    ]
    theirs = ["notes.json", "0.json", "01.json", "-1.json", "20200101-000000-abcd.json.bak", "1e3.json", "x/1.json"]
    for one in (*ours, *theirs):
        (folder / one).parent.mkdir(exist_ok=True)
        (folder / one).write_text("{}")
        os.utime(folder / one, (1, 1))
    (folder / ("20200101-999999-abcd.json" if "runs" in name else "999.json")).symlink_to(outside.file)
    project.write("a.yaml", SURVEYS.replace("greeting_text: x", "greeting_text: y"))
    assert project.run(*APPLY).code == 0
    assert all((folder / one).exists() for one in theirs)
    assert sum((folder / one).exists() for one in ours) < 20
    assert any(path.is_symlink() for path in folder.iterdir())
    assert outside.picture() == outside.before


@pytest.mark.parametrize("plant", FOR_FILES)
@pytest.mark.parametrize("suffix", ["", "-wal", long("-shm"), long("-journal")])
@pytest.mark.parametrize("environment", [None, long("demo")])
def test_a_foreign_database_of_the_sandbox_is_refused(
    project: Any, outside: Outside, environment: str | None, suffix: str, plant: Plant
) -> None:
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nenvironments: {demo: {}}\n")
    name = f"sandbox.{environment}.db{suffix}" if environment else f"sandbox.db{suffix}"
    put(project.folder / ".sdx" / name, plant, outside)
    named = ("--env", environment) if environment else ()
    refused(project.run(*named, *READ), OTHER, name, outside)


@pytest.mark.parametrize("plant", FOR_FILES)
@pytest.mark.parametrize("name", ["handoff.md", long("handoff.html"), long("handoff.json"), "users.csv"])
def test_a_foreign_file_in_the_hand_off_is_moved_aside_as_it_is(
    project: Any, outside: Outside, name: str, plant: Plant
) -> None:
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nsandbox: {documented: true}\n")
    project.write("a.yaml", SURVEYS + USERS)
    put(project.folder / "handoff" / name, plant, outside)
    (project.folder / "handoff" / f"{name}.kept-1").symlink_to(outside.folder / "new")
    there = (project.folder / "handoff" / name).lstat()
    ended = project.run(*APPLY)
    assert ended.code == 8, ended.err
    assert f"{name}.kept-2" in ended.err
    assert (project.folder / "handoff" / f"{name}.kept-2").lstat().st_ino == there.st_ino
    assert stat.S_ISREG((project.folder / "handoff" / name).lstat().st_mode)
    assert outside.picture() == outside.before


@pytest.mark.parametrize("plant", FOR_FOLDERS)
def test_a_foreign_folder_in_place_of_the_hand_off_is_refused(project: Any, outside: Outside, plant: Plant) -> None:
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nsandbox: {documented: true}\n")
    project.write("a.yaml", SURVEYS)
    put(project.folder / "handoff", plant, outside)
    for command in (APPLY, ("handoff", "--sandbox")):
        refused(project.run(*command), OTHER, "handoff", outside)


def test_a_hand_off_goes_through_a_link_that_the_user_names(project: Any, tmp_path: Path) -> None:
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nsandbox: {documented: true}\n")
    project.write("a.yaml", SURVEYS)
    (tmp_path / "work").mkdir()
    (tmp_path / "link").symlink_to("work")
    assert project.run("handoff", "--sandbox", "--out", str(tmp_path / "link")).code == 8
    assert (tmp_path / "work" / "handoff.md").is_file()


@pytest.mark.parametrize("plant", FOR_FILES)
@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("surveys/support-csat.yaml", 0),
        (".gitignore", OTHER),
        (".schemas/project.schema.json", 0),
        (".schemas/resources.schema.json", 0),
    ],
)
def test_init_writes_to_no_foreign_file(project: Any, outside: Outside, name: str, code: int, plant: Plant) -> None:
    (project.folder / "sdx.yaml").unlink()
    put(project.folder / name, plant, outside)
    ended = project.run("init", "--sample")
    if name == ".gitignore" and plant in (a_hard_link, a_strangers_file):
        code = 0  # a new file is put in its place
    assert ended.code == code, ended.err
    assert not code or name in ended.err
    assert "Traceback" not in ended.err
    assert outside.picture() == outside.before


@pytest.mark.parametrize("plant", FOR_FOLDERS)
@pytest.mark.parametrize("name", ["surveys", "sdx.yaml"])
def test_init_follows_no_link(project: Any, outside: Outside, name: str, plant: Plant) -> None:
    (project.folder / "sdx.yaml").unlink()
    put(project.folder / name, plant, outside)
    ended = project.run("init", "--sample")
    assert (ended.code == 1) is (name == "surveys" or plant is not a_link_to_nothing), ended.err
    assert "Traceback" not in ended.err
    assert outside.picture() == outside.before


@pytest.fixture
def signed_in(project: Any, tenant: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A project whose credentials are stored in a file."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("SDX_API_URL", tenant.url)
    base = base_url(None, tenant.url)
    stored = Credentials("sandbox", "00000000-0000-4000-8000-000000000000")
    Vault(tmp_path / "config" / "sdx-state").save(base.origin, stored)
    assert project.run("plan").code == 0
    return project


@pytest.mark.parametrize("plant", FOR_FILES)
@pytest.mark.parametrize("command", ["plan", long("logout")])
@pytest.mark.parametrize("name", ["credentials.json", "lock"])
def test_foreign_credentials_are_refused(
    signed_in: Any, tmp_path: Path, outside: Outside, name: str, command: str, plant: Plant
) -> None:
    put(tmp_path / "config" / "sdx-state" / name, plant, outside)
    refused(signed_in.run(command), OTHER, name, outside)


@pytest.mark.parametrize("mode", [0o770, 0o707, 0o2770])
@pytest.mark.parametrize("command", ["plan", "logout"])
def test_credentials_in_a_folder_that_others_can_write_are_refused(
    signed_in: Any, tmp_path: Path, command: str, mode: int
) -> None:
    (tmp_path / "config" / "sdx-state").chmod(mode)
    ended = signed_in.run(command)
    assert ended.code == 1
    assert f"chmod go-w {tmp_path / 'config' / 'sdx-state'}" in ended.err


def test_credentials_in_a_linked_folder_are_used(signed_in: Any, tmp_path: Path) -> None:
    folder = tmp_path / "config" / "sdx-state"
    folder.rename(tmp_path / "dotfiles")
    folder.symlink_to(tmp_path / "dotfiles")
    assert signed_in.run("plan").code == 0


@pytest.mark.parametrize("mode", [0o770, 0o720, 0o707, 0o2770])
def test_a_state_folder_that_others_can_write_is_refused(project: Any, mode: int) -> None:
    project.write("a.yaml", SURVEYS)
    assert project.run(*APPLY).code == 0
    for name in (".sdx", ".sdx/sandbox-state.runs", ".sdx/sandbox-state.generations"):
        folder = project.folder / name
        folder.chmod(mode)
        ended = project.run(*APPLY)
        assert ended.code == STATE, name
        assert f"chmod go-w {folder}" in ended.err
        folder.chmod(0o700)
    assert project.run(*APPLY).code == 0


@pytest.mark.parametrize("mode", [0o755, 0o750, 0o2750])
def test_a_state_folder_that_others_can_read_is_used(project: Any, mode: int) -> None:
    project.write("a.yaml", SURVEYS)
    assert project.run(*APPLY).code == 0
    (project.folder / ".sdx").chmod(mode)
    for path in (project.folder / ".sdx").glob("sandbox-state.*"):
        path.chmod(mode if path.is_dir() else 0o644)
    assert project.run(*APPLY).code == 0
    assert project.run(*READ, "--detailed-exitcode").code == 0


def test_a_state_file_that_others_can_write_is_refused_with_the_command_that_mends_it(project: Any) -> None:
    project.write("a.yaml", SURVEYS)
    assert project.run(*APPLY).code == 0
    state = project.folder / ".sdx" / "sandbox-state.json"
    state.chmod(0o664)
    ended = project.run(*READ)
    assert ended.code == STATE
    assert f"chmod go-w {state}" in ended.err


def test_link_to_a_missing_state_folder_is_not_an_empty_state(project: Any, tmp_path: Path) -> None:
    project.write("a.yaml", SURVEYS)
    (project.folder / ".sdx").symlink_to(tmp_path / "unmounted")
    for command in (("state", "list"), ("history",)):
        ended = project.run(*command)
        assert ended.code == STATE
        assert "does not exist" in ended.err
    assert not (tmp_path / "unmounted").exists()


@root_only
def test_a_state_folder_of_another_user_keeps_that_users_files_as_root(project: Any) -> None:
    project.write("a.yaml", SURVEYS)
    assert project.run(*APPLY).code == 0
    for path in (project.folder / ".sdx", *(project.folder / ".sdx").rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    assert project.run(*APPLY).code == 0
