"""Collections of the API as rows, for the reconciler. `Client` has the same with types."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import field
from types import TracebackType

from sdx_state.api.credentials import Credentials
from sdx_state.api.ending import Ending
from sdx_state.api.endpoint import Endpoint, PhoneNumbers
from sdx_state.api.exchange import Transport
from sdx_state.api.paging import PageSizes
from sdx_state.api.renewing import Renewing
from sdx_state.api.retry import Sender, Wait
from sdx_state.api.transport import HttpTransport
from sdx_state.kinds import KINDS
from sdx_state.model.urls import BaseUrl
from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.records import dataclass

# Collections that cannot be declared in YAML.
NOT_MANAGED = {"responses": "response", "interactions": "interaction", "interaction_data": "interaction_data"}


@dataclass(frozen=True)
class Connection:
    """Connection settings of a tenant.

    Attributes:
        base: Address of its API.
        credentials: The credentials.
        parallelism: Connections, and so requests in flight, at a time.
        deadline: Seconds for one request as a whole, each try of its own.
        connect_timeout: Seconds for connecting.
        read_timeout: Seconds for the whole answer once the request is sent; None leaves it to `deadline`.
        max_retries: Most retries of a request, if retrying is safe.
        ca_file: Certificates (PEM) to trust instead of the usual ones, such as those of a corporate proxy.
        renew: Returns new credentials after a 401, None if there are none.
        one_run: It serves one run of a command, which stops as a whole: nothing is sent after a 401 (many workers
            with wrong credentials could lock the account), nothing for 20 s after 5 failures in a row, and all
            retries share a budget. Otherwise requests do not influence each other.
        waiting: Called with each long wait that the server asks for, once where several requests wait together;
            worker threads call it.
    """

    base: BaseUrl
    credentials: Credentials
    parallelism: int = 8
    deadline: float = 60.0
    connect_timeout: float = 10.0
    read_timeout: float | None = None
    max_retries: int = 4
    ca_file: str | None = None
    renew: Callable[[Credentials], Credentials | None] | None = field(default=None, repr=False)
    one_run: bool = False
    waiting: Callable[[Wait], None] = field(default=lambda _: None, repr=False)


class Endpoints:
    """The collections of one tenant, as rows. Thread-safe; a context manager that closes its connections.

    Args:
        connection: Connection settings of the tenant.
        machine: Clock, sleep and jitter.
        transport: Sends the requests; None for HTTP connections.

    Attributes:
        surveys, questions, users, responses, interactions, interaction_data: The collections.
        base: Address of the API.
        machine: Clock, sleep and random values.
        phone_numbers: The look-up.
    """

    def __init__(
        self,
        connection: Connection,
        *,
        machine: Machine = THIS_MACHINE,
        transport: Transport | None = None,
    ) -> None:
        ending = Ending(machine)
        self._transport, redact = (
            (transport, connection.credentials.redact) if transport else _opened(connection, machine, ending)
        )
        self.base = connection.base
        self.machine = machine
        self._sender = Sender(
            self._transport,
            redact,
            machine,
            parallelism=connection.parallelism,
            max_retries=connection.max_retries,
            one_run=connection.one_run,
            waiting=connection.waiting,
            ending=ending,
        )
        sizes = PageSizes()
        self._endpoints = {
            kind.collection: Endpoint(self._sender, sizes, kind.collection, kind.name, kind.identity)
            for kind in KINDS.values()
            if not kind.lookup_only
        }
        for collection, singular in NOT_MANAGED.items():
            self._endpoints[collection] = Endpoint(self._sender, sizes, collection, singular, "id")
        self.surveys = self._endpoints["surveys"]
        self.questions = self._endpoints["questions"]
        self.users = self._endpoints["users"]
        self.responses = self._endpoints["responses"]
        self.interactions = self._endpoints["interactions"]
        self.interaction_data = self._endpoints["interaction_data"]
        self.phone_numbers = PhoneNumbers(self._sender)

    def __repr__(self) -> str:
        return f"Endpoints(url={str(self.base)!r})"

    @property
    def requests(self) -> int:
        """Number of HTTP requests that were started, including retries."""
        return self._sender.requests

    @property
    def server_ahead(self) -> float | None:
        """Seconds by which the server's clock is ahead of this machine's, None if unknown."""
        return self._sender.server_ahead

    @contextmanager
    def gated(self, gate: Callable[[], object]) -> Iterator[None]:
        """Call `gate` right before each try of a write while the block runs; where it raises, nothing is sent."""
        self._sender.gate = gate
        try:
            yield
        finally:
            self._sender.gate = lambda: None

    def endpoint(self, collection: str) -> Endpoint:
        """Return the endpoint of `collection`, such as `surveys`.

        Raises:
            KeyError: There is no such collection.
        """
        return self._endpoints[collection]

    def tried_within(self, seconds: float) -> bool:
        """Wait until the first try of a request has ended, however it did; return False if it takes longer."""
        return self._sender.tried_within(seconds)

    def stop_waiting(self) -> None:
        """End every wait that the server asks for: its request fails. A signal handler may call it."""
        self._sender.stop_waiting()

    def abandon(self) -> None:
        """End every wait and every request in flight, and retry nothing any more."""
        self._sender.abandon()

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def __enter__(self) -> Endpoints:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _opened(connection: Connection, machine: Machine, ending: Ending) -> tuple[Transport, Callable[[str], str]]:
    """Return the transport, and the function that removes its credentials from a text."""
    transport = HttpTransport(
        connection.base,
        connection.credentials,
        connection.parallelism,
        connection.deadline,
        connection.connect_timeout,
        connection.ca_file,
        connection.read_timeout,
        machine,
        ending,
    )
    if connection.renew is None:
        return transport, connection.credentials.redact
    renewing = Renewing(transport, connection.credentials, connection.renew)
    return renewing, renewing.redact
