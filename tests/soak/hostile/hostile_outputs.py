"""Every output there is: how it is made, who judges it, and what of it a person or a program can read."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any

from sdx_state.apply.approval import violation_line
from sdx_state.cli.failure import Stop, report_failure
from sdx_state.cli.running import Narrator, print_result
from sdx_state.model.whereabouts import Whereabouts
from sdx_state.report.diagnostics import diagnostics_json, diagnostics_text
from sdx_state.report.drift import drift_json, drift_markdown, drift_text
from sdx_state.report.formats import FORMATS, Options
from sdx_state.report.handoff import handoff_csv, handoff_html, handoff_json, handoff_markdown
from sdx_state.report.steps import handoff_text
from sdx_state.report.text import plan_text
from sdx_state.risk.limits import frozen
from tests.soak.hostile.hostile_places import ORIGIN, Material
from tests.soak.hostile.judge_data import (
    csv_faults,
    csv_rows,
    json_faults,
    junit_faults,
    sarif_faults,
    strings_of,
    xml_text,
)
from tests.soak.hostile.judge_html import html_faults, html_text
from tests.soak.hostile.judge_markdown import code_in, markdown_faults
from tests.soak.hostile.judge_plain import annotation_faults, plain_faults, uncoloured

OWN = f"{ORIGIN}/"
OWN_MARKDOWN = ORIGIN  # the first sentence has it without a path


@dataclass(frozen=True)
class Output:
    """One form of one report.

    Attributes:
        render: Makes it.
        faults: Takes it with a hostile and with a harmless value, and yields what is wrong.
        read: Returns everything in it that can be read.
        exact: It is for programs: a value must be in it to the letter, however long.
    """

    render: Callable[[Material], str]
    faults: Callable[[str, str], Iterator[str]]
    read: Callable[[str], str]
    exact: bool = False


def _form(name: str) -> Callable[[Material], str]:
    return lambda material: FORMATS[name](material.plan, material.told)


def _markdown(material: Material) -> str:
    """Return a comment that has room for everything."""
    return FORMATS["markdown"](material.plan, (), Options(budget=1_000_000))


def _cut_markdown(material: Material) -> str:
    """Return a comment in which not everything has room, with all that it can have besides."""
    return FORMATS["markdown"](material.plan, (), Options(3000, personal=True, environment=material.environment))


def _outcomes(material: Material) -> str:
    """Return the output during an apply and at its end."""
    result: Any = SimpleNamespace(
        outcomes=material.outcomes, of=lambda _status: (), count=lambda _action: 0, imported=0
    )
    with _printed() as said:
        narrator = Narrator(len(material.outcomes), lambda: 0.0)
        for outcome in material.outcomes:
            narrator.ended(outcome)
        print_result(result)
    return said.getvalue()


def _failures(material: Material) -> str:
    """Return how commands end that are stopped by a limit, by a freeze, and by the tenant."""
    now = datetime(2030, 1, 1, tzinfo=timezone.utc)
    with _printed() as said:
        for refusal in frozen(material.plan, [material.freeze], now):
            report_failure(Stop(violation_line(refusal), refusal.help or ""))
        for outcome in material.outcomes:
            report_failure(Stop(outcome.message, outcome.advice))
    return said.getvalue()


@contextlib.contextmanager
def _printed() -> Iterator[io.StringIO]:
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        yield said


def _text_faults(*, folded: bool = False, coloured: bool = False) -> Callable[[str, str], Iterator[str]]:
    return lambda text, harmless: plain_faults(text, harmless, folded=folded, coloured=coloured)


def _failure_faults(text: str, harmless: str) -> Iterator[str]:
    """As of a text; a message may have several lines, and how many is not the tool's promise."""
    return (fault for fault in plain_faults(text, harmless) if "too many" not in fault)


def _gitlab_faults(text: str, harmless: str) -> Iterator[str]:
    if text != harmless:
        yield "other counts"


def _from_annotations(text: str) -> str:
    for code, character in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def _cells(text: str) -> str:
    cells = "\n".join(cell for row in csv_rows(text) for cell in row)
    return f"{cells}\n{cells.replace(chr(0xFFFD), chr(0))}"  # the one character that no CSV carries


def _joined_strings(text: str) -> str:
    return "\n".join(strings_of(text))


_TEXT, _FOLDED, _COLOURED = _text_faults(), _text_faults(folded=True), _text_faults(folded=True, coloured=True)

OUTPUTS: dict[str, Output] = {
    "text": Output(lambda one: plan_text(one.plan, width=100, colour=False), _FOLDED, str),
    "text in colours": Output(
        lambda one: plan_text(one.plan, width=60, colour=True, verbose=True), _COLOURED, uncoloured
    ),
    "json": Output(_form("json"), json_faults, _joined_strings, exact=True),
    "markdown": Output(_markdown, lambda a, b: markdown_faults(a, b, OWN), code_in),
    "markdown that is cut": Output(_cut_markdown, lambda a, b: markdown_faults(a, b, OWN, cut=True), lambda _: ""),
    "html": Output(_form("html"), lambda a, b: html_faults(a, b, OWN), html_text),
    "junit": Output(_form("junit"), junit_faults, xml_text),
    "sarif": Output(_form("sarif"), sarif_faults, _joined_strings),
    "gitlab": Output(_form("gitlab"), _gitlab_faults, str),
    "github": Output(_form("github"), annotation_faults, _from_annotations),
    "hand-off text": Output(lambda one: handoff_text(one.handoff, one.done, colour=False), _FOLDED, str),
    "hand-off in colours": Output(
        lambda one: handoff_text(one.handoff, one.done, colour=True), _COLOURED, uncoloured
    ),
    "hand-off json": Output(lambda one: handoff_json(one.handoff), json_faults, _joined_strings, exact=True),
    "hand-off csv": Output(lambda one: handoff_csv(one.handoff), csv_faults, _cells, exact=True),
    "hand-off markdown": Output(
        lambda one: handoff_markdown(one.handoff), lambda a, b: markdown_faults(a, b, OWN_MARKDOWN), code_in
    ),
    "hand-off html": Output(lambda one: handoff_html(one.handoff), lambda a, b: html_faults(a, b, OWN), html_text),
    "drift": Output(lambda one: drift_text(one.verdict, colour=False), _TEXT, str),
    "drift in colours": Output(
        lambda one: drift_text(one.verdict, colour=True), _text_faults(coloured=True), uncoloured
    ),
    "drift markdown": Output(
        lambda one: drift_markdown(one.verdict, budget=1_000_000), lambda a, b: markdown_faults(a, b, OWN), code_in
    ),
    "drift json": Output(
        lambda one: drift_json(one.verdict, (), Whereabouts(None, None)), json_faults, _joined_strings, exact=True
    ),
    "diagnostics": Output(lambda one: diagnostics_text(one.diagnostics, colour=False), _TEXT, str),
    "diagnostics json": Output(
        lambda one: diagnostics_json(one.diagnostics), json_faults, _joined_strings, exact=True
    ),
    "outcomes": Output(_outcomes, _TEXT, str),
    "failures": Output(_failures, _failure_faults, str),
}
