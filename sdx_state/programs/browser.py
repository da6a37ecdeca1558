"""The browser of the user."""

from __future__ import annotations

from sdx_state.programs.environment import settings_withheld


def open_browser(address: str) -> bool:
    """Open `address` in a browser that gets no `SDX_*` variables; return True if one was found."""
    import webbrowser

    with settings_withheld():
        return webbrowser.open(address)
