"""A tenant in memory, its virtual clock, and a line to it on which any request can go wrong.

The tenant answers in the flat shape. Nothing here knows how the product works: it serves, remembers who was sent
what, and says when a rule of conduct was broken.
"""

from __future__ import annotations

import copy
import heapq
import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from sdx_state.api.exchange import Answer, Request
from sdx_state.programs.machine import Uptime

Row = dict[str, Any]
JSON = {"Content-Type": "application/json"}
PAGE = b"<!doctype html><html><body>Please sign in</body></html>"
SINGULAR = {"surveys": "survey", "questions": "question", "users": "user"}
LABEL = {"surveys": "name", "questions": "question_label", "users": "email"}
DEADLINE = 60.0  # seconds after which a client gives a request up


class Crash(BaseException):
    """The process died here. Nothing may catch it, and nothing it does afterwards reaches the world."""


class Clock:
    """Virtual time: it passes only during waits.

    Attributes:
        time: How long the world exists.
        wrong: How far the clock on the wall is off.
        boots: How often the machine was started.
    """

    def __init__(self) -> None:
        self.time = 1_800_000_000.0
        self.wrong = 0.0
        self.boots = 1
        self._booted = self.time - 1000.0

    def now(self) -> float:
        return self.time

    def wall(self) -> float:
        """Return what the clock on the wall shows."""
        return self.time + self.wrong

    def uptime(self) -> Uptime:
        """Return how long the machine runs."""
        return Uptime(f"boot {self.boots}", self.time - self._booted)

    def reboot(self) -> None:
        """Reboot the machine."""
        self.boots, self._booted = self.boots + 1, self.time - 5.0


class Tenant:
    """Surveys, questions and users, as rows; `cap` is the longest page that a list gives."""

    def __init__(self, cap: int = 1000) -> None:
        self.cap = cap
        self.rows: dict[str, dict[str, Row]] = {"surveys": {}, "questions": {}, "users": {}}
        self.deleted: set[tuple[str, str]] = set()
        self.late: list[tuple[float, int, Request]] = []
        self.last = 0
        self.now = 0.0
        self.shadows: list[tuple[float, str, str, Row | None, bool]] = []

    def shadow(self, until: float, collection: str, id: str, seen: Row | None, items_only: bool = False) -> None:
        """Let reads show `seen` instead of the row until that moment, None for no row; perhaps not in lists."""
        self.shadows.append((until, collection, id, seen, items_only))

    def seen(self, collection: str, listing: bool) -> dict[str, Row]:
        """Return the rows as reads show them now."""
        rows = self.rows[collection]
        self.shadows = [one for one in self.shadows if one[0] > self.now]
        for _, where, id, row, items_only in self.shadows:
            if where != collection or (listing and items_only):
                continue
            if row is None:
                rows = {key: other for key, other in rows.items() if key != id}
            elif id in rows or not items_only:
                rows = {**rows, id: row}
        return rows

    def copy(self, cap: int) -> Tenant:
        """Return another tenant with the same rows."""
        other = Tenant(cap)
        other.rows, other.deleted, other.last = copy.deepcopy(self.rows), set(self.deleted), self.last
        return other

    def add(self, collection: str, **values: Any) -> Row:
        """Create a row."""
        self.last += 1
        row: Row = {**values} if collection == "users" else {"id": self.last, **values}
        if collection == "questions":
            row["survey_id"], row["order"] = int(row["survey_id"]), int(row.get("order") or 0)
        self.rows[collection][str(row.get("id", row.get("email"))).lower()] = row
        return row

    def remove(self, collection: str, id: str) -> None:
        """Delete a row, and with a survey its questions."""
        self.rows[collection].pop(id, None)
        self.deleted.add((collection, id))
        if collection == "surveys":
            for key, row in [*self.rows["questions"].items()]:
                if str(row["survey_id"]) == id:
                    self.remove("questions", key)

    def questions_of(self, survey_id: object) -> list[Row]:
        """Return the questions of a survey in the order asked."""
        found = [row for row in self.rows["questions"].values() if row["survey_id"] == survey_id]
        return sorted(found, key=lambda row: (row["order"], row["id"]))

    def later(self, when: float, request: Request) -> None:
        """Carry `request` out at the moment `when`, even if its process is dead."""
        heapq.heappush(self.late, (when, len(self.late) + self.last, request))

    def land(self, now: float) -> list[Request]:
        """Carry out what was due until `now`, and return it."""
        landed = []
        while self.late and self.late[0][0] <= now:
            landed.append(heapq.heappop(self.late)[2])
            self.serve(landed[-1])
        return landed

    def serve(self, request: Request) -> Answer:
        """Carry `request` out and answer it."""
        parts = urlsplit(request.path)
        collection, _, rest = parts.path.strip("/").partition("/")
        id, form = unquote(rest).lower(), dict(request.form or {})
        if collection not in self.rows:
            return Answer(200, JSON, b"[]")  # responses and interactions: there are no answers yet
        if request.method == "OPTIONS":
            return Answer(200, {"Allow": "GET, PUT, DELETE" if id else "GET, POST"}, b"")
        if not id:
            return self._create(collection, form) if request.method == "POST" else self._list(collection, parts.query)
        reading = request.method == "GET"
        row = (self.seen(collection, listing=False) if reading else self.rows[collection]).get(id)
        if row is None and reading and id in self.rows[collection]:
            return Answer(404, JSON, b"{}")
        if row is None:
            return Answer(410 if (collection, id) in self.deleted else 404, JSON, b"{}")
        if request.method == "DELETE":
            self.remove(collection, id)
            return Answer(200, JSON, b"{}")
        if request.method == "PUT":
            body = json.loads(form[SINGULAR[collection]])
            kept: dict[str, Any] = {name: row[name] for name in ("survey_id", "order") if name in row}
            row.clear()
            row.update({**kept, **body})
            if collection == "questions":
                row["survey_id"], row["order"] = int(row["survey_id"]), int(row["order"])
        shown = {name: value for name, value in row.items() if name not in ("survey_id", "order")}
        return Answer(200, JSON, json.dumps(shown).encode())

    def _create(self, collection: str, form: Mapping[str, str]) -> Answer:
        if collection == "users" and form["email"].lower() in self.rows["users"]:
            return Answer(409, JSON, b"{}")
        if collection == "questions" and form["survey_id"] not in self.rows["surveys"]:
            return Answer(404, JSON, b"{}")
        values: Row = {name: int(value) if name == "max_response" else value for name, value in form.items()}
        return Answer(201, JSON, json.dumps(self.add(collection, **values)).encode())

    def _list(self, collection: str, query: str) -> Answer:
        asked = {name: values[0] for name, values in parse_qs(query).items()}
        rows = [*self.seen(collection, listing=True).values()]
        if "email" in asked:
            rows = [row for row in rows if row["email"].lower() == asked["email"].lower()]
        if "survey_id" in asked:
            rows = [row for row in rows if str(row["survey_id"]) == asked["survey_id"]]
        start = int(asked["_offset"])
        return Answer(200, JSON, json.dumps(rows[start : start + min(self.cap, int(asked["_limit"]))]).encode())


