"""Typed client of the Survey Dynamix API.

>>> from sdx_state import Client, NotFoundError
>>> client = Client(host="au1.surveydynamix.com", customer_uuid=CUSTOMER_UUID, auth_token=AUTH_TOKEN, timeout=30)

Collections have `get` and `list`; lists are iterators that read a page at a time, as far as they are consumed.

>>> for survey in client.surveys.list():
...     print(survey.id, survey.name)
52 Support CSAT
>>> client.surveys.get(52).greeting_text
'Hello.'
>>> [question.question_label for question in client.surveys.questions(52)]
['NPS']

An interaction is one conversation with one respondent. Fields of your own go into `data`.

>>> interaction = client.interactions.create(survey_id=52, external_ref="order-17", data={"tier": "GOLD"})
>>> turn = client.interactions.start_survey(interaction.id)
>>> turn.prompts
('Hello.', 'How likely are you to recommend us?')
>>> client.interactions.submit_response(interaction.id, "9").survey_completed
True
>>> [response.response for response in client.responses.list(interaction_id=interaction.id)]
['9']

Every error is a `SurveyDynamixError`. Where it is `ambiguous`, a write may have been processed.

>>> try:
...     client.surveys.get(99)
... except NotFoundError as error:
...     print(error.request, error.status, error.ambiguous)
GET /surveys/99 404 False
>>> client.close()
"""

from __future__ import annotations

import math
import os
from collections.abc import Mapping
from types import TracebackType

from sdx_state.api.address import base_url, require_trusted
from sdx_state.api.collections import PhoneNumbers, Questions, Responses, Surveys, Users
from sdx_state.api.credentials import Credentials, credentials_from, is_customer_uuid, is_token
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.errors import CredentialsError, InvalidURLError
from sdx_state.api.interaction_data import InteractionData
from sdx_state.api.interactions import Interactions

Timeout = float | tuple[float, float]

TIMEOUT = 60.0  # seconds
CONNECT = 10.0  # Seconds for connecting, unless the timeout is less or says otherwise.
MAX_RETRIES = 4
MAX_CONNECTIONS = 8


