"""The files of a project at a Git revision, read from the repository; and files that Git should not track."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from sdx_state.config import files as disk
from sdx_state.config.git_tree import (
    MAX_LISTED,
    UNLIKELY,
    Entry,
    RevisionUnreadable,
    commit_of,
    entries_of,
    listed_in,
    tree_of,
)
from sdx_state.config.sift import PROJECT_FILE, Excluded, Found, Unreadable, is_looked_into
from sdx_state.programs.git import GitFailed, Repository, RunningGit, repository_of

MAX_TOTAL = 512 * 1024 * 1024  # bytes of all files that are read
MAX_TARGET = 4096  # bytes of a symbolic link, as in PATH_MAX
MAX_LINKS = 40  # links that lead to one file, as in Linux


class Tracked(NamedTuple):
    """A file that Git tracks: its name relative to the project's folder, and whether it is a symbolic link."""

    name: str
    is_link: bool


@contextmanager
def at_revision(folder: Path, revision: str) -> Iterator[Revision]:
    """Give the files that the project in `folder` had at `revision`; none where it did not exist.

    Raises:
        RevisionUnreadable: `folder` is in no repository, or there is no such revision, or its tree is unsafe.
    """
    with ExitStack() as running:
        try:
            repository = repository_of(folder)
            if repository is None:
                raise RevisionUnreadable(f"{folder} is not in a Git repository")
            commit = commit_of(repository, revision)
            prefix = os.fsdecode(repository.run("rev-parse", "--show-prefix").removesuffix(b"\n"))
            tree = tree_of(repository, commit, prefix)
            listed = b"" if tree is None else listed_in(repository, tree)
            yield Revision(repository, revision, prefix, entries_of(listed, revision), running)
        except GitFailed as error:
            advice = error.advice or UNLIKELY
            raise RevisionUnreadable(str(error) or f"git could not read {revision}", advice) from error


