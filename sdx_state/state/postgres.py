"""Objects in a table of PostgreSQL, through `psycopg` (extra `postgres`).

Each operation is one statement that commits by itself: that also works through PgBouncer in transaction mode, where
locks of a session do not, and leaves no transaction open that would block others.
"""

from __future__ import annotations

import os
import re
import socket
import threading
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from sdx_state.programs.machine import Machine
from sdx_state.state.store import Conflict, Found, StoreRefused, Unclear

INSTALL = "Install it: pip install 'sdx-state[postgres]'"
DSN = "SDX_STATE_DSN"
ADVICE = f"Check {DSN}, or PGHOST, PGUSER, PGPASSWORD and PGDATABASE."
RIGHTS = "The user needs CREATE in the database, or a schema that was made for it and is its own."
CONNECT, SILENT = 5, 5_000  # seconds to connect; milliseconds in which sent bytes must be acknowledged
# Seconds for a statement, which a transaction of others can block, and a server that hangs. `statement_timeout` would
# need a session of one's own, which PgBouncer does not give.
STATEMENT = 10.0
CANCEL = 2.0  # seconds in which a server must take back a statement
_IDENTIFIER = re.compile(r"[a-z_][a-z0-9_]{0,62}")
_TABLE = "objects"
Rows = list[Any]


class PostgresStore:
    """Implements `store.Store`.

    Attributes:
        name: What messages call it.
    """

    def __init__(self, dsn: str, schema: str, machine: Machine) -> None:
        """Open nothing yet.

        Args:
            dsn: Where the server is, with credentials; empty for what the PG* variables say.
            schema: Where the table is, made where it is missing.
            machine: Chance, for versions.

        Raises:
            StoreRefused: The package is not installed, or one of the two cannot be used.
        """
        try:
            from psycopg import ProgrammingError
            from psycopg.conninfo import conninfo_to_dict
        except ModuleNotFoundError as error:
            raise StoreRefused(f"the state in PostgreSQL needs {error.name}", INSTALL) from error
        if not _IDENTIFIER.fullmatch(schema):
            raise StoreRefused(
                "`schema` of the state must be a plain name in small letters", "Correct it in sdx.yaml."
            )
        try:
            self._options = conninfo_to_dict(dsn)
        except ProgrammingError:  # whose text can contain the password
            raise StoreRefused(f"{DSN} is not an address of PostgreSQL", ADVICE) from None
        self.name = f"postgres:{self._options.get('dbname') or ''}.{schema}"
        self._schema, self._machine = schema, machine
        self._guard = threading.Lock()
        self._open: list[Any] = []
        weakref.finalize(self, _close, self._open)

    def get(self, key: str) -> Found | None:
        """Return the object `key`, None if there is none."""
        rows = self._asked("SELECT content, version FROM {} WHERE key = %s", (key,))
        return Found(bytes(rows[0][0]), str(rows[0][1])) if rows else None

    def put(self, key: str, content: bytes, version: str | None) -> str:
        """Write `content` if the object has `version` still, or if there is none and `version` is None."""
        new = self._machine.token(12)
        if version is None:
            statement = (
                "INSERT INTO {} (key, content, version) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING RETURNING version"
            )
            rows = self._asked(statement, (key, content, new), make=True)
        else:
            statement = "UPDATE {} SET content = %s, version = %s WHERE key = %s AND version = %s RETURNING version"
            rows = self._asked(statement, (content, new, key, version))
        if not rows:
            raise Conflict(f"{self.name}: {key} is not as it was")
        return new

    def list(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`, in order."""
        rows = self._asked("SELECT key FROM {} WHERE starts_with(key, %s)", (prefix,))
        return sorted(str(row[0]) for row in rows)

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the objects `keys`, those that there are."""
        self._asked("DELETE FROM {} WHERE key = ANY(%s) RETURNING key", ([*keys],))

    def close(self) -> None:
        """Close the connection."""
        with self._guard:
            self._drop()

    def _asked(self, statement: str, values: tuple[object, ...], *, make: bool = False) -> Rows:
        import psycopg
        from psycopg import errors, sql

        table = sql.Identifier(self._schema, _TABLE)
        with self._guard:
            try:
                connection = self._connected()
                with _limited(connection):
                    try:
                        return [*connection.execute(sql.SQL(statement).format(table), values).fetchall()]
                    except (errors.UndefinedTable, errors.InvalidSchemaName):
                        if not make:
                            return []  # nothing was ever kept here
                        self._make(connection)
                        return [*connection.execute(sql.SQL(statement).format(table), values).fetchall()]
            except errors.InsufficientPrivilege as error:
                raise StoreRefused(f"{self.name}: {_said(error)}", RIGHTS) from None
            except psycopg.OperationalError as error:
                self._drop()
                said = self._redacted(_said(error))
                if _is_hopeless(said):
                    raise StoreRefused(f"{self.name}: {said}", ADVICE) from None
                raise Unclear(f"{self.name} did not answer: {said}") from None
            except psycopg.Error as error:
                self._drop()
                raise StoreRefused(f"{self.name}: {self._redacted(_said(error))}", ADVICE) from None

    def _connected(self) -> Any:
        import psycopg

        if self._open and self._open[0].closed:
            self._open.clear()
        if not self._open:
            options: Any = {"connect_timeout": CONNECT, "tcp_user_timeout": SILENT, **self._options}
            connection = psycopg.connect("", autocommit=True, prepare_threshold=None, **options)
            self._open.append(connection)
        return self._open[0]

    def _make(self, connection: Any) -> None:
        """Make schema and table where they are missing.

        `IF NOT EXISTS` looks once: of two runs that make the same at one time, one gets an error about the rows of
        the other in the catalog. They are committed by then, so that it finds them when it looks again.
        """
        from psycopg import errors, sql

        schema, table = sql.Identifier(self._schema), sql.Identifier(self._schema, _TABLE)
        columns = "key text PRIMARY KEY, content bytea NOT NULL, version text NOT NULL"
        for statement in (
            sql.SQL("CREATE SCHEMA IF NOT EXISTS {}").format(schema),
            sql.SQL(f"CREATE TABLE IF NOT EXISTS {{}} ({columns})").format(table),
        ):
            try:
                connection.execute(statement)
            except (errors.UniqueViolation, errors.DuplicateObject, errors.DuplicateTable, errors.DuplicateSchema):
                connection.execute(statement)

    def _drop(self) -> None:
        _close(self._open)

    def _redacted(self, said: str) -> str:
        password = str(self._options.get("password") or "")
        return said.replace(password, "***") if password else said


@contextmanager
def _limited(connection: Any) -> Iterator[None]:
    """Let what the block asks end within `STATEMENT` seconds: then it is canceled, and the connection is cut."""
    with socket.socket(fileno=os.dup(connection.fileno())) as line:  # of this name alone: it is not used again
        timer = threading.Timer(STATEMENT, _cut, (connection, line))
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


def _cut(connection: Any, line: socket.socket) -> None:
    with suppress(Exception):  # the server may not answer this either
        connection.cancel_safe(timeout=CANCEL)
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)


def _close(connections: list[Any]) -> None:
    while connections:
        connections.pop().close()


def _said(error: Any) -> str:
    said = error.diag.message_primary if getattr(error, "diag", None) is not None else None
    return " ".join(str(said or error).split())[:300]


def _is_hopeless(said: str) -> bool:
    """Tell whether the server answered, and would answer so again."""
    return any(word in said for word in ("authentication failed", "does not exist", "no pg_hba.conf entry"))
