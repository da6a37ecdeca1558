"""The hand-off in every form: JSON for machines, CSV for the upload, Markdown and HTML for people."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from sdx_state.handoff.pack import DOCUMENT
from sdx_state.handoff.steps import CSV_NAME, HandOff, Step, StepField
from sdx_state.handoff.upload import upload_of
from sdx_state.kinds.user import UPLOAD_COLUMNS
from sdx_state.model.value import Value
from sdx_state.plan.diagnostics import source_document
from sdx_state.report.escape import escape, escape_lines
from sdx_state.report.template import page
from sdx_state.report.words import ALIKE, compared, elided, likeness

FORMAT_VERSION = "1.0"
_TITLE = 120
WHOLE = 2000  # beyond any piece of a comparison, which is shortened already
_BACKTICKS = re.compile(r"`+")
_TAME = re.compile(
    r"(?:(?:[^\W\d_]+|\d{1,6})?(?:[ '\",;()>%?]|\.(?!\w)|-(?!\d)))*(?:[^\W\d_]+|\d{1,6})?"
)  # no host links it
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()#+\-.!|<>~&@:])")


def handoff_document(handoff: HandOff) -> dict[str, Any]:
    """Return `handoff` as a JSON document: what to do, with exact values."""
    return {
        "format_version": FORMAT_VERSION,
        "tenant": handoff.tenant,
        "steps": [
            {
                "number": number,
                "key": step.key,
                "title": step.title,
                "action": step.action,
                "type": step.kind,
                "addresses": list(step.addresses),
                "id": step.id,
                "page": step.page,
                "link": step.link,
                "note": step.note,
                "fields": [
                    {"path": one.path, "name": one.name, "before": one.before, "after": one.after}
                    for one in step.fields
                ],
                "beware": list(step.beware),
                "source": source_document(step.source),
            }
            for number, step in enumerate(handoff.steps, start=1)
        ],
    }


def handoff_json(handoff: HandOff) -> str:
    """Return `handoff` as JSON text, pure ASCII, with a line end."""
    return json.dumps(handoff_document(handoff), ensure_ascii=True, indent=2, default=str) + "\n"


def handoff_csv(handoff: HandOff) -> str:
    """Return the missing users in the platform's upload format."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(UPLOAD_COLUMNS)
    writer.writerows(upload_of(handoff.users).rows)
    return text.getvalue()


def handoff_markdown(handoff: HandOff) -> str:
    """Return `handoff` as Markdown: a numbered section and a check box a step, values in fences."""
    lines = ["# Hand-off", "", f"Changes that the API does not support, to make by hand in <{handoff.tenant}>.", ""]
    if not handoff.steps:
        return "\n".join([*lines, "Nothing is left to do.", ""])
    count = len(handoff.steps)
    lines += [
        f"{count} step{'s' if count > 1 else ''}, in this order. When you are done, `sdx-state plan` says so.",
        "",
    ]
    for number, step in enumerate(handoff.steps, start=1):
        lines += _markdown_step(number, step)
    return "\n".join(lines)


def handoff_html(handoff: HandOff) -> str:
    """Return `handoff` as one self-contained page: nothing is loaded from anywhere."""
    values = {"handoff": handoff, "steps": handoff.steps, "csv_name": CSV_NAME}
    filters: dict[str, Callable[..., Any]] = {"shown": shown, "exact": exact, "marked": _marked}
    return page("handoff.html", values, script="handoff.js", filters=filters)


def exact(value: Value) -> str:
    """Return `value` as it is typed or pasted into a form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def shown(value: Value) -> str:
    """Return `value` for reading: what cannot be seen is spelled out, lines stay lines."""
    return "(nothing)" if value in (None, "") else escape_lines(exact(value))


def _marked(one: StepField) -> Sequence[tuple[str, str]]:
    """Return the pieces of a changed text, each with its mark; none where comparing them tells nothing."""
    if not isinstance(one.before, str) or not isinstance(one.after, str):
        return ()
    pieces = compared(one.before, one.after)
    long = max(len(one.before), len(one.after)) > WHOLE
    return [(mark, escape(text, WHOLE)) for mark, text in elided(pieces)] if long or likeness(pieces) >= ALIKE else ()


def _markdown_step(number: int, step: Step) -> list[str]:
    lines = [f"## {number}. {_plain(escape(step.title, _TITLE))}", "", "- [ ] done", ""]
    lines += [f"Page: {_plain(escape(step.page))} (<{step.link}>)", ""]
    if step.note:
        lines += [_plain(escape(step.note)), ""]
    if step.action == "upload":
        lines += [f"File: `{CSV_NAME}`, beside this one.", ""]
    for one in step.fields:
        lines += [f"**{_plain(escape(one.name))}**" + (":" if step.action != "create" else " is to be:"), ""]
        if step.action != "create":
            lines += ["now:", "", *_fenced(shown(one.before)), "", "is to be:", ""]
        lines += [*_fenced(shown(one.after)), ""]
        if shown(one.after) not in (exact(one.after), "(nothing)"):
            lines += ["It contains invisible characters: copy it from `handoff.html`.", ""]
    lines += [f"> Beware: {_plain(escape(warning))}\n" for warning in step.beware]
    if step.source is not None:
        lines += [f"Declared in {_plain(escape(step.source.file))}, line {step.source.line}.", ""]
    return lines


def _fenced(text: str) -> list[str]:
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    return [f"{fence}text", text, fence]


def _plain(text: str) -> str:
    """Return `text` so that Markdown shows it to the letter, and no host makes a reference or a link of it.

    Hosts look for those in what Markdown leaves, where a backslash is gone: only code is safe from them.
    """
    if _TAME.fullmatch(text):
        return _MARKDOWN.sub(r"\\\1", text)
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) else ""
    return f"{fence}{space}{text}{space}{fence}"


def pack_texts(handoff: HandOff) -> dict[str, str]:
    """Return the files of a pack: file name -> content."""
    texts = {
        DOCUMENT: handoff_json(handoff),
        "handoff.md": handoff_markdown(handoff),
        "handoff.html": handoff_html(handoff),
    }
    return {**texts, CSV_NAME: handoff_csv(handoff)} if handoff.users else texts
