"""The three-way comparison: changed in the tenant, in the configuration, in both."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import Any

from sdx_state.model.accepted import Accepted
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.whereabouts import Whereabouts
from sdx_state.plan.diagnostics import diagnostic_document, source_document
from sdx_state.plan.divergence import Divergence, Verdict
from sdx_state.records import replace
from sdx_state.report.comment import comment
from sdx_state.report.escape import escape
from sdx_state.report.handoff import exact
from sdx_state.report.markdown import GITHUB
from sdx_state.report.personal import live_without_personal
from sdx_state.report.theme import Theme
from sdx_state.report.whereabouts import where_document
from sdx_state.report.words import TOTAL, excerpts

MARKER = "<!-- sdx-state drift -->"
LONGEST = 300  # characters of a value that is shown whole
AROUND = 48  # characters shown on either side of a change


def drift_text(verdict: Verdict, *, colour: bool) -> str:
    """Return `verdict` as text without a line end."""
    return "\n".join(_DriftText(Theme(colour)).lines(verdict))


def drift_markdown(verdict: Verdict, *, budget: int = GITHUB) -> str:
    """Return `verdict` as Markdown of at most `budget` bytes, without personal data that only the tenant has."""
    veiled = replace(
        verdict,
        drift=tuple(map(live_without_personal, verdict.drift)),
        accepted=tuple((live_without_personal(one), entry) for one, entry in verdict.accepted),
        pending=tuple(map(live_without_personal, verdict.pending)),
    )
    *lines, last = _DriftText(Theme(False)).lines(veiled)
    return comment(MARKER, last, lines, budget, " `sdx-state drift` shows all of them.")


def drift_headline(verdict: Verdict) -> str:
    """Return the line that counts."""
    counts = f"{len(verdict.drift)} drifted, {len(verdict.accepted)} accepted, {len(verdict.pending)} pending."
    return f"Drift: {counts}" if verdict.drift or verdict.accepted else f"No drift. {counts}"


def drift_json(verdict: Verdict, found: Iterable[Diagnostic], where: Whereabouts) -> str:
    """Return `verdict`, all that was `found`, and which tenant it is of, as JSON in ASCII with a line end."""
    document = {
        "where": where_document(where),
        "drift": [_document(one) for one in verdict.drift],
        "accepted": [
            {**_document(one), "reason": entry.reason, "owner": entry.owner} for one, entry in verdict.accepted
        ],
        "pending": [_document(one) for one in verdict.pending],
        "expired": [_entry(entry) for entry in verdict.expired],
        "idle": [_entry(entry) for entry in verdict.idle],
        "diagnostics": [diagnostic_document(one) for one in found],
    }
    return json.dumps(document, ensure_ascii=True, indent=2, default=str) + "\n"


class _DriftText:
    def __init__(self, theme: Theme) -> None:
        self.paint = theme.paint

    def lines(self, verdict: Verdict) -> Iterator[str]:
        tenant = [one for one in verdict.drift if one.origin == "drift"]
        both = [one for one in verdict.drift if one.origin == "both"]
        yield from self._section("Changed in the tenant", "warning", tenant)
        yield from self._section("Changed in the tenant and in the configuration", "error", both)
        yield from self._section("Changed in the configuration, not yet applied", "faint", list(verdict.pending))
        if verdict.accepted:
            yield self.paint("strong", "Accepted")
            for one, entry in verdict.accepted:
                about = f"{entry.reason} ({entry.owner}, until {entry.expires})"
                yield f"  {escape(one.address)} {escape(one.path)}: {escape(about)}"
            yield ""
        for entry in verdict.expired:
            yield f"{_place(entry)} {self.paint('error', 'expired')} on {entry.expires}: {_about(entry)}"
        for entry in verdict.idle:
            yield f"{_place(entry)} {self.paint('warning', 'idle')}, nothing drifts here any more: {_about(entry)}"
        if verdict.expired or verdict.idle:
            yield ""
        yield self.paint("strong", drift_headline(verdict))

    def _section(self, title: str, meaning: str, found: list[Divergence]) -> Iterator[str]:
        if not found:
            return
        yield self.paint("strong", title)
        for one in found:
            name = self.paint(meaning, f"{escape(one.address)}{'.' if one.path else ''}{escape(one.path)}")
            if one.path:
                declared, live = _values(one)
                yield f"  {name}: configuration {declared}, tenant {live}"
            else:
                yield f"  {name}: {escape(one.summary)}"
        yield ""


def _values(one: Divergence) -> tuple[str, str]:
    """Return the declared and the live value; of long texts the passages that differ."""
    declared, live = exact(one.declared), exact(one.live)
    if declared and live and max(len(declared), len(live)) > LONGEST:
        differing = excerpts(declared, live, AROUND, LONGEST)
        if differing is not None:
            return _value(differing[0], 2 * TOTAL), _value(differing[1], 2 * TOTAL)
    return _value(declared), _value(live)


def _value(text: str, longest: int = LONGEST) -> str:
    return f'"{escape(text, longest)}"' if text else "(none)"


def _about(entry: Accepted) -> str:
    return escape(f"{entry.address} {entry.path} ({entry.owner}: {entry.reason})")


def _place(entry: Accepted) -> str:
    return escape(f"{entry.source.file}:{entry.source.line}:")


def _document(one: Divergence) -> dict[str, Any]:
    return {
        "address": one.address,
        "path": one.path or None,
        "origin": one.origin,
        "live": one.live,
        "declared": one.declared,
        "summary": one.summary or None,
        "source": source_document(one.source),
    }


def _entry(entry: Accepted) -> dict[str, Any]:
    return {
        "address": entry.address,
        "path": entry.path,
        "reason": entry.reason,
        "owner": entry.owner,
        "expires": entry.expires.isoformat(),
        "source": source_document(entry.source),
    }
