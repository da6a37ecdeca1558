"""A save closes the open part of the journal, and what is closed is proven and found again."""

from __future__ import annotations

import json
import shutil

import pytest

from sdx_state.model.ledger import Entry
from sdx_state.state import journal_file
from sdx_state.state.errors import StateUnusable
from sdx_state.state.local import LocalStore
from sdx_state.state.memory import journal_of, keep, open_journal, recall, verified

SURVEY = "surveys: {{a: {{name: A, description: '{}'}}}}\n"


@pytest.fixture
def store(tmp_path):
    return LocalStore(tmp_path / ".sdx", "state", "https://x.example#1")


def save(store, *, pending=False):
    """Save the state once, as a run does; with an intent that has no end, if `pending`."""
    with store.lock("apply") as fence:
        journal = open_journal(store, fence)
        journal.begin("apply", "sha256:0", 1, "sha256:0")
        operation = journal.intend("survey.a", None, [], {})
        ledger = recall(store, journal).ledger
        if not pending:
            journal.created(operation, "survey.a", Entry("7"))
            journal.ended("survey.a", "done")
            ledger = ledger.with_entry("survey.a", Entry("7"))
            journal.end({"done": 1})
        return keep(store, journal, ledger)


def closed(store):
    return sorted(store.lines.history.iterdir())


def test_open_part_does_not_grow_with_runs(connected):
    folder = connected.folder / ".sdx"
    for number in range(4):
        connected.write("a.yaml", SURVEY.format(number))
        assert connected.apply().code == 0
        assert not (folder / "state.journal.jsonl").exists()
    assert len(list((folder / "state.history").iterdir())) == 4
    assert len(connected.run("history").out.splitlines()) == 4
    assert "The journal is whole" in connected.run("history", "--verify").out
    assert connected.run("undo", "last", "--auto-approve").code == 0
    assert connected.run("plan", "--detailed-exitcode").code == 2


def test_save_with_an_intent_without_end_closes_nothing(store):
    saved = save(store, pending=True)
    assert saved.head.seq == 0
    assert [one.address for one in recall(store, journal_of(store)).unfinished.pending] == ["survey.a"]
    assert recall(store, journal_of(store)).unfinished.interrupted


def test_run_is_interrupted_until_its_state_is_saved(store):
    with store.lock("apply") as fence:
        journal = open_journal(store, fence)
        journal.begin("apply", "sha256:0", 1, "sha256:0")
        journal.end({"done": 1})
        assert recall(store, journal_of(store)).unfinished.interrupted == journal.run
        keep(store, journal, store.load())
    assert recall(store, journal_of(store)).unfinished.interrupted is None


@pytest.mark.parametrize("name", ["write_atomically", "open_folder"])
def test_part_that_could_not_be_moved_is_closed_all_the_same_and_moved_by_the_next_run(store, monkeypatch, name):
    def full(*_arguments, **_options):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        close = journal_file.JournalFile.close

        def failing(self, head, run):
            patch.setattr(journal_file, name, full)
            close(self, head, run)

        patch.setattr(journal_file.JournalFile, "close", failing)
        saved = save(store)
    assert store.path.exists()
    assert store.journal_path.exists()
    memory = recall(store, journal_of(store))
    assert (memory.history_lost, memory.unfinished.interrupted, dict(memory.unfinished.created)) == (False, None, {})
    assert verified(store, journal_of(store)).lines == saved.head.seq
    again = save(store)
    assert not store.journal_path.exists()
    assert verified(store, journal_of(store)).lines == again.head.seq
    assert len(closed(store)) == 2


def test_older_copy_of_the_state_is_refused_after_closing(store):
    save(store)
    older = store.path.read_bytes()
    save(store)
    store.path.write_bytes(older)
    with pytest.raises(StateUnusable, match="state restore"):
        recall(store, journal_of(store))


@pytest.mark.parametrize("damage", ["altered", "cut off", "gone"])
def test_damaged_closed_part_is_noticed_when_the_history_is_verified(store, damage):
    save(store)
    save(store)
    first, last = closed(store)
    if damage == "altered":
        first.write_text(first.read_text().replace('"apply"', '"undo"'))
    elif damage == "cut off":
        last.write_text("".join(last.read_text().splitlines(keepends=True)[:-1]))
    else:
        first.unlink()
    with pytest.raises(StateUnusable, match=r"was altered|does not contain"):
        verified(store, journal_of(store))


def test_history_that_is_gone_is_reported_once_and_begun_again(store):
    save(store)
    shutil.rmtree(store.lines.history)
    assert recall(store, journal_of(store)).history_lost
    save(store)
    memory = recall(store, journal_of(store))
    assert not memory.history_lost
    assert memory.saved.entries
    assert verified(store, journal_of(store)).lines == memory.saved.head.seq


def test_missing_state_beside_a_history_is_a_new_one_and_its_journal_continues(store):
    saved = save(store)
    store.path.unlink()
    assert recall(store, journal_of(store)).saved.serial == 0
    assert save(store).head.seq > saved.head.seq
    assert verified(store, journal_of(store)).broken is None


def test_journal_of_an_earlier_version_is_closed_by_the_next_run(connected):
    """Such a journal is one file, in which the line about the save and the end of a run follow the save."""
    connected.write("a.yaml", SURVEY.format(1))
    assert connected.apply().code == 0
    folder = connected.folder / ".sdx"
    (part,) = (folder / "state.history").iterdir()
    part.rename(folder / "state.journal.jsonl")
    (folder / "state.history").rmdir()
    text = (folder / "state.json").read_text()
    document = json.loads(text)["state"]
    del document["head"]
    from sdx_state.state.codec import encode, from_document

    (folder / "state.json").write_bytes(encode(from_document(document)))
    assert connected.run("plan", "--detailed-exitcode").code == 0
    assert len(connected.run("history").out.splitlines()) == 1
    connected.write("a.yaml", SURVEY.format(2))
    assert connected.apply().code == 0
    assert not (folder / "state.journal.jsonl").exists()
    assert len(connected.run("history").out.splitlines()) == 2
    assert connected.run("history", "--verify").code == 0
