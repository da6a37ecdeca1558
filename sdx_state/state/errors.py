"""What can be wrong with a state, each with what to do next."""

from __future__ import annotations


class StateError(Exception):
    """Something is wrong with the state. The text is for the person who must act."""


class StateUnusable(StateError):
    """The state cannot be read, or is of another tenant. Nothing was changed."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}.\nNothing was changed. Put a good copy in its place, or move it away and run "
            "`sdx-state state rebuild`, which finds everything again by name."
        )


class StateLocked(StateError):
    """Another run holds the lock."""


class StateNotSaved(StateError):
    """The state could not be written, for example because the disk is full."""
