"""The last line of an apply."""

from __future__ import annotations


def apply_line(
    *,
    added: int,
    changed: int,
    destroyed: int,
    imported: int = 0,
    failed: int = 0,
    not_started: int = 0,
    handed_off: int = 0,
) -> str:
    """Return the sentence that counts what was done, and what was not."""
    counts = [f"{imported} imported"] if imported else []
    counts += [f"{added} added", f"{changed} changed", f"{destroyed} destroyed"]
    counts += [
        f"{count} {what}"
        for count, what in ((failed, "failed"), (not_started, "not started"), (handed_off, "to hand off"))
        if count
    ]
    whole = not failed and not not_started
    return f"Apply {'complete!' if whole else 'incomplete.'} Resources: {', '.join(counts)}."
