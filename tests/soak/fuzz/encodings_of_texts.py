"""Texts through the typed client, over HTTP, into the tenant and back: what is meant is what arrives.

    python -m tests.soak.fuzz.encodings_of_texts --seed 1 --count 10000
    python -m tests.soak.fuzz.encodings_of_texts --seed 1 --only 4711

Each text goes into fields of forms, into JSON in a form, into a query, and, as an e-mail address, into a path. What
arrives is decoded twice: by the tenant, and here, from the bytes, by the rules of the WHATWG URL Standard. Names of
fields that are not in the API's closed list are an error, and so is a text that was changed, or refused without need.
Prints the seed and the counts.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from sdx_state.api.address import base_url
from sdx_state.api.client import Client
from sdx_state.api.credentials import Credentials
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.errors import InvalidIdError, InvalidValueError
from sdx_state.sandbox import SandboxOptions, SandboxServer, server
from sdx_state.sandbox.emails import is_address

PIECES = [
    "+", "&", "=", "%", ";", "#", "?", "/", "\\", "%2B", "%26", "%00", "%u0041", "%E4", "&amp;", "&#43;", "a=b&c=d",
    "survey_id=2", "&_force_new=true", "&survey_type=sms", "[]", "[0]=", "\n", "\r\n", "\t", " ", "  ", "\u00a0",
    "\u2028", "\ufeff", "é", "e\u0301", "Å", "ß", "İ", "ﬁ", "\U0001f600", "日本", "\U0001f468\u200d\U0001f469",
    '"', "'", "`", "<b>", "${x}", "%name%", "{{x}}", '{"id": 7}', '{"a": ["\\u0000", null]}', "\\u0041", "\\", "null",
    "0", "-1", "1e5", "true", "Now + 5 minutes", "2026-02-19 10:30:02", "a", "B", "word", "\x01", "\x7f", "\x85",
    "\u202e",
]  # fmt: skip
UNSENDABLE = ["\x00", "\ud800", "\udfff"]
FIELDS = {
    "POST /interactions": {
        "survey_id", "survey_type", "phone_number", "email", "scheduled_at", "external_ref", "call_type", "agent_id",
    },
    "PUT /interactions/{id}": {"interaction"},
    "POST /interactions/{id}/submit_response": {"response"},
    "POST /interactions/{id}/start_survey": set(),
    "POST /interaction_data": {"interaction_id", "custom_key", "custom_value"},
}  # fmt: skip
CUSTOM = [f"key_{number}" for number in range(20)]


@dataclass
class Ear:
    """Wraps the tenant's application and records every request as bytes."""

    app: Any
    heard: list[tuple[str, str, str, bytes]] = field(default_factory=list)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        messages = [await receive()]
        while messages[-1].get("more_body"):
            messages.append(await receive())
        body = b"".join(message.get("body", b"") for message in messages)
        target = scope["raw_path"].decode("ascii").partition("?")[0]
        self.heard.append((scope["method"], target, scope["query_string"].decode("ascii"), body))

        async def again() -> Any:
            return messages.pop(0) if messages else await receive()

        await self.app(scope, again, send)


def decoded(pairs: str) -> list[tuple[str, str]]:
    """Return what `application/x-www-form-urlencoded` says (WHATWG URL Standard, section 5.1)."""
    split = [pair.partition("=") for pair in pairs.split("&") if pair]
    return [(unescaped(name.replace("+", " ")), unescaped(value.replace("+", " "))) for name, _, value in split]


def unescaped(text: str) -> str:
    """Return `text` with its percent-encoded bytes as UTF-8."""
    out, rest = bytearray(), text.encode("ascii")
    while rest:
        if rest[:1] == b"%" and len(rest) > 2 and all(byte in b"0123456789abcdefABCDEF" for byte in rest[1:3]):
            out.append(int(rest[1:3], 16))
            rest = rest[3:]
        else:
            out += rest[:1]
            rest = rest[1:]
    return out.decode("utf-8")


