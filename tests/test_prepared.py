"""A copied apply is as good as one that was made."""

from __future__ import annotations

import pytest

from tests.prepared import port_of

FILES = "surveys: {a: {name: A, questions: [{question_label: Q, question_type: text}]}}\n"


@pytest.mark.parametrize("time", ["first", "second"])
def test_a_project_that_is_applied_once_is_applied_in_each_test(connected, tenant, apply_once, time):
    connected.write("a.yaml", FILES)
    apply_once()
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["A"]
    assert connected.run("plan", "--detailed-exitcode").code == 0
    connected.write("a.yaml", FILES.replace("name: A", "name: B"))
    assert connected.apply().last == "Apply complete! Resources: 0 added, 1 changed, 0 destroyed."
    assert connected.run("history", "--verify").code == 0


def test_other_files_and_arguments_are_applied_again(connected, tenant, apply_once):
    connected.write("a.yaml", FILES.replace("name: A", "name: C"))
    apply_once()
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["C"]
    connected.write("a.yaml", "surveys: {d: {name: D}}\n")
    apply_once("--allow-deletes", "2")
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["D"]


def test_a_port_is_reserved_for_all_tests_of_a_process():
    assert port_of("tenant") == port_of("tenant") != port_of("proxy") or port_of("tenant") == 0
