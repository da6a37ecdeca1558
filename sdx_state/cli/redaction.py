"""The last sink: stdout and stderr get no credentials and no pages that open an interaction."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from typing import Any, BinaryIO, TextIO

from sdx_state.cli.streams import OutputLost, escaping, silence
from sdx_state.model.redaction import OPEN_PAGES, SHORTEST, forms_in, forms_of, redact

_streams: list[RedactingStream] = []


class RedactingStream:
    """A text stream that leaves secrets out of what is written to it; in all else the stream that it wraps.

    A write that fails never interrupts work in the middle: a failure of stderr is kept for the end of the command.

    Attributes:
        failure: The first failure to write, None if there was none.
    """

    def __init__(self, stream: TextIO, forms: tuple[str, ...], *, essential: bool) -> None:
        self._stream = stream
        self._forms = forms
        self._essential = essential
        self.failure: OSError | None = None

    def learn(self, forms: Iterable[str]) -> None:
        """Redact `forms` as well."""
        self._forms = tuple(sorted({*self._forms, *forms}, key=len, reverse=True))

    def write(self, text: str, /) -> int:
        """Write `text` without secrets.

        Raises:
            TypeError: For bytes. A stream that took them would be encoded for by click, and its characters be lost.
        """
        text = self.redacted(text)
        with self._watched():
            self._stream.write(text)
        return len(text)

    def redacted(self, text: str) -> str:
        """Return `text` without secrets."""
        text = redact(text, self._forms)
        if any(f"/{page}/" in text for page in OPEN_PAGES):
            from sdx_state.api.links import without_open_pages

            text = without_open_pages(text)
        return text

    def flush(self) -> None:
        """Write what is buffered."""
        with self._watched():
            self._stream.flush()

    @property
    def unredacted(self) -> WatchedBytes | None:
        """The stream of bytes below, for content without secrets; None if there is none.

        It is not named `buffer`: libraries look for that and write past this one where they find the encoding poor.
        """
        below = getattr(self._stream, "buffer", None)
        return WatchedBytes(below, self._watched) if below is not None else None

    @contextmanager
    def _watched(self) -> Iterator[None]:
        """Keep the first failure; where the stream is essential, it also ends the command."""
        try:
            yield
        except OSError as error:
            self.failure = self.failure or error
            if isinstance(error, BrokenPipeError) and self._essential:
                raise  # the reader of the output closed the pipe
            if self._essential:
                raise OutputLost(error.strerror) from error

    def settle(self) -> OSError | None:
        """Write what is buffered, and return the first failure. After one, nothing more is written."""
        with suppress(OutputLost, BrokenPipeError):
            self.flush()
        if self.failure is not None:
            with suppress(OSError, ValueError, AttributeError):  # a stream in memory has no number
                silence(self._stream.fileno())
        return self.failure

    def writelines(self, lines: Any, /) -> None:
        """Write each of `lines` without secrets."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":
            raise AttributeError(name)
        return getattr(self._stream, name)


class CompletingStream(RedactingStream):
    """Stdout while a shell asks for completions, which click writes as bytes in UTF-8."""

    def write(self, text: str | bytes, /) -> int:
        """Write `text` without secrets."""
        return super().write(text.decode() if isinstance(text, bytes) else text)


class WatchedBytes:
    """The bytes below a stream."""

    def __init__(self, stream: BinaryIO, watched: Callable[[], AbstractContextManager[None]]) -> None:
        self._stream = stream
        self._watched = watched

    def write(self, data: bytes, /) -> int:
        """Write `data`."""
        with self._watched():
            self._stream.write(data)
        return len(data)

    def flush(self) -> None:
        """Write what is buffered."""
        with self._watched():
            self._stream.flush()


@contextmanager
def redacting(environ: Mapping[str, str], *, completing: bool = False) -> Iterator[None]:
    """Keep the credentials in `environ` out of stdout and stderr while the block runs.

    Args:
        environ: The environment of the process.
        completing: Whether a shell asks for completions.
    """
    forms = forms_in(environ)
    before = sys.stdout, sys.stderr
    out = (CompletingStream if completing else RedactingStream)(before[0], forms, essential=True)
    err = RedactingStream(before[1], forms, essential=False)
    sys.stdout, sys.stderr = out, err
    _streams[:] = out, err
    try:
        with escaping(before[0]), escaping(before[1]):
            yield
    finally:
        _streams.clear()
        sys.stdout, sys.stderr = before


def settled(code: int) -> int:
    """Write what is buffered, say on the one stream that the other took no more, and return the exit code."""
    out, err = _streams
    lost, unsaid = out.settle(), err.settle()
    if unsaid is not None and lost is None:
        with suppress(OutputLost, BrokenPipeError):
            out.write(f"Error: cannot write to stderr ({unsaid.strerror}): messages of this command are missing.\n")
        out.settle()
    return 1 if code == 0 and (lost or unsaid) else code


def redacted(text: str) -> str:
    """Return `text` without the secrets that are kept out of stdout and stderr: for files with the same content."""
    return _streams[0].redacted(text) if _streams else text


def stdout_bytes() -> WatchedBytes | None:
    """Return the stream for bytes without secrets on stdout; None where it accepts only text."""
    return _streams[0].unredacted if _streams else None


def learn(secrets: Iterable[str], customer_uuid: str | None = None) -> None:
    """Keep `secrets`, which were typed or stored, out of stdout and stderr as well."""
    forms = forms_of([secret for secret in secrets if len(secret) >= SHORTEST], customer_uuid)
    for stream in _streams:
        stream.learn(forms)
