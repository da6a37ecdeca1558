"""Redaction: the forms of a credential in texts, and their replacement.

Every command imports this module, so it imports nothing slow.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

REDACTED = "[redacted]"
SECRET_VARIABLES = (
    "SDX_AUTH_TOKEN", "SDX_ACCESS_TOKEN", "SDX_CLIENT_SECRET", "SDX_STATE_KEY", "SDX_STATE_KEY_PREVIOUS",
    # of the stores that a shared state can be in
    "SDX_STATE_DSN", "PGPASSWORD", "TF_HTTP_PASSWORD", "CI_JOB_TOKEN",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AZURE_STORAGE_ACCOUNT_KEY",
)  # fmt: skip
SHORTEST = 12  # Characters: parts of a shorter secret would match ordinary words.
OPEN_PAGES = ("web_survey", "interaction_external")  # Names in a path that opens an interaction without a login.


def forms_of(secrets: Iterable[str], customer_uuid: str | None = None) -> tuple[str, ...]:
    """Return every form of `secrets`, the longest first, so that no part of one remains.

    Args:
        secrets: Tokens, keys, ...
        customer_uuid: User name of HTTP Basic, which may precede each secret.
    """
    found: set[str] = set()
    for secret in secrets:
        found.update(_forms(secret))
        if customer_uuid:
            found.update(_forms(f"{customer_uuid}:{secret}"))
    return tuple(sorted(filter(None, found), key=len, reverse=True))


def forms_in(environ: Mapping[str, str], shortest: int = SHORTEST) -> tuple[str, ...]:
    """Return every form of the secrets in `environ` that have at least `shortest` characters."""
    values = (environ.get(name, "").strip() for name in SECRET_VARIABLES)
    uuid = environ.get("SDX_CUSTOMER_UUID", "").strip()
    return forms_of([secret for secret in values if secret and len(secret) >= shortest], uuid)


def redact(text: str, forms: Iterable[str]) -> str:
    """Return `text` with each of `forms` replaced."""
    for form in forms:
        if form in text:
            text = text.replace(form, REDACTED)
    return text


def _forms(secret: str) -> Iterator[str]:
    from base64 import b64encode, urlsafe_b64encode
    from urllib.parse import quote, quote_plus

    data = secret.encode("utf-8", "surrogateescape")
    encoded = b64encode(data).decode("ascii")
    yield secret
    yield quote(data, safe="")
    yield quote_plus(data)
    yield encoded
    yield quote(encoded, safe="")
    if len(secret) < SHORTEST:
        return
    yield data.hex()
    yield data.hex().upper()
    for skipped in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            # The characters at both ends depend on the text around the secret.
            whole = encode(b"\0" * skipped + data).decode("ascii").rstrip("=")
            yield whole[-(-skipped * 4 // 3) : len(whole) - (1 if (skipped + len(data)) % 3 else 0)]
    yield repr(secret)[1:-1]
    yield secret.encode("unicode_escape").decode("ascii").replace('"', '\\"')
    yield secret[::-1]