def text_of(chance: random.Random) -> str:
    """Draw a text; about one in thirty cannot be sent."""
    text = "".join(chance.choice(PIECES) for _ in range(chance.randint(1, 6)))
    if chance.random() < 1 / 30:
        place = chance.randint(0, len(text))
        return text[:place] + chance.choice(UNSENDABLE) + text[place:]
    return text


class Rounds:
    """Sends texts, a handful at a time, and compares.

    Attributes:
        counts: What was done, by name.
        wrong: What was not as meant.
    """

    def __init__(self, sandbox: SandboxServer, ear: Ear) -> None:
        self.ear = ear
        self.store = sandbox.store
        self.store.create("surveys", {"name": "CSAT"})
        question = {"survey_id": 1, "question_text": "Why?", "question_type": "text", "question_label": "Why"}
        self.store.create("questions", question)
        credentials = Credentials(sandbox.options.auth_token, sandbox.options.customer_uuid)
        self.client = Client.from_endpoints(Endpoints(Connection(base_url(None, sandbox.url), credentials)))
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []

    def play(self, seed: object) -> int:
        """Draw the texts of one round and send them; return how many there were."""
        chance = random.Random(f"encoding {seed}")
        texts = [text_of(chance) for _ in range(6 + len(CUSTOM))]
        sendable = [text for text in texts if not any(one in text for one in UNSENDABLE)]
        for text in texts:
            if text not in sendable:
                self.refused(text)
        while len(sendable) < len(texts):
            sendable.append(chance.choice(PIECES))
        self.sent(*sendable)
        return len(texts)

    def refused(self, text: str) -> None:
        """Let a text that cannot be sent be refused everywhere, before anything is sent."""
        calls: list[Callable[[], object]] = [
            lambda: self.client.interactions.create(survey_id=1, call_type=text),
            lambda: self.client.interactions.create(survey_id=1, data={CUSTOM[0]: text}),
            lambda: self.client.interactions.update(1, call_type=text),
            lambda: self.client.interactions.submit_response(1, text),
            lambda: self.client.interaction_data.set(1, CUSTOM[0], text),
            lambda: self.client.users.list(name=text),
            lambda: self.client.users.get(f"{text}@example.com"),
        ]
        before = len(self.ear.heard)
        for number, call in enumerate(calls):
            try:
                call()
            except (InvalidValueError, InvalidIdError) as error:
                if any(one in str(error) for one in UNSENDABLE):
                    self.wrong.append(f"{text!a}: stands in the message of its refusal")
            else:
                self.wrong.append(f"{text!a}: call {number} sent it")
        if len(self.ear.heard) != before:
            self.wrong.append(f"{text!a}: something was sent")
        self.counts["refused"] += 1

    def sent(self, *texts: str) -> None:
        """Send texts in every way, and compare what the tenant has with what is meant."""
        ref, kind, agent, later, answer, name, *values = texts
        custom = dict(zip(CUSTOM, values, strict=True))
        made = self.client.interactions.create(
            survey_id=1, external_ref=ref, call_type=kind, agent_id=agent, data=custom
        )
        row = self.store.record("interactions", str(made.id)) or {}
        self.same("form", (ref, kind, agent), (row["external_ref"], row["call_type"], row["agent_id"]))
        self.same("answer", (ref, kind, agent), (made.external_ref, made.call_type, made.agent_id))
        self.heard({"external_ref": ref, "call_type": kind, "agent_id": agent, **custom})
        data = {one.custom_key: one.custom_value for one in self.client.interaction_data.list(interaction_id=made.id)}
        self.same("custom data", custom, data)
        found = [one.id for one in self.client.interactions.list(1, external_ref=ref)]
        self.same("query", True, made.id in found)
        self.heard({"external_ref": ref, "survey_id": "1"})
        self.client.interactions.update(made.id, call_type=later)
        row = self.store.record("interactions", str(made.id)) or {}
        self.same("JSON in a form", (later, agent, ref), (row["call_type"], row["agent_id"], row["external_ref"]))
        self.client.interaction_data.set(made.id, CUSTOM[0], later)
        self.heard({"custom_value": later, "custom_key": CUSTOM[0]})
        self.client.interactions.start_survey(made.id)
        if answer.strip():
            self.client.interactions.submit_response(made.id, answer)
            self.heard({"response": answer})
            recorded = [one.response for one in self.client.responses.list(interaction_id=made.id)]
            self.same("response", [answer], recorded)
        self.path(name)
        self.names()
        for collection in ("interactions", "interaction_data", "responses"):
            for one in self.store.records(collection):
                self.store.delete_record(collection, str(one["id"]))

    def path(self, name: str) -> None:
        """Request a user whose address contains `name`."""
        email = f"{name}@example.com"
        self.store.create("users", {"email": email, "name": "A"})
        try:
            self.same("path", email, self.client.users.get(email).email)
            self.counts["paths"] += 1
        except InvalidIdError:
            if is_address(email):  # by the tenant's own rule
                self.wrong.append(f"{name!a}: refused as an address without need")
            self.counts["paths refused"] += 1
        self.store.delete("users", email)

    def heard(self, meant: dict[str, str]) -> None:
        """Compare the last request, decoded from its bytes, with what is meant."""
        _, _, query, body = self.ear.heard[-1]
        pairs = decoded(query or body.decode("ascii"))
        if len(dict(pairs)) != len(pairs):
            self.wrong.append(f"a name stands twice: {pairs!a}")
        self.same("bytes", meant, {name: dict(pairs).get(name) for name in meant})

    def names(self) -> None:
        """Let no form have held a field that is not in the closed list, or custom data of this round."""
        for method, path, _, body in self.ear.heard:
            if method in ("POST", "PUT"):
                steps = ["{id}" if step.isdecimal() else step for step in path.removeprefix("/api/").split("/")]
                allowed = FIELDS[f"{method} /{'/'.join(steps)}"] | set(CUSTOM if path == "/api/interactions" else ())
                names = {name for name, _ in decoded(body.decode("ascii"))}
                if not names <= allowed:
                    self.wrong.append(f"{method} {path}: {names - allowed} is in no list")
                if "interaction" in names:
                    json.loads(dict(decoded(body.decode("ascii")))["interaction"])
        self.counts["requests"] += len(self.ear.heard)
        self.ear.heard.clear()

    def same(self, how: str, meant: object, found: object) -> None:
        """Compare."""
        self.counts[how] += 1
        if isinstance(meant, dict) and isinstance(found, dict):
            every = meant.keys() | found.keys()
            differing = {name for name in every if meant.get(name) != found.get(name)}
            meant, found = ({name: one.get(name) for name in differing} for one in (meant, found))
        if meant != found:
            self.wrong.append(f"{how}: {meant!a} became {found!a}")