class Revision:
    """The files of a project at one revision: what `Folder` is for those on disk, with the same verdicts.

    Blobs are read one at a time, only those that are asked for, and not before their size is known.
    """

    def __init__(
        self, repository: Repository, name: str, prefix: str, entries: dict[str, Entry], running: ExitStack
    ) -> None:
        self._repository, self._name, self._entries, self._running = repository, name, entries, running
        self._above = [part for part in prefix.split("/") if part]
        self._read = 0

    def find(self, excluded: Excluded) -> Found:
        """Return the files that are not excluded."""
        found = Found(excluded=excluded)
        projects = {name.rpartition("/")[0] for name in self._entries if self._is_project(name)}
        for name, entry in self._entries.items():
            *folders, last = name.split("/")
            above = ["/".join(folders[:depth]) for depth in range(1, len(folders) + 1)]
            if not all(is_looked_into(one, at_root=not depth) for depth, one in enumerate(folders)):
                continue
            if above and excluded.covers(above[-1], is_folder=True):
                continue
            inner = next((one for one in above if one in projects), None)
            if inner is not None:
                if inner not in found.projects:
                    found.projects.append(inner)
            elif entry.is_link and self._leads_to_folder(name):
                if is_looked_into(last, at_root=not folders) and not excluded.covers(name, is_folder=True):
                    found.diagnostics.append(disk.link_to_folder(name))
            elif not excluded.covers(name):
                found.add(name)
        return disk.in_order(found)

    def _is_project(self, name: str) -> bool:
        """Tell whether `name` is the project file of a folder in this one."""
        if not name.endswith(f"/{PROJECT_FILE}"):
            return False
        return not (self._entries[name].is_link and self._leads_to_folder(name))

    def has(self, name: str) -> bool:
        """Tell whether there is a file `name`."""
        return self._known(name) in self._entries

    def read(self, name: str) -> bytes:
        """Return the content of the file `name`; the file it is with every link followed lies in the folder.

        Raises:
            Unreadable: It is not a regular file in the project, or is too large.
            RevisionUnreadable: The repository does not have its content.
        """
        at = self._walked(name)
        if not self._is_inside(at):
            raise disk.outside()
        if disk.is_hidden(self._inner(at)) and not disk.is_hidden(name):
            raise disk.hidden()
        entry = self._entries.get(self._inner(at))
        if entry is None:
            raise Unreadable("the file cannot be read: Is a directory")
        return self._content(entry, name, disk.MAX_BYTES)

    def _leads_to_folder(self, name: str) -> bool:
        try:
            at = self._walked(name)
        except Unreadable:
            return False
        return not self._is_inside(at) or self._inner(at) not in self._entries

    def _is_inside(self, at: list[str]) -> bool:
        return at[: len(self._above)] == self._above

    def _inner(self, at: list[str]) -> str:
        return "/".join(at[len(self._above) :])

    def _walked(self, name: str) -> list[str]:
        """Return the path from the top of the repository that `name` has with every link followed.

        It is in the project's folder, or a folder above it. What is beside the project is not looked at.

        Raises:
            Unreadable: It leads elsewhere, or nowhere.
        """
        at = list(self._above)
        ahead = name.split("/")[::-1]
        links = 0
        while ahead:
            part = ahead.pop()
            if part == "..":
                if not at:
                    raise disk.outside()
                at.pop()
            elif part not in ("", "."):
                at.append(part)
            if not self._is_inside(at):
                if at == self._above[: len(at)]:
                    continue
                raise disk.outside()
            inner = self._known(self._inner(at))
            at = [*self._above, *filter(None, inner.split("/"))]
            entry = self._entries.get(inner)
            if entry is None and inner and inner not in self._folders:
                raise Unreadable("the file cannot be read: No such file or directory")
            if entry is not None and entry.is_link:
                links += 1
                target = os.fsdecode(self._content(entry, inner, MAX_TARGET))
                if links > MAX_LINKS:
                    raise Unreadable("the file cannot be read: Too many levels of symbolic links")
                if target.startswith("/"):
                    raise disk.outside()
                at.pop()
                ahead += target.split("/")[::-1]
            elif entry is not None and ahead:
                raise Unreadable("the file cannot be read: Not a directory")
        return at

    def _known(self, name: str) -> str:
        """Return `name` as it is in the tree: in another case or Unicode form it is the same file on some systems."""
        if name in self._entries or name in self._folders:
            return name
        return self._by_folded_name.get(disk.folded(name), name)

    @cached_property
    def _folders(self) -> frozenset[str]:
        found: set[str] = set()
        for name in self._entries:
            above = name.rpartition("/")[0]
            while above and above not in found:
                found.add(above)
                above = above.rpartition("/")[0]
        return frozenset(found)

    @cached_property
    def _by_folded_name(self) -> dict[str, str]:
        return {disk.folded(name): name for name in (*self._folders, *self._entries)}

    def _content(self, entry: Entry, name: str, most: int) -> bytes:
        blob = entry.blob.encode()
        answer = self._sizes.ask(blob).split(b" ")
        if len(answer) != 3 or answer[1] != b"blob":
            message = f"the repository does not contain the content of {name} at {self._name}"
            hint = (
                f"In a partial clone, `git diff --stat {shlex.quote(self._name)}` fetches it; sdx-state does not. "
                "Otherwise the repository is damaged: `git fsck`"
            )
            raise RevisionUnreadable(message, hint)
        size = int(answer[2])
        if size > most:
            raise disk.too_large()
        self._read += size
        if self._read > MAX_TOTAL:
            raise RevisionUnreadable(f"the files at {self._name} are larger than {MAX_TOTAL // 1024**2} MiB together")
        self._contents.ask(blob)
        content = self._contents.read(size + 1)  # a line end follows
        return content[:size]

    @cached_property
    def _sizes(self) -> RunningGit:
        return self._running.enter_context(self._repository.start("cat-file", "--batch-check"))

    @cached_property
    def _contents(self) -> RunningGit:
        return self._running.enter_context(self._repository.start("cat-file", "--batch"))


def tracked(folder: Path, inside: str) -> list[Tracked]:
    """Return what Git tracks in `inside` of `folder`, in any case of letters; none where there is no repository.

    Raises:
        GitFailed: Git could not be run, or does not trust the repository.
    """
    repository = repository_of(folder)
    if repository is None:
        return []
    listed = repository.run("ls-files", "-s", "-z", "--", f":(literal,icase){inside}", most=MAX_LISTED)
    found = dict.fromkeys(
        Tracked(name.decode("utf-8", "replace"), head.startswith(b"120000 "))
        for head, _, name in (line.partition(b"\t") for line in listed.split(b"\0"))
        if name
    )
    return list(found)
