"""The journal says after a crash what may exist without the state knowing."""

from __future__ import annotations

import pytest

from sdx_state.model.ledger import Entry
from sdx_state.state.errors import StateUnusable
from sdx_state.state.journal import Journal


@pytest.fixture
def journal(tmp_path):
    return Journal(tmp_path / "journal.jsonl")


def test_an_intent_without_an_end_is_pending(journal):
    journal.intend("survey.a", None, [], {"name": "abc"})
    (pending,) = Journal(journal.path).unfinished().pending
    assert pending.address == "survey.a"


def test_what_was_created_and_not_saved_is_known_again(journal):
    operation = journal.intend("survey.a", None, [], {})
    journal.created(operation, "survey.a", Entry("7", {"name": "abc"}, True))
    found = Journal(journal.path).unfinished()
    assert found.pending == ()
    assert found.created == {"survey.a": Entry("7", {"name": "abc"}, True)}
    journal.saved("lineage", 1)
    assert Journal(journal.path).unfinished().created == {}


def test_a_refused_create_leaves_nothing(journal):
    journal.settled(journal.intend("survey.a", None, [], {}), "refused")
    assert journal.unfinished().pending == ()


def test_a_line_that_a_crash_cut_short_is_no_line_at_every_length(journal):
    journal.intend("survey.a", None, [], {})
    whole = journal.path.read_bytes()
    journal.intend("survey.b", None, [], {})
    both = journal.path.read_bytes()
    for length in range(len(whole), len(both)):
        journal.path.write_bytes(both[:length])
        assert [intent.address for intent in journal.unfinished().pending] == ["survey.a"]
        journal.mend()
        assert journal.path.read_bytes() == whole


def test_a_damaged_line_in_the_middle_is_an_error(journal):
    journal.intend("survey.a", None, [], {})
    journal.path.write_bytes(b"garbage\n" + journal.path.read_bytes())
    with pytest.raises(StateUnusable, match=r"journal\.jsonl:1"):
        journal.unfinished()


def test_it_is_readable_by_its_owner_alone(journal):
    journal.intend("survey.a", None, [], {})
    assert journal.path.stat().st_mode & 0o777 == 0o600
