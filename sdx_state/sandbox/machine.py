"""What the sandbox takes from the machine it runs on: time, waiting and chance. A test can pass in its own."""

from __future__ import annotations

import secrets  # noqa: TID251 - the sandbox shares no code with the rest, and this is its one place for it
import time
import uuid  # noqa: TID251 - as above
from datetime import datetime, timezone


class Machine:
    """This machine. Thread-safe."""

    def now(self) -> datetime:
        """Return the time of day in UTC."""
        return datetime.now(timezone.utc)  # noqa: TID251 - as above

    def stamp(self) -> str:
        """Return the time of day as the API writes it: UTC, to the second."""
        return stamp_of(self.now())

    def monotonic(self) -> float:
        """Return seconds since some moment."""
        return time.monotonic()  # noqa: TID251 - as above

    def sleep(self, seconds: float, /) -> None:
        """Wait."""
        time.sleep(seconds)  # noqa: TID251 - as above

    def token(self) -> str:
        """Return a text that nobody can guess."""
        return secrets.token_urlsafe(32)

    def uuid(self) -> str:
        """Return a random UUID (version 4)."""
        return str(uuid.uuid4())


def stamp_of(moment: datetime) -> str:
    """Return `moment` as the API writes it."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


THIS_MACHINE = Machine()
