"""A few requests generated from the contract; tests/soak/contract generates thousands."""

from __future__ import annotations

import pytest

from sdx_state.sandbox import SandboxServer
from tests.soak.contract.generating import generate


@pytest.mark.soak
def test_surveys_keep_to_the_contract(filled, tmp_path):
    with SandboxServer(":memory:") as server:
        filled(server.store)
        report, printed = generate(server, tmp_path, "--include-path", "/surveys", "--phases", "coverage")
    assert report["exit_code"] == 0, printed
    assert report["test_cases"]["generated"] > 20
