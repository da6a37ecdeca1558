"""A state in PostgreSQL, with rows that others have locked, and with a server that hangs."""

from __future__ import annotations

import os
import signal

import psycopg
import pytest

from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.state import postgres
from sdx_state.state.postgres import PostgresStore
from sdx_state.state.store import Unclear


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
