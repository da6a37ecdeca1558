"""Sealed objects: nothing of their content can be read, and none is accepted that was altered or moved."""

from __future__ import annotations

import pytest

from sdx_state.state.errors import StateUnusable
from sdx_state.state.sealing import SealedStore, sealing_keys
from sdx_state.state.store import Found
from tests.state.memory_store import MemoryStore

KEYS = sealing_keys({"SDX_STATE_KEY": "0123456789abcdef" * 4})


@pytest.fixture
def inner():
    return MemoryStore()


@pytest.fixture
def store(inner):
    return SealedStore(inner, KEYS)


def test_content_is_not_in_the_store_and_is_read_back(store, inner):
    version = store.put("a", b"survey.support-csat", None)
    assert b"survey" not in inner.objects["a"].content
    assert store.get("a") == Found(b"survey.support-csat", version)


@pytest.mark.parametrize("at", [14, 31, -1])
def test_altered_object_is_refused(store, inner, at):
    store.put("a", b"content", None)
    content = bytearray(inner.objects["a"].content)
    content[at] ^= 1
    inner.objects["a"] = Found(bytes(content), "1")
    with pytest.raises(StateUnusable):
        store.get("a")


def test_object_in_the_place_of_another_is_refused(store, inner):
    store.put("a", b"content", None)
    inner.objects["b"] = inner.objects["a"]
    with pytest.raises(StateUnusable, match="altered"):
        store.get("b")


def test_equal_contents_differ_in_the_store(store, inner):
    store.put("a", b"content", None)
    store.put("b", b"content", None)
    assert inner.objects["a"].content != inner.objects["b"].content


def test_keys_are_not_shown():
    assert "0123456789abcdef" not in repr(KEYS)
    assert KEYS[0]._key.hex() not in repr(KEYS)
