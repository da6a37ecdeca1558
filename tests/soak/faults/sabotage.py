"""Switch one mechanism of the product off at a time: the schedules must notice each of them.

    python -m tests.soak.faults.sabotage --seed 1 --within 2000

For each switch, schedules are played until one breaks a rule. A switch that none notices fails. Switches that no
schedule can notice are thrown where their harness is: loose YAML in tests/soak/fuzz, redaction in
tests/soak/secrets, raw output in tests/soak/hostile.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

from sdx_state.api import endpoint, retry
from sdx_state.api.errors import SurveyDynamixError
from sdx_state.api.exchange import Answer, Request
from sdx_state.apply import ahead, create, readback, resolve, settling, write
from sdx_state.apply.outcome import Outcome
from sdx_state.live import read
from sdx_state.model.ledger import Entry
from sdx_state.programs.machine import Uptime
from sdx_state.state import files, journal, journal_file, local, local_copies
from sdx_state.state.errors import StateNotSaved, StateUnusable
from sdx_state.state.ledger import new_ledger
from tests.soak.faults import distrust
from tests.soak.faults.playing import Patch, first_broken, noticed_text, patched
from tests.soak.faults.schedules import JUMPY, outcome_of
from tests.soak.faults.world import VirtualMachine

DISK: Any = files  # with the names that the faulty disk replaces in it


def no_intent() -> list[Patch]:
    """Send creates without writing them down before."""
    numbers = itertools.count()
    return [
        (journal.Journal, "intend", lambda *_: f"{next(numbers):012x}"),
        (journal.Journal, "intend_ahead", lambda _, intentions: [f"{next(numbers):012x}" for _ in intentions]),
    ]


def no_settling() -> list[Patch]:
    """Do not wait for what may still be on its way."""
    return [(settling, "SETTLE", 0.0)]


def clock_on_the_wall() -> list[Patch]:
    """Tell how long ago something was sent by a clock that can be set.

    Each intent is written by itself, since those that are written ahead count as sent just now, by any clock.
    """

    def wall(machine: Any) -> Uptime:
        return Uptime("any", machine.now())

    return [(VirtualMachine, "uptime", wall), (ahead.Ahead, "_next", lambda _: [])]


def blind_retry() -> list[Patch]:
    """Send a create again when its answer is unclear."""
    create = endpoint.Endpoint.create

    def again(self: Any, fields: Any, *arguments: Any, **options: Any) -> Any:
        try:
            return create(self, fields, *arguments, **options)
        except SurveyDynamixError as error:
            if not error.ambiguous:
                raise
            return create(self, fields, *arguments, **options)

    return [(endpoint.Endpoint, "create", again)]


def lenient_state() -> list[Patch]:
    """Take a state that cannot be read for none."""
    decode = vars(local)["decode"]

    def lenient(data: bytes, where: str, key: Any = None) -> Any:
        try:
            return decode(data, where, key)
        except StateUnusable:
            return new_ledger()

    return [(local, "decode", lenient)]


def older_state() -> list[Patch]:
    """Take an older state that was put in the place of the newest."""
    return [(local.LocalStore, "require_newest", lambda *_: None)]


def state_in_place() -> list[Patch]:
    """Write the state over itself instead of beside itself."""

    def in_place(path: Any, data: bytes, *, below: Any = None) -> None:
        with DISK.open_folder(path.parent, below=below, create=True) as folder:
            descriptor = folder.open(path.name, DISK.os.O_WRONLY | DISK.os.O_CREAT)
        try:
            DISK.os.ftruncate(descriptor, 0)
            DISK.write_all(descriptor, data)
            DISK.os.fsync(descriptor)
        finally:
            DISK.os.close(descriptor)

    return [(owner, "write_atomically", in_place) for owner in (local, local_copies, journal_file)]


def state_not_synced() -> list[Patch]:
    """Rename the new state into place before it is on the disk."""

    numbers = itertools.count()

    def hasty(path: Any, data: bytes, *, below: Any = None) -> None:
        with DISK.open_folder(path.parent, below=below, create=True) as folder:
            temporary = f".{path.name}.{next(numbers)}.tmp"
            descriptor = folder.open(temporary, DISK.os.O_WRONLY | DISK.os.O_CREAT | DISK.os.O_EXCL)
            DISK.os.write(descriptor, data)
            DISK.os.close(descriptor)
            folder.rename(temporary, path.name)
        DISK.sync_folder(path.parent)

    return [(owner, "write_atomically", hasty) for owner in (local, local_copies, journal_file)]


def journal_not_synced() -> list[Patch]:
    """Send a create before its intent is on the disk."""
    append = vars(journal_file)["append"]
    return [(journal_file, "append", lambda path, data, durably: append(path, data, durably=False))]


def anchor_not_synced() -> list[Patch]:
    """Save a state that names a line of the journal which a power cut can still take."""
    return [(journal_file, "sync", lambda _: None)]


def torn_journal() -> list[Patch]:
    """Leave an incomplete line, and append after it."""
    return [(journal.Journal, "mend", lambda _: None)]


def save_error_swallowed() -> list[Patch]:
    """Say nothing where the state cannot be saved."""
    save = local.LocalStore.save

    def silent(self: Any, ledger: Any) -> Any:
        try:
            return save(self, ledger)
        except StateNotSaved:
            return replace(ledger, serial=ledger.serial + 1)

    return [(local.LocalStore, "save", silent)]


def intent_error_swallowed() -> list[Patch]:
    """Continue where an intent cannot be written."""
    append = journal.Journal.append

    def silent(self: Any, durably: bool, **content: Any) -> None:
        with contextlib.suppress(StateNotSaved):
            append(self, durably, **content)

    return [(journal.Journal, "append", silent)]


def first_candidate() -> list[Patch]:
    """Take the first of two that could be what was created."""
    candidates = resolve._candidates
    return [(resolve, "_candidates", lambda *arguments: candidates(*arguments)[:1])]


def no_look_before() -> list[Patch]:
    """Update without comparing with what the plan was made from."""
    return [(write, "_moved_on", lambda *_: None)]


def no_look_after() -> list[Patch]:
    """Believe that a write did what it said."""

    def believing(writer: Any, change: Any, kind: Any, desired: Any, id: str, operation: str, hashes: Any) -> Any:
        writer.claims.take(change.address, id, None)
        writer.ids[change.address] = id
        writer.journal.created(operation, change.address, Entry(id, hashes, desired.protect))
        return Outcome(change, "done", id=id)

    return [
        (create, "_settle_for", believing),
        (readback.ReadBack, "verified", lambda _self, _address, _desired, before, _written: (before, None)),
    ]


def short_lists() -> list[Patch]:
    """Believe that what a list does not show is not there."""

    def naive(fetch: Callable[[int], Any], identity: Any, request: str, sizes: Any) -> Iterator[Any]:
        offset = 0
        while page := fetch(offset):
            yield from page
            offset += len(page)

    return [
        (endpoint, "iterate", naive),
        (read, "_unlisted", lambda *_: []),
        (read, "_complete_lists", lambda *_: (frozenset(), [])),
        (read, "_refuse_mass_absence", lambda *_: None),
        (create, "_came_back", lambda *_: None),
    ]


def redirects() -> list[Patch]:
    """Follow redirects, as most HTTP clients do."""
    begin = retry.Sender.__init__

    class Follower:
        def __init__(self, inner: Any) -> None:
            self.inner = inner

        def send(self, request: Request) -> Answer:
            answer: Answer = self.inner.send(request)
            if 300 <= answer.status < 400:
                answer = self.inner.send(Request("GET", answer.headers["Location"], "elsewhere"))
            return answer

        def close(self) -> None:
            self.inner.close()

    def following(self: Any, transport: Any, *arguments: Any, **options: Any) -> None:
        begin(self, Follower(transport), *arguments, **options)

    return [(retry.Sender, "__init__", following)]


MORE_JUMPS = {"clock on the wall": 1.0}  # schedules in which the clock is set more often, where others show little
SWITCHES: dict[str, Callable[[], list[Patch]]] = {
    switch.__name__.replace("_", " "): switch
    for switch in (
        no_intent,
        no_settling,
        clock_on_the_wall,
        blind_retry,
        lenient_state,
        older_state,
        state_in_place,
        state_not_synced,
        journal_not_synced,
        anchor_not_synced,
        torn_journal,
        save_error_swallowed,
        intent_error_swallowed,
        first_candidate,
        no_look_before,
        no_look_after,
        short_lists,
        redirects,
        *distrust.SWITCHES,
    )
}


def noticed(name: str, seed: int, within: int) -> tuple[int, str] | None:
    """Return the first schedule that notices the switch, and what it says; None if none of `within` does."""
    outcome_of("ready")  # what is prepared once is prepared by the product as it is
    jumps = MORE_JUMPS.get(name, JUMPY)
    with patched(SWITCHES[name]()):
        return first_broken(name, lambda number: outcome_of(f"{seed}:{number}", jumps=jumps)[0], within)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--within", type=int, default=2000, metavar="N")
    parser.add_argument("--switch", choices=sorted(SWITCHES))
    chosen = parser.parse_args()
    names = [chosen.switch] if chosen.switch else list(SWITCHES)
    failed = 0
    for name in names:
        found = noticed(name, chosen.seed, chosen.within)
        failed += found is None
        print(noticed_text(name, found), flush=True)
    print(f"seed {chosen.seed}: {len(names)} switches, up to {chosen.within} schedules each")
    print(f"{len(names) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
