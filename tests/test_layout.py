"""The tests mirror the package: a folder is a room of it, and a file is named after the module that it tests."""

from __future__ import annotations

import re
from pathlib import Path

import sdx_state
from tests.parsed import modules

HERE = Path(__file__).parent
PACKAGE = Path(sdx_state.__file__).parent
ROOMS = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
# Folders for promises that no single room keeps; tests/README.md says what each is for.
ACROSS = {"soak", "benchmarks", "ci", "contract", "security", "browser", "portability"}


def named_after_a_module(path: Path) -> bool:
    """Tell whether `test_X.py` or `test_X_ASPECT.py` names a module X of its room."""
    name = path.stem.removeprefix("test_")
    modules = {one.stem for one in (PACKAGE / path.parent.name).glob("*.py")}
    return any(name == module or name.startswith(f"{module}_") for module in modules)


def test_every_folder_is_a_room_or_across_rooms():
    folders = {path.name for path in HERE.iterdir() if path.is_dir() and any(path.rglob("*.py"))}
    assert folders - ROOMS - ACROSS == set()
    text = (HERE / "README.md").read_text(encoding="utf-8")
    assert {name for name in ACROSS if f"`{name}/`" not in text} == set()


def test_every_file_in_a_room_is_named_after_a_module_of_it():
    files = [path for room in ROOMS for path in (HERE / room).glob("test_*.py")]
    assert len(files) > 60
    assert [path.relative_to(HERE).as_posix() for path in files if not named_after_a_module(path)] == []


LONGEST = 320  # lines of a module: a longer one has a part with a name of its own


def test_no_module_is_longer_than_a_reader_takes_in():
    lengths = {
        path.relative_to(PACKAGE).as_posix(): len(path.read_text(encoding="utf-8").splitlines()) for path in modules()
    }
    assert len(lengths) > 200
    long = {name: lines for name, lines in lengths.items() if lines > LONGEST}
    assert long == {}


# Where time itself is what is tested. Elsewhere a test waits for an event, or has a clock of its own.
BY_THE_CLOCK = {
    "api/test_in_flight.py": "a server that takes a moment",
    "api/test_transport_hostile_answers.py": "a server that drips",
    "apply/test_graph.py": "operations that take a moment",
    "kinds/test_kind_of_ones_own.py": "a write that takes a moment",
    "benchmarks/state.py": "a store whose answers take a moment",
    "state/emulators.py": "servers of others that start",
    "soak/kills/harness.py": "kills at random moments",
    "soak/kills/signals.py": "signals at random moments",
}


def test_tests_do_not_wait_by_the_clock():
    sleeping = re.compile(r"\btime\.sleep\(|\bfrom time import .*\bsleep\b|\basyncio\.sleep\(")
    found = {
        path.relative_to(HERE).as_posix() for path in HERE.rglob("*.py") if sleeping.search(path.read_text("utf-8"))
    }
    assert found - {"test_layout.py"} == set(BY_THE_CLOCK)


def test_another_name_would_be_noticed():
    assert named_after_a_module(HERE / "cli" / "test_plan.py")
    assert named_after_a_module(HERE / "cli" / "test_plan_limits.py")
    assert not named_after_a_module(HERE / "cli" / "test_planet.py")
    assert not named_after_a_module(HERE / "cli" / "test_limits.py")