class Client:
    """The API of one tenant. Thread-safe; a context manager that closes its connections.

    Reads are retried where that helps (no connection, no answer, 429, 5xx), with growing pauses of at most 20 s, or
    as long as `Retry-After` says, up to 60 s. Writes are retried only if they were certainly not processed: there
    was no connection, or the answer was 429. One request that fails has no influence on the next.

    Every method raises a `SurveyDynamixError`; see `sdx_state.api.errors`. Invalid arguments are a `ValueError`
    before anything is sent.

    Args:
        host: The host that you log in to, such as `au1.surveydynamix.com` (API reference: credentials belong to one
            region). Its API is at `https://HOST/api`.
        url: The whole address instead, such as `http://127.0.0.1:8080/api` for a sandbox on this machine; elsewhere
            it must be https.
        customer_uuid, auth_token: HTTP Basic (admin UI: customer settings, customer credentials).
        token: A personal access token or an OAuth access token instead.
        timeout: Seconds for one request as a whole, from connecting to the last byte of the answer, of which at most
            10 for connecting; or a pair `(connect, read)`: seconds to connect in, and seconds for the whole answer
            once the request is sent. Each retry has the whole time.
        max_retries: Most retries of one request; at most 2 of them after a web page or other answers
            that are not the API's.
        max_connections: Connections at a time; a thread that needs one more waits.
        ca_file: Certificates (PEM) to trust instead of the usual ones, such as those of a company's proxy. A proxy
            is taken from `HTTPS_PROXY` and `NO_PROXY`.

    Attributes:
        surveys, questions, users, responses: Read only (API reference).
        phone_numbers: The look-up, which is paid for.
        interactions: Created, updated, deleted, and run.
        interaction_data: Custom values of interactions.
        rows: The same collections as rows, unparsed.

    Raises:
        InvalidURLError: Neither or both of `host` and `url` are given, or no credentials may be sent there.
        CredentialsError: Credentials are missing, mixed, or cannot be sent.
        CAFileError: `ca_file` contains no certificates.
        ValueError: `timeout`, `max_retries` or `max_connections` is out of range.
    """

    rows: Endpoints
    surveys: Surveys
    questions: Questions
    users: Users
    responses: Responses
    phone_numbers: PhoneNumbers
    interactions: Interactions
    interaction_data: InteractionData

    def __init__(
        self,
        *,
        host: str | None = None,
        url: str | None = None,
        customer_uuid: str | None = None,
        auth_token: str | None = None,
        token: str | None = None,
        timeout: Timeout = TIMEOUT,
        max_retries: int = MAX_RETRIES,
        max_connections: int = MAX_CONNECTIONS,
        ca_file: str | os.PathLike[str] | None = None,
    ) -> None:
        if host and url:
            raise InvalidURLError("", "both `host` and `url` are given")
        deadline, connect, read = _seconds(timeout)
        if max_retries < 0 or max_connections < 1:
            raise ValueError("max_retries must be at least 0, and max_connections at least 1")
        connection = Connection(
            base_url(host, url),
            _credentials(customer_uuid, auth_token, token),
            parallelism=max_connections,
            deadline=deadline,
            connect_timeout=connect,
            read_timeout=read,
            max_retries=max_retries,
            ca_file=None if ca_file is None else os.fspath(ca_file),
        )
        self._use(Endpoints(connection))

    @classmethod
    def from_environment(
        cls,
        environ: Mapping[str, str] | None = None,
        *,
        host: str | None = None,
        timeout: Timeout = TIMEOUT,
        max_retries: int = MAX_RETRIES,
        max_connections: int = MAX_CONNECTIONS,
    ) -> Client:
        """Return a client of the tenant that the environment names.

        It reads `SDX_API_URL`, which counts before `host`; `SDX_CUSTOMER_UUID` with `SDX_AUTH_TOKEN`, or
        `SDX_ACCESS_TOKEN`; and `SDX_CA_FILE`.

        Args:
            environ: The environment; that of the process unless given.
            host, timeout, max_retries, max_connections: As of the class. `host` must be one of the vendor's, unless
                the environment names it beside the credentials.

        Raises:
            InvalidURLError: No host is named, or none that credentials may be sent to.
            CredentialsError: Credentials are missing, or cannot be sent.
            CAFileError: `SDX_CA_FILE` contains no certificates.
        """
        environ = os.environ if environ is None else environ  # noqa: TID251 - the default
        url = environ.get("SDX_API_URL") or None
        base = base_url(host, url)
        require_trusted(base, url)
        credentials = credentials_from(environ)
        basic = credentials.customer_uuid is not None
        return cls(
            url=str(base),
            customer_uuid=credentials.customer_uuid,
            auth_token=credentials.token if basic else None,
            token=None if basic else credentials.token,
            timeout=timeout,
            max_retries=max_retries,
            max_connections=max_connections,
            ca_file=environ.get("SDX_CA_FILE") or None,
        )

    @classmethod
    def from_endpoints(cls, endpoints: Endpoints) -> Client:
        """Return a typed client of existing collections; closing it closes them."""
        client = cls.__new__(cls)
        client._use(endpoints)
        return client

    def _use(self, endpoints: Endpoints) -> None:
        self.rows = endpoints
        self.responses = Responses(endpoints.responses)
        self.questions = Questions(endpoints.questions, self.responses)
        self.interactions = Interactions(endpoints.interactions, endpoints.machine)
        self.interaction_data = InteractionData(endpoints.interaction_data)
        self.surveys = Surveys(
            endpoints.surveys,
            self.questions,
            self.responses,
            self.interactions.list,
            lambda id: self.interaction_data.list(survey_id=id),
        )
        self.users = Users(
            endpoints.users, lambda email: endpoints.interactions.select({}, of=(endpoints.users, email))
        )
        self.phone_numbers = PhoneNumbers(endpoints.phone_numbers)

    def __repr__(self) -> str:
        return f"{type(self).__name__}(url={str(self.rows.base)!r})"

    def close(self) -> None:
        """Close all connections. A request after that opens new ones."""
        self.rows.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def _seconds(timeout: Timeout) -> tuple[float, float, float | None]:
    """Return the seconds of a request as a whole, for connecting, and for its answer (None: what is left).

    Raises:
        ValueError: One of them is not a number above 0.
    """
    pair = timeout if isinstance(timeout, tuple) else (timeout, timeout)
    if len(pair) != 2 or not all(map(_is_duration, pair)):
        raise ValueError("timeout must be a number of seconds above 0, or a pair (connect, read) of such numbers")
    if not isinstance(timeout, tuple):
        return timeout, min(timeout, CONNECT), None
    connect, read = pair
    return connect + read, connect, read


def _is_duration(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < math.inf


def _credentials(customer_uuid: str | None, auth_token: str | None, token: str | None) -> Credentials:
    if token and (customer_uuid or auth_token):
        raise CredentialsError(
            "", "both `token` and `customer_uuid` or `auth_token` are given: use one authentication method"
        )
    if token:
        if not is_token(token):
            raise CredentialsError("", "`token` contains a character that is not allowed in tokens")
        return Credentials(token)
    if customer_uuid and auth_token:
        if not is_customer_uuid(customer_uuid):
            raise CredentialsError("", "`customer_uuid` is not a UUID")
        if not is_token(auth_token):
            raise CredentialsError("", "`auth_token` contains a character that is not allowed in tokens")
        return Credentials(auth_token, customer_uuid)
    missing = [name for name, value in (("customer_uuid", customer_uuid), ("auth_token", auth_token)) if not value]
    raise CredentialsError("", f"missing `{'` and `'.join(missing)}`")
