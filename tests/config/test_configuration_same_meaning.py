"""However the same thing is written, in whatever files, it is the same configuration, and makes the same plan.

SDX_NIGHTLY=1 writes it 3,000 times over.
"""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from sdx_state.app.declared import intention_of
from sdx_state.app.saved import configuration_hash
from sdx_state.config.configuration import load_configuration
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.build import build_plan
from sdx_state.state.ledger import new_ledger

SEED, COUNT = 1, 3000 if os.environ.get("SDX_NIGHTLY") else 60
PROJECT = {"sdx": 1, "api": {"host": "x.example"}, "variables": {"company": "Acme", "sender": "care@example.com"}}
DECLARED: dict[str, dict[str, Any]] = {
    "phone_numbers": {
        "au-sms": {"number": "0488 888 888", "country_code": "AU", "phone_type": "mobile"},
        "us-main": {"number": "+1 212 555 2368", "country_code": "US"},
    },
    "surveys": {
        "csat": {
            "name": "Zufriedenheit é",
            "greeting_text": {"default": "Hello ${var.company}", "de-default": "Grüß Gott,\n100% ehrlich"},
            "email_from_address": "${var.sender}",
            "sms_number": "${phone_numbers.au-sms}",
            "protect": True,
            "ignore": ["description"],
            "description": "on: yes, 0o17",
            "questions": [
                {"question_label": "NPS", "question_text": "Why?", "question_type": "nps", "max_response": 10},
                {"question_label": "Other", "question_text": "12:30", "question_type": "text", "key": "o"},
            ],
        },
        "ces": {"name": "CES", "questions": [{"question_label": "E", "question_type": "number", "max_response": 5}]},
        "empty": {"name": "Empty"},
    },
    "users": {
        "ana@example.com": {"name": "Ana", "timezone": "Europe/Berlin", "csv": {"permissions": "Agent"}},
        "ben@example.com": {"name": "Ben", "phone": "+61491570156", "agent_id": "0400"},
    },
}


def shuffled(chance: random.Random, value: Any) -> Any:
    """Return `value` with the keys of its tables in another order."""
    if isinstance(value, dict):
        names = chance.sample(list(value), len(value))
        return {name: shuffled(chance, value[name]) for name in names}
    return [shuffled(chance, one) for one in value] if isinstance(value, list) else value


def write_somehow(chance: random.Random, folder: Path) -> None:
    """Write the project into `folder`: resources dealt out to files, in any order, style and line ending."""
    resources = [(section, name) for section, declared in DECLARED.items() for name in declared]
    files: list[dict[str, Any]] = [{} for _ in range(chance.randint(1, 5))]
    for section, name in chance.sample(resources, len(resources)):
        chance.choice(files).setdefault(section, {})[name] = shuffled(chance, DECLARED[section][name])
    folder.mkdir()
    (folder / "sdx.yaml").write_text(yaml.safe_dump(shuffled(chance, PROJECT), sort_keys=False))
    for number, content in enumerate(files):
        text = yaml.safe_dump(
            content,
            sort_keys=False,
            allow_unicode=chance.random() < 0.5,
            default_flow_style=chance.choice((None, True, False)),
            width=chance.choice((30, 80, 1000)),
            indent=chance.choice((2, 4)),
            default_style=None,
        )
        if chance.random() < 0.5:
            text = "# what follows\n\n" + text + "\n# the end\n"
        if chance.random() < 0.3:
            text = text.replace("\n", "\r\n")
        path = folder / chance.choice(("", "sub/", "sub/deeper/")) / f"{chance.choice('abz')}{number}.yaml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes((b"\xef\xbb\xbf" if chance.random() < 0.3 else b"") + text.encode())


def meaning_of(folder: Path) -> tuple[str, str]:
    """Return the hash of the configuration in `folder`, and that of its plan against an empty tenant."""
    intention = intention_of(load_configuration(folder, None, {}))
    plan = build_plan(intention, Snapshot(resources={}, read=frozenset({"survey", "user"})), new_ledger())
    return configuration_hash(intention), plan.fingerprint


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("plain")
    (folder / "sdx.yaml").write_text(yaml.safe_dump(PROJECT))
    (folder / "all.yaml").write_text(yaml.safe_dump(DECLARED))
    return meaning_of(folder)


def test_the_same_written_otherwise_is_the_same(plain: tuple[str, str], tmp_path: Path) -> None:
    different = []
    for number in range(COUNT):
        write_somehow(random.Random(f"{SEED}:{number}"), folder := tmp_path / str(number))
        if meaning_of(folder) != plain:
            different.append(number)
    assert different == []


def test_something_else_is_not(plain: tuple[str, str], tmp_path: Path) -> None:
    (tmp_path / "sdx.yaml").write_text(yaml.safe_dump(PROJECT))
    (tmp_path / "all.yaml").write_text(yaml.safe_dump(DECLARED).replace("Why?", "Why not?"))
    assert meaning_of(tmp_path)[0] != plain[0]
