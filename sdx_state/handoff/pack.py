"""The hand-off pack: its files, written without losing edits of the user."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import field
from pathlib import Path
from typing import Any

from sdx_state.decoding.strict import OWN_DEPTH, DecodingError, parse
from sdx_state.decoding.typed import filled, list_of, mapping_of, member, record, text
from sdx_state.handoff.steps import CSV_NAME
from sdx_state.records import dataclass
from sdx_state.state.files import OpenFolder, open_folder

DOCUMENT = "handoff.json"
FOLDER = "handoff"


@dataclass(frozen=True)
class Pack:
    """The files that were written.

    Attributes:
        folder: The directory of the pack.
        files: Paths of the files.
        moved_aside: Files of other origin, or edited by the user: old path -> new path.
        done: Titles of the steps of the previous pack that are done.
    """

    folder: Path
    files: tuple[Path, ...] = ()
    moved_aside: Mapping[Path, Path] = field(default_factory=dict)
    done: tuple[str, ...] = ()


def write_pack(folder: Path, texts: Mapping[str, str]) -> Pack:
    """Write `texts` into `folder`. Existing files that were edited, or are of other origin, are moved aside.

    Args:
        folder: The directory. It is created if it is missing.
        texts: File name -> content. One of them is `DOCUMENT`.

    Raises:
        OSError: `folder` is a link, or a file could not be written.
    """
    data = {name: written.encode("utf-8", "replace") for name, written in texts.items() if name != DOCUMENT}
    hashes = {name: hashlib.sha256(content).hexdigest() for name, content in data.items()}
    document = {**record(parse(texts[DOCUMENT], OWN_DEPTH)), "files": hashes}
    data[DOCUMENT] = json.dumps(document, ensure_ascii=True, indent=2).encode() + b"\n"
    moved_aside: dict[Path, Path] = {}
    with open_folder(folder, below=folder.parent, shared=True, create=True) as opened:
        before = _earlier(opened)
        for name in sorted({*data, CSV_NAME}):
            if opened.found(name) is None:
                continue
            there = opened.read(name) if opened.is_ours(name) else None
            if not (_is_ours(name, there, before) or (name in data and there == data[name])):
                moved_aside[folder / name] = folder / _aside(opened, name)
        for name, content in data.items():
            opened.write(name, content)
        if CSV_NAME not in data and opened.found(CSV_NAME) is not None:
            opened.remove(CSV_NAME)
    remaining = {step["key"] for step in document["steps"]}
    done = tuple(step["title"] for step in before.get("steps", ()) if step["key"] not in remaining)
    return Pack(folder, tuple(folder / name for name in sorted(data)), moved_aside, done)


def _earlier(folder: OpenFolder) -> dict[str, Any]:
    """Return the document of the existing pack, empty if there is none."""
    try:
        document = record(parse(folder.read(DOCUMENT), OWN_DEPTH))
        member(document, "files", mapping_of(text))
        member(document, "steps", list_of(_step))
    except (OSError, DecodingError):
        return {}
    return document


def _step(value: object) -> None:
    step = record(value)
    member(step, "key", filled)
    member(step, "title", filled)


def _is_ours(name: str, content: bytes | None, before: Mapping[str, object]) -> bool:
    if content is None:
        return False
    if name == DOCUMENT:
        return bool(before)
    files = before.get("files")
    return isinstance(files, dict) and files.get(name) == hashlib.sha256(content).hexdigest()


def _aside(folder: OpenFolder, name: str) -> str:
    number = 1
    while folder.found(target := f"{name}.kept-{number}") is not None:
        number += 1
    folder.rename(name, target)
    return target
