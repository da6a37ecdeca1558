"""A Survey Dynamix tenant on this machine, over real HTTP.

It follows the public API reference and shares no code with the reconciler, so that it is an independent oracle.
"""

from sdx_state.sandbox.app import create_app
from sdx_state.sandbox.options import SandboxOptions
from sdx_state.sandbox.server import SandboxServer, serve
from sdx_state.sandbox.store import Store

__all__ = ["SandboxOptions", "SandboxServer", "Store", "create_app", "serve"]
