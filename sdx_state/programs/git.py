"""Git, started so that nothing a repository contains or configures can run.

This module finds the repository itself, by a `.git` that no commit can contain, and passes it to git. It overrides
the settings that start programs in every call. Neither depends on settings of newer versions of git, such as
`safe.bareRepository` (2.38) and `GIT_NO_LAZY_FETCH` (2.45).
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, cast

from sdx_state.programs.environment import child_environment
from sdx_state.records import dataclass

PATIENCE = 60.0  # Seconds for one run of git.
MAX_SAID = 64 * 1024  # Bytes of its messages that are kept.

# These override the settings of a repository. An empty command runs nothing; versions before 2.36 would run `false`.
SETTINGS = (
    "safe.bareRepository=explicit",
    "core.fsmonitor=",
    "core.hooksPath=/dev/null",
    "core.attributesFile=/dev/null",
    "core.pager=cat",
    "core.sshCommand=",
    "core.askPass=",
    "credential.helper=",
    "diff.external=",
    "protocol.allow=never",
    "submodule.recurse=false",
)
# An empty list of protocols overrides each `protocol.NAME.allow`, so that no transport or helper fetches objects.
FIXED = {
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "LC_ALL": "C",  # The code below matches its messages.
}
# These variables name the settings files of the user and the system; SUDO_UID names the user whom root trusts.
_PASSED = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM", "SUDO_UID")
_UNTRUSTED = ("dubious ownership", "unsafe repository")


class GitFailed(Exception):
    """Git failed.

    Attributes:
        advice: The fix; None if the caller has a better one.
        too_much: Git printed more than the limit.
    """

    def __init__(self, message: str, advice: str | None = None, *, too_much: bool = False) -> None:
        super().__init__(message)
        self.advice = advice
        self.too_much = too_much


@dataclass(frozen=True)
class Repository:
    """A repository, and the directory in its working tree in which git runs.

    Attributes:
        folder: The directory, with all links resolved.
        top: The top of the working tree.
        git_folder: The directory of the repository itself.
    """

    folder: Path
    top: Path
    git_folder: Path

    def run(self, *arguments: str, most: int = 1024 * 1024) -> bytes:
        """Return the output of git.

        Args:
            arguments: A command of git and its arguments.
            most: Limit of the output, in bytes.

        Raises:
            GitFailed: Git failed to start, failed, printed more, or timed out.
        """
        with self.start(*arguments) as git:
            return git.whole(most)

    def start(self, *arguments: str) -> RunningGit:
        """Start git, to write to it and read from it piece by piece."""
        return RunningGit(self.folder, (f"--git-dir={self.git_folder}", f"--work-tree={self.top}", *arguments))


def repository_of(folder: Path) -> Repository | None:
    """Return the repository whose working tree contains `folder`, None if there is none.

    Bare repositories are ignored: their files can be part of a commit, and so of any clone.

    Raises:
        GitFailed: Git failed to start, or does not trust the repository.
    """
    folder = folder.resolve()
    top = _top_of(folder)
    if top is None:
        return None
    # Git looks only at the top, and checks that its owner is trusted.
    with RunningGit(top, ("rev-parse", "--absolute-git-dir"), {"GIT_CEILING_DIRECTORIES": str(top.parent)}) as git:
        try:
            said = git.whole(MAX_SAID)
        except GitFailed as error:
            if any(words in str(error) for words in _UNTRUSTED):
                message = f"Git does not trust the repository in {top}: it belongs to another user"
                advice = f"If you trust it: git config --global --add safe.directory {shlex.quote(str(top))}"
                raise GitFailed(message, advice) from None
            raise
    git_folder = Path(os.fsdecode(said.removesuffix(b"\n")))
    # If `.git` is not a repository, older versions treat the directory itself as a bare repository.
    if git_folder.resolve() == top:
        return None
    return Repository(folder, top, git_folder)


def _top_of(folder: Path) -> Path | None:
    """Return the first of `folder` and its parents that has a valid `.git`."""
    ceilings = {Path(one).resolve() for one in os.environ.get("GIT_CEILING_DIRECTORIES", "").split(os.pathsep) if one}
    for place in (folder, *folder.parents):
        if place in ceilings and place != folder:
            return None
        if _is_repository(place / ".git"):
            return place
    return None


def _is_repository(path: Path) -> bool:
    try:
        if path.is_file():  # A submodule or a linked worktree has a file.
            with path.open("rb") as file:
                return file.read(8) == b"gitdir: "
        return os.path.lexists(path / "HEAD") and (path / "objects").is_dir() and (path / "refs").is_dir()
    except OSError:
        return False


class RunningGit:
    """A running git process. Use it in a `with` block, which ends the process."""

    def __init__(self, folder: Path, arguments: tuple[str, ...], more: Mapping[str, str] | None = None) -> None:
        environment = _environment(os.environ, more or {})
        settings = [word for setting in SETTINGS for word in ("-c", setting)]
        # This code searches for the program: Windows would search the current directory first.
        name = "git.exe" if os.name == "nt" else "git"
        places = [one for one in environment["PATH"].split(os.pathsep) if one]
        program = next((found for one in places if (found := shutil.which(str(Path(one) / name)))), None)
        if program is None:
            raise GitFailed("git is not installed", "Install git and add it to the PATH")
        try:
            self._process = subprocess.Popen(  # noqa: S603 - no shell, and no argument that git reads as an option
                [program, "--no-pager", *settings, *arguments],
                cwd=folder,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except (OSError, ValueError) as error:  # ValueError: a NUL character in an argument
            raise GitFailed(f"git failed to start: {getattr(error, 'strerror', None) or error}") from None
        # Popen creates a pipe for each stream with PIPE.
        self._questions = cast("IO[bytes]", self._process.stdin)
        self._answers = cast("IO[bytes]", self._process.stdout)
        self._complaints = cast("IO[bytes]", self._process.stderr)
        self._said = b""
        self._late = False
        self._waiting_since: float | None = None
        self._ended = threading.Event()
        self._threads = [threading.Thread(target=one, daemon=True) for one in (self._listen, self._watch)]
        for thread in self._threads:
            thread.start()

    def ask(self, question: bytes) -> bytes:
        """Write a line to git and return the line that it answers, without the line end.

        Raises:
            GitFailed: Git ended or timed out.
        """
        self._waiting_since = time.monotonic()
        try:
            self._questions.write(question + b"\n")
            self._questions.flush()
            line = self._answers.readline(MAX_SAID)
        except OSError:
            raise self._failure() from None
        if len(line) == MAX_SAID:
            raise GitFailed(f"git printed a line longer than {MAX_SAID} bytes")
        if not line.endswith(b"\n"):
            raise self._failure()
        self._waiting_since = None
        return line[:-1]

    def read(self, size: int) -> bytes:
        """Return the next `size` bytes of the output.

        Raises:
            GitFailed: Git ended or timed out.
        """
        self._waiting_since = time.monotonic()
        data = self._answers.read(size)
        if len(data) < size:
            raise self._failure()
        self._waiting_since = None
        return data

    def whole(self, most: int) -> bytes:
        """Return the whole output, at most `most` bytes, after git has succeeded.

        Raises:
            GitFailed: Git failed, printed more, or timed out.
        """
        self._waiting_since = time.monotonic()
        self._questions.close()
        data = self._answers.read(most + 1)
        if len(data) > most:
            raise GitFailed(f"git printed more than {most} bytes", too_much=True)
        if self._process.wait() != 0:
            raise self._failure()
        return data

    def _listen(self) -> None:
        for piece in iter(lambda: os.read(self._complaints.fileno(), MAX_SAID), b""):
            self._said = (self._said + piece)[:MAX_SAID]

    def _watch(self) -> None:
        while not self._ended.wait(0.5):
            since = self._waiting_since
            if since is not None and time.monotonic() - since > PATIENCE:
                self._late = True
                self._process.kill()
                return

    def _failure(self) -> GitFailed:
        self._process.wait()  # Git ends by itself, or the watcher ends it after the timeout.
        self._threads[0].join()
        if self._late:
            return GitFailed(f"git did not answer within {PATIENCE:g} s")
        lines = self._said.decode("utf-8", "replace").strip().splitlines()
        return GitFailed(lines[0] if lines else "")

    def __enter__(self) -> RunningGit:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._ended.set()
        self._process.kill()
        self._process.wait()
        for pipe in (self._questions, self._answers):
            with suppress(BrokenPipeError):  # Git no longer reads its input.
                pipe.close()
        # If `git` is a script, its children end when these pipes close.
        for thread in self._threads:
            thread.join()
        self._complaints.close()


def _environment(environ: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for git: it keeps settings about trust and drops the locations of repositories."""
    kept = {name: environ[name] for name in _PASSED if name in environ}
    return {**child_environment(environ), **kept, **_trusted_folders(environ), **FIXED, **more}


def _trusted_folders(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the `safe.directory` settings of the environment."""
    given = environ.get("GIT_CONFIG_COUNT", "")
    pairs = [
        (environ.get(f"GIT_CONFIG_KEY_{number}", ""), environ.get(f"GIT_CONFIG_VALUE_{number}", ""))
        for number in range(min(int(given), 1_000) if given.isdecimal() else 0)
    ]
    folders = [value for key, value in pairs if key.lower() == "safe.directory"]
    settings = {"GIT_CONFIG_COUNT": str(len(folders))}
    for number, folder in enumerate(folders):
        settings[f"GIT_CONFIG_KEY_{number}"] = "safe.directory"
        settings[f"GIT_CONFIG_VALUE_{number}"] = folder
    return settings
