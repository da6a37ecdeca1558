"""Addresses are immutable values."""

from __future__ import annotations

import copy
import json
import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.kinds.addresses import NoAddress, parse_address
from sdx_state.model.address import Address

KEYS = st.text("abcdefghijklmnopqrstuvwxyz0123456789-", min_size=1, max_size=12)


@given(KEYS, KEYS)
def test_an_address_reads_back_as_itself(one, other):
    survey = Address("survey", one)
    for address in (survey, Address("question", other, survey), Address("user", f"{one}@{other}.example.com")):
        again = parse_address(str(address))
        assert again == address
        assert (again.kind, again.key, again.parent) == (address.kind, address.key, address.parent)
        assert hash(again) == hash(str(address))
        assert json.dumps({address: 1}) == json.dumps({str(address): 1})


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, lambda one: pickle.loads(pickle.dumps(one))])  # noqa: S301 - our own bytes
def test_a_copy_is_whole(copied):
    address = copied(Address("question", "nps", Address("survey", "support")))
    assert (address, address.kind, address.key, address.parent) == (
        "question.support.nps",
        "question",
        "nps",
        "survey.support",
    )


@pytest.mark.parametrize(
    "text", ["", "survey", "survey.", "surveys.a", "question.a", "question.a.", "question..q", ".a"]
)
def test_invalid_address_is_rejected_with_a_reason(text):
    with pytest.raises(NoAddress) as refused:
        parse_address(text)
    assert "survey" in str(refused.value) or "question" in str(refused.value)


def test_a_question_moves_along_with_its_survey():
    before = parse_address("question.a.nps")
    assert before.under(Address("survey", "b")) == "question.b.nps"
    assert before.name == "a.nps"


def test_an_address_never_changes():
    address = Address("survey", "a")
    with pytest.raises(AttributeError):
        address.key = "b"
    assert address.key == "a"
