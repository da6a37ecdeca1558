"""In which forms a secret may hide in what a program leaves behind, and diagnostic it there.

Fourteen: as it is; with the customer's UUID in front; base64 at each of three offsets, and its URL-safe alphabet;
percent-encoded, with `+` for blanks or not; escaped as JSON, as Python's repr, as HTML; hexadecimal in either case;
quoted-printable; backwards; UTF-16; and each of them broken over lines, boxed, or with colours in between.
"""

from __future__ import annotations

import html
import json
import quopri
import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable
from urllib.parse import quote, quote_plus

# Text that may be between two characters of a secret that was folded, framed or colored.
_BETWEEN = re.compile(r"\x1b\[[0-9;]*m|[\s\u2500-\u257f]|\\n|\\r")


def _base64(offset: int, encode: Callable[[bytes], bytes] = b64encode) -> Callable[[str], str]:
    def form(secret: str) -> str:
        data = secret.encode()
        whole = encode(b"\0" * offset + data).decode().rstrip("=")
        # Characters that also encode bits of the neighbors are omitted at both ends.
        return whole[-(-offset * 4 // 3) : len(whole) - (1 if (offset + len(data)) % 3 else 0)]

    return form


ENCODINGS: dict[str, Callable[[str], str]] = {
    "as it is": lambda secret: secret,
    "base64, offset 0": _base64(0),
    "base64, offset 1": _base64(1),
    "base64, offset 2": _base64(2),
    "base64, URL-safe": _base64(0, urlsafe_b64encode),
    "percent-encoded": lambda secret: quote(secret, safe=""),
    "percent-encoded, with plus": quote_plus,
    "JSON": lambda secret: json.dumps(secret)[1:-1],
    "repr": lambda secret: repr(secret + "'\"")[1:-5],
    "HTML": html.escape,
    "hexadecimal": lambda secret: secret.encode().hex(),
    "hexadecimal, upper case": lambda secret: secret.encode().hex().upper(),
    "quoted-printable": lambda secret: quopri.encodestring(secret.encode()).decode().replace("=\n", ""),
    "backwards": lambda secret: secret[::-1],
}


class Finder:
    """Finds secrets in the output and files of a program.

    Args:
        secrets: The texts that must not be found.
        uuid: The customer's UUID, which is not secret, and precedes a secret in HTTP Basic.
    """

    def __init__(self, secrets: list[str], uuid: str) -> None:
        self._needles: list[tuple[str, str]] = []
        for secret in [*secrets, *(f"{uuid}:{secret}" for secret in secrets)]:
            for name, encode in ENCODINGS.items():
                needle = _squeezed(encode(secret))
                if len(needle) >= 8:
                    self._needles.append((name, needle))

    def found_in(self, data: bytes) -> str | None:
        """Return in which encoding a secret is in `data`, None if it is in none."""
        for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
            text = data.decode(encoding, "replace")
            texts = {_squeezed(text), _squeezed(text.replace("=\n", ""))}  # the second without soft line ends
            for name, needle in self._needles:
                if any(needle in one for one in texts):
                    return name if encoding == "utf-8" else f"{name}, in UTF-16"
        return None


def _squeezed(text: str) -> str:
    return _BETWEEN.sub("", text)
