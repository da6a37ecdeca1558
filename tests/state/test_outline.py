"""What a state file says at a glance: what decoding it says, or less."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.ledger import Entry, Ledger, ids_by_kind
from sdx_state.records import replace
from sdx_state.state.codec import encode
from sdx_state.state.local import LocalStore
from sdx_state.state.moving import Move
from sdx_state.state.outline import outline_of
from sdx_state.state.signing import SigningKey

ids = st.text(min_size=1, max_size=8)
surveys = st.from_regex(r"[a-z][a-z0-9-]{0,5}", fullmatch=True).map(lambda name: Address("survey", name))
users = st.from_regex(r"[a-z]{1,4}@example\.com", fullmatch=True).map(lambda name: Address("user", name))
questions = surveys.map(lambda survey: Address("question", "q", survey))
ledgers = st.builds(
    Ledger,
    lineage=st.uuids().map(str),
    serial=st.integers(0, 10**6),
    tenant=st.text(max_size=20),
    entries=st.dictionaries(surveys | users | questions, st.builds(Entry, ids)),
)


@given(ledgers)
def test_outline_has_no_id_and_no_kind_that_the_state_does_not_have(ledger):
    found = outline_of(encode(ledger, SigningKey(b"k" * 32)))
    if found is None:
        assert '"' in ascii(ledger.tenant) or "\\" in ascii(ledger.tenant)
        return
    managed = ids_by_kind(ledger.entries)
    assert found.is_of(ledger)
    assert found.managed.keys() <= managed.keys()
    for kind, some in found.managed.items():
        assert some <= managed[kind]
    plain = {id for id in managed.get("survey", ()) if id.isascii() and id.isprintable() and not {'"', "\\"} & {*id}}
    assert plain <= found.managed.get("survey", set())


def test_state_that_does_not_begin_as_it_is_written_has_no_outline():
    content = encode(Ledger("a", 1))
    for damaged in (
        b"",
        content[1:],
        content.replace(b'"1.', b'"2.'),
        content.replace(b'"serial":1', b'"serial":"1"'),
    ):
        assert outline_of(damaged) is None


def test_outline_of_a_later_or_an_earlier_state_is_told_apart():
    found = outline_of(encode(Ledger("a", 7)))
    assert found is not None
    assert [found.is_of(one) for one in (Ledger("a", 7), Ledger("a", 8), Ledger("b", 7), Ledger("a", 7, "t"))] == [
        True, False, False, False
    ]  # fmt: skip


def test_store_has_no_outline_of_a_state_that_it_may_refuse(tmp_path):
    store = LocalStore(tmp_path, "state", "https://a.example#1")
    assert store.outline() is None
    with store.lock("test"):
        store.save(Ledger("a", tenant="https://a.example#1", entries={Address("survey", "s"): Entry("52")}))
    assert store.outline().managed == {"survey": {"52"}}
    assert store.of("https://a.example#2").outline() is None
    assert replace(store, lineage="b").outline() is None
    assert replace(store, lineage="a").outline() is not None
    store.mark(Move("1", gone=True, other="postgres", lineage="a"))
    assert store.outline() is None
    store.mark(None)
    assert store.outline() is not None
    store.path.chmod(0o666)
    assert store.outline() is None


def test_every_kind_with_children_has_ids():
    entries = {Address(kind.name, "x"): Entry("7") for kind in KINDS.values() if kind.parent is None}
    found = outline_of(encode(Ledger("a", entries=entries)))
    assert found is not None
    assert found.managed == {"survey": {"7"}, "user": set(), "phone_number": set()}
