"""Everything in this folder takes long: it is marked `soak`, which `pytest` alone leaves out."""

from __future__ import annotations

from pathlib import Path

import pytest

HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests of this folder before any are deselected."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker("soak")
