"""Errors of the state, each with what to do next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sdx_state.model.whereabouts import CHECK

if TYPE_CHECKING:
    from sdx_state.model.ledger import Ledger


class StateError(Exception):
    """Something is wrong with the state. The text is for the person who must act."""


STATE_ADVICE = (
    "Go back to the newest earlier state: sdx-state state restore. Without one, move it away and run "
    "`sdx-state state rebuild`, which finds by name what is declared. Resources that were removed from YAML "
    "meanwhile then stay in the tenant, and a survey that was renamed is created again."
)
TENANT_ADVICE = (
    f"The state is good. {CHECK}. A second tenant needs an environment of its own (`environments:` in sdx.yaml)."
)
VERSION_ADVICE = "The state is good. Update sdx-state: pip install --upgrade sdx-state"
OLDER_ADVICE = "Put the newest one back: sdx-state state restore"
NONE_KEPT_ADVICE = "Every save keeps a copy; none was made here. See what the state knows: sdx-state state list"
UNREADABLE_ADVICE = "Give yourself the right to read it, and run the same command again."
JOURNAL_ADVICE = (
    "The state itself is not concerned. Put a good copy of the journal in its place, or move it away: that loses the "
    "history, and the next plan finds by name what an interrupted run may have created."
)

RUN_ADVICE = (
    "Put a good copy in its place. Without one, revert the configuration and apply that: the next plan reads "
    "from the tenant what is done already."
)
SIGNATURE_ADVICE = (
    "If it was last written without SDX_STATE_KEY, or with another key, and you trust it as it is: "
    "sdx-state state sign (with the same --env and --sandbox). Otherwise go back to the newest earlier state: "
    "sdx-state state restore. Or put a good copy in its place."
)


class StateUnusable(StateError):
    """The state, or its journal, cannot be read, or is of another tenant. Nothing was changed."""

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(f"{what}.\nNothing was changed. {advice}")


class StateOfAnother(StateUnusable):
    """The state is good, and of another tenant or another version: nothing may replace it."""


class ForeignFile(StateUnusable):
    """Something that this program did not make is where its files are, or other users could have changed them.

    Attributes:
        what: What is where.
        advice: What to do next.
    """

    def __init__(self, what: str, advice: str) -> None:
        StateError.__init__(self, f"{what}.\n{advice}")
        self.what, self.advice = what, advice


class RunUnknown(StateError):
    """No run has that name, or several names begin so. Nothing is wrong with the state."""

    def __init__(self, run: str, meant: Sequence[str] = ()) -> None:
        if meant:
            super().__init__(
                f"{len(meant)} runs begin with {run!r}.\nNothing was changed. Name one: {', '.join(meant)}"
            )
        else:
            super().__init__(f"there is no run {run!r}.\nNothing was changed. The runs there are: sdx-state history")


class KeyUnusable(StateError):
    """The key for signatures could be guessed. Nothing was read."""

    def __init__(self, what: str) -> None:
        super().__init__(f"{what}.\nMake one, and keep it as a secret: openssl rand -hex 32")


class StateLocked(StateError):
    """Another run holds the lock."""


class LockLost(StateLocked):
    """The lock file was deleted or replaced while this run held it: another run may be writing."""


class LineTaken(LockLost):
    """Another run wrote the line of the journal that this one was about to write."""


class StateNotSaved(StateError):
    """The state could not be written, for example because the disk is full."""


class CopyNotKept(StateError):
    """The state was written, and the copy of it that `state restore` uses was not.

    Attributes:
        saved: The ledger as it was saved.
    """

    def __init__(self, message: str, saved: Ledger) -> None:
        super().__init__(message)
        self.saved = saved
