"""The contract as an object, and a tenant that remembers every request it got."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote

import pytest
import yaml
from jsonschema import Draft202012Validator

from sdx_state.sandbox import SandboxServer, Store
from sdx_state.sandbox.conversation import Conversation

FILE = Path(__file__).parents[2] / "schemas" / "sdx-api.openapi.yaml"
METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
FORM = "application/x-www-form-urlencoded"
THEN = "2026-02-19 10:30:02"


@dataclass
class Sent:
    """A request as the server got it."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes


class Contract:
    """The OpenAPI document, and what a request has to be to conform to it."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self.document = document

    def resolve(self, node: Any) -> Any:
        """Return the target of a `$ref`, or the node itself."""
        while isinstance(node, dict) and "$ref" in node:
            found: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                found = found[step]
            node = found
        return node

    def schema(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.document["components"]["schemas"][name]
        return found

    def operations(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Yield path, method and operation."""
        for path, item in self.document["paths"].items():
            yield from ((path, method, item[method]) for method in METHODS if method in item)

    def parameters(self, path: str, operation: Mapping[str, Any]) -> list[dict[str, Any]]:
        own = [*self.document["paths"][path].get("parameters", []), *operation.get("parameters", [])]
        return [self.resolve(one) for one in own]

    def find(self, sent: Sent) -> tuple[str, dict[str, Any], dict[str, str]]:
        """Return path, operation and path parameters of a request."""
        parts = sent.path.removeprefix("/api").removeprefix("/").split("/")
        for path, method, operation in self.operations():
            template = path.removeprefix("/").split("/")
            pairs = list(zip(template, parts, strict=False))
            same = all(name == part or name.startswith("{") for name, part in pairs)
            if len(template) == len(parts) and same and method == sent.method.lower():
                return path, operation, {name[1:-1]: unquote(part) for name, part in pairs if name.startswith("{")}
        raise AssertionError(f"{sent.method} {sent.path} is not in the contract")

    def check(self, sent: Sent, custom: frozenset[str] = frozenset()) -> str:
        """Assert that a request conforms, and return the id of its operation.

        Args:
            sent: The request.
            custom: Names of form fields that are meant as custom data.
        """
        path, operation, in_path = self.find(sent)
        where = f"{sent.method} {sent.path}"
        query = parse_qsl(sent.query, keep_blank_values=True, strict_parsing=bool(sent.query))
        assert len(dict(query)) == len(query), f"{where}: a parameter stands twice"
        given = {"path": in_path, "query": dict(query)}
        declared = {(one["in"], one["name"]): one for one in self.parameters(path, operation)}
        for place, values in given.items():
            for name, value in values.items():
                assert (place, name) in declared, f"{where}: {name} is not a parameter"
                self.valid(declared[place, name]["schema"], value, f"{where}: {name}")
        missing = [
            name for (place, name), one in declared.items() if one.get("required") and name not in given[place]
        ]
        assert not missing, f"{where}: without {missing}"
        if operation.get("security") == []:
            assert "authorization" not in sent.headers, where
        else:
            assert sent.headers["authorization"].split(" ")[0] in ("Basic", "Bearer"), where
        self._check_body(sent, operation.get("requestBody"), where, custom)
        return str(operation["operationId"])

    def _check_body(self, sent: Sent, body: Any, where: str, custom: frozenset[str]) -> None:
        if body is None:
            assert sent.body == b"", f"{where}: a body that nobody asked for"
            return
        assert sent.headers["content-type"] == FORM, where
        pairs = parse_qsl(sent.body.decode("ascii"), keep_blank_values=True, strict_parsing=True)
        assert len(dict(pairs)) == len(pairs), f"{where}: a field stands twice"
        schema = self.resolve(self.resolve(body)["content"][FORM]["schema"])
        properties = schema["properties"]
        for name, value in pairs:
            # The schema of custom data would accept a misspelled field.
            if name in custom:
                continue
            assert name in properties, f"{where}: {name} is not a field"
            self.valid(properties[name], value, f"{where}: {name}")
            if "contentSchema" in self.resolve(properties[name]):
                self.valid(properties[name]["contentSchema"], json.loads(value), f"{where}: {name}")
        assert set(schema.get("required", ())) <= dict(pairs).keys(), where

    def valid(self, schema: Mapping[str, Any], value: Any, where: str) -> None:
        """Assert that a value conforms; a text also counts as the number that it spells."""
        readings = [value]
        if isinstance(value, str) and value.removeprefix("-").isdecimal():
            readings.append(int(value))
        whole = {**schema, "components": self.document["components"]}
        validator = Draft202012Validator(whole)
        assert any(validator.is_valid(reading) for reading in readings), (
            f"{where}: {[error.message for error in validator.iter_errors(value)]}"
        )


@dataclass
class Recorder:
    """Wraps a tenant's application and records the requests."""

    app: Any
    sent: list[Sent] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        messages: list[Any] = []
        while not messages or messages[-1].get("more_body"):
            messages.append(await receive())
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        path, query = scope["raw_path"].decode(), scope["query_string"].decode()
        body = b"".join(message.get("body", b"") for message in messages)
        self.sent.append(Sent(scope["method"], path.partition("?")[0], query, headers, body))

        async def again() -> Any:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, again, send)


@pytest.fixture(scope="session")
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="session")
def contract(document: dict[str, Any]) -> Contract:
    return Contract(document)


@pytest.fixture
def sent() -> type[Sent]:
    return Sent


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[SandboxServer, Recorder]]:
    """Return a function that makes a tenant whose requests are kept."""
    from sdx_state.sandbox import server

    def make(*arguments: Any) -> tuple[SandboxServer, Recorder]:
        made: list[Recorder] = []
        original = vars(server)["create_app"]

        def create_app(*given: Any) -> Any:
            made.append(Recorder(original(*given)))
            return made[-1]

        with monkeypatch.context() as patch:
            patch.setattr(server, "create_app", create_app)
            return SandboxServer(":memory:", *arguments), made[-1]

    return make


def fill(store: Store, count: int = 30) -> None:
    """Give a tenant something of everything, with the ids from 1 to `count`; every other interaction has started."""
    kinds = ("nps", "yesno", "text", "number")
    numbers = range(1, count + 1)
    store.load_snapshot(
        {
            "surveys": [{"name": f"Survey {id}", "greeting_text": "Hello."} for id in numbers],
            "questions": [
                {"survey_id": id, "question_text": "Well?", "question_type": kinds[id % 4], "question_label": "NPS"}
                for id in numbers
            ],
            "users": [
                {"email": f"{name}@example.com", "name": name, "agent_id": "alee"} for name in ("ana.lee", "ben")
            ],
        }
    )
    stamps = {"created_at": THEN, "updated_at": THEN}
    for id in numbers:
        interaction = {"uuid": f"u{id}", "survey_id": id, "survey_type": "web", "scheduled_at": THEN, **stamps}
        details = {"phone_number": "", "email": "", "external_ref": "order-17", "call_type": "", "agent_id": "alee"}
        store.put_record("interactions", {**interaction, **details, "status": "Not Started"})
        datum = {"interaction_id": id, "custom_key": "tier", "custom_value": "GOLD"}
        store.put_record("interaction_data", {**datum, **stamps})
        answer = {"interaction_id": id, "question_id": id, "response": "9", "submitted_at": THEN}
        more = {"recording_url": None, "response_type": "nps", "question_label": "NPS"}
        store.put_record("responses", {**answer, **more})
        if id % 2:
            Conversation(store, store.record("interactions", str(id)) or {}, "flat").start()


@pytest.fixture
def filled() -> Callable[..., None]:
    return fill
