"""How a world begins: with the tenant and the state before the thirteen operations, and product code put into it."""

from __future__ import annotations

import atexit
import contextlib
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from sdx_state.apply import graph
from sdx_state.live import evidence, read
from sdx_state.state import files, lock_file, platform, staging
from tests.soak.faults.disk import watched
from tests.soak.faults.scenario import BEFORE, row_of
from tests.soak.faults.stepping import Pool
from tests.soak.faults.tenant import Tenant
from tests.soak.faults.world import Faults, World

STRANGERS = 11  # of each kind, ahead of the managed rows in every list
_made: dict[type[World], tuple[Path, Tenant, Counter[str], World]] = {}


def _beginning(kind: type[World]) -> tuple[Path, Tenant, Counter[str], World]:
    """Return a folder with the state, the tenant, and their world, as they are before the thirteen operations."""
    if kind not in _made:
        shared = Path("/dev/shm")  # noqa: S108 - memory is where many small files are fast
        root = Path(tempfile.mkdtemp(prefix="faults-", dir=shared if shared.is_dir() else None))
        atexit.register(shutil.rmtree, root, ignore_errors=True)
        (root / "state").mkdir(mode=0o700)
        tenant = Tenant()
        for number in range(STRANGERS):
            tenant.add("surveys", name=f"Theirs {number}")
            tenant.add("users", email=f"them{number}@example.com", name="Them")
        with product_in(world := kind(root / "state", tenant, "beginning", Counter())):
            kept = world.apply(Faults(), BEFORE)
        if kept.code != 0 or world.wrong:
            raise RuntimeError(f"the beginning cannot be made: {kept} {world.wrong}")
        survey = row_of(tenant, "survey.a") or {}
        ours = {id: tenant.rows["questions"].pop(id) for id in [*tenant.rows["questions"]]}
        for number in range(STRANGERS):
            tenant.add("questions", survey_id=survey["id"], order=number + 1, question_label=f"T{number}")
        tenant.rows["questions"].update(ours)
        for number, row in enumerate(ours.values()):
            row.update(order=STRANGERS + number + 1, question_sound_file="https://cdn.example.com/p.mp3")
        survey.update(email_subject="How did we do?")
        tenant.rows["users"]["u@example.com"].update(agent_id="agent7")
        _made[kind] = root, tenant, world.posts, world
    return _made[kind]


@contextlib.contextmanager
def product_in(world: World) -> Iterator[None]:
    """Run the product with the threads and disk of `world` instead of this machine's."""
    replaced: list[tuple[Any, str, Any]] = [
        *((module, "ThreadPoolExecutor", Pool) for module in (graph, read, evidence)),
        (Pool, "stepper", world.stepper),
    ]
    before = [(owner, name, getattr(owner, name, None)) for owner, name, _ in replaced]
    undo = watched((files, platform, staging, lock_file), lambda: world.disk)
    for owner, name, value in replaced:
        setattr(owner, name, value)
    try:
        yield
    finally:
        undo()
        for owner, name, value in before:
            setattr(owner, name, value)


@contextlib.contextmanager
def new_world(seed: object, parallelism: int = 1, cap: int = 1000, kind: type[World] = World) -> Iterator[World]:
    """Put up a world as it is before the thirteen operations, and product code into it."""
    root, tenant, posts, before = _beginning(kind)
    folder = Path(tempfile.mkdtemp(dir=root))
    shutil.copytree(root / "state", folder / ".sdx")
    try:
        world = kind(folder / ".sdx", tenant.copy(cap), seed, posts, parallelism)
        world.begin_as(before)
        with product_in(world):
            yield world
    finally:
        shutil.rmtree(folder, ignore_errors=True)
