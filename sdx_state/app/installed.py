"""Installed packages with entry points for this program; without any, `importlib.metadata` is not imported.

Installed packages were trusted when they were installed. A project's folder and the current one never are: Python may
look for modules there first, and nothing is taken from there.
"""

from __future__ import annotations

import os
import site
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from sdx_state.records import dataclass


@dataclass(frozen=True)
class Places:
    """The folders that Python looks for modules in.

    Attributes:
        trusted: Those that packages were installed in, in their order.
        others: Those in a project or in the current folder.
    """

    trusted: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    @classmethod
    def of(cls, path: Sequence[str], foreign: Iterable[Path]) -> Places:
        """Tell the folders of `path`, which is `sys.path`, apart: what lies in one of `foreign` was not installed.

        An environment may lie in a project; the folders that this Python itself runs from are trusted.
        """
        own = [str(Path(os.__file__).parent), *site.getsitepackages(), site.getusersitepackages()]
        roots, outside = [_real(one) for one in own], [_real(one) for one in foreign]

        def trusts(place: str) -> bool:
            real = _real(place)
            if any(real.is_relative_to(root) for root in roots):
                return True
            return bool(place) and not any(real.is_relative_to(folder) for folder in outside)

        trusted = tuple(place for place in path if trusts(place))
        return cls(trusted, tuple(place for place in path if place not in trusted))

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Import within the block from the trusted folders alone."""
        before = sys.path[:]
        sys.path[:] = [place for place in before if place not in self.others]
        try:
            yield
        finally:
            sys.path[:] = before


@dataclass(frozen=True)
class EntryPoint:
    """One entry point of a package: its group and name, the package with its version, and module:object."""

    group: str
    name: str
    package: str
    target: str


def entry_points(places: Iterable[str], prefix: str) -> list[EntryPoint]:
    """Return the entry points in `places` of groups whose names begin with `prefix`.

    Of a package that is in two places, the first counts, as it does for Python.
    """
    seen: set[str] = set()
    found = []
    for place in places:
        here = _of_folder(place, f"[{prefix}".encode(), _changed(place))
        found += [one for one in here if one.package.partition(" ")[0] not in seen and one.group.startswith(prefix)]
        seen.update(one.package.partition(" ")[0] for one in here)
    return found


def _changed(place: str) -> int:
    """Return when something was last added to or removed from `place`, 0 for none."""
    try:
        return Path(place).stat().st_mtime_ns
    except OSError:
        return 0


@lru_cache(maxsize=64)
def _of_folder(place: str, header: bytes, _changed: int) -> tuple[EntryPoint, ...]:
    """Return the entry points in `place`, which are read once for all projects until a package is added there."""
    try:
        with os.scandir(place) as entries:
            folders = sorted(entry.path for entry in entries if entry.name.endswith(".dist-info"))
    except OSError:  # a file, or not there
        return ()
    found: list[EntryPoint] = []
    for folder in folders:
        try:
            text = Path(folder, "entry_points.txt").read_bytes()
        except OSError:  # most packages have none
            continue
        if header in text:
            found += _of_package(Path(folder))
    return tuple(found)


def _of_package(folder: Path) -> Iterator[EntryPoint]:
    from importlib.metadata import PathDistribution  # takes tens of milliseconds, and is needed for few

    package = PathDistribution(folder)
    title = f"{package.metadata['Name']} {package.version}"
    for point in package.entry_points:
        yield EntryPoint(point.group, point.name, title, point.value.partition("[")[0].strip())


def _real(place: str | Path) -> Path:
    return Path(os.path.realpath(place))
