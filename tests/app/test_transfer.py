"""A state that was taken out of its backend is put back where nothing contradicts that."""

from __future__ import annotations

import pytest

SURVEY = "surveys: {{a: {{name: A, description: '{}'}}}}\n"


@pytest.fixture
def applied(connected, apply_once):
    """A project after one apply, with a copy of its state."""
    connected.write("a.yaml", SURVEY.format(1))
    apply_once()
    connected.copy = connected.folder / "copy.json"
    connected.copy.write_text(connected.run("state", "pull").out)
    return connected


def push(project, *options):
    return project.run("state", "push", str(project.copy), "--auto-approve", *options)


def test_copy_that_is_pushed_is_the_state_with_a_higher_serial(applied):
    ended = push(applied)
    assert ended.code == 0, ended.err
    assert ended.out == "The state knows 1 resource (serial 2).\n"
    assert applied.run("plan", "--detailed-exitcode").code == 0
    assert applied.run("history", "--verify").code == 0


def test_older_copy_is_refused_and_replaces_the_state_only_with_force(applied):
    applied.write("a.yaml", SURVEY.format(2))
    assert applied.apply().code == 0
    refused = push(applied)
    assert refused.code == 1
    assert "it has the serial 1, and the state has 2: it is older" in refused.err
    assert applied.run("plan", "--detailed-exitcode").code == 0
    forced = push(applied, "--force")
    assert forced.code == 0
    assert "Overridden: it has the serial 1" in forced.err
    assert "(serial 3)" in forced.out
    assert applied.run("plan").code == 0


def test_another_lineage_is_refused_and_another_tenant_also_with_force(applied, tmp_path):
    from dataclasses import replace

    from sdx_state.state.codec import decode, encode

    ledger = decode(applied.copy.read_bytes(), "copy")
    applied.copy.write_bytes(encode(replace(ledger, lineage="another")))
    refused = push(applied)
    assert refused.code == 1
    assert "it has the lineage another" in refused.err
    applied.copy.write_bytes(encode(replace(ledger, tenant="https://other.example#1")))
    for options in ((), ("--force",)):
        refused = push(applied, *options)
        assert refused.code == 7
        assert "belongs to the tenant https://other.example#1" in refused.err


def test_invalid_state_file_or_missing_approval_changes_nothing(applied):
    assert applied.run("state", "push", str(applied.copy)).code == 1
    before = applied.run("state", "pull").out
    applied.copy.write_text("{}")
    ended = push(applied, "--force")
    assert ended.code == 7
    assert "is not a state file" in ended.err
    assert applied.run("state", "pull").out == before


def test_pull_of_no_state_says_so(connected):
    ended = connected.run("state", "pull")
    assert (ended.code, ended.out) == (7, "")
    assert "there is no state yet" in ended.err
