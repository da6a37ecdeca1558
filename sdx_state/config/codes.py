"""The registry of diagnostics: each code with its title, severity, explanation, example and fix.

The guides under `sdx_state/guides/diagnostics` are the registry. They are read when a code is needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache

from sdx_state.model.alike import nearest
from sdx_state.patterns import pattern
from sdx_state.records import dataclass

_OFFLINE = ("declarations.md", "files.md")
_SECTION = pattern(
    r"^## (?P<code>\S+)\n\n\*\*(?P<kind>[a-z, ]+)\*\*: (?P<title>[^\n]+)\n\n(?P<text>.*?)\n\n"
    r"(?P<example>```.*?)\n\nFix: (?P<fix>.*?)\s*(?=^## |\Z)",
    re.MULTILINE | re.DOTALL,
)
_HEADING = pattern(r"^## (\S+)$", re.MULTILINE)
_BLOCK = pattern(r"^```(?P<language>\S+)(?: (?P<file>\S+))?\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One part of an example.

    Attributes:
        language: `yaml`, `csv`, `latin-1` for the text of a file, `console` for commands, `text` for an output.
        file: The name of the file, empty for commands and outputs.
        text: The text, with a line end.
    """

    language: str
    file: str
    text: str


@dataclass(frozen=True)
class Rule:
    """The description of a code.

    Attributes:
        code: The code.
        kind: `error`, `warning`, `info` or `risk`.
        detail: `limit` or `decision` for an error that is one, the highest level for a risk; `baseline` or `check`
            for what only `drift` or `check` reports; `machine` for what depends on this machine; else empty.
        title: The finding in one line.
        text: Why it is reported.
        example: A project that provokes it, as Markdown.
        fix: What to do.
        offline: Whether it is found in files alone, without a tenant.
    """

    code: str
    kind: str
    detail: str
    title: str
    text: str
    example: str
    fix: str
    offline: bool = False

    @property
    def suppressible(self) -> bool:
        """True if `lint: {ignore: [...]}` and a comment can suppress it."""
        return self.kind in ("warning", "info") and self.detail in ("", "machine")

    @property
    def blocks(self) -> tuple[Block, ...]:
        """The parts of the example, in their order."""
        return tuple(
            Block(found["language"], found["file"] or "", found["text"]) for found in _BLOCK.finditer(self.example)
        )


@cache
def rules() -> Mapping[str, Rule]:
    """Return every rule by its code, in the order of the guides."""
    return {rule.code: rule for name, text in guide_texts() for rule in _read(text, name in _OFFLINE)}


@cache
def built_in_codes() -> frozenset[str]:
    """Return every code, without reading what the guides say of it."""
    return frozenset(code for _, text in guide_texts() for code in _HEADING.findall(text))


def guide_texts() -> Iterator[tuple[str, str]]:
    """Yield name and text of each guide, sorted by their names."""
    from importlib import resources  # when a code is explained

    folder = resources.files("sdx_state").joinpath("guides").joinpath("diagnostics")
    for file in sorted(folder.iterdir(), key=lambda one: one.name):
        if file.name.endswith(".md"):
            yield file.name, file.read_text(encoding="utf-8")


def nearest_code(code: str, own: Iterable[str] = ()) -> str | None:
    """Return the code, or the rule of the project among `own`, that `code` looks like; None if there is none."""
    return nearest(code, [*own, *sorted(rules())])


def _read(text: str, offline: bool) -> Iterator[Rule]:
    for found in _SECTION.finditer(text):
        kind, _, detail = found["kind"].partition(", ")
        told = found["code"], kind, detail, found["title"], found["text"], found["example"], found["fix"]
        yield Rule(*told, offline=offline and detail != "machine")
