"""Credentials: source, `Authorization` header, and redaction."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import field

from sdx_state.api.errors import CredentialsError
from sdx_state.model.redaction import forms_of, redact
from sdx_state.records import dataclass

VARIABLES = ("SDX_CUSTOMER_UUID", "SDX_AUTH_TOKEN", "SDX_ACCESS_TOKEN")
LONGEST = 16_384  # Characters of a secret: more than servers accept in a header.
_VISIBLE = re.compile(r"[!-~]+")  # visible ASCII


def is_token(value: str) -> bool:
    """Return True if `value` can be a token: visible ASCII of bounded length."""
    return len(value) <= LONGEST and _VISIBLE.fullmatch(value) is not None


def is_customer_uuid(value: str) -> bool:
    """Return True if `value` can be the user name of HTTP Basic."""
    return is_token(value) and ":" not in value


@dataclass(frozen=True)
class Credentials:
    """HTTP Basic (customer UUID and auth token) or Bearer (personal access token).

    Source: API reference, "Authentication".

    Attributes:
        token: The auth token or the access token.
        customer_uuid: The customer of the credentials; None for an access token, which does not contain it.
    """

    token: str = field(repr=False)
    customer_uuid: str | None = None

    @property
    def header(self) -> str:
        """The value of the `Authorization` header."""
        return f"Bearer {self.token}" if self.customer_uuid is None else f"Basic {self._pair}"

    def redact(self, text: str) -> str:
        """Return `text` without the token in any form that a server might echo."""
        return redact(text, forms_of([self.token], self.customer_uuid))

    @property
    def _pair(self) -> str:
        return b64encode(f"{self.customer_uuid}:{self.token}".encode()).decode("ascii")


def credentials_from(environ: Mapping[str, str]) -> Credentials:
    """Return the credentials in `environ`.

    `SDX_CUSTOMER_UUID` with `SDX_AUTH_TOKEN`, or else `SDX_ACCESS_TOKEN`. Blanks around a value are dropped.

    Raises:
        CredentialsError: Names what is missing, or cannot be sent.
    """
    uuid, auth_token, access_token = (environ.get(name, "").strip() for name in VARIABLES)
    if uuid and auth_token:
        if not is_customer_uuid(uuid):
            raise CredentialsError("", "SDX_CUSTOMER_UUID is not a UUID")
        if not is_token(auth_token):
            raise CredentialsError("", "SDX_AUTH_TOKEN contains a character that is not allowed in tokens")
        return Credentials(auth_token, uuid)
    if access_token:
        if not is_token(access_token):
            raise CredentialsError("", "SDX_ACCESS_TOKEN contains a character that is not allowed in tokens")
        return Credentials(access_token)
    if uuid:
        raise CredentialsError("", "SDX_CUSTOMER_UUID is set, but SDX_AUTH_TOKEN is missing")
    if auth_token:
        raise CredentialsError("", "SDX_AUTH_TOKEN is set, but SDX_CUSTOMER_UUID is missing")
    raise CredentialsError("", "SDX_CUSTOMER_UUID and SDX_AUTH_TOKEN are missing")
