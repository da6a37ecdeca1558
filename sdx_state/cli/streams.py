"""The standard streams: present also where the caller closed them, able to take any text, never lost in silence."""

from __future__ import annotations

import codecs
import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sdx_state.state.platform import BYTES

STDIN, STDOUT, STDERR = 0, 1, 2
ESCAPED = "sdx-escaped"  # name of the error handler
# Our own signs, which no value can contain unescaped. The line end gets the escape that a line end would have.
_IN_ASCII = {"\u23ce": "\\u{a}", "\u2009": " "}


class OutputLost(Exception):
    """Stdout took no more: a full disk, or a caller that closed it."""


def occupy() -> None:
    """Put something behind each standard stream that the caller closed.

    Otherwise the next file that is opened, such as the state, would get its number, and messages would go into it.
    Reading finds the end. Writing fails, as it does on a full disk, so that no output is lost in silence.
    """
    for number in (STDIN, STDOUT, STDERR):
        try:
            os.fstat(number)
        except OSError:
            opened = os.open(os.devnull, os.O_RDONLY)
            if opened == number:
                os.set_inheritable(number, True)
            else:
                os.dup2(opened, number)
                os.close(opened)
    if sys.stdin is None:
        sys.stdin = open(STDIN, encoding="utf-8", closefd=False)  # noqa: SIM115 - open as long as the program
    if sys.stdout is None:
        sys.stdout = open(STDOUT, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above
    if sys.stderr is None:
        sys.stderr = open(STDERR, "w", encoding="utf-8", closefd=False)  # noqa: SIM115 - as above


@contextmanager
def escaping(stream: object) -> Iterator[None]:
    """Let `stream` take any text while the block runs: characters that its encoding does not have are escaped.

    Consoles and files may be in cp1252, cp437 or ASCII, and half a surrogate pair is in no encoding.
    """
    if not isinstance(stream, io.TextIOWrapper):
        yield  # a stream in memory takes any text
        return
    codecs.register_error(ESCAPED, _escaped)
    before = stream.errors
    stream.reconfigure(errors=ESCAPED)
    try:
        yield
    finally:
        with suppress(OSError, ValueError):  # it is full or closed, which was reported when it was written to
            stream.reconfigure(errors=before)


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """Return the ASCII form of the characters that cannot be encoded, and where to continue."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(_IN_ASCII.get(one, f"\\u{{{ord(one):x}}}") for one in lacking), error.end


def silence(number: int) -> None:
    """Let what is still to be written to a failed stream go nowhere: the interpreter would end with 120."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY | BYTES)
        os.dup2(nowhere, number)
        os.close(nowhere)
