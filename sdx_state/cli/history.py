"""`sdx-state history`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from sdx_state.cli.context import Context, sandbox_option

if TYPE_CHECKING:
    from sdx_state.app.proof import Proof


@click.command("history")
@click.option("--verify", is_flag=True, help="Check journal, state and kept runs, and say what that proves.")
@sandbox_option
@click.pass_obj
def command(context: Context, verify: bool, sandbox: bool) -> None:
    """List the runs that wrote."""
    from sdx_state.app.proof import proven
    from sdx_state.apply.history import past_runs
    from sdx_state.cli.console import say
    from sdx_state.report.escape import escape
    from sdx_state.state.memory import journal_of

    store = context.store(sandbox)
    if verify:
        for line in _proof_lines(proven(store), with_key=store.key is not None):
            click.echo(escape(line))
        return
    runs = list(past_runs(journal_of(store)))
    if not runs:
        say("No run has written yet.")
    for run in runs:
        counts = ", ".join(f"{count} {status}" for status, count in sorted(run.counts.items()))
        if not run.finished:
            counts = f"{counts or 'nothing done'}, not finished"
        begun = run.begun.strftime("%Y-%m-%d %H:%M:%S UTC")
        click.echo(f"{escape(run.run)}  {begun}  {escape(run.command):10} {escape(run.who)}  {counts}")


def _proof_lines(proof: Proof, *, with_key: bool) -> Iterator[str]:
    """Yield what the check proves, and what it does not."""
    if not proof.lines:
        yield "There is no journal yet: nothing to verify."
        return
    yield f"The journal is whole. Its last line: {proof.last}"
    yield "  No line was altered, taken out, added or moved after it was written."
    if proof.restarted is not None:
        yield f"  An earlier journal is missing, of which the state knew the line {proof.restarted}."
    if proof.anchored is not None:
        yield f"  The state names line {proof.anchored} of {proof.lines}: up to there nothing was cut off."
    else:
        yield "  The state names no line of it: lines cut off at its end would not be noticed."
    yield f"  Kept runs that are as they were when they began: {proof.runs}."
    if proof.unproven:
        yield f"  Kept runs without a hash in the journal, not verified: {', '.join(proof.unproven)}."
    if with_key:
        yield f"  State and journal are signed with SDX_STATE_KEY; the journal from line {proof.signed_from} on."
        yield "  Nobody without the key wrote them; older copies of both, put back together, still pass."
        return
    if proof.signatures:
        yield f"  {proof.signatures} lines carry signatures, which were not checked: SDX_STATE_KEY is not set."
    yield "Without SDX_STATE_KEY this proves that there was no accident: no damage, no partial edit."
    yield "Whoever can write in the folder can rewrite journal, state and runs together, with hashes that match."
