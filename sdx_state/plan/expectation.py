"""Expectations of a telephone number: the look-up fulfills the declaration, or the plan has an error."""

from __future__ import annotations

from sdx_state.kinds import KINDS
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Desired, Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.diff import differences


def unmet_expectations(desired: Desired, live: Live | None, snapshot: Snapshot) -> list[Diagnostic]:
    """Return an error for every declared property that the look-up of `desired` contradicts."""
    number = desired.values.get(KINDS[desired.kind].natural_key)
    if number in snapshot.invalid_numbers:
        return [
            Diagnostic(
                "invalid-number",
                "error",
                f"{desired.address}: the tenant's look-up says that {number} is not a valid number",
                desired.source_of("number"),
                desired.address,
                "correct `number` or `country_code`; then look it up again with --refresh-phones",
            )
        ]
    if live is None:
        return []
    return [
        Diagnostic(
            "number-mismatch",
            "error",
            f"{desired.address}: {path} is declared as {after}, and the look-up says {before}",
            desired.source_of(path),
            desired.address,
            f"declare `{path}: {before}` if that is right, or use another number",
        )
        for path, before, after in differences(desired, live, None)
    ]
