"""The line between a process and the tenant: counts the requests, and makes the chosen ones fail."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sdx_state.api.errors import ConnectionFailedError, NoResponseError
from sdx_state.api.exchange import Answer, Request
from tests.soak.faults.events import Events, parts_of
from tests.soak.faults.scenario import DECLARED, address_of, row_of
from tests.soak.faults.tenant import ANSWERS, DEADLINE, JSON, LABEL, SINGULAR, Crash, Row, altered

if TYPE_CHECKING:
    from tests.soak.faults.world import World

ORDER = ("order", "survey_id")


class Line:
    """Sends the requests of one process after another; see `begin`.

    Attributes:
        requests, writes: How many there were in this process.
        planning: The process reads to plan, and writes nothing.
        touched: Another user changed the tenant meanwhile, or the tenant did not do as it answered.
        landed: A write of the past arrived meanwhile.
        quiet: The outcomes that the process reports are not checked.
    """

    def __init__(self, world: World) -> None:
        self.world = world
        self.begin({}, {})

    def begin(self, requests: dict[int, str], writes: dict[int, str]) -> None:
        """Serve a new process, with faults at the requests, and at the writing requests, that are named."""
        self.faults, self.write_faults = requests, writes
        self.requests = self.writes = 0
        self.planning, self.touched, self.landed, self.quiet = True, False, False, False
        self._planned: dict[tuple[str, str], Row] = {}
        self._got: dict[tuple[str, str], Row] = {}
        self.events = Events(self)

    def close(self) -> None:
        """Nothing is open."""

    def send(self, request: Request) -> Answer:
        """As `Transport.send`."""
        world, chance = self.world, self.world.chance
        world.stepper.pause(chance.choice((0.01, 0.1, 1.0)))
        arrives = world.clock.time + chance.uniform(0, world.late)
        if world.disk.dead:
            self._sent_in_death(request, arrives)
        self.requests += 1
        self.writes += request.writes
        if request.writes and world.fenced_out():
            world.break_rule(f"{request} was sent after another process took the lock")
        fault = self.faults.get(self.requests) or (self.write_faults.get(self.writes) if request.writes else None)
        world.trace.append(f"  {self.requests:3} {request.method} {request.path}{f' <- {fault}' if fault else ''}")
        if request.writes and self.planning:
            world.break_rule(f"planning sent {request}")
        if not request.path.startswith(("/surveys", "/questions", "/users", "/responses", "/interactions")):
            world.break_rule(f"a redirect was followed: {request.method} {request.path}")
            return Answer(200, JSON, b"{}")
        if request.method == "POST":
            self._note_post(request)
        if fault is None:
            return self.right(request)
        world.met[fault] += 1
        if fault not in ANSWERS:
            return self.events.meet(fault, request)
        carried, seen = ANSWERS[fault]
        if carried == "slow":
            world.stepper.pause(arrives - world.clock.time)
            if world.disk.dead:
                if request.writes:
                    world.tenant.later(arrives, request)
                raise Crash
        if carried == "late":
            world.tenant.later(arrives, request)
        answer = self.right(request) if carried in ("yes", "slow") else Answer(200, JSON, b"{}")
        if seen == "crash":
            world.disk.die()
        if seen != "right":
            self._forget(request)
        if seen == "not sent":
            raise ConnectionFailedError(str(request), "no connection")
        if seen == "none":
            raise self.lost(request)
        return answer if seen == "right" else altered(answer, seen)

    def lost(self, request: Request) -> NoResponseError:
        """Wait until the client knows that no answer comes, and return its error."""
        self.world.stepper.pause(self.world.chance.choice((0.1, DEADLINE)))
        if self.world.disk.dead:
            raise Crash
        return NoResponseError(str(request), "the connection broke", ambiguous=request.writes)

    def _sent_in_death(self, request: Request, arrives: float) -> None:
        """The process died while this was about to be sent: some of it may have got out."""
        if request.writes and self.world.chance.random() < 0.5:
            if request.method == "POST":
                self._note_post(request)
            self.world.tenant.later(arrives, request)
        raise Crash

    def right(self, request: Request) -> Answer:
        """Carry `request` out, and look whether it may be sent at all."""
        world = self.world
        collection, id = parts_of(request)
        if request.method in ("PUT", "DELETE") and id in world.strangers[collection]:
            world.break_rule(f"{request.method} {request.path} is about a stranger's")
        if request.method == "PUT":
            self._look_at_put(collection, id, request)
        world.tenant.now = world.clock.time
        answer = world.tenant.serve(request)
        if request.method == "GET" and collection in LABEL and answer.status == 200:
            if id:
                self._got[collection, id] = json.loads(answer.body)
                if self.planning:
                    self._planned[collection, id] = self._got[collection, id]
                return answer
            rows = {str(row.get("id", row.get("email"))).lower(): row for row in json.loads(answer.body)}
            self.events.shown(collection, {*rows})
            if self.planning:
                self._planned.update(((collection, key), row) for key, row in rows.items())
        return answer

    def _forget(self, request: Request) -> None:
        """The client did not see this answer."""
        if request.method == "GET":
            self._got.pop(parts_of(request), None)

    def _note_post(self, request: Request) -> None:

        world = self.world
        address = address_of(world.tenant, request.path.strip("/"), request.form or {})
        self.events.posted(address)
        address = address or "nobody's"
        world.posts[address] += 1
        intents = world.intents()[address]
        if world.posts[address] > intents:
            world.break_rule(f"create number {world.posts[address]} of {address} was sent, with {intents} intents")

    def _look_at_put(self, collection: str, id: str, request: Request) -> None:
        """Report a PUT that reverts a value of another user which the process could have known."""

        world = self.world
        row = world.tenant.rows[collection].get(id)
        if row is None:
            return
        body = json.loads((request.form or {})[SINGULAR[collection]])
        base = self._got.get((collection, id), row)
        mine = next((address for address in DECLARED if row_of(world.tenant, address) is row), None)
        wanted = DECLARED.get(mine or "", {})
        planned = self._planned.get((collection, id), {})
        for name in planned:
            if name not in ORDER and name not in wanted and planned[name] == row.get(name) != body.get(name):
                world.break_rule(f"{request} takes {name} back to {body.get(name)!r}, and the plan saw {row[name]!r}")
        for name in base:
            if name in ORDER or body.get(name) == base[name]:
                continue
            if name not in wanted or body.get(name) != wanted[name]:
                world.break_rule(f"{request} takes {name} away, which nobody declared: {base[name]!r}")
            elif planned.get(name) != base[name] and planned.get(name) != row.get(name):
                world.break_rule(f"{request} overwrites {name}, which somebody set since the plan: {base[name]!r}")
