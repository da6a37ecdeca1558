"""The tree of a project's folder at a Git revision: its entries, and why it may be unreadable."""

from __future__ import annotations

import os
import re
from typing import NamedTuple

from sdx_state.config.errors import ConfigurationError
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.programs.git import GitFailed, Repository

MAX_LISTED = 32 * 1024 * 1024  # bytes of names and ids that `ls-tree` may print: about 300 000 files

# Code points that HFS+ ignores, and other spellings of `.git` that NTFS knows.
_IGNORED_BY_HFS = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_GIT_FOLDER = re.compile(r"(\.git|git~1)[ .]*(:.*)?", re.IGNORECASE)
_WINDOWS_ROOT = re.compile(r"\\|[A-Za-z]:(\\|$)")
UNLIKELY = "--base takes a revision of the repository that the project lies in, such as origin/main"


class RevisionUnreadable(ConfigurationError):
    """The files at a revision cannot be read: there is none, or its tree is unsafe, incomplete or too large."""

    def __init__(self, message: str, hint: str = UNLIKELY) -> None:
        super().__init__([Diagnostic("unreadable-revision", "error", message, Source("--base", 0, 0), help=hint)])


class Entry(NamedTuple):
    """The id of a file's content, or of the target of a symbolic link."""

    blob: str
    is_link: bool


def commit_of(repository: Repository, revision: str) -> str:
    """Return the id of the commit that `revision` names.

    Raises:
        RevisionUnreadable: There is none.
        GitFailed: Git could not be run.
    """
    if revision.startswith("-"):
        raise RevisionUnreadable(f"{revision!r} is not the name of a revision")
    try:
        return (
            repository.run("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
            .decode()
            .strip()
        )
    except GitFailed as error:
        if str(error):
            raise
        if repository.run("rev-parse", "--is-shallow-repository").strip() == b"true":
            message = (
                f"there is no revision {revision} here: this is a shallow clone, which does not have older commits"
            )
            hint = "git fetch --unshallow origin; in CI: fetch-depth: 0 (GitHub), GIT_DEPTH: 0 (GitLab)"
            raise RevisionUnreadable(message, hint) from None
        raise RevisionUnreadable(f"git knows no such revision: {revision}") from None


def tree_of(repository: Repository, commit: str, prefix: str) -> str | None:
    """Return the tree that the project's folder was at `commit`, None if there was none."""
    if not prefix:
        return commit
    found = repository.run("ls-tree", "-z", "--full-tree", commit, "--", f":(literal){prefix.rstrip('/')}")
    mode, _, rest = found.partition(b" ")
    return rest.split(b" ", 1)[1].partition(b"\t")[0].decode() if mode == b"040000" else None


def listed_in(repository: Repository, tree: str) -> bytes:
    """Return the entries of `tree` and the trees in it, as `ls-tree` prints them.

    Raises:
        RevisionUnreadable: They are too many.
        GitFailed: Git could not be run.
    """
    try:
        return repository.run("ls-tree", "-r", "-z", "--full-tree", tree, most=MAX_LISTED)
    except GitFailed as error:
        if error.too_much:
            raise RevisionUnreadable("the project's directory contains too many files at this revision") from None
        raise


def entries_of(listed: bytes, revision: str) -> dict[str, Entry]:
    """Return every file and link by its name below the project's folder.

    Raises:
        RevisionUnreadable: A name leads out of the folder, or could not be checked out, or is there twice.
    """
    entries: dict[str, Entry] = {}
    for line in filter(None, listed.split(b"\0")):
        head, _, raw = line.partition(b"\t")
        mode, _, blob = head.split(b" ")
        name = os.fsdecode(raw)
        if _is_unsafe(name) or name in entries:
            what = "is there twice" if name in entries else "is unsafe"
            message = f"the tree of {revision} is not used: the name {name[:200]!r} in it {what}"
            raise RevisionUnreadable(message, "Git itself would not check it out. Name a revision that you trust")
        if mode != b"160000":  # files of a submodule are in another repository
            entries[name] = Entry(blob.decode(), mode == b"120000")
    return entries


def _is_unsafe(name: str) -> bool:
    """Tell whether `name` could mean another place than one in its folder, on any system, or Git's own folder."""
    if any(part in ("", ".", "..") or _WINDOWS_ROOT.match(part) for part in name.split("/")):
        return True
    parts = re.split(r"[/\\]", _IGNORED_BY_HFS.sub("", name))
    return any(part == ".." or _GIT_FOLDER.fullmatch(part) for part in parts)
