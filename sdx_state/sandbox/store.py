"""Data of a tenant in SQLite. Each row stores the JSON texts of its answers, so that a page is a join of texts."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from sdx_state.sandbox.conditions import Condition, conditions_of
from sdx_state.sandbox.database_file import make_file
from sdx_state.sandbox.emails import same
from sdx_state.sandbox.machine import THIS_MACHINE, Machine
from sdx_state.sandbox.options import Shape
from sdx_state.sandbox.shapes import Row, hidden_from_flat, to_flat, to_inner, to_nested

Collection = Literal["surveys", "questions", "users", "interactions", "interaction_data", "responses"]
CONFIGURATION = ("surveys", "questions", "users")
RECORDS = ("interactions", "interaction_data", "responses")

_SCHEMA = """
create table if not exists surveys (id integer primary key autoincrement, inner text, flat text, nested text);
create table if not exists questions (id integer primary key autoincrement, inner text, flat text, nested text);
create table if not exists users (id integer primary key autoincrement, email text unique collate nocase,
    inner text, flat text, nested text);
create table if not exists placements (survey_id integer, question_id integer, position integer,
    primary key (survey_id, question_id)) without rowid;
create index if not exists placements_by_question on placements (question_id);
create table if not exists interactions (id integer primary key autoincrement, body text);
create table if not exists interaction_data (id integer primary key autoincrement, body text);
create table if not exists responses (id integer primary key autoincrement, body text);
create table if not exists deleted (collection text, identity text, primary key (collection, identity)) without rowid;
create table if not exists counters (name text primary key, count integer) without rowid;
"""


class Store:
    """All data of one tenant. Safe to use from many threads.

    Attributes:
        machine: Clock and random values.
    """

    def __init__(self, database: Path | str, machine: Machine = THIS_MACHINE) -> None:
        """Open `database`; a new file is private to its owner. ":memory:" is not stored.

        Raises:
            OSError: The path is something else, such as a link.
        """
        if str(database) != ":memory:":
            make_file(Path(database))
        self.machine = machine
        self._lock = threading.RLock()
        self._db = sqlite3.connect(str(database), check_same_thread=False, isolation_level=None)
        self._db.execute("pragma journal_mode = wal")
        self._db.execute("pragma synchronous = normal")
        self._db.create_function("same", 1, lambda text: same(text or ""), deterministic=True)
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Close the database."""
        with self._lock:
            self._db.close()

    # --- configuration: surveys, questions, users

    def page(
        self,
        collection: str,
        shape: Shape,
        *,
        limit: int,
        offset: int,
        descending: bool,
        where: Sequence[Condition] = (),
    ) -> list[str]:
        """Return the JSON texts of one page.

        Args:
            collection: `surveys`, `questions` or `users`.
            shape: The shape to answer in.
            limit: Most rows.
            offset: Rows to skip.
            descending: From the highest id.
            where: Field, operator (`=` or `contains`) and value of each filter, on the flat shape.
        """
        conditions, values = conditions_of("flat", where)
        order = "desc" if descending else "asc"
        sql = f"select {shape} from {collection} {conditions} order by id {order} limit ? offset ?"
        return [text for (text,) in self._all(sql, (*values, limit, offset))]

    def questions_of(self, survey_id: int, shape: Shape, *, limit: int, offset: int, descending: bool) -> list[str]:
        """Return the JSON texts of one page of a survey's questions, with `survey_id` and `order` in them."""
        order = "desc" if descending else "asc"
        sql = (
            f"select q.{shape}, p.position from placements p join questions q on q.id = p.question_id "
            f"where p.survey_id = ? order by q.id {order} limit ? offset ?"
        )
        rows = self._all(sql, (survey_id, limit, offset))
        return [f'{text[:-1]}, "survey_id": {survey_id}, "order": {position}}}' for text, position in rows]

    def item(self, collection: str, identity: str, shape: Shape) -> str | None:
        """Return the JSON text of one resource, None if there is none."""
        sql = f"select {shape} from {collection} where {_identity(collection)} = ?"
        found = self._all(sql, (_key(collection, identity),))
        return found[0][0] if found else None

    def was_deleted(self, collection: str, identity: str) -> bool:
        """Return True if such a resource was deleted."""
        sql = "select 1 from deleted where collection = ? and identity = ?"
        return bool(self._all(sql, (collection, _key(collection, identity))))

    def create(self, collection: str, row: Mapping[str, object]) -> str:
        """Add a resource and return its identity; a question is added to `survey_id`, last without `order`."""
        with self._lock, self._db:
            self._db.execute("begin immediate")
            return self._put(collection, None, to_inner(collection, row), _placement(row))

    def replace(self, collection: str, identity: str, row: Mapping[str, object], shape: Shape) -> None:
        """Replace a whole resource; fields that the shape does not show are unchanged."""
        with self._lock, self._db:
            self._db.execute("begin immediate")
            kept = None
            if shape == "flat":
                sql = f"select inner from {collection} where {_identity(collection)} = ?"
                kept = hidden_from_flat(collection, json.loads(self._all(sql, (_key(collection, identity),))[0][0]))
            self._put(collection, identity, to_inner(collection, row, kept), _placement(row))

    def delete(self, collection: str, identity: str) -> None:
        """Delete a resource; a survey with its questions that belong to no other."""
        with self._lock, self._db:
            self._db.execute("begin immediate")
            self._delete(collection, identity)

    # --- records: interactions, their data, responses

    def records(self, collection: str, where: Sequence[Condition] = ()) -> list[Row]:
        """Return the records that match every filter, by id."""
        conditions, values = conditions_of("body", where)
        return [
            json.loads(text)
            for (text,) in self._all(f"select body from {collection} {conditions} order by id", values)
        ]

    def record(self, collection: str, id: str) -> Row | None:
        """Return one record, None if there is none."""
        found = self._all(f"select body from {collection} where id = ?", (id,))
        return json.loads(found[0][0]) if found else None

    def put_record(self, collection: str, row: Mapping[str, object]) -> Row:
        """Add a record, or replace the one with its `id`; return it with its id."""
        with self._lock, self._db:
            self._db.execute("begin immediate")
            cursor = self._db.execute(f"insert or replace into {collection} (id) values (?)", (row.get("id"),))
            kept: Row = {"id": row.get("id") or cursor.lastrowid, **{k: v for k, v in row.items() if k != "id"}}
            self._db.execute(f"update {collection} set body = ? where id = ?", (json.dumps(kept), kept["id"]))
            return kept

    def delete_record(self, collection: str, id: str) -> None:
        """Delete a record."""
        with self._lock, self._db:
            self._db.execute("begin immediate")
            self._db.execute(f"delete from {collection} where id = ?", (id,))
            self._remember_deleted(collection, id)

    # --- access from outside, like the admin UI

    def rows(self, collection: str) -> list[Row]:
        """Return all of a collection: configuration in the flat shape, a question with `survey_id` and `order`."""
        if collection in RECORDS:
            return self.records(collection)
        if collection == "questions":
            sql = (
                "select q.flat, p.survey_id, p.position from questions q "
                "join placements p on p.question_id = q.id order by q.id"
            )
            return [{**json.loads(text), "survey_id": id, "order": place} for text, id, place in self._all(sql)]
        return [json.loads(text) for (text,) in self._all(f"select flat from {collection} order by id")]

    def put_row(self, collection: str, row: Mapping[str, object]) -> str:
        """Add or replace a resource in either shape, by its identity, and return the identity."""
        if collection in RECORDS:
            return str(self.put_record(collection, row)["id"])
        identity = row.get("email" if collection == "users" else "id")
        with self._lock:
            if identity is not None and self.item(collection, str(identity), "flat") is not None:
                shape: Shape = "nested" if any(str(name).endswith("_prompt") for name in row) else "flat"
                self.replace(collection, str(identity), row, shape)
                return str(identity)
            return self.create(collection, row)

    def delete_row(self, collection: str, identity: str) -> None:
        """Delete a resource or a record."""
        if collection in RECORDS:
            self.delete_record(collection, identity)
        else:
            self.delete(collection, identity)

    def load_snapshot(self, snapshot: Mapping[str, Iterable[Mapping[str, object]]]) -> None:
        """Add many resources at once: `surveys`, `questions`, `users`, each in either shape."""
        with self._lock, self._db:
            self._db.execute("begin immediate")
            for collection in CONFIGURATION:
                for row in snapshot.get(collection, ()):
                    self._put(collection, None, to_inner(collection, row), _placement(row))

    def count(self, name: str) -> None:
        """Increment the counter `name`."""
        with self._lock, self._db:
            self._db.execute(
                "insert into counters values (?, 1) on conflict (name) do update set count = count + 1", (name,)
            )

    def lookups(self) -> int:
        """Return the number of phone number look-ups: each would be paid."""
        found = self._all("select count from counters where name = 'lookups'")
        return int(found[0][0]) if found else 0

    # --- internal

    def _all(self, sql: str, values: Sequence[object] = ()) -> list[tuple[str, ...]]:
        with self._lock:
            return self._db.execute(sql, tuple(values)).fetchall()

    def _put(
        self, collection: str, identity: str | None, inner: Row, placement: tuple[int | None, int | None]
    ) -> str:
        for name in ("survey_id", "order"):
            if collection == "questions":
                inner.pop(name, None)
        key: object = identity
        if collection == "users":
            email = str(identity or inner["email"])
            self._db.execute("insert or ignore into users (email) values (?)", (same(email),))
            self._db.execute("delete from deleted where collection = 'users' and identity = ?", (same(email),))
            inner["email"] = key = inner.get("email") or email
        elif identity is None:
            cursor = self._db.execute(f"insert into {collection} (id) values (?)", (inner.get("id"),))
            key = cursor.lastrowid
        if collection != "users":
            inner = {"id": int(str(key)), **{name: value for name, value in inner.items() if name != "id"}}
        texts = (json.dumps(inner), json.dumps(to_flat(collection, inner)), json.dumps(to_nested(collection, inner)))
        sql = f"update {collection} set inner = ?, flat = ?, nested = ? where {_identity(collection)} = ?"
        self._db.execute(sql, (*texts, _key(collection, str(key))))
        if collection == "questions":
            self._place(int(str(key)), *placement)
        return str(key)

    def _place(self, question_id: int, survey_id: int | None, position: int | None) -> None:
        if survey_id is None:
            surveys = self._all("select survey_id from placements where question_id = ?", (question_id,))
            if position is None or len(surveys) != 1:
                return
            survey_id = int(surveys[0][0])
        if position is None:
            known = "select position from placements where survey_id = ? and question_id = ?"
            if self._all(known, (survey_id, question_id)):
                return
            last = self._all("select max(position) from placements where survey_id = ?", (survey_id,))
            position = int(last[0][0] or 0) + 1
        self._db.execute("insert or replace into placements values (?, ?, ?)", (survey_id, question_id, position))

    def _delete(self, collection: str, identity: str) -> None:
        self._db.execute(f"delete from {collection} where {_identity(collection)} = ?", (_key(collection, identity),))
        self._remember_deleted(collection, identity)
        if collection == "questions":
            self._db.execute("delete from placements where question_id = ?", (identity,))
        elif collection == "surveys":
            asked = self._all("select question_id from placements where survey_id = ?", (identity,))
            self._db.execute("delete from placements where survey_id = ?", (identity,))
            for (question_id,) in asked:
                if not self._all("select 1 from placements where question_id = ?", (question_id,)):
                    self._delete("questions", str(question_id))

    def _remember_deleted(self, collection: str, identity: str) -> None:
        self._db.execute("insert or ignore into deleted values (?, ?)", (collection, _key(collection, identity)))


def _identity(collection: str) -> str:
    return "email" if collection == "users" else "id"


def _key(collection: str, identity: str) -> str:
    """Return the form in which `identity` is compared."""
    return same(identity) if collection == "users" else identity


def _placement(row: Mapping[str, object]) -> tuple[int | None, int | None]:
    survey_id, position = row.get("survey_id"), row.get("order")
    return (
        int(str(survey_id)) if survey_id not in (None, "") else None,
        int(str(position)) if position not in (None, "") else None,
    )
