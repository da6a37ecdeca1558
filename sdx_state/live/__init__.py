"""Reading of a tenant: API -> snapshot, concurrently."""

from sdx_state.live.ahead import ListsAhead, ReadAhead
from sdx_state.live.read import NO_PROGRESS, Progress, TooMuchMissing, read_live
from sdx_state.live.wanted import Wanted, wanted_of

__all__ = ["NO_PROGRESS", "ListsAhead", "Progress", "ReadAhead", "TooMuchMissing", "Wanted", "read_live", "wanted_of"]
