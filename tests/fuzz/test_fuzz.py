"""Damaged files and damaged answers end in a value or in words, never in anything else.

SDX_NIGHTLY=1 tries 200,000 files and 20,000 answers.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
import answers  # noqa: E402
import yaml_inputs  # noqa: E402
from mutations import MUTATIONS  # noqa: E402

NIGHTLY = bool(os.environ.get("SDX_NIGHTLY"))
SEED = 1
FILES, ANSWERS = (200_000, 20_000) if NIGHTLY else (6_000, 1_500)

pytestmark = [
 A socket that a damaged answer left half read is closed when it is collected.
pytest.mark.timeout(7200 if NIGHTLY else 200),
 A socket that a damaged answer left half read is closed when it is collected.
# A socket that a damaged answer left half read is closed when it is collected.
 A socket that a damaged answer left half read is closed when it is collected.
pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_a_damaged_file_is_read_or_refused_at_a_place_in_it():
 A socket that a damaged answer left half read is closed when it is collected.
counts, wrong, _, grown = yaml_inputs.run(SEED, range(FILES))
 A socket that a damaged answer left half read is closed when it is collected.
assert wrong == []
 A socket that a damaged answer left half read is closed when it is collected.
assert grown < yaml_inputs.MEMORY
 A socket that a damaged answer left half read is closed when it is collected.
assert set(MUTATIONS) <= set(counts)
 A socket that a damaged answer left half read is closed when it is collected.
assert min(counts["loaded"], counts["refused"]) > FILES / 30


def test_a_damaged_answer_is_a_value_of_the_right_shape_or_an_error_of_the_client():
 A socket that a damaged answer left half read is closed when it is collected.
counts, wrong, _, grown = answers.run(SEED, range(ANSWERS))
 A socket that a damaged answer left half read is closed when it is collected.
assert wrong == []
 A socket that a damaged answer left half read is closed when it is collected.
assert grown < answers.MEMORY
 A socket that a damaged answer left half read is closed when it is collected.
for verb in ("list", "get", "create", "replace", "delete"):
 A socket that a damaged answer left half read is closed when it is collected.
    assert counts[f"{verb}: value"] > 5
 A socket that a damaged answer left half read is closed when it is collected.
    assert counts[f"{verb}: error"] > 20
 A socket that a damaged answer left half read is closed when it is collected.
assert {"NotTheApi", "NoAnswer", "Unexpected", "Redirected", "ServerError", "Unauthorised"} <= set(counts)


def test_what_is_undamaged_is_read(tmp_path):
 A socket that a damaged answer left half read is closed when it is collected.
(tmp_path / "sdx.yaml").write_bytes(yaml_inputs.PROJECT)
 A socket that a damaged answer left half read is closed when it is collected.
(tmp_path / "a.yaml").write_bytes(yaml_inputs.SMALL)
 A socket that a damaged answer left half read is closed when it is collected.
assert yaml_inputs.load_configuration(tmp_path, None, {}).checks


def test_a_loader_that_falls_over_would_be_noticed(monkeypatch):
 A socket that a damaged answer left half read is closed when it is collected.
def careless(folder, *_):
 A socket that a damaged answer left half read is closed when it is collected.
    raise KeyError("name")

 A socket that a damaged answer left half read is closed when it is collected.
monkeypatch.setattr(yaml_inputs, "load_configuration", careless)
 A socket that a damaged answer left half read is closed when it is collected.
_, wrong, _, _ = yaml_inputs.run(SEED, range(3))
 A socket that a damaged answer left half read is closed when it is collected.
assert [one.wrong for _, one in wrong] == ["KeyError: 'name'"] * 3


def test_the_defaults_of_a_yaml_library_would_be_noticed(monkeypatch):
 A socket that a damaged answer left half read is closed when it is collected.
def loose(folder, *_):
 A socket that a damaged answer left half read is closed when it is collected.
    for name in ("sdx.yaml", "a.yaml"):
 A socket that a damaged answer left half read is closed when it is collected.
        yaml.safe_load((folder / name).read_bytes())

 A socket that a damaged answer left half read is closed when it is collected.
monkeypatch.setattr(yaml_inputs, "load_configuration", loose)
 A socket that a damaged answer left half read is closed when it is collected.
monkeypatch.setattr(yaml_inputs, "offline_findings", lambda _: [])
 A socket that a damaged answer left half read is closed when it is collected.
_, wrong, _, _ = yaml_inputs.run(SEED, range(200))
 A socket that a damaged answer left half read is closed when it is collected.
assert len(wrong) > 20


def test_a_loader_that_hangs_would_be_noticed(monkeypatch):
 A socket that a damaged answer left half read is closed when it is collected.
def endless(folder, *_):
 A socket that a damaged answer left half read is closed when it is collected.
    while True:
 A socket that a damaged answer left half read is closed when it is collected.
        pass

 A socket that a damaged answer left half read is closed when it is collected.
monkeypatch.setattr(yaml_inputs, "PATIENCE", 0.05)
 A socket that a damaged answer left half read is closed when it is collected.
monkeypatch.setattr(yaml_inputs, "load_configuration", endless)
 A socket that a damaged answer left half read is closed when it is collected.
_, ((_, one),), _, _ = yaml_inputs.run(SEED, range(1))
 A socket that a damaged answer left half read is closed when it is collected.
assert "longer than" in one.wrong


def test_a_create_taken_for_done_without_an_id_would_be_noticed(monkeypatch):
 A socket that a damaged answer left half read is closed when it is collected.
from sdx_state.api.endpoint import Endpoint

 A socket that a damaged answer left half read is closed when it is collected.
monkeypatch.setattr(Endpoint, "_identified", lambda self, request, answer: {})
 A socket that a damaged answer left half read is closed when it is collected.
_, wrong, _, _ = answers.run(SEED, range(400))
 A socket that a damaged answer left half read is closed when it is collected.
assert any("created, and no id" in what for _, what in wrong)


def test_an_error_that_is_not_the_clients_own_would_be_noticed(monkeypatch):
 A socket that a damaged answer left half read is closed when it is collected.
from sdx_state.api import answer

 A socket that a damaged answer left half read is closed when it is collected.
def careless(request, answer):
 A socket that a damaged answer left half read is closed when it is collected.
    raise ValueError("what now")

 A socket that a damaged answer left half read is closed when it is collected.
monkeypatch.setattr(answer, "_document_of", careless)
 A socket that a damaged answer left half read is closed when it is collected.
_, wrong, _, _ = answers.run(SEED, range(100))
 A socket that a damaged answer left half read is closed when it is collected.
assert any("ValueError: what now" in what for _, what in wrong)
