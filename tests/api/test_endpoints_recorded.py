"""Documented answers, one cassette for each endpoint, replayed without a network."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import vcr
import yaml

from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.errors import NotFoundError
from sdx_state.kinds import KINDS
from sdx_state.kinds.wire import read_field, shape_of

FOLDER = Path(__file__).parent / "cassettes"
RECORDED = sorted(FOLDER.glob("*.yaml"))

Replay = Callable[[str], Endpoints]


@pytest.fixture
def replay() -> Iterator[Replay]:
    """Return a client of a cassette; at the end, every recorded answer must have been used."""
    opened = []
    recorder = vcr.VCR(record_mode="none", match_on=["method", "scheme", "host", "port", "path", "query"])

    def start(name: str) -> Endpoints:
        context = recorder.use_cassette(str(FOLDER / f"{name}.yaml"))
        cassette = context.__enter__()
        connection = Connection(base_url("demo.surveydynamix.com", None), Credentials("t0ken", "customer"))
        client = Endpoints(connection)
        opened.append((context, cassette, client))
        return client

    yield start
    for context, cassette, client in opened:
        client.close()
        context.__exit__(None, None, None)
        assert cassette.all_played


@pytest.mark.parametrize("shape", ["flat", "nested"])
def test_surveys_are_read_in_both_shapes(replay: Replay, shape: str) -> None:
    client = replay(f"surveys_{shape}")
    kind = KINDS["survey"]
    for survey in (*client.surveys.list(), client.surveys.get("52")):
        assert survey["id"] == 52
        assert shape_of(kind, survey) == shape
        assert read_field(kind.by_name["sms_number"], survey) == "+61488000001"
        greeting = read_field(kind.by_name["greeting_text"], survey)
        both = {"default": "Thanks for calling.", "de-default": "Danke."}
        assert greeting == ("Thanks for calling." if shape == "flat" else both)
        assert read_field(kind.by_name["email_from_address"], survey) == "care@example.com"
    if shape == "flat":
        with pytest.raises(NotFoundError):
            client.surveys.get("53")


@pytest.mark.parametrize("shape", ["flat", "nested"])
def test_questions_are_read_in_both_shapes(replay: Replay, shape: str) -> None:
    client = replay(f"questions_{shape}")
    kind = KINDS["question"]
    (listed,) = client.questions.list(survey_id="52")
    alone = client.questions.get("509")
    assert (listed["survey_id"], listed["order"]) == (52, 2)
    assert not {"survey_id", "order"} & set(alone)
    for question in (listed, alone):
        assert shape_of(kind, question) == shape
        assert read_field(kind.by_name["max_response"], question) == 10
        assert read_field(kind.by_name["question_text"], question) == "How likely are you to recommend us?"
    if shape == "nested":
        assert read_field(kind.by_name["compulsory"], alone) is True
        assert read_field(kind.by_name["response_options"], alone) == [{"label": "promoter", "text": "Very"}]


def test_users_are_read_by_their_address(replay: Replay) -> None:
    client = replay("users")
    (listed,) = client.users.list()
    assert listed == client.users.get("ana.lee@example.com")
    assert listed["timezone"] == "Australia/Brisbane"


def test_telephone_numbers_are_looked_up_with_and_without_a_country(replay: Replay) -> None:
    client = replay("phone_numbers")
    found = client.phone_numbers.lookup("+61488000001", "AU")
    assert (found["phone_type"], found["national_format"]) == ("mobile", "0488 000 001")
    assert client.phone_numbers.lookup("0488 000 001", "AU") == found
    with pytest.raises(NotFoundError):
        client.phone_numbers.lookup("+15550100", "")


def test_responses_and_empty_lists_are_read(replay: Replay) -> None:
    client = replay("responses")
    (listed,) = client.responses.list(survey_id=52)
    assert listed == client.responses.get("9001")
    assert (listed["response"], listed["recording_url"]) == ("9", None)
    assert client.responses.list(question_id=510) == []


def test_there_is_a_cassette_for_every_endpoint() -> None:
    names = {path.stem.partition("_flat")[0].partition("_nested")[0] for path in RECORDED}
    assert names == {kind.collection for kind in KINDS.values()} | {"responses"}


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_cassettes_contain_no_secrets_or_personal_data(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"authorization|set-cookie|cookie|bearer |basic |token|password|secret", text, re.IGNORECASE)
    assert set(re.findall(r"[\w.+-]+(?:@|%40)([\w.-]+)", text)) <= {"example.com"}
    for interaction in yaml.safe_load(text)["interactions"]:
        assert set(interaction["request"]["headers"]) <= {"Accept"}
        assert interaction["request"]["uri"].startswith("https://demo.surveydynamix.com/api/")
