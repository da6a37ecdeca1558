"""Reading of a tenant: API -> snapshot, concurrently."""

from sdx_state.live.lists import NO_PROGRESS, Progress
from sdx_state.live.read import TooMuchMissing, read_live
from sdx_state.live.wanted import Wanted, wanted_of

__all__ = ["NO_PROGRESS", "Progress", "TooMuchMissing", "Wanted", "read_live", "wanted_of"]
