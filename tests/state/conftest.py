"""The backends of a state, each empty."""

from __future__ import annotations

import itertools

import pytest

from tests.state.backings import InStore, Local, OnServer
from tests.state.http_server import a_state_server
from tests.state.shared_stores import KINDS, QUICK

_numbers = itertools.count(1)


@pytest.fixture(params=[pytest.param(one, marks=[] if one in QUICK else pytest.mark.soak) for one in KINDS])
def raw_store(request, opened_stores):
    """Each store; use a prefix of one's own in it: `prefix`."""
    return opened_stores(request.param).store


@pytest.fixture
def prefix():
    """A name that no other test of this process uses."""
    return f"test-{next(_numbers)}"


@pytest.fixture
def backing(kind, opened_stores, prefix, tmp_path):
    """A state in the backend `kind`, with which a test is parametrized (`backings.everywhere`)."""
    if kind == "local":
        yield Local(tmp_path / ".sdx")
    elif kind.startswith("http-"):
        with a_state_server(kind.removeprefix("http-")) as server:
            yield OnServer(tmp_path, server)
    else:
        yield InStore(tmp_path, opened_stores(kind).store, prefix)
