"""What Git knows: the configuration as it is at another revision, and files that it should not keep."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sdx_state.config.problems import ConfigurationError, Problem

PATIENCE = 60  # seconds that git may take


@contextmanager
def at_revision(folder: Path, revision: str) -> Iterator[Path]:
    """Give a folder that holds what `folder` held at `revision`, while the block runs.

    Raises:
        ConfigurationError: `folder` is in no repository, or there is no such revision of it.
    """
    if revision.startswith("-"):
        raise _refused(f"{revision!r} is not the name of a revision")
    prefix = _git(folder, "rev-parse", "--show-prefix").decode().strip()
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    listed = _git(
        folder, "ls-tree", "-r", "-z", "--full-tree", commit.decode().strip(), "--", *([prefix] if prefix else [])
    )
    files = dict(_files(listed, prefix))
    with tempfile.TemporaryDirectory(prefix="sdx-state-") as temporary:
        target = Path(temporary)
        contents = _contents(
            _git(folder, "cat-file", "--batch", given="".join(f"{blob}\n" for blob in files.values()))
        )
        for name, content in zip(files, contents, strict=True):
            path = target / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        yield target


def _files(listed: bytes, prefix: str) -> Iterator[tuple[str, str]]:
    """Yield name below `prefix` and id of each regular file; links lead nowhere in a copy."""
    for line in listed.split(b"\0"):
        head, _, name = line.partition(b"\t")
        if head.startswith((b"100644 blob ", b"100755 blob ")):
            yield os.fsdecode(name).removeprefix(prefix), head.split(b" ")[2].decode()


def _contents(answer: bytes) -> Iterator[bytes]:
    """Yield each content of `ID blob SIZE`, the content, and a line end."""
    place = 0
    while place < len(answer):
        end = answer.index(b"\n", place)
        size = int(answer[place:end].split()[2])
        yield answer[end + 1 : end + 1 + size]
        place = end + 1 + size + 1


def tracked(folder: Path, inside: str) -> list[str]:
    """Return the files in `inside` of `folder` that Git keeps, none where there is no repository."""
    try:
        listed = _git(folder, "ls-files", "-z", "--", f":(literal){inside}")
    except ConfigurationError:
        return []
    return [name.decode("utf-8", "replace") for name in listed.split(b"\0") if name]


def _git(folder: Path, *arguments: str, given: str = "") -> bytes:
    try:
        ended = subprocess.run(  # noqa: S603 - no shell, and no argument that git would take for an option
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git the person uses
            input=given.encode(),
            capture_output=True,
            timeout=PATIENCE,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _refused(f"git could not be run: {error}") from error
    if ended.returncode != 0:
        said = ended.stderr.decode("utf-8", "replace").strip().splitlines()
        raise _refused(said[0] if said else f"git knows no such revision: {arguments[-1]}")
    return ended.stdout


def _refused(message: str) -> ConfigurationError:
    hint = "--base takes a revision of the repository that the project lies in, such as origin/main"
    return ConfigurationError([Problem("--base", 0, 0, message, hint=hint)])
