"""Lists of a tenant, requested by workers."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any, Protocol

from sdx_state.api.answer import Rows
from sdx_state.api.endpoints import Endpoints
from sdx_state.kinds import Kind

ListKey = tuple[str, str | None]  # Name of the kind, and id of the parent whose children are listed, if any.


def list_rows(client: Endpoints, kind: Kind, parent_id: str | None = None) -> Rows:
    """Return all rows of a kind, or the children of `parent_id`."""
    filters = {} if parent_id is None else {str(kind.parent_field): parent_id}
    return client.endpoint(kind.collection).list(**filters)


class Progress(Protocol):
    """Receives the number of requests, and each completed one."""

    def expect(self, count: int) -> None: ...
    def advance(self) -> None: ...


class _Unwatched:
    def expect(self, count: int) -> None: ...

    def advance(self) -> None: ...


NO_PROGRESS: Progress = _Unwatched()


class Lists:
    """The lists of one reading: those that were asked for ahead, and others, which it requests."""

    def __init__(
        self,
        client: Endpoints,
        workers: Executor,
        progress: Progress,
        ahead: dict[ListKey, Future[Rows]],
        submit_next: Callable[..., Future[Any]],
    ) -> None:
        self._client, self._workers, self._progress, self._ahead = client, workers, progress, ahead
        self.expect = progress.expect
        self.submit_next = submit_next  # before what was asked for ahead, which may be a thousand lists

    def rows(self, kind: Kind, parent_id: str | None = None) -> Future[Rows]:
        """Return the rows of a kind, or the children of `parent_id`."""
        future = self._ahead.pop((kind.name, parent_id), None)
        if future is None:
            return self._workers.submit(self._request, kind, parent_id)
        future.add_done_callback(lambda _: self._progress.advance())
        return future

    def _request(self, kind: Kind, parent_id: str | None) -> Rows:
        rows = list_rows(self._client, kind, parent_id)
        self._progress.advance()
        return rows
