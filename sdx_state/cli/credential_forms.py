"""The forms in which a credential may turn up in a text. Imports nothing slow: every command begins with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

SHORTEST = 12  # characters: no shorter token is one, and would be cut out of ordinary words
SECRETS = ("SDX_AUTH_TOKEN", "SDX_ACCESS_TOKEN", "SDX_CLIENT_SECRET", "SDX_STATE_KEY")


def forms_of(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return every form of the secrets in `environ`, the longest first, so that no part of one is left standing."""
    uuid = environ.get("SDX_CUSTOMER_UUID", "").strip()
    found: set[str] = set()
    for name in SECRETS:
        secret = environ.get(name, "").strip()
        if len(secret) >= SHORTEST:
            found.update(_forms(secret))
            if uuid:
                found.update(_forms(f"{uuid}:{secret}"))
    return tuple(sorted(found, key=len, reverse=True))


def _forms(secret: str) -> Iterator[str]:
    from base64 import b64encode, urlsafe_b64encode
    from urllib.parse import quote, quote_plus

    data = secret.encode("utf-8", "surrogateescape")
    yield secret
    yield quote(data, safe="")
    yield quote_plus(data)
    yield data.hex()
    yield data.hex().upper()
    for skipped in range(3):
        for encode in (b64encode, urlsafe_b64encode):
            # The characters at either end depend on what stands beside the secret.
            whole = encode(b"\0" * skipped + data).decode("ascii").rstrip("=")
            yield whole[-(-skipped * 4 // 3) : len(whole) - (1 if (skipped + len(data)) % 3 else 0)]
    yield repr(secret)[1:-1]
    yield secret.encode("unicode_escape").decode("ascii").replace('"', '\\"')
    yield secret[::-1]