# Each fate of a request: whether the tenant carries it out (late: up to `LATE` seconds later), and what the client
# sees of it.
ANSWERS: dict[str, tuple[str, str]] = {
    "not sent": ("no", "not sent"),
    "drop before": ("no", "none"),
    "drop after": ("yes", "none"),
    "late": ("late", "none"),
    "slow": ("slow", "right"),
    "500": ("no", "500"),
    "500 after": ("yes", "500"),
    "502": ("no", "502"),
    "502 after": ("yes", "502"),
    "502 late": ("late", "502"),
    "503": ("no", "503"),
    "503 after": ("yes", "503"),
    "429": ("no", "429"),
    "401": ("no", "401"),
    "409": ("no", "409"),
    "html": ("no", "html"),
    "html after": ("yes", "html"),
    "truncated": ("yes", "truncated"),
    "empty": ("yes", "empty"),
    "redirect": ("no", "302"),
    "redirect after": ("yes", "302"),
    "crash before": ("no", "crash"),
    "crash after": ("yes", "crash"),
    "crash late": ("late", "crash"),
}
# Actions of other users, or of a server that breaks its contract, at that moment. A 410 is true: the row is deleted.
EVENTS = (
    *("410", "ignored", "edited", "twin", "row left out", "rows move up", "clock jumps"),
    *("lags", "hidden", "stale item", "colleague", "another id", "filter ignored", "lock taken"),
)
JUMPS = (-10 * 365 * 86400.0, -3600.0, -45.0, 45.0, 3600.0, 10 * 365 * 86400.0)  # seconds
KINDS = (*ANSWERS, *EVENTS)


def altered(answer: Answer, seen: str) -> Answer:
    """Return what the client sees of `answer`."""
    if seen == "html":
        return Answer(200, {"Content-Type": "text/html"}, PAGE)
    if seen == "truncated":
        return Answer(answer.status, answer.headers, answer.body[: len(answer.body) // 2])
    if seen == "empty":
        return Answer(200, JSON, b"")
    if seen == "302":
        return Answer(302, {"Location": "https://elsewhere.example/login"}, b"")
    headers = {**JSON, "Retry-After": "2"} if seen in ("429", "503") else JSON
    return Answer(int(seen), headers, b'{"error": "as told"}')
