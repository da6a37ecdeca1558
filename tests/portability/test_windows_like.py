"""The command line as on Windows: without the functions missing there, and with the encodings of its console."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

WINDOWS_LIKE = Path(__file__).with_name("windows_like.py")
HOLD = """
import runpy, sys
from pathlib import Path
runpy.run_path(sys.argv[1])["become_windows_like"]()
from sdx_state.state.local import LocalStore
with LocalStore(Path(sys.argv[2]), "sandbox-state", None).lock("apply"):
    print("held", flush=True)
    sys.stdin.read()
"""
SURVEY = """
surveys:
  größe:
    name: "Größe ⏎ 中"
    greeting_text: "Hello ⏎"
    questions: [{question_label: q1, question_text: "Wie ⏎?", question_type: text}]
"""


class WindowsLike:
    """A project, and `sdx-state` run in it as far as this machine can be like Windows."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.encoding = folder, "utf-8"
        environment = {**os.environ, "XDG_CONFIG_HOME": str(folder / "home")}
        self._process = subprocess.Popen(
            [sys.executable, str(WINDOWS_LIKE)],
            env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, *arguments: str, code: int = 0) -> str:
        """Return what a command prints; it must end with `code`."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        asked = [["-C", str(self.folder), *arguments], self.encoding]
        self._process.stdin.write(json.dumps(asked) + "\n")
        self._process.stdin.flush()
        ended, out, err = json.loads(self._process.stdout.readline())
        assert "Traceback" not in err, err
        assert ended == code, out + err
        return out + err

    def close(self) -> None:
        self._process.communicate()


@pytest.fixture
def windows(project):
    project.write("surveys/a.yaml", SURVEY.replace("\n", "\r\n"))
    made = WindowsLike(project.folder)
    yield made
    made.close()


def test_this_machine_is_as_windows_is():
    program = (
        "import runpy, sys; runpy.run_path(sys.argv[1])['become_windows_like']()\n"
        "import os\n"
        "try:\n    import fcntl\nexcept ImportError:\n    print('no fcntl', hasattr(os, 'geteuid'))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, str(WINDOWS_LIKE)], capture_output=True, text=True, check=True
    )
    assert ended.stdout == "no fcntl False\n"


@pytest.mark.parametrize(
    "encoding", ["cp1252", *(pytest.param(one, marks=pytest.mark.soak) for one in ("cp437", "utf-8"))]
)
def test_a_project_goes_through_its_whole_life(windows, encoding):
    windows.encoding = encoding
    windows.run("validate")
    windows.run("fmt")
    windows.run("fmt", "--check")
    text = (windows.folder / "surveys/a.yaml").read_bytes()
    assert text.count(b"\r\n") == text.count(b"\n") >= 5
    assert "2 to add" in windows.run("plan", "--sandbox")
    assert "2 added" in windows.run("apply", "--sandbox", "--auto-approve")
    assert "No changes" in windows.run("plan", "--sandbox", "--out", str(windows.folder / "saved.plan"))
    windows.run("drift", "--sandbox")
    assert "survey." in windows.run("state", "list", "--sandbox")
    history = windows.run("history", "--sandbox")
    assert "2 done" in history
    windows.run("pull", "--sandbox")
    assert (windows.folder / "surveys/a.yaml").read_bytes() == text
    windows.run("responses", "größe", "--sandbox", "--output", str(windows.folder / "answers.csv"))
    windows.run("handoff", "--sandbox")
    windows.run("undo", history.split()[0], "--sandbox", "--auto-approve", "--allow-deletes", "2")
    assert "2 to add" in windows.run("plan", "--sandbox")


@pytest.mark.soak
def test_lock_excludes_another_run_and_names_its_holder(windows):
    windows.run("apply", "--sandbox", "--auto-approve")
    arguments = [sys.executable, "-c", HOLD, str(WINDOWS_LIKE), str(windows.folder / ".sdx")]
    with subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        assert holder.stdout is not None
        assert holder.stdin is not None
        assert holder.stdout.readline() == "held\n"
        (windows.folder / "surveys/b.yaml").write_text("surveys: {b: {name: B}}\n", encoding="utf-8")
        told = windows.run("apply", "--sandbox", "--auto-approve", code=4)
        assert f"`sdx-state apply` (process {holder.pid}" in told
        holder.stdin.close()
    assert "1 added" in windows.run("apply", "--sandbox", "--auto-approve")


@pytest.mark.parametrize(
    "name",
    [
        "sandbox-state.json",
        pytest.param("sandbox-state.history", marks=pytest.mark.soak),
        pytest.param("sandbox-state.runs", marks=pytest.mark.soak),
    ],
)
def test_links_below_the_state_directory_are_not_followed(windows, name, tmp_path):
    windows.run("apply", "--sandbox", "--auto-approve")
    place = windows.folder / ".sdx" / name
    moved = tmp_path / "elsewhere"
    place.rename(moved)
    place.symlink_to(moved)
    before = sorted(moved.iterdir()) if moved.is_dir() else moved.read_bytes()
    (windows.folder / "surveys/b.yaml").write_text("surveys: {b: {name: B}}\n", encoding="utf-8")
    assert "symbolic link" in windows.run("apply", "--sandbox", "--auto-approve", code=7)
    assert (sorted(moved.iterdir()) if moved.is_dir() else moved.read_bytes()) == before


def test_credentials_are_stored_and_read(windows):
    program = (
        "import runpy, sys; runpy.run_path(sys.argv[1])['become_windows_like']()\n"
        "import os\nfrom sdx_state.api.vault import Vault\n"
        "vault = Vault.of_this_machine(os.environ)\n"
        "with vault.held(create=True):\n    print(vault.load('https://demo.surveydynamix.com'))\n"
    )
    environment = {**os.environ, "XDG_CONFIG_HOME": str(windows.folder / "home")}
    ended = subprocess.run(
        [sys.executable, "-c", program, str(WINDOWS_LIKE)],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.stdout, ended.stderr) == ("None\n", "")


def test_a_users_file_may_be_named_with_a_backslash(windows):
    (windows.folder / "agents").mkdir()
    (windows.folder / "agents/team.csv").write_text("name,email\r\nAna,ana@example.com\r\n", encoding="utf-8")
    (windows.folder / "users.yaml").write_text("users: {csv: agents\\team.csv}\n", encoding="utf-8")
    assert "3 resources" in windows.run("validate")
    (windows.folder / "users.yaml").write_text("users: {csv: 'C:\\team.csv'}\n", encoding="utf-8")
    assert "is not inside the project" in windows.run("validate", code=1)


@pytest.mark.soak
def test_plans_in_json_are_utf_8_in_every_console(windows):
    windows.encoding = "cp1252"
    windows.run("plan", "--sandbox", "--format", f"json={windows.folder / 'plan.json'}")
    plan = json.loads((windows.folder / "plan.json").read_bytes())
    assert "Größe ⏎ 中" in json.dumps(plan, ensure_ascii=False)
