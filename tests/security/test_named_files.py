"""Files that the user names: pipes and devices are written into, links followed, and no input is waited for."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import shlex
import stat
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.timeout(60)

SURVEYS = """
surveys:
  a: {name: A, greeting_text: x, questions: [{question_label: Q, question_text: Why?, question_type: text}]}
checks:
  walk: {survey: a, answers: [{answer: fine}]}
"""
CAP_DAC_OVERRIDE, PR_CAPBSET_DROP = 1, 24  # linux/capability.h, linux/prctl.h


def plan_out(path: Path) -> tuple[str, ...]:
    return "plan", "--sandbox", "--out", str(path)


def plan_format(path: Path) -> tuple[str, ...]:
    return "plan", "--sandbox", "--format", f"json={path}"


def apply_format(path: Path) -> tuple[str, ...]:
    return "apply", "--sandbox", "--auto-approve", "--format", f"json={path}"


def pull_snapshot(path: Path) -> tuple[str, ...]:
    return "pull", "--sandbox", "--snapshot", str(path)


def check_junit(path: Path) -> tuple[str, ...]:
    return "check", "--sandbox", "--junit", str(path)


def responses_output(path: Path) -> tuple[str, ...]:
    return "responses", "a", "--sandbox", "--format", "csv", "--output", str(path)


Command = Callable[[Path], tuple[str, ...]]
OUTPUTS = (plan_out, plan_format, apply_format, pull_snapshot, check_junit, responses_output)
AT_ONCE = OUTPUTS[:-1]  # responses are added to a file, batch by batch


@pytest.fixture
def applied(project: Any, apply_once: Any) -> Any:
    project.write("a.yaml", SURVEYS)
    apply_once("--sandbox")
    return project


def is_whole(command: Command, data: bytes) -> bool:
    """Tell whether `data` is the whole of what the command writes."""
    if command is check_junit:
        return data.lstrip().startswith(b"<?xml") and data.rstrip().endswith(b">")
    if command is responses_output:
        return data.startswith(b"response_id,")
    return isinstance(json.loads(data), dict)


InShell = Callable[..., subprocess.CompletedProcess[bytes]]
COLD = (sys.executable, "-c", "from sdx_state.cli.main import entry; entry()")


@pytest.fixture
def in_shell(warm: Path) -> InShell:
    """Run a line of bash, in which `sdx` is the command line in the project.

    The program `COLD` has what `warm` does not hand on: other files than the standard streams, and privileges.
    """

    def run(
        project: Any, line: str, program: tuple[str, ...] = (str(warm),), **options: Any
    ) -> subprocess.CompletedProcess[bytes]:
        sdx = f'sdx() {{ {shlex.join([*program, "-C", str(project.folder)])} "$@"; }}; '
        return subprocess.run(["bash", "-c", sdx + line], capture_output=True, timeout=50, check=False, **options)

    return run


@pytest.mark.parametrize("command", OUTPUTS)
def test_a_pipe_with_a_reader_receives_the_output_and_stays_a_pipe(
    applied: Any, tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "pipe"
    os.mkfifo(path)
    received: list[bytes] = []
    # If nothing is written, it waits without end.
    reader = threading.Thread(target=lambda: received.append(path.read_bytes()), daemon=True)
    reader.start()
    ended = applied.run(*command(path))
    assert ended.code == 0, ended.err
    reader.join(20)
    assert is_whole(command, received[0])
    assert stat.S_ISFIFO(path.lstat().st_mode)


@pytest.mark.parametrize("command", OUTPUTS)
def test_a_pipe_that_nothing_reads_is_an_error_and_stays_a_pipe(
    applied: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command
) -> None:
    monkeypatch.setattr("sdx_state.state.named_files.PATIENCE", 0.0)
    path = tmp_path / "pipe"
    os.mkfifo(path)
    ended = applied.run(*command(path))
    assert ended.code == 1
    assert "nothing reads from this pipe" in ended.err
    assert stat.S_ISFIFO(path.lstat().st_mode)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make devices")
@pytest.mark.parametrize("command", OUTPUTS)
def test_a_device_is_written_into_and_stays_a_device(applied: Any, tmp_path: Path, command: Command) -> None:
    path = tmp_path / "null"
    try:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("devices cannot be made here")
    before = path.lstat()
    ended = applied.run(*command(path))
    assert ended.code == 0, ended.err
    after = path.lstat()
    assert (after.st_ino, after.st_mode, after.st_rdev) == (before.st_ino, before.st_mode, before.st_rdev)
    assert [one.name for one in tmp_path.iterdir()].count("null") == 1


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="this system has no /dev/full")
@pytest.mark.parametrize("command", OUTPUTS)
def test_a_device_that_takes_nothing_is_a_plain_error(applied: Any, command: Command) -> None:
    ended = applied.run(*command(Path("/dev/full")))
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == "Error[system-error]: /dev/full: No space left on device"
    assert applied.run("plan", "--sandbox", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("command", AT_ONCE)
@pytest.mark.parametrize("failing", ["write", "fsync"])
def test_a_full_disk_is_a_plain_error_that_names_the_output(
    applied: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: Command, failing: str
) -> None:
    path = tmp_path / "output"
    path.write_text("old", encoding="utf-8")
    real = getattr(os, failing)

    def full(descriptor: int, *arguments: Any) -> Any:
        if Path(f"/proc/self/fd/{descriptor}").readlink().name.startswith(".output."):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(descriptor, *arguments)

    monkeypatch.setattr(os, failing, full)
    ended = applied.run(*command(path))
    assert ended.code == 1
    assert ended.err.splitlines()[-1] == f"Error[system-error]: {path}: No space left on device"
    assert path.read_text(encoding="utf-8") == "old"
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".output")] == []


@pytest.mark.parametrize("command", OUTPUTS)
def test_an_output_in_a_folder_that_there_is_not_is_named_as_it_was_given(
    applied: Any, tmp_path: Path, command: Command
) -> None:
    path = tmp_path / "nowhere" / "output"
    ended = applied.run(*command(path))
    assert ended.code == 1
    assert str(path.parent) in ended.err
    assert ".tmp" not in ended.err


@pytest.mark.parametrize("command", OUTPUTS)
def test_folder_is_refused_as_output(applied: Any, tmp_path: Path, command: Command) -> None:
    (tmp_path / "folder").mkdir()
    ended = applied.run(*command(tmp_path / "folder"))
    assert ended.code in (1, 2)
    assert "folder" in ended.err
    assert "Traceback" not in ended.err


@pytest.mark.parametrize("command", AT_ONCE)
def test_a_link_leads_to_the_file_that_is_replaced_and_keeps_its_mode(
    applied: Any, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "real").mkdir()
    target, link = tmp_path / "real" / "target", tmp_path / "link"
    target.write_text("old")
    target.chmod(0o640)
    link.symlink_to("real/target")
    before = target.stat().st_ino
    assert applied.run(*command(link)).code == 0
    assert link.is_symlink()
    assert is_whole(command, target.read_bytes())
    assert target.stat().st_mode & 0o777 == 0o640
    assert target.stat().st_ino != before  # at once, not in place
    assert [one.name for one in target.parent.iterdir()] == ["target"]


@pytest.mark.parametrize("command", OUTPUTS)
def test_a_link_to_a_file_that_is_not_there_yet_makes_that_file(
    applied: Any, tmp_path: Path, command: Command
) -> None:
    (tmp_path / "link").symlink_to("target")
    ended = applied.run(*command(tmp_path / "link"))
    assert ended.code == 0, ended.err
    assert (tmp_path / "link").is_symlink()
    # Where there are no responses, no file is left.
    assert command is responses_output or is_whole(command, (tmp_path / "target").read_bytes())


@pytest.mark.parametrize(
    ("command", "name"),
    [
        *(pytest.param(one, "/dev/stdout", marks=pytest.mark.soak) for one in OUTPUTS if one is not plan_format),
        *((plan_format, name) for name in ("/dev/stdout", "link")),
        *(pytest.param(plan_format, name, marks=pytest.mark.soak) for name in ("/dev/fd/1", "/proc/self/fd/1")),
    ],
)
def test_stdout_by_name_is_written_into_a_pipe_and_into_a_file(
    in_shell: InShell, applied: Any, tmp_path: Path, command: Command, name: str
) -> None:
    if not Path("/proc/self/fd").exists() and name.startswith("/proc"):
        pytest.skip("this system has no /proc")
    if name == "link":
        (tmp_path / "link").symlink_to("/dev/stdout")
        name = str(tmp_path / "link")
    line = shlex.join(command(Path(name)))
    through = in_shell(applied, f"sdx {line} | cat")
    assert through.stderr == b"" or b"Error" not in through.stderr
    file = tmp_path / "file"
    in_shell(applied, f"(echo before; sdx {line}; echo after) > {file}")
    written = file.read_bytes()
    marker = {check_junit: b"<testsuite", responses_output: b"response_id,"}.get(command, b"{")
    assert marker in through.stdout
    assert marker in written
    assert written.startswith(b"before\n")
    assert written.endswith(b"after\n")


def test_the_output_goes_to_another_program(in_shell: InShell, applied: Any, tmp_path: Path) -> None:
    ended = in_shell(applied, f"sdx plan --sandbox --out >(cat > {tmp_path / 'copy'}); wait $!", program=COLD)
    assert ended.returncode == 0, ended.stderr
    with (tmp_path / "copy").open("rb") as file:
        assert is_whole(plan_out, file.read())


def show(path: Path) -> tuple[str, ...]:
    return "show", str(path)


def apply_plan(path: Path) -> tuple[str, ...]:
    return "apply", "--sandbox", str(path)


def plan_snapshot(path: Path) -> tuple[str, ...]:
    return "plan", "--sandbox", "--snapshot", str(path)


def drift_baseline(path: Path) -> tuple[str, ...]:
    return "drift", "--sandbox", "--baseline", str(path)


INPUTS = (show, apply_plan, plan_snapshot, drift_baseline)


@pytest.mark.parametrize("kind", ["pipe", "zeros", "folder", "nothing", "loop"])
@pytest.mark.parametrize("command", INPUTS)
def test_input_other_than_a_regular_file_is_a_plain_error(
    applied: Any, tmp_path: Path, command: Command, kind: str
) -> None:
    path = tmp_path / "input"
    if kind == "pipe":
        os.mkfifo(path)
    elif kind == "zeros":
        path.symlink_to("/dev/zero")
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to("input")
    ended = applied.run(*command(path))
    assert ended.code in (1, 2), ended.err
    assert "input" in ended.err
    assert "Traceback" not in ended.err
    assert "This is a bug" not in ended.err


@pytest.mark.parametrize("command", INPUTS[:3])
def test_an_input_that_is_piped_in_is_refused_with_advice_and_one_that_is_redirected_is_read(
    in_shell: InShell, applied: Any, tmp_path: Path, command: Command
) -> None:
    file = tmp_path / "file"
    assert applied.run(*(pull_snapshot(file) if command is plan_snapshot else plan_out(file))).code == 0
    piped = in_shell(applied, f"sdx {shlex.join(command(Path('/dev/stdin')))} < <(cat {file})")
    assert piped.returncode == 1
    assert b"save it as a file first" in piped.stderr
    redirected = in_shell(applied, f"sdx {shlex.join(command(Path('/dev/stdin')))} < {file}")
    assert redirected.returncode == 0, redirected.stderr


@pytest.mark.parametrize("kind", ["pipe", "zeros"])
def test_certificates_that_are_not_a_regular_file_are_rejected(
    connected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    path = tmp_path / "ca"
    os.mkfifo(path) if kind == "pipe" else path.symlink_to("/dev/zero")
    monkeypatch.setenv("SDX_CA_FILE", str(path))
    ended = connected.run("plan")
    assert ended.code == 1
    assert str(path) in ended.err
    assert "SDX_CA_FILE" in ended.err


def test_a_file_larger_than_the_limit_is_refused(tmp_path: Path) -> None:
    from sdx_state.state.files import open_folder
    from sdx_state.state.named_files import read_regular

    path = tmp_path / "large"
    path.touch()
    os.truncate(path, 3 * 1024 * 1024)
    with pytest.raises(OSError, match="larger than 2 MiB"):
        read_regular(path, 2 * 1024 * 1024)
    with open_folder(tmp_path) as folder, pytest.raises(OSError, match="larger than 2 MiB"):
        folder.read("large", 2 * 1024 * 1024)


def _without_root_s_privilege() -> None:
    """Make permissions apply to root too, in this process and its children."""
    if os.geteuid() == 0:
        ctypes.CDLL(None).prctl(PR_CAPBSET_DROP, CAP_DAC_OVERRIDE, 0, 0, 0)


@pytest.mark.skipif(sys.platform != "linux" and os.geteuid() == 0, reason="permissions do not hold for root")
def test_a_checkout_that_cannot_be_written_is_planned_and_its_lookups_are_not_kept(
    in_shell: InShell, project: Any, tenant: Any
) -> None:
    project.write("a.yaml", SURVEYS.replace("surveys:", NUMBERS + "surveys:"))
    project.folder.chmod(0o555)
    before = sorted(project.folder.rglob("*"))
    try:
        environment = {
            **os.environ,
            "SDX_API_URL": tenant.url,
            "SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000",
            "SDX_AUTH_TOKEN": "sandbox",
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        probe = in_shell(project, f"touch {project.folder}/x", preexec_fn=_without_root_s_privilege)
        assert probe.returncode != 0  # or the rest proves nothing
        ended = in_shell(project, "sdx plan", COLD, env=environment, preexec_fn=_without_root_s_privilege)
    finally:
        project.folder.chmod(0o755)
    assert ended.returncode == 0, ended.stderr
    assert b"2 to add" in ended.stdout
    assert b"Error" not in ended.stderr
    assert sorted(project.folder.rglob("*")) == before
    assert in_shell(project, "sdx plan", env=environment).returncode == 0
    assert (project.folder / ".sdx" / "state.json").exists()  # where it can be kept, it is


NUMBERS = 'phone_numbers: {n: {number: "0491 570 156", country_code: AU, phone_type: mobile}}\n'
