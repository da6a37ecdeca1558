"""A project whose state is in a shared store: runners without a disk of their own share it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import pytest

SURVEYS = "surveys: {{a: {{name: A, description: '{}'}}, b: {{name: B}}}}\n"


def forget_disk(project):
    """Delete what a runner loses with its disk."""
    shutil.rmtree(project.folder / ".sdx", ignore_errors=True)


def test_runs_from_fresh_disks_share_state_history_and_undo(shared, tenant):
    first = shared.apply()
    assert first.code == 0, first.err
    assert not (shared.folder / ".sdx" / "state.json").exists()
    forget_disk(shared)
    assert shared.run("plan", "--detailed-exitcode").code == 0
    shared.write("a.yaml", SURVEYS.format("Two"))
    assert shared.apply().code == 0
    forget_disk(shared)
    assert len(shared.run("history").out.splitlines()) == 2
    verified = shared.run("history", "--verify")
    assert verified.code == 0, verified.err
    assert "The journal is whole" in verified.out
    undone = shared.run("undo", "last", "--auto-approve")
    assert undone.code == 0, undone.err
    assert sorted(row["description"] for row in tenant.store.rows("surveys")) == ["", "One"]
    forget_disk(shared)
    shared.write("a.yaml", "surveys: {a: {name: A, description: One}}\n")
    assert shared.run("apply", "--auto-approve", "--allow-deletes", "1").code == 0
    assert len(tenant.store.rows("surveys")) == 1
    assert shared.run("state", "list").out == "survey.a\n"


def test_plan_that_looks_a_number_up_writes_nothing_to_the_store(shared):
    shared.write("a.yaml", "phone_numbers: {au: {number: '+61488888888', country_code: AU, phone_type: mobile}}\n")
    assert shared.run("plan").code == 0
    assert shared.run("state", "pull").code == 7  # nothing was ever saved


def test_state_that_has_a_lineage_pinned_must_be_there(shared):
    text = (shared.folder / "sdx.yaml").read_text()
    shared.write("sdx.yaml", text.replace("{backend:", "{lineage: 5f0c, backend:"))
    ended = shared.run("plan")
    assert ended.code == 7
    assert "pins its lineage 5f0c" in ended.err


def test_local_state_that_has_a_lineage_pinned_must_be_that_one(connected):
    connected.write("a.yaml", SURVEYS.format("One"))
    assert connected.apply().code == 0
    lineage = json.loads(connected.run("state", "list", "--format", "json").out)["lineage"]
    text = "sdx: 1\napi: {{host: demo.surveydynamix.com}}\nstate: {{lineage: {}}}\n"
    connected.write("sdx.yaml", text.format(lineage))
    assert connected.run("plan", "--detailed-exitcode").code == 0
    connected.write("sdx.yaml", text.format("5f0c"))
    other = connected.apply()
    assert other.code == 7
    assert f"has the lineage {lineage}, and the project pins 5f0c" in other.err
    forget_disk(connected)
    missing = connected.apply()
    assert missing.code == 7
    assert "does not exist, and the project pins its lineage 5f0c" in missing.err


def test_secrets_of_the_store_are_in_no_message(shared, monkeypatch):
    monkeypatch.setenv("SDX_STATE_DSN", "postgresql://user:a%20very%20secret@127.0.0.1:1/none")
    monkeypatch.setattr("sdx_state.state.store.PATIENCE", 0.0)
    ended = shared.run("plan")
    assert "very secret" not in ended.out + ended.err
    assert "a%20very" not in ended.out + ended.err


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("{backend: s3}", "the state backend `s3` needs `bucket`"),
        ("{backend: azure, account: a}", "the state backend `azure` needs `container`"),
        ("{backend: postgres, bucket: a}", "the state backend `postgres` has no option `bucket`"),
        ("{backend: local, bucket: a}", "the state backend `local` has no option `bucket`"),
        ("{backend: local, settings: {path: a}}", "the state backend `local` has no option `path`"),
        ("{backend: s4}", "There are: local, s3, gcs, azure, postgres, http"),
    ],
)
def test_wrong_options_are_named_by_validate(connected, state, said):
    connected.write("sdx.yaml", f"sdx: 1\napi: {{host: x.example}}\nstate: {state}\n")
    ended = connected.run("validate")
    assert ended.code == 1
    assert said in ended.out + ended.err


def test_plain_endpoint_is_accepted_on_this_machine_alone(connected):
    state = "{backend: s3, bucket: acme, endpoint: 'http://minio.example:9000'}"
    connected.write("sdx.yaml", f"sdx: 1\napi: {{host: x.example}}\nstate: {state}\n")
    ended = connected.run("plan")
    assert ended.code != 0
    assert "must be https://" in ended.err


@pytest.mark.soak
def test_bucket_that_does_not_exist_is_named(connected, monkeypatch, opened_stores):
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    state = f"{{backend: s3, bucket: nowhere, endpoint: '{opened_stores('s3').address}'}}"
    connected.write("sdx.yaml", f"sdx: 1\napi: {{host: x.example}}\nstate: {state}\n")
    ended = connected.run("plan")
    assert ended.code == 7
    assert "s3://nowhere does not exist" in ended.err


def test_commands_without_a_shared_store_import_no_package_for_one(connected):
    connected.write("a.yaml", SURVEYS.format("One"))
    program = (
        "import json, sys\n"
        "from sdx_state.cli.main import cli\n"
        f"cli(['-C', {str(connected.folder)!r}, 'validate'], standalone_mode=False)\n"
        "print(json.dumps(sorted({'obstore', 'psycopg', 'boto3', 'cryptography'} & {*sys.modules})))\n"
    )
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(ended.stdout.splitlines()[-1]) == []


KEY, OTHER = "0123456789abcdef" * 4, "fedcba9876543210" * 4


def test_sealed_state_needs_its_key_and_says_so(shared, monkeypatch):
    monkeypatch.setenv("SDX_STATE_KEY", KEY)
    assert shared.apply().code == 0
    forget_disk(shared)
    assert shared.run("plan", "--detailed-exitcode").code == 0
    assert "The journal is whole" in shared.run("history", "--verify").out
    monkeypatch.delenv("SDX_STATE_KEY")
    without = shared.run("plan")
    assert without.code == 7
    assert "is sealed, and SDX_STATE_KEY is not set" in without.err
    monkeypatch.setenv("SDX_STATE_KEY", OTHER)
    other = shared.run("plan")
    assert other.code == 7
    assert "sealed with another key" in other.err


@pytest.mark.soak
def test_sealed_state_is_read_with_the_new_key_alone_after_a_rotation(shared, monkeypatch):
    monkeypatch.setenv("SDX_STATE_KEY", KEY)
    assert shared.apply().code == 0
    monkeypatch.setenv("SDX_STATE_KEY", OTHER)
    monkeypatch.setenv("SDX_STATE_KEY_PREVIOUS", KEY)
    signed = shared.run("state", "sign", "--auto-approve")
    assert signed.code == 0, signed.err
    monkeypatch.delenv("SDX_STATE_KEY_PREVIOUS")
    forget_disk(shared)
    verified = shared.run("history", "--verify")
    assert verified.code == 0, verified.err
    assert shared.run("plan", "--detailed-exitcode").code == 0
    assert shared.run("undo", "last", "--auto-approve", "--allow-deletes", "2").code == 0
