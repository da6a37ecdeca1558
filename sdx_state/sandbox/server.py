"""HTTP server of the tenant, on a port of this machine."""

from __future__ import annotations

import asyncio
import socket
import threading
from contextlib import suppress
from pathlib import Path
from types import TracebackType

import uvicorn

from sdx_state.sandbox.app import create_app
from sdx_state.sandbox.options import SandboxOptions
from sdx_state.sandbox.store import Store

LOOPBACK = "127.0.0.1"
PATIENCE = 10.0  # Seconds for the start.


class _Server(uvicorn.Server):
    """A uvicorn server that ends immediately: uvicorn itself polls ten times a second, and then waits for a tenth."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ending = asyncio.Event()

    def end(self) -> None:
        """End the server. Can be called from any thread."""
        self.should_exit = self.force_exit = True
        if self._loop is not None:
            with suppress(RuntimeError):  # It has already ended.
                self._loop.call_soon_threadsafe(self._ending.set)

    async def main_loop(self) -> None:
        self._loop = asyncio.get_running_loop()
        tick = 0  # in tenths of a second
        while not await self.on_tick(tick):
            tick += 1
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._ending.wait(), 0.1)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        if not self.force_exit:
            await super().shutdown(sockets)
            return
        for server in self.servers:
            server.close()
        for one in sockets or []:
            one.close()
        for connection in list(self.server_state.connections):
            connection.shutdown()
        await asyncio.sleep(0)  # Closes idle connections now.
        if self.server_state.connections:
            await asyncio.sleep(0.1)


class SandboxServer:
    """A tenant in this process, on its own thread, for the duration of the block.

    Attributes:
        store: Its data.
        port: Its port, once entered.
    """

    def __init__(self, database: Path | str, options: SandboxOptions | None = None, port: int = 0) -> None:
        """Prepare the tenant in `database`; port 0 is any free port."""
        self.options = options or SandboxOptions()
        self.store = Store(database, self.options.machine)
        # The protocol is explicit, because only then does asyncio send small answers immediately.
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._socket.bind((LOOPBACK, port))
        self.port: int = self._socket.getsockname()[1]
        self._server = _Server(_config(self.store, self.options))
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._socket]}, name="sandbox", daemon=True
        )

    @property
    def url(self) -> str:
        """The API's base address."""
        return f"http://{LOOPBACK}:{self.port}/api"

    def __enter__(self) -> SandboxServer:
        self._thread.start()
        machine = self.options.machine
        end = machine.monotonic() + PATIENCE
        while not self._server.started:
            if machine.monotonic() > end or not self._thread.is_alive():
                raise RuntimeError("the sandbox did not start")
            machine.sleep(0.002)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.end()
        self._thread.join(PATIENCE)
        self._socket.close()
        self.store.close()


def serve(database: Path | str, options: SandboxOptions, port: int = 8080) -> None:
    """Serve the tenant in `database` until a signal arrives."""
    store = Store(database, options.machine)
    try:
        uvicorn.Server(_config(store, options, port)).run()
    finally:
        store.close()


def _config(store: Store, options: SandboxOptions, port: int = 0) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(store, options),
        host=LOOPBACK,
        port=port,
        log_level="critical",
        access_log=False,
        lifespan="off",
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
        server_header=False,
    )
