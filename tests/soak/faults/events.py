"""Actions of other users, and of a server that breaks its contract, at the moment of a request."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from sdx_state.api.exchange import Answer, Request
from tests.soak.faults.scenario import DECLARED, address_of, is_stranger, row_of
from tests.soak.faults.tenant import JSON, JUMPS, LABEL, SINGULAR

if TYPE_CHECKING:
    from tests.soak.faults.line import Line

LAG = 20.0  # seconds that reads may lag behind a write


class Events:
    """Lets them happen on one line."""

    def __init__(self, line: Line) -> None:
        self.line = line
        self.tenant, self.chance = line.world.tenant, line.world.chance
        self.colleague: dict[
            str, tuple[str, str, bool]
        ] = {}  # address -> collection and id of a row of the same name; was it seen

    def meet(self, what: str, request: Request) -> Answer:
        """Let `what` happen, and answer `request`."""
        line, world = self.line, self.line.world
        tenant, chance = self.tenant, self.chance
        collection, id = parts_of(request)
        if what == "clock jumps":
            world.clock.wrong += chance.choice(JUMPS)
            return line.right(request)
        if what == "lags":
            return self._late(collection, id, request)
        line.touched = True
        if what == "hidden":
            self._hide()
        if what == "stale item" and request.method == "GET" and id:
            return self._old(collection, id, request)
        if what == "another id" and request.method == "POST":
            return self._another_id(collection, request)
        if what == "filter ignored" and request.method == "GET" and not id:
            return line.right(replace(request, path=request.path.replace("survey_id=", "_ignored=")))
        if what == "colleague" and not line.planning:
            self._colleague()
        if what == "lock taken":
            world.take_lock()
        if what == "410":
            if id and collection in LABEL and request.method != "OPTIONS":
                tenant.remove(collection, id)
            return Answer(410, JSON, b"{}")
        if what == "ignored" and request.writes:
            return self._ignored(collection, request)
        if what == "edited":
            self._edit()
        if what == "twin" and request.method == "POST" and collection != "users":
            made = tenant.serve(request)
            twin = tenant.add(collection, **(request.form or {}))
            world.twins[address_of(tenant, collection, request.form) or ""] = collection, str(twin["id"])
            if made.status == 201:
                raise line.lost(request)
            tenant.remove(collection, str(twin["id"]))
            world.twins.clear()
        query = parse_qs(urlsplit(request.path).query)
        if what == "rows move up" and not id and int(query.get("_offset", ["0"])[0]):
            theirs = [key for key, row in tenant.rows[collection].items() if is_stranger(collection, row)]
            if theirs:
                tenant.remove(collection, theirs[0])
        answer = line.right(request)
        if what == "row left out" and request.method == "GET" and not id and collection in LABEL:
            rows = json.loads(answer.body)
            colleagues = {id for _, id, _ in self.colleague.values()}
            ours = [row for row in rows if not is_stranger(collection, row) and str(row.get("id")) not in colleagues]
            if ours:
                rows.remove(chance.choice(ours))
            answer = replace(answer, body=json.dumps(rows).encode())
        return answer

    def _until(self) -> float:
        return self.line.world.clock.time + self.chance.uniform(0.5, LAG)

    def _late(self, collection: str, id: str, request: Request) -> Answer:
        """Carry a write out and answer it well; for a while reads show what was before."""
        if not request.writes or collection not in LABEL:
            return self.line.right(request)
        known = {*self.tenant.rows[collection]}
        before = dict(self.tenant.rows[collection][id]) if id in known else None
        answer = self.line.right(request)
        if answer.status < 300:
            concerned = [id] if id else [key for key in self.tenant.rows[collection] if key not in known]
            for key in concerned:
                self.tenant.shadow(self._until(), collection, key, before)
            if request.method == "POST" and self.chance.random() < 0.5:
                self.line.faults[self.line.requests + 1] = "crash before"  # it dies knowing the id
        return answer

    def _hide(self) -> None:
        """Hide two managed rows for a while.

        A colleague's row is never one of them: a client cannot know of a row that no read has shown.
        """
        theirs = {key for _, key, _ in self.colleague.values()}
        ours = [
            (collection, key)
            for collection, rows in self.tenant.rows.items()
            for key, row in rows.items()
            if not is_stranger(collection, row) and not self.line.world.twins and key not in theirs
        ]
        until = self._until()
        for collection, key in self.chance.sample(ours, min(2, len(ours))):
            self.tenant.shadow(until, collection, key, None)
            self.line.world.trace.append(f"  (hidden for a while: {collection} {key})")

    def _old(self, collection: str, id: str, request: Request) -> Answer:
        """Answer an item as it was before an edit, though lists show the edit, for a while."""
        row = self.tenant.rows.get(collection, {}).get(id)
        name = {"surveys": "email_subject", "questions": "question_sound_file", "users": "agent_id"}.get(collection)
        if row is not None and name in row and not self.line.planning:
            self.tenant.shadow(self._until(), collection, id, {**row, name: "older"}, items_only=True)
        return self.line.right(request)

    def _another_id(self, collection: str, request: Request) -> Answer:
        """Answer a create with the id of something else that is there; perhaps it was not even carried out."""
        others = [*self.tenant.rows[collection].values()]
        if self.chance.random() < 0.6:
            answer = self.line.right(request)
            if answer.status >= 300:
                return answer
        told = {
            **(request.form or {}),
            **{name: value for name, value in self.chance.choice(others).items() if name in ("id", "email")},
        }
        return Answer(201, JSON, json.dumps(told).encode())

    def _colleague(self) -> None:
        """Let a colleague create what is declared and not there yet, unless its create was sent already."""
        tenant, world = self.tenant, self.line.world
        missing = [
            address
            for address, wanted in DECLARED.items()
            if row_of(tenant, address) is None and not world.posts[address] and address not in self.colleague
        ]
        # A survey just created is unknown to the colleague.
        missing = [
            one
            for one in missing
            if one != "question.c.s" and (not one.startswith("question.a.") or row_of(tenant, "survey.a"))
        ]
        if not missing:
            return
        address = self.chance.choice(missing)
        collection = f"{address.partition('.')[0]}s"
        parent = {}
        if collection == "questions":
            survey = row_of(tenant, f"survey.{address.split('.')[1]}") or {}
            parent = {"survey_id": survey["id"], "order": 90}
        row = tenant.add(collection, **DECLARED[address], **parent)
        key = str(row.get("id", row.get("email"))).lower()
        self.colleague[address] = collection, key, False
        world.trace.append(f"  (a colleague creates {address} as {key})")

    def shown(self, collection: str, keys: set[str]) -> None:
        """Note that the client was shown these rows."""
        for address, (where, key, _) in self.colleague.items():
            if where == collection and key in keys:
                self.colleague[address] = where, key, True

    def posted(self, address: str | None) -> None:
        """Report a create that is sent although a row of the same name was visible; otherwise that row came later."""
        if address not in self.colleague:
            return
        collection, key, seen = self.colleague.pop(address)
        # One at a time, nothing comes between the look and the create.
        if seen or (self.line.world.parallelism == 1 and collection != "users"):
            self.line.world.break_rule(f"{address} is created beside a colleague's: {collection} {key}")
        elif collection != "users":
            self.tenant.remove(collection, key)

    def _ignored(self, collection: str, request: Request) -> Answer:
        """Say that it is done, and do nothing."""
        self.tenant.last += 1000
        told = {"id": self.tenant.last, **(request.form or {})}
        if request.method == "PUT":
            told = json.loads((request.form or {})[SINGULAR[collection]])
        return Answer(200, JSON, json.dumps(told).encode())

    def _edit(self) -> None:
        """Edit one field of a managed row, as another user would; the field may be unmanaged."""
        tenant, chance = self.tenant, self.chance
        choices = [
            ("surveys", "A", "description"),
            ("surveys", "A", "email_subject"),
            ("surveys", "B", "description"),
            ("questions", "P", "question_text"),
            ("questions", "P", "question_sound_file"),
            ("users", "u@example.com", "name"),
            ("users", "u@example.com", "agent_id"),
        ]
        collection, label, name = chance.choice(choices)
        for row in tenant.rows[collection].values():
            if row[LABEL[collection]] == label:
                row[name] = f"edited {chance.randint(1, 99)}"
                self.line.world.trace.append(f"  (somebody sets {name} of {label})")


def parts_of(request: Request) -> tuple[str, str]:
    """Return the collection that `request` is about, and the id, empty for the whole of it."""
    collection, _, id = urlsplit(request.path).path.strip("/").partition("/")
    return collection, id.replace("%40", "@").lower()
