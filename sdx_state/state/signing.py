"""Signatures (HMAC-SHA256) of saved plans, the state and journal lines, with a key that only the project's runs know.

A hash proves only that there was no accident: a user who alters a file can compute it again. A signature cannot be
made without the key.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from sdx_state.records import dataclass
from sdx_state.state.errors import KeyUnusable

VARIABLE = "SDX_STATE_KEY"
SHORTEST = 32  # characters; `openssl rand -hex 32` makes 64
DISTINCT = 8  # characters that differ: fewer are a placeholder, and no random text
HASH, SIGNATURE = "sha256:", "hmac-sha256:"
_DERIVATION = b"sdx-state signing 1"

Purpose = Literal["plan", "state", "journal"]


@dataclass(frozen=True)
class SigningKey:
    """Key for signatures. The secret itself is never used: CI systems may seal files with it."""

    _derived: bytes = field(repr=False)

    def sign(self, purpose: Purpose, hash: str) -> str:
        """Return the signature of what has `hash`; one for another purpose does not pass for it."""
        message = f"{purpose}\n{hash}".encode()
        return SIGNATURE + hmac.new(self._derived, message, hashlib.sha256).hexdigest()

    def made(self, signature: object, purpose: Purpose, hash: str) -> bool:
        """Tell whether `signature` was made with this key, for `purpose`, of what has `hash`."""
        if not isinstance(signature, str):
            return False
        return hmac.compare_digest(signature.encode("utf-8", "replace"), self.sign(purpose, hash).encode())


def key_from(environ: Mapping[str, str]) -> SigningKey | None:
    """Return the key in `environ`, None if there is none. Blanks around it are dropped.

    Raises:
        KeyUnusable: It could be guessed.
    """
    secret = environ.get(VARIABLE, "").strip()
    if not secret:
        return None
    if len(secret) < SHORTEST:
        raise KeyUnusable(f"{VARIABLE} has {len(secret)} characters and needs at least {SHORTEST}")
    if len(set(secret)) < DISTINCT:
        raise KeyUnusable(f"{VARIABLE} repeats fewer than {DISTINCT} characters: it is not random")
    return SigningKey(hmac.new(secret.encode("utf-8", "surrogateescape"), _DERIVATION, hashlib.sha256).digest())


def hash_of(value: object) -> str:
    """Return the SHA-256 of `value` as JSON, in hexadecimal; the order of keys does not matter."""
    text = json.dumps(value, ensure_ascii=True, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


def hash_of_bytes(data: bytes) -> str:
    """Return the hash of `data` with the name of the algorithm in front."""
    return HASH + hashlib.sha256(data).hexdigest()
