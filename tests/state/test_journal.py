"""The journal says after a crash what may exist without the state knowing."""

from __future__ import annotations

from pathlib import Path

import pytest

from sdx_state.model.ledger import Entry
from sdx_state.state.errors import StateUnusable
from sdx_state.state.journal import Journal
from sdx_state.state.journal_file import JournalFile


@pytest.fixture
def journal(tmp_path):
    return Journal(JournalFile(tmp_path / "journal.jsonl"))


def test_an_intent_without_an_end_is_pending(journal):
    journal.intend("survey.a", None, [], {"name": "abc"})
    (pending,) = Journal(JournalFile(Path(journal.name))).unfinished().pending
    assert pending.address == "survey.a"


def test_created_and_unsaved_resource_is_found_again(journal):
    operation = journal.intend("survey.a", None, [], {})
    journal.created(operation, "survey.a", Entry("7", {"name": "abc"}, True))
    found = Journal(JournalFile(Path(journal.name))).unfinished()
    assert found.pending == ()
    assert found.created == {"survey.a": Entry("7", {"name": "abc"}, True)}
    journal.saved("lineage", 1)
    assert Journal(JournalFile(Path(journal.name))).unfinished().created == {}


def test_a_refused_create_leaves_nothing(journal):
    journal.settled(journal.intend("survey.a", None, [], {}), "refused")
    assert journal.unfinished().pending == ()


def test_line_cut_short_by_a_crash_is_dropped_at_every_length(journal):
    journal.intend("survey.a", None, [], {})
    whole = Path(journal.name).read_bytes()
    journal.intend("survey.b", None, [], {})
    both = Path(journal.name).read_bytes()
    for length in range(len(whole), len(both)):
        Path(journal.name).write_bytes(both[:length])
        assert [intent.address for intent in journal.unfinished().pending] == ["survey.a"]
        journal.mend()
        assert Path(journal.name).read_bytes() == whole


def test_a_damaged_line_in_the_middle_is_an_error(journal):
    journal.intend("survey.a", None, [], {})
    Path(journal.name).write_bytes(b"garbage\n" + Path(journal.name).read_bytes())
    with pytest.raises(StateUnusable, match=r"journal\.jsonl:1"):
        journal.unfinished()


def test_it_is_readable_by_its_owner_alone(journal):
    journal.intend("survey.a", None, [], {})
    assert Path(journal.name).stat().st_mode & 0o777 == 0o600
