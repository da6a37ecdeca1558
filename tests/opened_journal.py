"""A journal as it was before parts of it were closed: all of it in one file, and a state that names no head."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

from sdx_state.model.ledger import Head
from sdx_state.state.codec import decode, encode
from sdx_state.state.signing import SigningKey


def open_whole(folder: Path, key: SigningKey | None = None) -> None:
    """Make all of the journal in `folder` its open part, and sign the state with `key` again."""
    journal, history, state = (folder / f"state.{name}" for name in ("journal.jsonl", "history", "json"))
    journal.write_bytes(b"".join(part.read_bytes() for part in sorted(history.iterdir())))
    journal.chmod(0o600)
    shutil.rmtree(history)
    ledger = decode(state.read_bytes(), "state", key)
    state.write_bytes(encode(replace(ledger, head=Head()), key))
