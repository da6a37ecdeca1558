"""The system keyring. Its backends start programs: `pass`, or a D-Bus daemon that outlives this process."""

from __future__ import annotations

from typing import Any

from sdx_state.programs.environment import settings_withheld


class SystemKeyring:
    """The functions of the `keyring` module. The programs that they start get no `SDX_*` variables."""

    def __init__(self, module: Any) -> None:
        self._module = module

    def __getattr__(self, name: str) -> Any:
        def call(*arguments: str) -> Any:
            with settings_withheld():
                return getattr(self._module, name)(*arguments)

        return call


def system_keyring() -> SystemKeyring | None:
    """Return the system keyring, None if no backend can store credentials."""
    with settings_withheld():
        try:
            import keyring
            from keyring.backends.fail import Keyring as Nowhere
            from keyring.backends.null import Keyring as Forgetful
        except ImportError:
            return None
        try:
            backend = keyring.get_keyring()
            works = not isinstance(backend, Nowhere | Forgetful) and backend.priority > 0
        except Exception:  # noqa: BLE001 - a keyring that fails on detection is not usable
            return None
    return SystemKeyring(keyring) if works else None
