"""Reading a tenant ahead: shared states, and what the server asks for meanwhile."""

from __future__ import annotations

import pytest

from sdx_state.api.retry import Wait
from sdx_state.app import ahead
from sdx_state.app.begun import HeldBack
from sdx_state.live import ahead as lists


def wait_until(moment: float) -> Wait:
    return Wait("GET /surveys", 429, moment, moment, moment, moment)


@pytest.mark.parametrize(("now", "reported"), [(20.0, [30.0, 40.0]), (35.0, [40.0])])
def test_waits_are_reported_once_the_files_are_loaded_unless_they_are_over(now, reported):
    told: list[float] = []
    waits = HeldBack(lambda wait: told.append(wait.until))
    waits(wait_until(10.0))
    waits(wait_until(30.0))
    assert told == []
    waits.release(lambda wait: wait.until <= now)
    waits(wait_until(40.0))
    assert told == reported


def test_shared_state_is_recalled_while_files_are_loaded(shared, monkeypatch):
    assert shared.apply().code == 0
    plain = shared.run("plan", "--detailed-exitcode")
    monkeypatch.setattr(ahead, "LARGE", 0)
    monkeypatch.setattr(lists, "SLOW", 0.0)
    assert plain.code == 0
    assert shared.run("plan", "--detailed-exitcode") == plain
    shared.write("b.yaml", "surveys: {c: {name: [}\n")
    assert "b.yaml:1" in shared.run("plan").err


@pytest.mark.parametrize("shared", ["postgres", "http"], indirect=True)  # the S3 of the tests takes any credentials
def test_shared_state_that_cannot_be_read_is_reported_as_without_reading_ahead(shared, monkeypatch):
    monkeypatch.setenv("SDX_STATE_DSN", "postgresql://user@127.0.0.1:1/none")
    monkeypatch.setenv("TF_HTTP_PASSWORD", "wrong")
    monkeypatch.setattr("sdx_state.state.store.PATIENCE", 0.0)
    plain = shared.run("plan")
    monkeypatch.setattr(ahead, "LARGE", 0)
    assert plain.code != 0
    assert shared.run("plan") == plain
