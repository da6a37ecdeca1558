"""How checks went: as a test runner says it, as JSON, and as JUnit."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from textwrap import dedent
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from sdx_state.check.played import Failure, Line, Played
from sdx_state.plan.diagnostics import diagnostic_document, source_document
from sdx_state.report.escape import LONGEST, escape
from sdx_state.report.theme import Theme
from sdx_state.report.words import KEPT, TOTAL, excerpts

_WHO = {"survey": "<", "respondent": ">"}


def played_text(played: Played, *, colour: bool) -> str:
    """Return how one check went, without a line end: a line, and what failed with the conversation up to there."""
    theme = Theme(colour)
    steps = len(played.check.steps)
    about = f"{escape(played.check.key)} ({escape(played.check.survey)}, {steps} step{'s' if steps != 1 else ''}, "
    if played.failures:
        mark = theme.paint("error", "FAIL")
    else:
        mark = theme.paint("create", "ok  ") if played.passed else "--  "
    took = f"{played.seconds:.1f} s" if played.held else "not held to its end" if played.seconds else "not held"
    lines = [f"{mark} {about}{took})"]
    for failure in played.failures:
        lines += _failure_lines(failure, theme)
    if played.failures and played.transcript:
        lines += ["       the conversation:", *(f"       {line}" for line in _transcript(played.transcript))]
    return "\n".join(lines)


def last_line(results: Sequence[Played]) -> str:
    """Return the line that counts."""
    passed, failed = sum(one.passed for one in results), sum(bool(one.failures) for one in results)
    cut_off = len(results) - passed - failed
    return f"{passed} passed, {failed} failed" + (f", {cut_off} not held" if cut_off else "")


def left_text(results: Sequence[Played]) -> str | None:
    """Return what stays in the tenant, None if nothing does."""
    left = [one.left for one in results if one.left]
    if not left:
        return None
    what = "1 interaction of call type sdx-state-check stays" if len(left) == 1 else ""
    what = what or f"{len(left)} interactions of call type sdx-state-check stay"
    head = f"{what} in the tenant:"
    return "\n".join([head, *(f"  {escape(one)}" for one in left)])


def checks_json(results: Sequence[Played]) -> str:
    """Return `results` as JSON, pure ASCII, with a line end."""
    return json.dumps([_document(one) for one in results], ensure_ascii=True, indent=2) + "\n"


def checks_junit(results: Sequence[Played]) -> str:
    """Return `results` as a JUnit report, a test a check."""
    failed = sum(bool(one.failures) for one in results)
    skipped = sum(not one.passed for one in results) - failed
    seconds = sum(one.seconds for one in results)
    head = (
        f'<testsuite name="sdx-state check" tests="{len(results)}" failures="{failed}" errors="0" '
        f'skipped="{skipped}" time="{seconds:.3f}">'
    )
    return "\n".join(['<?xml version="1.0" encoding="UTF-8"?>', head, *map(_case, results), "</testsuite>", ""])


def _failure_lines(failure: Failure, theme: Theme) -> Iterator[str]:
    yield f"     {escape(str(failure.source))}: [{failure.code}] {escape(failure.message)}"
    if failure.expected is not None and failure.found is not None:
        shown, longest = (failure.expected, failure.found), LONGEST
        if max(map(len, shown)) > LONGEST and (differing := excerpts(*shown, KEPT, LONGEST)) is not None:
            shown, longest = differing, 2 * TOTAL
        yield f"       expected  {theme.paint('added', escape(shown[0], longest))}"
        yield f"       found     {theme.paint('removed', escape(shown[1], longest))}"


def _transcript(lines: Sequence[Line]) -> Iterator[str]:
    for line in lines:
        yield f"{_WHO[line.who]} {escape(line.text)}"


def _case(played: Played) -> str:
    source = played.check.source
    name = f"classname={quoteattr(escape(played.check.survey))} name={quoteattr(escape(played.check.key))}"
    place = f'file={quoteattr(escape(source.file))} line="{source.line}" time="{played.seconds:.3f}"'
    if played.passed:
        return f"  <testcase {name} {place}/>"
    if not played.failures:
        return f'  <testcase {name} {place}><skipped message="skipped: the run was stopped"/></testcase>'
    text = dedent("\n".join(line for failure in played.failures for line in _failure_lines(failure, Theme(False))))
    transcript = "\n".join(_transcript(played.transcript))
    first = played.failures[0]
    message = quoteattr(f"{escape(str(first.source))}: {escape(first.message)}")
    return (
        f"  <testcase {name} {place}>"
        f"<failure message={message} type={quoteattr(first.code)}>{escape_xml(text)}</failure>"
        f"<system-out>{escape_xml(transcript)}</system-out></testcase>"
    )


def _document(played: Played) -> dict[str, object]:
    return {
        "check": played.check.key,
        "survey": played.check.survey,
        "passed": played.passed,
        "held": played.held,
        "seconds": round(played.seconds, 3),
        "failures": [
            {
                "code": one.code,
                "message": one.message,
                "source": source_document(one.source),
                "expected": one.expected,
                "found": one.found,
            }
            for one in played.failures
        ],
        "diagnostics": [diagnostic_document(one) for one in played.diagnostics],
        "transcript": [{"who": line.who, "text": line.text} for line in played.transcript],
        "left": played.left,
    }
