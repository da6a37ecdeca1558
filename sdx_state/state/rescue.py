"""The rescue file: the ledger of a run whose final save failed, for `state push`."""

from __future__ import annotations

from pathlib import Path

from sdx_state.model.ledger import Ledger
from sdx_state.records import replace
from sdx_state.state.backend import Backend
from sdx_state.state.codec import encode
from sdx_state.state.errors import LockLost, StateNotSaved
from sdx_state.state.staging import replace_file


def rescue_file(folder: Path, environment: str | None) -> Path:
    """Return the rescue file of a project: one for each environment."""
    return folder / (f"sdx-state-rescue.{environment}.json" if environment else "sdx-state-rescue.json")


def rescued(path: Path, store: Backend, ledger: Ledger, error: StateNotSaved | LockLost) -> StateNotSaved | LockLost:
    """Write `ledger` to `path` (0600) and return `error` with what to do next.

    The serial is that of the last save: `state push` refuses the file if another run has saved since then, or if the
    failed save arrived after all.

    Args:
        path: The rescue file; an older one is replaced.
        store: The backend that did not save it.
        ledger: The ledger of the run.
        error: The failure of the save.
    """
    data = encode(replace(ledger, tenant=store.tenant or ledger.tenant), store.key)
    try:
        replace_file(path, data, 0o600, keep_mode=False)
    except OSError as failed:
        advice = (
            f"The rescue file {path} could not be written either ({failed.strerror}). The journal shows what was "
            "created; run `sdx-state apply` when the backend works again."
        )
    else:
        advice = (
            f"The state of this run is in {path}. When the backend works again, save it and delete the file: "
            f"sdx-state state push {path.name} (with the same --env and --sandbox)."
        )
    return type(error)(f"{error}\n{advice}")
