"""Thousands of requests generated from the contract, valid and invalid: the sandbox answers each as it says."""

from __future__ import annotations

import re

import pytest

from sdx_state.sandbox import SandboxOptions, SandboxServer
from tests.soak.contract.generating import ALLOWED, CHECKS, generate

LEAST = 2000  # cases a tenant
OFF_THE_HOST = "^/oauth/"  # not off the API


@pytest.mark.parametrize("shape", ["flat", "nested"])
def test_the_sandbox_keeps_to_the_contract(contract, filled, tmp_path, shape, record_property):
    with SandboxServer(":memory:", SandboxOptions(shape=shape)) as server:
        filled(server.store)
        arguments = ("--max-examples", "15", "--exclude-path-regex", OFF_THE_HOST)
        report, printed = generate(server, tmp_path, *arguments, checks=(*CHECKS, ALLOWED))
    assert report["exit_code"] == 0, printed
    assert report["complete"]
    operations = {
        f"{method.upper()} {path}" for path, method, _ in contract.operations() if not re.match(OFF_THE_HOST, path)
    }
    assert report["operations"]["tested"] == len(operations)
    cases = report["test_cases"]
    record_property("counted", f"{cases['generated']} generated cases, {len(operations)} operations")
    assert cases["generated"] >= LEAST
    assert (cases["with_failures"], cases["errored"], cases["without_checks"]) == (0, 0, 0)
    accepted = {
        operation
        for operation, phases in report["valid_rates"].items()
        if any(phase["accepted"] for phase in phases.values())
    }
    assert accepted == operations


def test_a_tenant_that_is_read_only_keeps_to_the_contract_too(filled, tmp_path):
    with SandboxServer(":memory:", SandboxOptions(documented=True)) as server:
        filled(server.store)
        report, printed = generate(
            server, tmp_path, "--phases", "examples,coverage", "--exclude-path-regex", OFF_THE_HOST
        )
        assert report["exit_code"] == 0, printed
        assert [len(server.store.rows(name)) for name in ("surveys", "questions", "users")] == [30, 30, 2]


def test_signing_in_keeps_to_the_contract(contract, tmp_path, record_property):
    # Many a wrong request is answered by a redirect (RFC 6749, section 4.1.2.1); the page is also sent its own form.
    checks = tuple(check for check in CHECKS if check not in ("negative_data_rejection", "unsupported_method"))
    with SandboxServer(":memory:") as server:
        arguments = ("--max-examples", "30", "--include-path-regex", OFF_THE_HOST)
        report, printed = generate(server, tmp_path, *arguments, checks=checks, url=server.url.removesuffix("/api"))
    assert report["exit_code"] == 0, printed
    assert report["operations"]["tested"] == 2
    record_property("counted", f"{report['test_cases']['generated']} generated cases, 2 operations")
    assert report["test_cases"]["generated"] > 100


def test_an_answer_that_breaks_the_contract_is_found(filled, tmp_path):
    with SandboxServer(":memory:") as server:
        filled(server.store)
        server.store.put_row("surveys", {"id": 30, "name": ["not", "a", "text"]})
        report, _ = generate(server, tmp_path, "--include-path", "/surveys", "--phases", "coverage")
    assert report["exit_code"] == 1
    assert {failure["type"] for failure in report["failures"]} == {"JsonSchemaError"}
