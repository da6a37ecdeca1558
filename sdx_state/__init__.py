"""Survey configuration as code for Survey Dynamix."""

TYPE_CHECKING = False  # type checkers know this name; importing typing would cost more than all of the rest
if TYPE_CHECKING:
    from sdx_state.api.client import Client

__all__ = ["Client", "__version__"]

__version__ = "0.1.0"

# Public names and where they are: imported when they are first used, so that `sdx-state --version` waits for nothing.
_LAZY = {"Client": "sdx_state.api.client"}


def __getattr__(name: str) -> object:
    if name not in _LAZY:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    found: object = getattr(import_module(_LAZY[name]), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
