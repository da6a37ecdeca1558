"""Interrupt an apply of the command line by SIGINT and SIGTERM at random moments, on real sockets and real files.

    python -m tests.soak.kills.signals --count 300
    python -m tests.soak.kills.signals --store s3     the state in that store

Requests in flight end, the state is saved and unlocked within seconds, the exit code says which signal it was, and
the next apply makes the tenant match the configuration. Some signals are sent twice: the second ends the process.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import sys
import time
from collections import Counter
from typing import Any

from sdx_state.api import transport as transport_module
from sdx_state.cli import running
from sdx_state.state.journal import Journal
from tests.soak.kills.bench import ENVIRONMENT, Bench, a_bench, in_child
from tests.soak.kills.shared_bench import STORES

PATIENCE = 60.0  # seconds from the signal to the end, on a loaded machine too
PARALLELISM = 2
AFTER = PARALLELISM + 1  # writes that what is in flight may still send: the order of two questions takes two
EXPECTED: dict[int, int] = {signal.SIGINT: 130, signal.SIGTERM: 143}


def apply_by_command(bench: Bench, told: int) -> None:
    """Run `sdx-state apply` in this process; tell of every write that is sent, and of the signal when it is heard."""
    from sdx_state.cli.main import entry

    send, say = transport_module.HttpTransport.send, running.say_at_once

    def watched(self: Any, request: Any) -> Any:
        if request.writes:
            os.write(told, b"w")
        return send(self, request)

    def heard(text: str) -> None:
        if "Stopping" in text:
            os.write(told, b"s")
        say(text)

    transport_module.HttpTransport.send, running.say_at_once = watched, heard  # type: ignore[method-assign]
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(bench.folder.parent / "said", os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    os.environ.update(ENVIRONMENT, SDX_API_URL=bench.url, **bench.variables)
    sys.argv = ["sdx-state", "-C", str(bench.folder), "apply", "--auto-approve"]
    try:
        entry()
    except SystemExit as ended:
        os._exit(int(ended.code or 0))


def interrupted(bench: Bench, chance: random.Random, longest: float) -> tuple[str, float, str | None]:
    """Interrupt one apply; return how it ended, after how many seconds, and what is wrong, None if nothing is."""
    bench.reset()
    number = chance.choice((signal.SIGINT, signal.SIGTERM))
    reader, writer = os.pipe()
    child = in_child(lambda: apply_by_command(bench, writer))
    os.close(writer)
    time.sleep(chance.uniform(0, longest))
    os.kill(child, number)
    sent = time.monotonic()
    twice = chance.random() < 0.25
    if twice:
        time.sleep(chance.uniform(0, 0.02))
        os.kill(child, number)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    took = time.monotonic() - sent
    with os.fdopen(reader, "rb") as pipe:
        events = pipe.read()
    ended = {EXPECTED[number]: "stopped", -number: "before it wrote"}.get(code, f"code {code}")
    ended += ", twice" * twice
    wrong = _complaint(bench, number, code, took, events, twice) or bench.do(bench.fault_after_recovery)
    return ended, took, wrong


def _complaint(bench: Bench, number: int, code: int, took: float, events: bytes, twice: bool) -> str | None:
    if took > PATIENCE:
        return f"it ended {took:.1f} s after the signal"
    if code not in (0, EXPECTED[number], -number):
        return f"it ended with {code} after signal {number}: {(bench.folder.parent / 'said').read_text()}"
    after = events.partition(b"s")[2]
    if after.count(b"w") > AFTER:
        return f"{after.count(b'w')} writes began after the signal"
    if twice:
        return None
    return bench.do(lambda: _left_behind(bench, number, code, events))


def _left_behind(bench: Bench, number: int, code: int, events: bytes) -> str | None:
    store, written = bench.store, events.partition(b"s")[0]
    if code == -number and b"w" in events and Journal(store.lines).unfinished().interrupted is not None:
        return "it was killed while it wrote, instead of stopping"
    if code >= 0 and (holder := store.running()) is not None:
        return f"the lock was not given back: {holder}"
    pending = Journal(store.lines).unfinished().pending
    if pending:
        return f"what was in flight has no end: {pending}"
    if written and code == EXPECTED[number] and b"s" in events and store.load().serial < 2:
        return "what was done was not saved"
    return None


def run(count: int, seed: int, store: str) -> tuple[Counter[str], float, list[str]]:
    """Interrupt `count` applies; return how they ended, the longest time that one took, and what went wrong."""
    chance = random.Random(seed)
    ends: Counter[str] = Counter()
    slowest, faults = 0.0, []
    with a_bench(STORES.get(store, Bench)) as bench:
        bench.folder.joinpath("sdx.yaml").write_text(
            f"sdx: 1\napi: {{host: x.example, parallelism: {PARALLELISM}}}\n"
            f"limits: {{deletes: 9, deletes_percent: 100}}\n{bench.configured}"
        )
        bench.reset()
        begun = time.monotonic()
        os.waitpid(in_child(lambda: apply_by_command(bench, os.open(os.devnull, os.O_WRONLY))), 0)
        longest = time.monotonic() - begun
        for place in range(count):
            ended, took, wrong = interrupted(bench, chance, longest)
            ends[ended] += 1
            slowest = max(slowest, took)
            if wrong is not None:
                faults.append(f"signal {place}: {ended}: {wrong}")
    return ends, slowest, faults


def main() -> int:
    """Run what the command line asks for, and print counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--store", choices=["local", *STORES], default="local")
    chosen = parser.parse_args()
    ends, slowest, faults = run(chosen.count, chosen.seed, chosen.store)
    print("\n".join(faults))
    print(f"signals: {chosen.count} (seed {chosen.seed}): {dict(sorted(ends.items()))}")
    print(f"the slowest ended {slowest:.1f} s after its signal")
    print(f"{chosen.count - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
