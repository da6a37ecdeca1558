"""The last sink: whatever reaches stdout or stderr goes without credentials, wherever they come from."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from sdx_state.cli.credential_forms import forms_of

REDACTED = "[redacted]"
_streams: list[RedactingStream] = []


class RedactingStream:
    """A text stream that leaves secrets out of what is written to it; in all else the stream that it wraps."""

    def __init__(self, stream: TextIO, forms: tuple[str, ...]) -> None:
        self._stream = stream
        self._forms = forms

    def learn(self, forms: Iterable[str]) -> None:
        """Leave `forms` out as well from now on."""
        self._forms = tuple(sorted({*self._forms, *forms}, key=len, reverse=True))

    def write(self, text: str, /) -> int:
        """Write `text` without secrets."""
        for form in self._forms:
            if form in text:
                text = text.replace(form, REDACTED)
        return self._stream.write(text)

    def writelines(self, lines: Any, /) -> None:
        """Write each of `lines` without secrets."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def redacting(environ: Mapping[str, str]) -> Iterator[None]:
    """Keep the credentials in `environ` out of stdout and stderr while the block runs."""
    forms = forms_of(environ)
    before = sys.stdout, sys.stderr
    out, err = (RedactingStream(stream, forms) for stream in before)
    sys.stdout, sys.stderr = out, err
    _streams[:] = out, err
    try:
        yield
    finally:
        _streams.clear()
        sys.stdout, sys.stderr = before


def learn(secrets: Iterable[str], customer_uuid: str | None = None) -> None:
    """Keep `secrets`, which were typed or stored, out of stdout and stderr as well."""
    for secret in secrets:
        for stream in _streams:
            stream.learn(forms_of({"SDX_AUTH_TOKEN": secret, "SDX_CUSTOMER_UUID": customer_uuid or ""}))
