"""Ctrl-C while workers read: what they wait for is abandoned."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sdx_state.api.endpoints import Endpoints


@contextmanager
def ending_waits(client: Endpoints) -> Iterator[None]:
    """Abandon what workers of the block wait for where an interrupt ends it: leaving a pool waits for its workers."""
    try:
        yield
    except Exception:
        raise
    except BaseException:
        client.abandon()
        raise
