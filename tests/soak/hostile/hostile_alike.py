"""Texts that look like one another, and the outputs that must tell them apart."""

from __future__ import annotations

import random
import unicodedata
from collections.abc import Callable, Iterator

from sdx_state.handoff.steps import HandOff, Step, StepField
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan
from sdx_state.model.resource import Source
from sdx_state.plan.divergence import Divergence, Verdict
from sdx_state.report.diagnostics import diagnostics_text
from sdx_state.report.drift import drift_text
from sdx_state.report.handoff import handoff_html, handoff_markdown
from sdx_state.report.steps import handoff_text
from sdx_state.report.text import plan_text
from tests.soak.hostile.judge_html import parsed
from tests.soak.hostile.judge_plain import outlook_of

SURVEY = Address("survey", "a")
SHORT = 30  # characters of a text that no output shortens
_UNSEEN = (
    "\u200b",
    "\u200d",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\u202e",
    "\u200f",
    "\U000e0061",
    "\u034f",
    "\x00",
    "\x1b",
)
_SPACES = ("\u00a0", "\u2009", "\u2007", "\u202f", "\u2800", "\t")


def pair(text: str, chance: random.Random) -> tuple[str, str, str]:
    """Return two texts made of `text` that look like each other, and what the difference is."""
    place = chance.randint(0, len(text))
    head, tail = text[:place], text[place:]
    sign = chance.choice(_UNSEEN)
    kind = chance.randrange(6)
    if kind == 0:
        return f"{head} {tail}", f"{head}{chance.choice(_SPACES)}{tail}", "another space"
    if kind == 1:
        return text, text + chance.choice((" ", "\n")), "white space at the end"
    if kind == 2:
        return text, chance.choice((" ", "\n")) + text, "white space at the beginning"
    if kind == 3:
        return f"{head}{sign}{tail}", f"{head}\\u{{{ord(sign):x}}}{tail}", "the spelling of an invisible character"
    if kind == 4:
        return f"{head}\n{tail}", f"{head}\u23ce{tail}", "the sign of a line end"
    return text, f"{head}{sign}{tail}", "an invisible character"


def untold(text: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Yield in what two texts differ that some outputs show alike; they are made of a short beginning of `text`."""
    one, other, difference = pair(text[:SHORT].replace("\r\n", "\n").replace("\r", "\n"), chance)
    if unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other):
        return
    if blind := untold_of(one, other):
        what = f"{difference} is hidden"
        yield what, f"{what}: {one!r} and {other!r} are shown alike by {', '.join(blind)}"


def untold_of(one: str, other: str) -> list[str]:
    """Return the names of the outputs that show two texts alike."""
    return [name for name, show in SHOWS.items() if outlook_of(show(one)) == outlook_of(show(other))]


def _plan(text: str) -> str:
    change = Change(SURVEY, "survey", Action.CREATE, via="api", fields=(FieldChange(FieldPath("name"), None, text),))
    return plan_text(Plan("t", "l", (change,)), width=1000, colour=False)


def _step(text: str) -> HandOff:
    field = StepField(FieldPath("name"), "Name", "x", text)
    return HandOff(
        "https://a.example",
        (Step("k", "Do it", (), "survey", "update", "1", "p", "https://a.example/", fields=(field,)),),
    )


def _page(text: str) -> str:
    """Return what the page shows of a value; an empty line at the beginning of `pre` is none for a browser."""
    return "\n".join(element.text or "" for element in parsed(handoff_html(_step(text))).iter("pre"))


def _drift(text: str) -> str:
    one = Divergence(SURVEY, "name", "drift", text, "x", Source("a", 1, 1))
    return drift_text(Verdict((one,), (), (), (), ()), colour=False)


def _diagnostic(text: str) -> str:
    return diagnostics_text(
        [Diagnostic("unknown-key", "error", f"`{text}` is wrong", Source("a.yaml", 1, 1))], colour=False
    )


SHOWS: dict[str, Callable[[str], str]] = {
    "text": _plan,
    "hand-off text": lambda text: handoff_text(_step(text), (), colour=False),
    "hand-off markdown": lambda text: handoff_markdown(_step(text)),
    "hand-off html": _page,
    "drift": _drift,
    "diagnostics": _diagnostic,
}
