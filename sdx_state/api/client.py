"""A typed client of the whole API, for use on its own.

from sdx_state.api import Client

with Client.from_environment() as client:
    interaction = client.interactions.create(survey_id=52, survey_type="web")
    turn = client.interactions.start_survey(interaction.id)
    print(turn.prompts, turn.survey_completed)
    for response in client.responses.list(interaction_id=interaction.id):
        print(response.question_label, response.response)
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from types import TracebackType

from sdx_state.api.address import base_url, require_trusted
from sdx_state.api.collections import PhoneNumbers, Questions, Responses, Surveys, Users
from sdx_state.api.credentials import credentials_from
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.interaction_data import InteractionData
from sdx_state.api.interactions import Interactions


class Client:
    """The API of one tenant. Thread-safe; a context manager that closes its connections.

    Lists are lazy iterators. Reads are repeated where that helps, writes only where the server surely did nothing.
    Every error is a `SurveyDynamixError`, with the request, the status and what to do; where it is `ambiguous`, a
    write may have been carried out.

    Args:
        endpoints: The collections as rows. `Client.from_environment()` makes them.

    Attributes:
        surveys, questions, users, responses: Read only (API reference).
        phone_numbers: The look-up, which is paid for.
        interactions: Created, updated, deleted, and played.
        interaction_data: Custom values of interactions.
        rows: The same collections as rows, unparsed.
    """

    def __init__(self, endpoints: Endpoints) -> None:
        self.rows = endpoints
        self.responses = Responses(endpoints.responses)
        self.questions = Questions(endpoints.questions, self.responses)
        self.interactions = Interactions(endpoints.interactions, endpoints.clock)
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

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None, *, host: str | None = None) -> Client:
        """Return a client of the tenant that the environment names.

        `SDX_API_URL`, or `host`; `SDX_CUSTOMER_UUID` with `SDX_AUTH_TOKEN`, or `SDX_ACCESS_TOKEN`; `SDX_CA_FILE`.

        Args:
            environ: The environment; that of the process unless given.
            host: The host that you log in to, such as `au1.surveydynamix.com`.

        Raises:
            InvalidURLError: No host is named, or none that credentials may be sent to.
            CredentialsError: There are none, or they cannot be sent.
        """
        environ = os.environ if environ is None else environ
        url = environ.get("SDX_API_URL") or None
        base = base_url(host, url)
        require_trusted(base, url)
        credentials = credentials_from(environ)
        return cls(Endpoints(Connection(base, credentials, ca_file=environ.get("SDX_CA_FILE") or None)))

    def close(self) -> None:
        """Close all connections."""
        self.rows.close()

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
