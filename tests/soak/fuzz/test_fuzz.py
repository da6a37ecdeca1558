"""Damaged files and damaged answers end in a value or in words, never in anything else.

SDX_NIGHTLY=1 tries 200,000 files, layouts and plain files, 20,000 answers and 500,000 texts.
"""

from __future__ import annotations

import os
import unicodedata
from urllib.parse import quote, urlencode

import pytest
import yaml

from sdx_state.api.errors import SurveyDynamixError
from tests.soak.fuzz import answers, blocks, encodings_of_texts, layouts, yaml_inputs
from tests.soak.fuzz.mutations import MUTATIONS

NIGHTLY = bool(os.environ.get("SDX_NIGHTLY"))
SEED = 1
FILES, ANSWERS, TEXTS = (200_000, 20_000, 500_000) if NIGHTLY else (3_000, 1_500, 5_000)

pytestmark = [
    pytest.mark.timeout(7200 if NIGHTLY else 1800),
    # A socket that a damaged answer left half read is closed when it is collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


def test_a_damaged_file_is_read_or_refused_at_a_place_in_it():
    counts, wrong, _, grown = yaml_inputs.run(SEED, range(FILES))
    assert wrong == []
    assert grown < yaml_inputs.MEMORY
    assert set(MUTATIONS) <= set(counts)
    assert min(counts["loaded"], counts["refused"]) > FILES / 30


def test_a_damaged_file_is_called_formatted_only_if_formatting_changes_nothing():
    counts, wrong = layouts.run(SEED, FILES)
    assert wrong == []
    assert min(counts["formatted"], counts["handed over"]) > FILES / 30


def test_the_fast_way_reads_as_the_builder_does_or_hands_over():
    counts, wrong = blocks.run(SEED, FILES)
    assert wrong == []
    assert counts["read"] > FILES / 50


def test_a_fast_way_that_reads_otherwise_would_be_noticed(monkeypatch):
    read = blocks.plain_document
    monkeypatch.setattr(blocks, "plain_document", lambda text: read(text.replace("'", "")))
    _, wrong = blocks.run(SEED, 300)
    assert wrong


def test_a_look_at_layouts_that_is_too_quick_would_be_noticed(monkeypatch):
    monkeypatch.setattr(layouts, "is_formatted", lambda text: "\t" not in text)
    _, wrong = layouts.run(SEED, 50)
    assert wrong


def test_a_damaged_answer_is_a_value_of_the_right_shape_or_an_error_of_the_client():
    counts, wrong, _, grown = answers.run(SEED, range(ANSWERS))
    assert wrong == []
    assert grown < answers.MEMORY
    for verb in ("list", "get", "create", "replace", "delete"):
        assert counts[f"{verb}: value"] > 5
        assert counts[f"{verb}: error"] > 20
    assert {
        "NonAPIResponseError",
        "NoResponseError",
        "InvalidResponseError",
        "RedirectError",
        "InternalServerError",
        "AuthenticationError",
    } <= set(counts)


def test_texts_arrive_as_they_are_meant_or_are_refused_before_anything_is_sent(record_property):
    texts, counts, wrong = encodings_of_texts.run(SEED, TEXTS)
    record_property("counted", f"seed {SEED}, {texts} texts, {counts['refused']} of them refused")
    assert wrong == []
    assert texts >= TEXTS
    assert counts["refused"] > TEXTS / 60
    assert min(counts["paths"], counts["paths refused"]) > TEXTS / 200


@pytest.mark.parametrize(
    "careless",
    [
        lambda form: "&".join(f"{name}={value}" for name, value in form.items()),
        lambda form: "&".join(f"{quote(name)}={quote(value, safe='+')}" for name, value in form.items()),
        lambda form: urlencode({name: unicodedata.normalize("NFC", value) for name, value in form.items()}),
        lambda form: urlencode({**form, "note": "x"}),
        lambda form: urlencode(form, encoding="latin-1", errors="xmlcharrefreplace"),
    ],
    ids=["nothing", "plus", "NFC", "another field", "Latin-1"],
)
def test_careless_encoding_would_be_noticed(monkeypatch, careless):
    from sdx_state.api import transport

    monkeypatch.setattr(transport, "encoded", careless)
    try:
        _, _, wrong = encodings_of_texts.run(SEED, 300)
    except (SurveyDynamixError, ValueError):
        return  # what arrives cannot even be read
    assert wrong


def test_undamaged_documents_are_read(tmp_path):
    (tmp_path / "sdx.yaml").write_bytes(yaml_inputs.PROJECT)
    (tmp_path / "a.yaml").write_bytes(yaml_inputs.SMALL)
    assert yaml_inputs.load_configuration(tmp_path, None, {}).checks


def test_a_loader_that_falls_over_would_be_noticed(monkeypatch):
    def careless(folder, *_):
        raise KeyError("name")

    monkeypatch.setattr(yaml_inputs, "load_configuration", careless)
    _, wrong, _, _ = yaml_inputs.run(SEED, range(3))
    assert [one.wrong for _, one in wrong] == ["KeyError: 'name'"] * 3


def test_the_defaults_of_a_yaml_library_would_be_noticed(monkeypatch):
    def loose(folder, *_):
        for name in ("sdx.yaml", "a.yaml"):
            yaml.safe_load((folder / name).read_bytes())

    monkeypatch.setattr(yaml_inputs, "load_configuration", loose)
    monkeypatch.setattr(yaml_inputs, "offline_diagnostics", lambda _: [])
    _, wrong, _, _ = yaml_inputs.run(SEED, range(200))
    assert len(wrong) > 20


def test_a_loader_that_hangs_would_be_noticed(monkeypatch):
    def endless(folder, *_):
        while True:
            pass

    monkeypatch.setattr(yaml_inputs, "PATIENCE", 0.05)
    monkeypatch.setattr(yaml_inputs, "load_configuration", endless)
    _, ((_, one),), _, _ = yaml_inputs.run(SEED, range(1))
    assert "longer than" in one.wrong


def test_a_create_taken_for_done_without_an_id_would_be_noticed(monkeypatch):
    from sdx_state.api.endpoint import Endpoint

    monkeypatch.setattr(Endpoint, "_identified", lambda self, request, answer: {})
    _, wrong, _, _ = answers.run(SEED, range(400))
    assert any("created, and no id" in what for _, what in wrong)


def test_an_error_that_is_not_the_clients_own_would_be_noticed(monkeypatch):
    from sdx_state.api import answer

    def careless(request, answer):
        raise ValueError("what now")

    monkeypatch.setattr(answer, "_document_of", careless)
    _, wrong, _, _ = answers.run(SEED, range(100))
    assert any("ValueError: what now" in what for _, what in wrong)
