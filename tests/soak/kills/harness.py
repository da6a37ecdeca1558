"""Kill an apply by SIGKILL, at every boundary or at random moments, on real sockets and real files; then recover.

    python -m tests.soak.kills.harness --points             every crash point of a scenario of 13 operations
    python -m tests.soak.kills.harness --points --twice     and the recovery is killed too, at a boundary by chance
    python -m tests.soak.kills.harness --random 1000        that many kills that hit a running apply
    python -m tests.soak.kills.harness --races 100          so many races of 8 processes for the lock
    python -m tests.soak.kills.harness --store s3 --points  the state in that store, the disk lost with each kill

The tenant runs in a process of its own and survives. After each kill the next apply must lead to exactly what is
declared: nothing lost, nothing twice, a state that can be read, an empty plan.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from typing import Any

from sdx_state.api import transport as transport_module
from sdx_state.state import journal_file as journal_module
from sdx_state.state import local as local_module
from sdx_state.state.errors import StateLocked
from sdx_state.state.object_store import ObjectStore
from sdx_state.state.postgres import PostgresStore
from tests.soak.kills.bench import Bench, a_bench, in_child
from tests.soak.kills.shared_bench import STORES


def crashing_at(number: int, count: Callable[[], object]) -> None:
    """Make this process kill itself at boundary `number`: before and after each request and each file write."""
    seen = 0

    def boundary() -> None:
        nonlocal seen
        seen += 1
        count()
        if seen == number:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(owner: Any, name: str) -> None:
        original = getattr(owner, name)

        def wrapped(*arguments: Any, **options: Any) -> Any:
            boundary()
            result = original(*arguments, **options)
            boundary()
            return result

        setattr(owner, name, wrapped)

    around(transport_module.HttpTransport, "send")
    around(journal_module, "append")
    around(journal_module, "write_atomically")
    around(local_module, "write_atomically")
    for store in (ObjectStore, PostgresStore):
        for operation in ("get", "put", "list", "delete"):
            around(store, operation)


def recovered(bench: Bench) -> str | None:
    """Return what is wrong once the next run, with another disk, has ended; None if nothing is."""
    bench.lose_disk()
    return bench.do(bench.fault_after_recovery)


def boundaries(bench: Bench) -> int:
    """Return how many boundaries an undisturbed apply passes."""
    bench.reset()
    reader, writer = os.pipe()

    def work() -> None:
        crashing_at(0, lambda: os.write(writer, b"."))
        bench.apply()

    os.waitpid(in_child(work), 0)
    os.close(writer)
    total = 0
    while chunk := os.read(reader, 65536):
        total += len(chunk)
    os.close(reader)
    return total


def killed_at(bench: Bench, number: int) -> bool:
    """Apply, kill that at boundary `number`, and tell whether it got there."""

    def work() -> None:
        crashing_at(number, lambda: None)
        bench.apply()

    return os.WIFSIGNALED(os.waitpid(in_child(work), 0)[1])


def crash_points(bench: Bench, every: int = 1, again: random.Random | None = None) -> tuple[int, int, list[str]]:
    """Kill an apply at each `every`th boundary; return how many there are, how many kills hit, and what is wrong.

    With `again`, each recovery is killed too, at a boundary that it draws.
    """
    total = boundaries(bench)
    hits, faults = 0, []
    for number in range(1, total + 1, every):
        bench.reset()
        hits += killed_at(bench, number)
        second = again.randint(1, total) if again is not None else 0
        hits += bool(second) and killed_at(bench, second)
        fault = recovered(bench)
        if fault is not None:
            faults.append(f"point {number}{f', then {second}' if second else ''}: {fault}")
    return total, hits, faults


def random_kills(bench: Bench, wanted: int, seed: int) -> tuple[int, list[str]]:
    """Kill applies at random moments until `wanted` kills hit a running one; return tries and what went wrong."""
    chance = random.Random(seed)
    bench.reset()
    begun = time.monotonic()
    os.waitpid(in_child(bench.apply), 0)
    longest = time.monotonic() - begun
    hits = tries = 0
    faults = []
    while hits < wanted:
        bench.reset()
        tries += 1
        child = in_child(bench.apply)
        time.sleep(chance.uniform(0, longest))
        os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        hits += os.WIFSIGNALED(status)
        fault = recovered(bench)
        if fault is not None:
            faults.append(f"try {tries}: {fault}")
    return tries, faults


def race(bench: Bench) -> str | None:
    """Let 8 processes apply at once; return what went wrong, None if one wrote and the others said `locked`."""
    bench.reset()

    def work() -> None:
        try:
            ended = bench.apply()
            code = 0 if ended == "done" else 1
            if code:
                print(ended, flush=True)
        except StateLocked:
            code = 4
        os._exit(code)

    children = [in_child(work) for _ in range(8)]
    codes = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    if not set(codes) <= {0, 4} or 0 not in codes:
        return f"exit codes {codes}"
    return recovered(bench)


def main() -> int:
    """Run what the command line asks for, and print counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--points", action="store_true")
    parser.add_argument("--every", type=int, default=1, metavar="K", help="take every Kth crash point only")
    parser.add_argument("--twice", action="store_true", help="kill each recovery too")
    parser.add_argument("--random", type=int, default=0, metavar="N")
    parser.add_argument("--races", type=int, default=0, metavar="N")
    parser.add_argument(
        "--sabotage", action="store_true", help="put something into the tenant twice; must be noticed"
    )
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", choices=["local", *STORES], default="local")
    chosen = parser.parse_args()
    faults: list[str] = []
    passed = 0
    with a_bench(STORES.get(chosen.store, Bench)) as bench:
        if chosen.sabotage:
            bench.rows["surveys"] += [(99, *row[1:]) for row in bench.rows["surveys"][:1]]
        if chosen.points:
            again = random.Random(chosen.seed) if chosen.twice else None
            total, hits, wrong = crash_points(bench, chosen.every, again)
            twice = f", recoveries killed too (seed {chosen.seed})" if chosen.twice else ""
            print(f"crash points: {total}{twice}, kills that hit: {hits}, not recovered: {len(wrong)}")
            faults, passed = faults + wrong, passed + hits - len(wrong)
        if chosen.random:
            tries, wrong = random_kills(bench, chosen.random, chosen.seed)
            print(f"random kills: {chosen.random} hit of {tries} (seed {chosen.seed}), not recovered: {len(wrong)}")
            faults, passed = faults + wrong, passed + tries - len(wrong)
        if chosen.races:
            wrong = [fault for fault in (race(bench) for _ in range(chosen.races)) if fault is not None]
            print(f"races of 8 processes: {chosen.races}, wrong: {len(wrong)}")
            faults, passed = faults + wrong, passed + chosen.races - len(wrong)
    print("\n".join(faults))
    print(f"{passed} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
