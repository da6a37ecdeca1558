"""The machine of the sandbox: clock, sleep and random values. Tests can pass in their own."""

from __future__ import annotations

import secrets  # noqa: TID251 - the sandbox shares no code with the rest, and only this module uses the machine
import time
import uuid  # noqa: TID251 - as above
from datetime import datetime, timezone


class Machine:
    """This machine. Thread-safe."""

    def now(self) -> datetime:
        """Return the time in UTC."""
        return datetime.now(timezone.utc)  # noqa: TID251 - as above

    def stamp(self) -> str:
        """Return the time in the format of the API: UTC, to the second."""
        return stamp_of(self.now())

    def monotonic(self) -> float:
        """Return seconds of a monotonic clock."""
        return time.monotonic()  # noqa: TID251 - as above

    def sleep(self, seconds: float, /) -> None:
        """Sleep."""
        time.sleep(seconds)  # noqa: TID251 - as above

    def token(self) -> str:
        """Return a cryptographically random text."""
        return secrets.token_urlsafe(32)

    def uuid(self) -> str:
        """Return a random UUID (version 4)."""
        return str(uuid.uuid4())


def stamp_of(moment: datetime) -> str:
    """Return `moment` in the format of the API."""
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%d %H:%M:%S")


THIS_MACHINE = Machine()
