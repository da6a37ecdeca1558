"""A state in PostgreSQL, with rows that others have locked, and with a server that hangs."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import psycopg
import pytest

from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.state import postgres
from sdx_state.state.postgres import PostgresStore
from sdx_state.state.store import StoreRefused, Unclear


@pytest.fixture
def dsn(opened_stores):
    return opened_stores("postgres").address


@pytest.fixture
def store(dsn, monkeypatch):
    monkeypatch.setattr(postgres, "STATEMENT", 0.3)
    monkeypatch.setattr(postgres, "CANCEL", 0.3)
    opened = PostgresStore(dsn, "sdx_state", THIS_MACHINE)
    yield opened
    opened.close()


def test_row_locked_by_another_transaction_times_out_within_seconds(store, dsn, prefix):
    key = f"{prefix}/a"
    version = store.put(key, b"1", None)
    with psycopg.connect(dsn) as other:
        other.execute("UPDATE sdx_state.objects SET content = content WHERE key = %s", (key,))
        with pytest.raises(Unclear, match="did not answer"):
            store.put(key, b"2", version)
        other.rollback()
    assert store.get(key).content == b"1"
    store.put(key, b"3", version)


def test_server_that_hangs_times_out_within_seconds(store, prefix):
    store.put(f"{prefix}/a", b"1", None)
    pid = store._connected().info.backend_pid
    os.kill(pid, signal.SIGSTOP)
    try:
        with pytest.raises(Unclear, match="did not answer"):
            store.get(f"{prefix}/a")
    finally:
        os.kill(pid, signal.SIGCONT)
    assert store.get(f"{prefix}/a").content == b"1"


def test_first_runs_in_a_new_database_at_the_same_time_all_write(dsn):
    """PostgreSQL answers all but one of them with errors of several kinds, since two make the same catalog rows."""

    def write(schema: str, key: str, together: threading.Barrier) -> str:
        with closing(PostgresStore(dsn, schema, THIS_MACHINE)) as store:
            store.get(key)  # connects
            together.wait(10.0)
            return store.put(key, b"1", None)

    with ThreadPoolExecutor(8) as runs:
        for number in range(10):
            together = threading.Barrier(8)
            written = [runs.submit(write, f"first_{number}", f"run/{key}", together) for key in range(8)]
            assert len({one.result() for one in written}) == 8


def test_schema_where_the_table_cannot_be_made_is_refused_with_what_is_in_the_way(dsn):
    with psycopg.connect(dsn, autocommit=True) as other:
        other.execute("CREATE SCHEMA taken")
        other.execute("CREATE TYPE taken.objects AS ENUM ()")
    with (
        closing(PostgresStore(dsn, "taken", THIS_MACHINE)) as store,
        pytest.raises(StoreRefused, match='type "objects" already exists'),
    ):
        store.put("a", b"1", None)
