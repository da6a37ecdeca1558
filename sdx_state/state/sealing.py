"""Sealing: objects of a shared store are encrypted with `SDX_STATE_KEY` before they leave the machine.

AES-256-GCM with a random nonce for each object. The object's name is authenticated with it, so that no object passes
for another. scrypt derives the encryption key with a fixed salt: the secret is random and has at least 32 characters,
and one derivation serves all objects.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import field

from sdx_state.programs.machine import THIS_MACHINE, Machine
from sdx_state.records import dataclass
from sdx_state.state.errors import StateUnusable
from sdx_state.state.signing import VARIABLE
from sdx_state.state.store import SEALED, Found, Store, StoreRefused

INSTALL = "Install it: pip install 'sdx-state[seal]'"
PREVIOUS = "SDX_STATE_KEY_PREVIOUS"
OTHER_ADVICE = (
    f"Set {VARIABLE} to the key of this state. After a rotation, set {PREVIOUS} to the old key and run "
    "`sdx-state state sign` once."
)
_SALT = b"sdx-state sealing 1"
_NONCE = 12  # bytes


@dataclass(frozen=True)
class SealingKey:
    """A key for sealing.

    Attributes:
        id: Name of the key in sealed objects; does not reveal it.
    """

    id: bytes
    _key: bytes = field(repr=False)

    def seal(self, name: str, content: bytes, machine: Machine) -> bytes:
        """Return `content` encrypted for the object `name`."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = bytes.fromhex(machine.token(_NONCE))
        head = SEALED + self.id + b"\n"
        return head + nonce + AESGCM(self._key).encrypt(nonce, content, head + name.encode())

    def opened(self, name: str, sealed: bytes) -> bytes | None:
        """Return the content of a sealed object, None if it was altered or is another object."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        head, _, rest = sealed.partition(b"\n")
        try:
            return AESGCM(self._key).decrypt(rest[:_NONCE], rest[_NONCE:], head + b"\n" + name.encode())
        except (InvalidTag, ValueError):
            return None


def sealing_keys(environ: Mapping[str, str]) -> tuple[SealingKey, ...]:
    """Return the key that seals, followed by the previous one if there is one.

    Raises:
        StoreRefused: The package is not installed.
    """
    try:
        import cryptography  # noqa: F401 - a missing package is reported before anything is sent
    except ModuleNotFoundError as error:
        raise StoreRefused(f"a shared state with {VARIABLE} needs {error.name}", INSTALL) from error
    secrets = (environ.get(name, "").strip() for name in (VARIABLE, PREVIOUS))
    return tuple(_key_of(secret) for secret in secrets if secret)


def _key_of(secret: str) -> SealingKey:
    key = hashlib.scrypt(secret.encode("utf-8", "surrogateescape"), salt=_SALT, n=2**14, r=8, p=1, dklen=32)
    return SealingKey(hashlib.sha256(b"id" + key).hexdigest()[:16].encode(), key)


@dataclass(frozen=True)
class SealedStore:
    """Implements `store.Store`: seals what it writes with the first key, and reads with any of them.

    Objects that are not sealed are read as they are: the state was written before the key was set. Signatures decide
    whether they are trusted.

    Attributes:
        inner: The store.
        keys: The key that seals, and those that only open.
        machine: Random values.
    """

    inner: Store
    keys: Sequence[SealingKey] = field(repr=False)
    machine: Machine = THIS_MACHINE

    @property
    def name(self) -> str:
        """Name in messages."""
        return self.inner.name

    def get(self, key: str) -> Found | None:
        """Return the object `key`, None if there is none.

        Raises:
            StateUnusable: It was altered, or no key opens it.
        """
        found = self.inner.get(key)
        if found is None or not found.content.startswith(SEALED):
            return found
        id = found.content.partition(b"\n")[0].removeprefix(SEALED)
        for one in self.keys:
            if one.id == id:
                content = one.opened(key, found.content)
                if content is None:
                    raise StateUnusable(f"{self.name}: {key} was altered after it was sealed", "Restore a good copy.")
                return Found(content, found.version)
        raise StateUnusable(f"{self.name}: {key} is sealed with another key than {VARIABLE}", OTHER_ADVICE)

    def put(self, key: str, content: bytes, version: str | None) -> str:
        """Write `content` if the object has `version` still, or if there is none and `version` is None."""
        return self.inner.put(key, self.keys[0].seal(key, content, self.machine), version)

    def list(self, prefix: str) -> list[str]:
        """Return the keys that begin with `prefix`, in order."""
        return self.inner.list(prefix)

    def delete(self, keys: Sequence[str]) -> None:
        """Remove the objects `keys`, those that there are."""
        self.inner.delete(keys)

    def reseal(self, prefix: str) -> int:
        """Seal every object below `prefix` with the first key, and return how many were not. The lock must be held.

        Raises:
            StateUnusable: No key opens an object.
            StoreError: The store does not answer, or refuses.
        """
        changed = 0
        for key in self.list(prefix):
            raw = self.inner.get(key)
            if raw is None or raw.content.startswith(SEALED + self.keys[0].id + b"\n"):
                continue
            found = self.get(key)
            if found is not None:
                self.put(key, found.content, found.version)
                changed += 1
        return changed
