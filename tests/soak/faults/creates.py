"""Create interactions over a line on which anything can go wrong: at most one of each is ever held.

    python -m tests.soak.faults.creates --seed 1 --count 2000
    python -m tests.soak.faults.creates --seed 1 --only 4711

Virtual time. The typed client is the product's own; the tenant, the line and the caller are here. The caller does
what the client's documentation says: an error that is not ambiguous was not carried out; one that is, or a crash, is
looked into by its mark once the request cannot arrive any more, and created again only where nothing is found. Prints
the seed and the counts.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs, urlsplit

from sdx_state.api.address import base_url
from sdx_state.api.client import Client
from sdx_state.api.credentials import Credentials
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.errors import ConnectionFailedError, NoResponseError, SurveyDynamixError
from sdx_state.api.exchange import Answer, Request
from sdx_state.programs.machine import Machine

Row = dict[str, Any]
JSON = {"Content-Type": "application/json"}
LATEST = 60.0  # seconds within which a request that timed out arrives, if it ever does
LONG = 3600.0  # seconds after which everything that was scheduled has been held
PATIENCE = LATEST  # how long the caller waits before it looks
SETTLE = 30.0  # seconds for which the client looks, as it is documented
NUMBERS = ("+61491570156", "+61491570157")
OURS, THEIRS = "ours", "somebody else's"
POSTED = (
    "none", "none", "refused", "put off", "drop before", "drop after", "late", "late", "500 before", "500 after",
    "503 after", "html after", "empty after", "half after", "no id", "list", "twice", "twice, lost", "crash before",
    "crash after", "crash late",
)  # fmt: skip
READ = ("drop", "500", "503", "html", "half", "404")


class Crash(BaseException):
    """The caller died here."""


class Clock(Machine):
    """Virtual time: it passes only during waits."""

    def __init__(self, chance: random.Random) -> None:
        self.time = 1_800_000_000.0
        self.chance = chance

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float, /) -> None:
        self.time += seconds

    def uniform(self, a: float, b: float, /) -> float:
        return self.chance.uniform(a, b)


class Tenant:
    """Interactions as rows; 409 where one is pending with the same number and survey (API reference)."""

    def __init__(self, clock: Clock, lag: float) -> None:
        self.clock, self.lag = clock, lag
        self.rows: list[Row] = []
        self.born: dict[int, float] = {}
        self.arriving: list[tuple[float, dict[str, str]]] = []
        self.forced = 0

    def land(self) -> None:
        """Carry out what has arrived by now."""
        due = [one for one in self.arriving if one[0] <= self.clock.time]
        self.arriving = [one for one in self.arriving if one[0] > self.clock.time]
        for when, form in sorted(due, key=lambda one: one[0]):
            self.create(form, when)

    def create(self, form: dict[str, str], when: float | None = None) -> Answer:
        """Create an interaction."""
        self.forced += "_force_new" in form
        at = self.clock.time if when is None else when
        number, survey = form.get("phone_number", ""), int(form["survey_id"])
        for row in self.rows:
            pending = row["survey_id"] == survey and at < row["held"]
            if number and pending and row["phone_number"] == number and not form.get("_force_new"):
                return Answer(409, JSON, b'{"error": "one is pending"}')
        held = datetime.strptime(form["scheduled_at"], "%Y-%m-%d %H:%M:%S").replace(tzinfo=timezone.utc).timestamp()
        row = {**form, "id": len(self.rows) + 1, "survey_id": survey, "phone_number": number, "held": max(held, at)}
        self.rows.append(row)
        self.born[row["id"]] = at
        return Answer(201, JSON, json.dumps(row).encode())

    def list(self, query: dict[str, list[str]]) -> list[Row]:
        """Return what a list shows now: what was created `lag` seconds ago."""
        asked = {name: value for name, (value,) in query.items() if not name.startswith("_")}
        seen = [row for row in self.rows if self.born[row["id"]] + self.lag <= self.clock.time]
        found = [row for row in seen if all(str(row.get(name, "")) == value for name, value in asked.items())]
        offset = int(query["_offset"][0])
        return found[offset : offset + int(query["_limit"][0])]


class Line:
    """A transport: what was drawn goes wrong.

    Attributes:
        posts: The marks of the creates that were sent and that the server may have taken.
        shown: Ids that a clean answer has shown since the last create was sent.
    """

    def __init__(self, tenant: Tenant, chance: random.Random) -> None:
        self.tenant, self.chance = tenant, chance
        self.post_fault, self.read_faults = "none", 0.0
        self.posts: list[str] = []
        self.shown: set[int] = set()

    def close(self) -> None:
        """Nothing is open."""

    def send(self, request: Request) -> Answer:
        """As `Transport.send`."""
        self.tenant.clock.sleep(self.chance.choice((0.01, 0.2, 2.0)))
        self.tenant.land()
        if request.method == "GET":
            return self._read(request)
        if self.post_fault == "refused":
            raise ConnectionFailedError(str(request), "no connection")
        if self.post_fault == "put off":
            self.post_fault = self.chance.choice(("none", "drop after", "late"))
            return Answer(429, {**JSON, "Retry-After": "7"}, b"{}")
        form = dict(request.form or {})
        self.posts.append(form["external_ref"])
        self.shown.clear()
        return self._create(request, form)

    def _read(self, request: Request) -> Answer:
        if self.chance.random() < self.read_faults:
            fault = self.chance.choice(READ)
            if fault == "drop":
                raise NoResponseError(str(request), "the connection broke")
            return broken(fault, b"[]")
        rows = self.tenant.list(parse_qs(urlsplit(request.path).query, keep_blank_values=True))
        self.shown |= {row["id"] for row in rows}
        return Answer(200, JSON, json.dumps(rows).encode())

    def _create(self, request: Request, form: dict[str, str]) -> Answer:
        fault, tenant = self.post_fault, self.tenant
        if fault.endswith("late"):
            tenant.arriving.append((tenant.clock.time + self.chance.uniform(0.0, LATEST), form))
        elif not fault.endswith("before"):
            answer = tenant.create(form)
            if fault.startswith("twice") and form.get("phone_number") and not tenant.lag:
                answer = tenant.create(form)
        if fault.startswith("crash"):
            raise Crash
        if "drop" in fault or fault in ("late", "twice, lost"):
            tenant.clock.sleep(self.chance.choice((0.0, 1.0, 60.0)))
            raise NoResponseError(str(request), "no complete answer", ambiguous=True)
        if fault in ("none", "twice"):
            return answer
        return broken(fault.partition(" ")[0] if fault not in ("no id", "list") else fault, b'{"id": 1}')


def broken(fault: str, body: bytes) -> Answer:
    """Return an answer that says nothing for certain."""
    bodies = {"html": b"<html>Please sign in</html>", "empty": b"", "half": body[:1], "no id": b"{}", "list": b"[]"}
    return Answer(int(fault) if fault.isdigit() else 200, JSON, bodies.get(fault, b"{}"))


@dataclass
class Operation:
    """One interaction that a caller creates.

    Attributes:
        mark: Its `external_ref`; None where the client generates one.
        number: The telephone number; None for a web interaction.
        outcome: How it ended.
        marks: Every `external_ref` that was sent for it.
    """

    mark: str | None
    number: str | None
    outcome: str = ""
    marks: set[str] = field(default_factory=set)


class Schedule:
    """A few operations, one after another, each with its mishap. Breaches of a promise are in `wrong`."""

    def __init__(self, seed: object) -> None:
        self.chance = chance = random.Random(f"creates {seed}")
        self.clock = Clock(chance)
        self.tenant = Tenant(self.clock, chance.choice((0.0, 0.0, 2.0, 10.0)))
        self.line = Line(self.tenant, chance)
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.operations = [
            Operation(chance.choice((None, f"order-{number}")), chance.choice((None, *NUMBERS)))
            for number in range(chance.randint(1, 4))
        ]

    def play(self) -> None:
        """Carry all operations out, wait until all that was scheduled is held, and look."""
        for operation in self.operations:
            if operation.mark and self.chance.random() < 0.2:
                self.somebody(operation.mark, None)  # an order of that name, long ago
                self.clock.sleep(self.tenant.lag + 1)
            if operation.number and self.chance.random() < 0.2:
                self.somebody("of somebody else", operation.number)
            self.want(operation)
            self.clock.sleep(self.chance.choice((0.0, 5.0)) if operation.outcome == "created" else LATEST)
        self.clock.sleep(LATEST + LONG)
        self.tenant.land()
        for operation in self.operations:
            ours = [row for row in self.tenant.rows if row["external_ref"] in operation.marks]
            held = sum(row["call_type"] == OURS for row in ours)
            if held > 1:
                self.wrong.append(f"{held} are held for {operation}")
            if not held and operation.outcome in ("created", "found later"):
                self.wrong.append(f"none is held for {operation}")
        if self.tenant.forced:
            self.wrong.append("_force_new was sent")

    def somebody(self, mark: str, number: str | None) -> None:
        """Create an interaction of another caller."""
        at = datetime.fromtimestamp(self.clock.time + LONG / 2, timezone.utc)
        form = {"survey_id": "1", "external_ref": mark, "scheduled_at": f"{at:%Y-%m-%d %H:%M:%S}"}
        self.tenant.create({**form, "call_type": THEIRS, **({"phone_number": number} if number else {})})

    def want(self, operation: Operation) -> None:
        """Do what a caller does who has read the documentation."""
        self.line.post_fault = self.chance.choice(POSTED)
        self.line.read_faults = self.chance.choice((0.0, 0.0, 0.3, 1.0))
        self.counts[self.line.post_fault] += 1
        old = self.marked(operation)
        self.attempt(operation)
        if operation.outcome not in ("crashed", "ambiguous") or operation.mark is None:
            return  # after a crash there is nothing to look by without a mark of one's own
        self.clock.sleep(PATIENCE + self.tenant.lag)
        self.line.post_fault, self.line.read_faults = "none", 0.0
        if self.marked(operation) - old:
            operation.outcome = "found later"
            self.counts["found later"] += 1
        else:
            self.attempt(operation)
            self.counts["tried again"] += 1

    def attempt(self, operation: Operation) -> None:
        """Create it once, and see that the client keeps to its rules."""
        line, tenant = self.line, self.tenant
        began, rows, posts = self.clock.time, len(tenant.rows), len(line.posts)
        try:
            made = self.client().interactions.create(
                survey_id=1,
                survey_type="sms" if operation.number else "web",
                phone_number=operation.number,
                external_ref=operation.mark,
                scheduled_at=datetime.fromtimestamp(began + LONG / 2, timezone.utc),
                call_type=OURS,
            )
        except (SurveyDynamixError, Crash) as error:
            mark = set(line.posts[posts:])
            operation.marks |= mark
            mine = {row["id"] for row in tenant.rows[rows:] if row["external_ref"] in mark}
            operation.outcome = "crashed"
            if isinstance(error, SurveyDynamixError):
                operation.outcome = "ambiguous" if error.ambiguous else "not created"
                self.judge(operation, error, mine, self.clock.time - began)
        else:
            operation.outcome = "created"
            operation.marks.add(made.external_ref or "")
            row = tenant.rows[made.id - 1]
            if made.id <= rows or row["call_type"] != OURS or row["phone_number"] != (operation.number or ""):
                self.wrong.append(f"another was returned for {operation}: {row}")
        if len(line.posts) > posts + 1:
            self.wrong.append(f"{len(line.posts) - posts} requests for {operation}")
        self.counts[operation.outcome] += 1

    def judge(self, operation: Operation, error: SurveyDynamixError, mine: set[int], seconds: float) -> None:
        """Compare an error with the actions of the tenant, and with the answers that the client received."""
        if not error.ambiguous:
            if mine or any(form["external_ref"] in operation.marks for _, form in self.tenant.arriving):
                self.wrong.append(f"{operation} may be held, and {type(error).__name__} says that it is not")
            return
        if self.line.shown & mine:
            self.wrong.append(f"{operation} was shown, and yet not found")
        if seconds < SETTLE:
            self.wrong.append(f"{operation} was given up after {seconds:.0f} s")
        if not all(mark in error.advice for mark in operation.marks):
            self.wrong.append(f"no word of the mark of {operation}: {error.advice}")

    def client(self) -> Client:
        """Return a client as a new process has it."""
        connection = Connection(base_url(None, "http://127.0.0.1/api"), Credentials("t", "u"))
        return Client.from_endpoints(Endpoints(connection, machine=self.clock, transport=self.line))

    def marked(self, operation: Operation) -> set[int]:
        """Return the ids of the interactions with the caller's mark, as a list shows them."""
        if operation.mark is None:
            return set()
        faults, self.line.read_faults = self.line.read_faults, 0.0
        found = {one.id for one in self.client().interactions.list(1, external_ref=operation.mark)}
        self.line.read_faults = faults
        return found


def play(seed: object) -> Schedule:
    """Play the schedule that `seed` draws."""
    schedule = Schedule(seed)
    schedule.play()
    return schedule


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--only", type=int, metavar="NUMBER")
    chosen = parser.parse_args()
    numbers = range(chosen.count) if chosen.only is None else [chosen.only]
    failed, operations, counts = 0, 0, Counter[str]()
    for number in numbers:
        one = play(f"{chosen.seed}:{number}")
        operations += len(one.operations)
        counts += one.counts
        failed += bool(one.wrong)
        for wrong in one.wrong:
            print(f"--seed {chosen.seed} --only {number}: {wrong}")
    print(f"seed {chosen.seed}: {len(numbers)} schedules, {operations} operations: {dict(sorted(counts.items()))}")
    print(f"{len(numbers) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
