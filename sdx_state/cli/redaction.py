"""The last sink: whatever reaches stdout or stderr goes without the credentials of the environment."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TextIO

from sdx_state.cli.credential_forms import forms_of

REDACTED = "[redacted]"


class RedactingStream:
    """A text stream that leaves secrets out of what is written to it; in all else the stream that it wraps."""

    def __init__(self, stream: TextIO, forms: tuple[str, ...]) -> None:
        self._stream = stream
        self._forms = forms

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
    if not forms:
        yield
        return
    before = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = (RedactingStream(stream, forms) for stream in before)
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
