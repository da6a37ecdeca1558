"""The plan as a JUnit report: a test a resource; errors, and risks that are critical or blocked, fail."""

from __future__ import annotations

from collections.abc import Iterator
from xml.sax.saxutils import escape as escape_xml
from xml.sax.saxutils import quoteattr

from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.plan import Plan
from sdx_state.model.resource import Source
from sdx_state.report.escape import escape
from sdx_state.report.places import with_use
from sdx_state.report.text import change_text, no_changes

WIDTH = 100
_FAILING = ("critical", "blocked")


def plan_junit(plan: Plan, folder: str = "") -> str:
    """Return `plan` as XML: failures are what forbids applying, or endangers data most.

    There is always a test, that of the plan itself: without any, CI systems take a report for a mistake.

    Args:
        plan: What to show.
        folder: Path of the project in the repository, with a slash at the end.
    """
    return suite_of("sdx-state plan", [*_cases(plan, folder)])


def suite_of(name: str, cases: list[str]) -> str:
    """Return the report of one suite with `cases`."""
    failures = sum("<failure" in case for case in cases)
    counts = f'tests="{len(cases)}" failures="{failures}" errors="0"'
    return "\n".join(
        (
            '<?xml version="1.0" encoding="UTF-8"?>',
            f'<testsuites name="sdx-state" {counts}>',
            f'<testsuite name="{name}" {counts} skipped="0" time="0">',
            *cases,
            "</testsuite>",
            "</testsuites>",
            "",
        )
    )


def passing_case(name: str, text: str) -> str:
    """Return the test of a command that found no error."""
    return _case(name, name, "", escape(text), None, "")


def _cases(plan: Plan, folder: str) -> Iterator[str]:
    for one in plan.diagnostics:
        yield diagnostic_case(one, "plan", folder)
    for change in plan.changes:
        found = [f"{risk.rule}: {risk.message}" for risk in change.risks if risk.level in _FAILING]
        text = change_text(change, WIDTH)
        name, message = escape(change.address), escape("; ".join(found)) if found else ""
        worst = next((risk.rule for risk in change.risks if risk.level in _FAILING), "")
        yield _case(name, change.action.value, message, text, change.source, folder, worst)
    if not plan.errors:
        yield _case("plan", "plan", "", "" if plan.changes else no_changes(plan), None, folder)


def diagnostic_case(one: Diagnostic, about: str, folder: str) -> str:
    """Return the test of a diagnostic, which is named after its address, or else after what it is `about`."""
    message, help = escape(f"[{one.code}] {with_use(one.message, one.source)}"), escape(one.help or "")
    failed = one.severity == "error"
    text = help if failed else f"{message}\n{help}".rstrip()
    return _case(
        escape(one.address or about), one.severity, message if failed else "", text, one.source, folder, one.code
    )


def _case(name: str, kind: str, failure: str, text: str, source: Source | None, folder: str, code: str = "") -> str:
    place = ""
    if source is not None and source.file:
        place = f" file={quoteattr(escape(folder + source.file))}" + (f' line="{source.line}"' if source.line else "")
    type_ = f" type={quoteattr(escape(code))}" if code else ""
    inner = f"<failure message={quoteattr(failure)}{type_}>{escape_xml(text)}</failure>" if failure else ""
    output = f"<system-out>{escape_xml(text)}</system-out>" if text and not failure else ""
    return (
        f'  <testcase classname={quoteattr(kind)} name={quoteattr(name)}{place} time="0">{inner}{output}</testcase>'
    )
