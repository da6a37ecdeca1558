"""Whatever goes wrong with a create: at most one interaction of it is ever held, and its caller knows what to think.

SDX_NIGHTLY=1 plays 100,000 schedules.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable
from contextlib import nullcontext

import pytest

from sdx_state.api import creating
from sdx_state.api.endpoint import Endpoint
from sdx_state.api.errors import SurveyDynamixError
from tests.soak.faults import creates

NIGHTLY = bool(os.environ.get("SDX_NIGHTLY"))
SEED, SCHEDULES = 1, 100_000 if NIGHTLY else 1000


@pytest.mark.timeout(7200 if NIGHTLY else 1800)
def test_at_most_one_of_each_is_ever_held(record_property: Callable[[str, object], None]) -> None:
    counts: Counter[str] = Counter()
    wrong: list[tuple[int, str]] = []
    for number in range(SCHEDULES):
        played = creates.play(f"{SEED}:{number}")
        counts += played.counts
        wrong += ((number, one) for one in played.wrong)
    record_property("counted", f"seed {SEED}, {SCHEDULES} schedules, {dict(counts)}")
    assert wrong == []
    outcomes = ("created", "ambiguous", "crashed", "not created", "found later", "tried again")
    for one in (*creates.POSTED, *outcomes):
        assert counts[one] > SCHEDULES / 20, one


def some_wrong() -> str:
    return " ".join(one for number in range(200) for one in creates.play(f"{SEED}:{number}").wrong)


def test_asking_twice_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    once = Endpoint.create

    def stubborn(self: Endpoint, fields: dict[str, str]) -> object:
        try:
            return once(self, fields)
        except SurveyDynamixError as error:
            if not error.ambiguous:
                raise
            return once(self, fields)

    monkeypatch.setattr(Endpoint, "create", stubborn)
    wrong = some_wrong()
    assert "2 requests for" in wrong
    assert "2 are held for" in wrong


def test_forcing_a_new_one_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    once = Endpoint.create
    monkeypatch.setattr(Endpoint, "create", lambda self, fields: once(self, {**fields, "_force_new": "true"}))
    assert "_force_new was sent" in some_wrong()


def test_giving_up_early_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "LOOKS", (0.0, 1.0))
    assert "was given up after" in some_wrong()


def test_to_take_a_failed_look_for_an_answer_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creating, "suppress", lambda *_: nullcontext())
    assert "says that it is not" in some_wrong()


def test_to_take_an_older_one_of_that_mark_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    look = creating.Creating._look_for

    def careless(self, survey, mark, _, *, once):
        found = look(self, survey, mark, set(), once=once)
        return found and found[:1]

    monkeypatch.setattr(creating.Creating, "_look_for", careless)
    assert "another was returned" in some_wrong()


def test_a_caller_in_a_hurry_would_be_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(creates, "PATIENCE", 0.0)
    assert "2 are held for" in some_wrong()
