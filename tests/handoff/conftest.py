"""A person who performs a hand-off, by edits of the tenant and by the upload page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from sdx_state.sandbox import SandboxOptions, SandboxServer

AUTH = ("00000000-0000-4000-8000-000000000000", "sandbox")
PROMPTS = {"email_subject": "email_subject_prompt", "email_from_address": "email_from_address_prompt"}
PROMPTS["email_from_name"] = "email_from_name_prompt"


class Person:
    """Performs the steps of handoff.json; mistakes are injected by the path of a field."""

    def __init__(self, server: SandboxServer, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.store = server.store

    def steps(self) -> list[dict[str, Any]]:
        return json.loads((self.folder / "handoff.json").read_text())["steps"]

    def work(self, mistakes: dict[tuple[str, str], Any] | None = None) -> None:
        for step in self.steps():
            self.do(step, mistakes or {})

    def do(self, step: dict[str, Any], mistakes: dict[tuple[str, str], Any]) -> None:
        if step["action"] == "upload":
            assert self.upload().status_code == 200
            return
        (address,) = step["addresses"]
        collection = step["type"] + "s"
        typed = {field["path"]: mistakes.get((address, field["path"]), field["after"]) for field in step["fields"]}
        if step["action"] == "delete":
            self.store.delete(collection, step["id"])
            return
        id = step["id"] or (self.id_of(address) if address.startswith("survey.") else None)
        row = json.loads(self.store.item(collection, id, "nested") or "{}") if id else {}
        for path, value in typed.items():
            self.type_in(row, path, value)
        if step["type"] == "question" and step["action"] == "create":
            row["survey_id"] = self.id_of("survey." + address.split(".")[1])
        if id:
            self.store.replace(collection, id, row, "nested")
        else:
            self.remember(address, self.store.create(collection, row))

    def type_in(self, row: dict[str, Any], path: str, value: Any) -> None:
        name, _, language = path.partition(".")
        if name in PROMPTS or name.endswith(("_text", "_sound_file")):
            prompt = PROMPTS.get(name) or name.rsplit("_text")[0].rsplit("_sound_file")[0] + "_prompt"
            part = "sound_files" if name.endswith("_sound_file") else "text"
            row.setdefault(prompt, {}).setdefault(part, {})[language or "default"] = value
        elif name == "response_options":
            row[name] = [{"label": one["label"], "prompt": {"text": one["text"]}} for one in value]
        else:
            row[name] = value

    def upload(self, content: bytes | None = None) -> requests.Response:
        parts = urlsplit(self.server.url)
        data = content if content is not None else (self.folder / "users.csv").read_bytes()
        url = f"{parts.scheme}://{parts.netloc}/manage_users/upload"
        return requests.post(url, files={"file": ("users.csv", data)}, auth=AUTH, timeout=20)

    def remember(self, address: str, id: str) -> None:
        self.__dict__.setdefault("made", {})[address] = id

    def id_of(self, address: str) -> str | None:
        return self.__dict__.setdefault("made", {}).get(address)


@pytest.fixture(params=["flat", "nested"])
def documented(request: pytest.FixtureRequest) -> Iterator[SandboxServer]:
    with SandboxServer(":memory:", SandboxOptions(shape=request.param, documented=True)) as server:
        yield server


@pytest.fixture
def person(documented: SandboxServer, project: Any) -> Person:
    project.connect(documented.url)
    return Person(documented, project.folder / "handoff")
