"""Intents are written down together, and each is durable before its create is sent."""

from __future__ import annotations

from sdx_state.state import files


def test_a_commit_takes_along_the_intents_of_creates_that_are_next(connected, monkeypatch):
    """Also in a folder on this machine, where a commit waits for the disk."""
    durable = []
    written = files.append

    def append(path, line, *, durably):
        durable.append((durably, b'"intent"' in line))
        written(path, line, durably=durably)

    monkeypatch.setattr("sdx_state.state.journal_file.append", append)
    connected.write("a.yaml", "users:\n" + "".join(f"  u{n}@example.com: {{name: U{n}}}\n" for n in range(30)))
    assert connected.apply().code == 0
    intents = [durably for durably, intent in durable if intent]
    assert len(intents) == 30
    assert sum(intents) <= 8, "one commit for each of those that begin at once"
    assert intents[-1], "the last line of a commit makes those before it durable"
