"""Reading of a tenant: API -> snapshot, concurrently."""

from sdx_state.live.read import NO_PROGRESS, Progress, TooMuchMissing, Wanted, read_live, wanted_of

__all__ = ["NO_PROGRESS", "Progress", "TooMuchMissing", "Wanted", "read_live", "wanted_of"]
