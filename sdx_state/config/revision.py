"""What Git knows: the configuration as it is at another revision, and files that it should not keep."""

from __future__ import annotations

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
    tree = f"{commit.decode().strip()}:{prefix.rstrip('/')}"
    with tempfile.TemporaryDirectory(prefix="sdx-state-") as temporary:
        target = Path(temporary)
        for line in _git(folder, "ls-tree", "-r", "-z", "--full-tree", tree).split(b"\0"):
            head, _, name = line.partition(b"\t")
            if not line or not head.startswith((b"100644 blob ", b"100755 blob ")):
                continue  # links lead nowhere in a copy
            path = target / name.decode("utf-8", "surrogateescape")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_git(folder, "cat-file", "blob", head.split(b" ")[2].decode()))
        yield target


def tracked(folder: Path, inside: str) -> list[str]:
    """Return the files in `inside` of `folder` that Git keeps, none where there is no repository."""
    try:
        listed = _git(folder, "ls-files", "-z", "--", f":(literal){inside}")
    except ConfigurationError:
        return []
    return [name.decode("utf-8", "replace") for name in listed.split(b"\0") if name]


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        ended = subprocess.run(  # noqa: S603 - no shell, and no argument that git would take for an option
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git the person uses
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
