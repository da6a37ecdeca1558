"""Every way to put another JSON value in one place of a document, and the seals that a document carries."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Iterator
from typing import Any

Path = tuple[str | int, ...]

RAW = "raw-json:"
# Values that JSON can write and Python's own encoder cannot are given as their text.
HOSTILE: dict[str, Any] = {
    "null": None,
    "true": True,
    "one": 1,
    "negative": -1,
    "fraction": 1.5,
    "infinite": f"{RAW}1e400",
    "NaN": f"{RAW}NaN",
    "huge": 10**30,
    "huger": f"{RAW}{'9' * 5000}",
    "empty text": "",
    "text": "x",
    "odd text": "\u0000\u202e\u001b[31m\n",
    "half a character": "\ud800",
    "array": [],
    "object": {},
    "nested arrays": [[{"x": [None]}]],
    "a little too deep": f"{RAW}{'[' * 90}{']' * 90}",
    "much too deep": f"{RAW}{'[' * 10_000}{']' * 10_000}",
    "a key twice": f'{RAW}{{"id": "1", "id": "2"}}',
}


def places(value: object, path: Path = ()) -> Iterator[Path]:
    """Yield the path of every container and of every leaf, the document itself first."""
    yield path
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from places(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from places(inner, (*path, index))


def damaged(document: Any) -> Iterator[tuple[str, Any]]:
    """Yield what was damaged, in words, with the damaged document."""
    for path in places(document):
        for name, value in HOSTILE.items():
            yield f"{name} at {path}", _replaced(document, path, value)
        inner = _at(document, path)
        if path and isinstance(path[-1], str):
            without = copy.deepcopy(document)
            del _at(without, path[:-1])[path[-1]]
            yield f"nothing at {path}", without
        if isinstance(inner, dict):
            more = copy.deepcopy(document)
            _at(more, path)["unheard of"] = {"x": 1}
            yield f"another key in {path}", more
            empty_key = copy.deepcopy(document)
            _at(empty_key, path)[""] = "x"
            yield f"an empty key in {path}", empty_key


def text_of(document: Any) -> str:
    """Return `document` as JSON, raw values as they are."""
    text = json.dumps(document, separators=(",", ":"))
    for value in HOSTILE.values():
        if isinstance(value, str) and value.startswith(RAW):
            text = text.replace(json.dumps(value), value.removeprefix(RAW))
    return text


def sealed_state(document: Any) -> bytes:
    """Return a state file with a right checksum."""
    body = text_of(document).encode()
    return b'{"checksum":"sha256:' + hashlib.sha256(body).hexdigest().encode() + b'","state":' + body + b"}\n"


def state_in(data: bytes) -> Any:
    return json.loads(data)["state"]


def sealed_plan(document: Any) -> bytes:
    """Return a saved plan with right hashes, as far as it has any."""
    if not isinstance(document, dict):
        return text_of(document).encode()
    document = _with_fingerprint({key: value for key, value in document.items() if key != "digest"})
    return text_of({**document, "digest": _digest(document)}).encode()


def sealed_run(document: Any) -> bytes:
    """Return what is kept of a run, its plan with the right hash."""
    if isinstance(document, dict) and isinstance(document.get("plan"), dict):
        document = {**document, "plan": _with_fingerprint(document["plan"])}
    return text_of(document).encode()


def _with_fingerprint(plan: dict[str, Any]) -> dict[str, Any]:
    try:
        return {**plan, "fingerprint": _digest(_lines(plan))}
    except (KeyError, TypeError, ValueError, AttributeError, IndexError):
        return plan  # nothing to take a hash of


def sealed_journal(records: list[Any]) -> bytes:
    """Return a journal with a valid chain."""
    lines, previous = [], "0" * 64
    for record in records:
        line = record
        if isinstance(record, dict):
            line = {key: value for key, value in record.items() if key != "hash"} | {"previous": previous}
            text = json.dumps(line, sort_keys=True, separators=(",", ":"))
            previous = hashlib.sha256(text.encode()).hexdigest()
            line["hash"] = previous
        lines.append(text_of(line))
    return "".join(f"{line}\n" for line in lines).encode()


def _digest(value: object) -> str:
    text = json.dumps(_plain(value), sort_keys=True, separators=(",", ":"))
    return "sha256:" + hashlib.sha256(text.encode()).hexdigest()


def _plain(value: Any) -> Any:
    """Return what a reader makes of raw values, where one can make anything of them."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    if isinstance(value, str) and value.startswith(RAW):
        try:
            return json.loads(value.removeprefix(RAW))
        except (ValueError, RecursionError):
            return None
    return value


def _lines(document: dict[str, Any]) -> list[Any]:
    lines = []
    for change in document["resource_changes"]:
        inner = change["change"]
        fields = sorted(change["fields"], key=lambda one: str(one["path"]))
        lines.append(
            [
                change["address"],
                inner["actions"][0],
                change["id"],
                inner["importing"] is not None,
                change["previous_address"],
                change["via"],
                [[field["path"], field["before"], field["after"]] for field in fields],
            ]
        )
    return sorted(lines, key=lambda line: (str(line[0]), str(line[1])))


def _at(document: Any, path: Path) -> Any:
    for step in path:
        document = document[step]
    return document


def _replaced(document: Any, path: Path, value: Any) -> Any:
    if not path:
        return copy.deepcopy(value)
    changed = copy.deepcopy(document)
    _at(changed, path[:-1])[path[-1]] = copy.deepcopy(value)
    return changed
