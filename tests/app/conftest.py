"""Projects whose state is in a shared store."""

from __future__ import annotations

import itertools
from contextlib import contextmanager

import pytest

from tests.state.http_server import PASSWORD, USER, a_state_server
from tests.state.shared_stores import replace_objects

_numbers = itertools.count(1)  # the servers of one process share their buckets
FIRST = "surveys: {a: {name: A, description: One}, b: {name: B}}\n"


@contextmanager
def _settings(kind, opened_stores):
    if kind == "http":
        with a_state_server("gitlab") as server:
            yield (
                f"{{backend: http, address: '{server.address}'}}",
                {
                    "TF_HTTP_USERNAME": USER,
                    "TF_HTTP_PASSWORD": PASSWORD,
                },
            )
        return
    opened = opened_stores(kind)
    if kind == "s3":
        endpoint = opened.address
        yield f"{{backend: s3, bucket: acme, prefix: prod-{next(_numbers)}, endpoint: '{endpoint}'}}", {}
    else:
        replace_objects(opened.store, {})
        yield "{backend: postgres}", {"SDX_STATE_DSN": opened.address}


@pytest.fixture(params=[pytest.param("s3", marks=pytest.mark.soak), "postgres", "http"])
def shared(request, connected, monkeypatch, opened_stores):
    """A connected project with its state in the store."""
    with _settings(request.param, opened_stores) as (settings, environ):
        for name, value in {
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            "CI_JOB_URL": "https://ci.example/7",
            **environ,
        }.items():
            monkeypatch.setenv(name, value)
        connected.write("sdx.yaml", f"sdx: 1\napi: {{host: x.example}}\nstate: {settings}\n")
        connected.write("a.yaml", FIRST)
        yield connected
