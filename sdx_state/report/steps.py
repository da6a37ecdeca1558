"""The hand-off for a terminal: what is left, and what was mistyped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdx_state.handoff.steps import HandOff, Step, StepField
from sdx_state.model.value import Value
from sdx_state.report.escape import disarm, escape
from sdx_state.report.handoff import WHOLE, exact
from sdx_state.report.theme import Theme
from sdx_state.report.words import compared, elided

LONGEST = 300  # characters of a value that is shown whole
SHOWN = 15  # steps printed before the rest is counted


def handoff_text(handoff: HandOff, done: Sequence[str], *, colour: bool) -> str:
    """Return what is left to do, after `done` (titles of steps), as text without a line end."""
    theme = Theme(colour)
    lines = [theme.paint("faint", f"  done  {escape(title)}") for title in done]
    for number, step in enumerate(handoff.steps[:SHOWN], start=1):
        lines += _step(number, step, theme)
    if len(handoff.steps) > SHOWN:
        lines.append(theme.paint("faint", f"  ... and {len(handoff.steps) - SHOWN} more in the files"))
    if lines:
        lines.append("")
    count = len(handoff.steps)
    if count:
        lines.append(theme.paint("strong", f"Hand-off: {count} step{'s' if count > 1 else ''} left."))
    else:
        lines.append(theme.paint("strong", "Hand-off: nothing is left to do."))
    return "\n".join(lines)


def _step(number: int, step: Step, theme: Theme) -> Iterator[str]:
    place = theme.paint("faint", f"  {escape(step.page)}")
    yield f"{theme.paint('handoff', '!')} {number:3}. {escape(step.title)}{place}"
    if step.action == "update":
        for field in step.fields:
            yield f"        {_expectation(field, theme)}"


def _expectation(field: StepField, theme: Theme) -> str:
    before, after = field.before, field.after
    expected, found = _quoted(after), _quoted(before)
    text = f"{escape(field.path)}: expected {theme.paint('added', expected)} found {theme.paint('removed', found)}"
    if not isinstance(before, str) or not isinstance(after, str) or not before or not after:
        return text
    long = max(len(before), len(after)) > LONGEST
    if not long and " " not in after.strip():
        return text
    marks = "".join(_piece(mark, words, theme) for mark, words in elided(compared(before, after)))
    text = f"{escape(field.path)}: found what is marked as removed, expected what is added" if long else text
    return f"{text}\n          {disarm(marks)}"


def _piece(mark: str, words: str, theme: Theme) -> str:
    shown = escape(words, WHOLE)
    if theme.colour or mark in ("same", "elided"):
        return theme.paint(mark, shown)
    return f"[-{shown}-]" if mark == "removed" else f"{{+{shown}+}}"


def _quoted(value: Value) -> str:
    if value in (None, ""):
        return "nothing"
    return f'"{escape(exact(value))}"' if isinstance(value, str) else escape(exact(value))
