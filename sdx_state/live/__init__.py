"""API -> snapshot: what to read of a tenant, and reading it concurrently."""

from sdx_state.live.read import NO_PROGRESS, Progress, TooMuchMissing, Wanted, read_live, wanted_of

__all__ = ["NO_PROGRESS", "Progress", "TooMuchMissing", "Wanted", "read_live", "wanted_of"]
