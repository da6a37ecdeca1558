"""No credential in anything that the program leaves behind; and the scan would find one.

SDX_NIGHTLY=1 plays every command x failure x verbosity.
"""

from __future__ import annotations

import os
import re
from base64 import b64encode
from pathlib import Path

import pytest

from tests.soak.secrets import secret_scan
from tests.soak.secrets.encodings_of_secrets import ENCODINGS, Finder
from tests.soak.secrets.failing_line import FAILURES
from tests.soak.secrets.scenes import ACCESS, KEY, LOCAL, TOKEN, UUID, Ended

NIGHTLY = bool(os.environ.get("SDX_NIGHTLY"))
SEED = 1
ROOT = Path(__file__).parents[3]

pytestmark = [
    pytest.mark.timeout(7200 if NIGHTLY else 1800),
    # A socket that a damaged answer left half read is closed when it is collected.
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]


@pytest.fixture
def finder():
    return Finder([TOKEN, ACCESS, KEY], UUID)


def test_no_command_shows_a_credential_whatever_fails_and_however_much_it_says():
    whole = list(secret_scan.cases())
    chosen = whole if NIGHTLY else secret_scan.part_of(whole, SEED, 60)
    assert {case[1] for case in chosen} == {*FAILURES, *LOCAL}
    assert {case[0] for case in chosen} == set(secret_scan.scenes())
    found, looked_at, codes = secret_scan.scan(chosen)
    assert found == []
    assert looked_at > 100_000
    assert {0, 1, 7} <= set(codes)


@pytest.mark.parametrize("name", ENCODINGS)
@pytest.mark.parametrize("secret", [TOKEN, ACCESS, KEY])
def test_a_secret_is_found_in_every_encoding(finder, name, secret):
    assert finder.found_in(f"before {ENCODINGS[name](secret)} after".encode()) is not None


@pytest.mark.parametrize(
    "wrap",
    [
        "\n".join,
        lambda text: "│ " + " │\n│ ".join(text[start : start + 5] for start in range(0, len(text), 5)) + " │",
        lambda text: f"\x1b[31m{text[:7]}\x1b[0m{text[7:]}",
        lambda text: text.encode("utf-16").decode("utf-16"),
    ],
)
def test_a_secret_is_found_when_it_is_folded_framed_or_coloured(finder, wrap):
    assert finder.found_in(wrap(TOKEN).encode()) is not None
    assert finder.found_in(wrap(TOKEN).encode("utf-16-le")) is not None


@pytest.mark.parametrize("skipped", range(6))
def test_a_secret_is_found_in_the_base64_of_something_longer(finder, skipped):
    assert finder.found_in(b64encode(b"x" * skipped + TOKEN.encode() + b" and more")) is not None
    assert finder.found_in(b64encode(f"{UUID}:{TOKEN}".encode())) is not None


def test_text_without_secrets_is_not_a_hit(finder):
    assert finder.found_in(f"{UUID} Basic Zm9v {TOKEN[:6]} {ACCESS[:6]}".encode()) is None


@pytest.mark.parametrize(
    "ended",
    [
        Ended(0, TOKEN, "", {}),
        Ended(0, "", f"Authorization: Basic {b64encode(f'{UUID}:{TOKEN}'.encode()).decode()}", {}),
        Ended(0, "", "", {".sdx/state.json": TOKEN.encode()}),
    ],
)
def test_it_looks_everywhere(finder, ended):
    assert len(secret_scan.hits_in(ended, finder)) == 1


def test_scan_without_redaction_finds_values_that_servers_echo(monkeypatch):
    from sdx_state.api.credentials import Credentials
    from sdx_state.cli import redaction

    monkeypatch.setattr(Credentials, "redact", lambda self, text: text)
    monkeypatch.setattr(redaction, "redact", lambda text, forms: text)
    found, _, _ = secret_scan.scan([("plan --out", failure, 0, 0) for failure in FAILURES])
    assert len({case[1] for case, _ in found}) > 10


@pytest.mark.parametrize(
    ("broken", "case"),
    [
        ("redaction.redact", ("plan --out", "the token as a key", 0, 0)),
        ("redaction.redact", ("plan --out", "the signing key as a key", 0, 0)),
        ("redaction.redact", ("plan --out", "nothing fails", 2, 0)),
    ],
)
def test_scan_without_the_last_sink_finds_other_leaks(monkeypatch, broken, case):
    monkeypatch.setattr(f"sdx_state.cli.{broken}", lambda text, forms: text)
    found, _, _ = secret_scan.scan([case])
    assert [one for one, _ in found] == [case]


def test_nothing_in_the_repository_looks_like_a_credential():
    header = re.compile(rb"(?i)authorization[\"']?\s*[:=]\s*[\"']?(?:basic|bearer)\s+([A-Za-z0-9+/=._~-]{16,})")
    for folder in ("sdx_state", "tests", "examples", "schemas"):
        for path in (ROOT / folder).rglob("*"):
            if path.is_file() and path.suffix in (".py", ".yaml", ".yml", ".json", ".md", ".html", ".sh"):
                for found in header.findall(path.read_bytes()):
                    assert len(set(found)) < 12, f"{path}: {found[:4]!r}..."