def rounds() -> Iterator[Rounds]:
    """Yield a tenant to send texts to."""
    ears: list[Ear] = []
    original = vars(server)["create_app"]

    def create_app(*given: Any) -> Ear:
        ears.append(Ear(original(*given)))
        return ears[-1]

    with mock.patch.object(server, "create_app", create_app):
        sandbox = SandboxServer(":memory:", SandboxOptions())
    with sandbox:
        made = Rounds(sandbox, ears[0])
        yield made
        made.client.close()


def run(seed: int, count: int, only: int | None = None) -> tuple[int, Counter[str], list[tuple[int, str]]]:
    """Send `count` texts; return how many there were, what was done, and what was wrong in which round."""
    wrong: list[tuple[int, str]] = []
    for made in rounds():
        texts, number = 0, only or 0
        while texts < count:
            texts += made.play(f"{seed}:{number}")
            wrong += ((number, one) for one in made.wrong)
            made.wrong.clear()
            number += 1
            if only is not None:
                break
    return texts, made.counts, wrong


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--only", type=int, metavar="ROUND")
    chosen = parser.parse_args()
    texts, counts, wrong = run(chosen.seed, chosen.count, chosen.only)
    for number, one in wrong[:50]:
        print(f"--seed {chosen.seed} --only {number}: {one}")
    print(f"seed {chosen.seed}: {texts} texts, {dict(counts)}")
    print(f"{texts - len(wrong)} passed, {len(wrong)} failed")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
