"""A world: a tenant, a state on real files, and a virtual clock.

Product code runs in it as one process after another; any request and any step of the disk can fail or be the last.
Afterwards nothing fails any more, and at most three applies must lead to exactly what is declared.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sdx_state.api.address import base_url
from sdx_state.api.credentials import credentials_from
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.errors import SurveyDynamixError
from sdx_state.app.tenant import UnprovenTenant
from sdx_state.app.workspace import Workspace
from sdx_state.apply import settling
from sdx_state.apply.approval import Consent, approve
from sdx_state.apply.outcome import Outcome
from sdx_state.cli.failure import STALE, error_code
from sdx_state.cli.running import exit_code_of
from sdx_state.live.read import TooMuchMissing
from sdx_state.model.plan import Action
from sdx_state.programs.machine import Machine, Uptime
from sdx_state.state.errors import StateError, StateUnusable
from sdx_state.state.journal import Journal
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import keep, open_journal, put_back, recall
from tests.soak.faults.disk import Disk
from tests.soak.faults.events import LAG
from tests.soak.faults.line import Line
from tests.soak.faults.scenario import AFTER, DECLARED, intention, is_stranger, not_as_declared, row_of
from tests.soak.faults.stepping import Stepper
from tests.soak.faults.tenant import Clock, Crash, Tenant

SETTLED = 61.0  # seconds after which nothing of the past is on its way any more
# Seconds that a request may still be on its way after its timeout: the documented wait of the product, minus the time
# in which it reads, and at most a minute.
LATE = min(60.0, settling.SETTLE - 5.0)

_ENVIRONMENT = {"SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000", "SDX_AUTH_TOKEN": "sandbox"}
_CREDENTIALS = credentials_from(_ENVIRONMENT)
_URL = base_url(None, "http://127.0.0.1:1/api")


@dataclass
class Ended:
    """How a process ended: its exit code, None if it died, and why it wrote nothing, if so."""

    code: int | None
    why: str = ""


@dataclass
class Faults:
    """The faults of one process: at requests, at writes only, and at steps of the disk, each by number."""

    requests: dict[int, str] = field(default_factory=dict)
    writes: dict[int, str] = field(default_factory=dict)
    disk: dict[int, str] = field(default_factory=dict)


class VirtualMachine(Machine):
    """A machine with the clock of `world`, on which waiting takes no time."""

    def __init__(self, world: World) -> None:
        self.world = world

    def now(self) -> float:
        return self.world.clock.wall()

    def monotonic(self) -> float:
        return self.world.clock.now()

    def uptime(self) -> Uptime:
        return self.world.clock.uptime()

    def sleep(self, seconds: float, /) -> None:
        self.world.sleep(seconds)

    def wait_for(self, event: threading.Event, ended: Callable[[], bool], /) -> None:
        while not ended() and not event.is_set():
            self.sleep(0.02)

    def uniform(self, a: float, b: float, /) -> float:
        return self.world.chance.uniform(a, b)


class World:
    """A tenant, a state and a clock, in which processes run one after the other."""

    def __init__(self, folder: Path, tenant: Tenant, seed: object, posts: Counter[str], parallelism: int = 1) -> None:
        self.chance = random.Random(f"{seed}")
        self.tenant = tenant
        self.clock = Clock()
        self.machine = VirtualMachine(self)
        self.folder = folder
        self.disk = Disk(folder, self.chance, self._met_on_disk)
        self.stepper = Stepper(self.chance, self.clock.now, self.pass_time, lambda: self.disk.dead)
        self.parallelism = parallelism
        self.late = LATE
        self.posts = Counter(posts)
        self.wrong: list[str] = []
        self.trace: list[str] = []
        self.met: Counter[str] = Counter()
        self.twins: dict[str, tuple[str, str]] = {}  # address -> the row of the same name that another user created
        self.strangers = {
            collection: {key for key, row in rows.items() if is_stranger(collection, row)}
            for collection, rows in tenant.rows.items()
        }
        self._fenced = False
        self.line = Line(self)

    @property
    def store(self) -> LocalStore:
        return LocalStore(self.folder, "state", "test", machine=self.machine)

    def begin_as(self, other: World) -> None:
        """Begin with the state of another world; that in a folder was copied with the folder."""

    def _met_on_disk(self, fault: str, what: str) -> None:
        self.met[f"disk: {fault}"] += 1
        self.trace.append(f"  disk: {what} <- {fault}")

    def break_rule(self, what: str) -> None:
        """Note that something happened that never may."""
        self.trace.append(f"  ! {what}")
        self.wrong.append(what)

    def sleep(self, seconds: float) -> None:
        """Wait; others go meanwhile, and what is on its way arrives."""
        self.trace.append(f"  sleep {seconds:.1f}")
        self.stepper.pause(seconds)
        if self.disk.dead:
            raise Crash

    def pass_time(self, seconds: float) -> None:
        """Let time pass, and with it arrive what was on its way."""
        self.clock.time += max(0.0, seconds)
        for request in self.tenant.land(self.clock.time):
            self.line.landed = True
            self.trace.append(f"  (arrived late: {request})")

    @contextlib.contextmanager
    def workspace(self) -> Iterator[Workspace]:
        """Open the tenant and the state, as a new process does."""
        connection = Connection(_URL, _CREDENTIALS, parallelism=self.parallelism, one_run=True)
        with Endpoints(connection, machine=self.machine, transport=self.line) as client:
            yield Workspace(client, self.store, parallelism=self.parallelism, proven=False)

    def apply(self, faults: Faults, text: str = AFTER) -> Ended:
        """Run one apply as a process of its own."""
        self.trace.append("apply")
        self.line.begin(faults.requests, faults.writes)
        self.line.quiet = text is not AFTER
        self.disk.begin(faults.disk)
        self._fenced = False
        try:
            ended = self._apply(text)
        except Crash:
            ended = Ended(None, "died")
        except StateUnusable as error:
            ended = Ended(7, str(error).partition("\n")[0])
        except UnprovenTenant as error:
            ended = Ended(3, str(error))
        except (SurveyDynamixError, StateError, TooMuchMissing) as error:
            ended = Ended(1, f"{type(error).__name__}: {error}".partition("\n")[0])
        except Exception as error:  # noqa: BLE001 - any error without advice for the user breaks a rule
            ended = Ended(1, f"{type(error).__name__}: {error}")
            self.break_rule(f"it fell over: {ended.why}")
        if self.disk.after_death():
            self.clock.reboot()
        self.trace.append(f"ended: {ended.code} {ended.why}")
        if ended.code == 0 and not self.line.quiet and not self.line.touched and not self.line.landed:
            unknown = set(DECLARED) - set(self.store.load().entries)
            for what in [*not_as_declared(self.tenant), *(f"the state does not know {one}" for one in unknown)]:
                self.break_rule(f"exit code 0, and {what}")
        return ended

    def _apply(self, text: str) -> Ended:
        with self.workspace() as open, open.writing("apply", lambda _: None) as journal:
            planned = open.plan(intention(text), Silent(), waiting=lambda _: None)
            if planned.plan.errors:
                return Ended(error_code(planned.plan), planned.plan.errors[0].message)
            self.line.planning = False
            deletes = sum(change.action is Action.DELETE for change in planned.plan.changes)
            approved = approve(planned, Consent("high", ("*",), deletes), self.machine.moment())
            result = open.run(journal, Listener(self), "apply").apply(approved)
        undone = [one for one in result.outcomes if one.status != "done"]
        why = f"{undone[0].change.address}: {undone[0].status}: {undone[0].message}" if undone else ""
        return Ended(exit_code_of(result, None), why)

    def plan(self) -> Any:
        """Plan as a process of its own, without faults; return None, and break a rule, if no plan can be made."""
        self.line.begin({}, {})
        self.disk.begin({})
        try:
            with self.workspace() as open:
                return open.plan(intention(AFTER), Silent()).plan
        except (StateError, SurveyDynamixError, TooMuchMissing) as error:
            self.break_rule(f"no plan can be made: {type(error).__name__}: {error}".partition("\n")[0])
            return None

    def recover(self) -> None:
        """Apply until all is as declared, three times at most, and break a rule if that does not lead there."""
        ended = Ended(1, "never ran")
        for _ in range(3):
            self.pass_time(self.chance.choice((0.0, 1.0, 20.0)))
            ended = self.apply(Faults())
            if self.twins and ended.code != 0:
                for collection, id in self.twins.values():
                    self.tenant.remove(collection, id)  # a person looks at both, and deletes the wrong one
                self.twins.clear()
                ended = self.apply(Faults())
            if "TooMuchMissing" in ended.why or ended.code == STALE:
                self.pass_time(LAG)  # a person looks at the tenant, and tries again
            if ended.code == 0:
                self.pass_time(SETTLED)
                planned = self.plan()
                if planned is None or not planned.changes:
                    break
        if ended.code != 0:
            self.break_rule(f"after three applies without faults: exit code {ended.code}, {ended.why}")
        self.pass_time(SETTLED)
        self._judge()

    def _judge(self) -> None:
        for what in not_as_declared(self.tenant):
            self.break_rule(what)
        planned = self.plan()
        if planned is None:
            return
        entries = {str(address): entry for address, entry in self.store.load().entries.items()}
        for address in DECLARED:
            live = row_of(self.tenant, address)
            if address not in entries:
                self.break_rule(f"orphan: {address} is live and not in the state")
            elif live is not None and entries[address].id != str(live.get("id", live.get("email"))):
                self.break_rule(
                    f"dangling: {address} is id {entries[address].id} in the state, and live it is {live}"
                )
        for address in set(entries) - set(DECLARED):
            self.break_rule(f"the state still knows {address}")
        for change in planned.changes:
            self.break_rule(f"the next plan is not empty: {change.action.value} {change.address}")
        for diagnostic in planned.diagnostics:
            self.break_rule(f"the next plan says: {diagnostic.message}")
        broken = Journal(self.store.lines).broken_at()
        if broken is not None:
            self.break_rule(f"the journal's chain does not hold at line {broken}")

    def take_lock(self) -> None:
        """Delete the lock file, as a user would, and create one that another process has locked."""
        path = self.folder / "state.lock"
        os.unlink(path)  # noqa: PTH108 - it must not count as a step of the disk
        path.write_text("")
        self._fenced = True
        self._in_flight = self.parallelism - 1

    def fenced_out(self) -> bool:
        """Tell whether a write comes too late: each other thread may have passed its last look already."""
        if not self._fenced:
            return False
        self._in_flight -= 1
        return self._in_flight < 0

    def use_id_again(self) -> None:
        """Replace a managed row by an unmanaged one with its id: it must stay unchanged, and a person resolves it."""
        try:
            entries = self.store.load().entries
        except StateUnusable as error:
            self.break_rule(f"the state cannot be read: {error}")
            return
        known = {str(address): entry for address, entry in entries.items()}
        ours = {one: known[one].id for one in ("survey.gone", "survey.b") if one in known}
        ours = {one: id for one, id in ours.items() if id in self.tenant.rows["surveys"] and known[one].applied}
        if not ours:
            return
        address, id = self.chance.choice([*ours.items()])
        row = self.tenant.rows["surveys"][id]
        row.clear()
        row.update(id=int(id), name="Another", description="Not ours")
        self.strangers["surveys"].add(id)
        self.trace.append(f"  (id {id} of {address} is used again)")
        ended = self.apply(Faults())
        if row.get("name") != "Another" or id not in self.tenant.rows["surveys"]:
            self.break_rule(f"a stranger that bears the id of {address} was written to")
        if ended.code != 5:
            self.break_rule(f"id {id} of {address} was used again: exit code {ended.code}, {ended.why}")
        self.disk.begin({})
        store = self.store
        with store.lock("state rm") as fence:
            journal = open_journal(store, fence)
            ledger = recall(store, journal).ledger
            kept = {one: entry for one, entry in ledger.entries.items() if one != address}
            keep(store, journal, replace(ledger, entries=kept))

    def meet_another_tenant(self) -> None:
        """Let one process come with a token of another tenant, in which the same ids are something else."""
        own, self.tenant = self.tenant, self.tenant.copy(self.tenant.cap)
        for collection, rows in self.tenant.rows.items():
            for row in rows.values():
                for name, value in row.items():
                    if isinstance(value, str) and name not in ("question_type", "email"):
                        row[name] = f"other {value}"
            if collection == "users":
                self.tenant.rows[collection] = {f"o{key}": {**row, "email": f"o{key}"} for key, row in rows.items()}
        self.trace.append("  (credentials of another tenant)")
        before = json.dumps(self.tenant.rows)
        ended = self.apply(Faults())
        if ended.code not in (1, 3) or json.dumps(self.tenant.rows) != before:
            self.break_rule(f"another tenant was written to: exit code {ended.code}, {ended.why}")
        self.tenant = own

    def damage_state(self) -> None:
        """Empty or cut the state file, or put an older one in its place; it must be refused, and a person helps."""
        store, path = self.store, self.folder / "state.json"
        content = path.read_bytes()
        known = Journal(store.lines).unfinished().serial.values()
        newest = max((*known, *store.kept_serials()), default=0)  # which anything but the state itself knows
        older = [store.generations / f"{serial}.json" for serial in store.kept_serials() if serial < newest]
        others = [b"", content[: len(content) // 2], *(one.read_bytes() for one in older[-1:])]
        path.write_bytes(self.chance.choice(others))
        ended = self.apply(Faults())
        if ended.code != 7:
            self.break_rule(f"a damaged or older state was worked with: exit code {ended.code}, {ended.why}")
            return
        self.disk.begin({})
        with self.store.lock("state restore"):
            journal = open_journal(self.store)
            keep(self.store, journal, put_back(self.store.generation(None), self.store, journal))

    def intents(self) -> Counter[str]:
        """Count, by address, how often the journal that would outlive a power cut says that a create is sent."""
        found: Counter[str] = Counter()
        closed = sorted((self.folder / "state.history").glob("*.jsonl"))
        lines: dict[bytes, None] = {}  # a part that was closed may be in both places
        for path in (*closed, self.folder / "state.journal.jsonl"):
            lines.update(dict.fromkeys(self.disk.durable(path).splitlines()))
        for written in lines:
            with contextlib.suppress(ValueError):  # a power cut may leave an incomplete line
                record = json.loads(written)
                found[record.get("address", "")] += record["event"] in ("intent", "again")
        return found


class Silent:
    """A progress report that prints nothing."""

    def expect(self, count: int) -> None: ...
    def advance(self) -> None: ...


class Listener:
    """Hears what a run says of each change, and looks whether that is so."""

    def __init__(self, world: World) -> None:
        self.world = world

    def started(self, change: Any) -> None: ...

    def waiting(self, address: str, seconds: float) -> None:
        self.world.trace.append(f"  {address}: waits up to {seconds:.0f} s")

    def ended(self, outcome: Outcome) -> None:
        world, change = self.world, outcome.change
        world.trace.append(f"  {change.address}: {change.action.value}: {outcome.status} {outcome.message}")
        if outcome.status != "done" or world.line.quiet:
            return
        if change.address in world.twins:
            world.break_rule(f"{change.address}: one of two that could be it was picked")
        if change.action is Action.DELETE:
            if str(change.id).lower() in world.tenant.rows[f"{change.kind}s"]:
                world.break_rule(f"{change.address} is said to be deleted, and it is there")
            return
        wanted = DECLARED.get(change.address)
        if wanted is None or change.action not in (Action.CREATE, Action.UPDATE):
            return
        written = {one.path for one in change.fields} if change.action is Action.UPDATE else set(wanted)
        live = row_of(world.tenant, change.address, outcome.id) or {}
        different = [name for name in written & set(wanted) if live.get(name) != wanted[name]]
        if different or not live:
            world.break_rule(f"{change.address} is said to be done, and {different or 'all of it'} is not there")
