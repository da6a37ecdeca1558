"""`sdx-state history`."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from sdx_state.cli.completing import runs
from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.outputs import text_or_json_option

if TYPE_CHECKING:
    from sdx_state.app.proof import Proof
    from sdx_state.apply.history import PastRun
    from sdx_state.state.backend import Backend
    from sdx_state.state.journal import Journal


@click.command("history")
@click.argument("run", required=False, shell_complete=runs)
@click.option("--verify", is_flag=True, help="Check journal, state and kept runs, and say what that proves.")
@text_or_json_option
@sandbox_option
@click.pass_obj
def command(context: Context, run: str | None, verify: bool, form: str, sandbox: bool) -> None:
    """List past runs, or show what RUN changed.

    RUN is a run's name, the beginning of one, or `last`. The texts of the newest 20 runs are kept.
    """
    from sdx_state.app.proof import proven
    from sdx_state.apply.history import past_runs
    from sdx_state.cli.console import say
    from sdx_state.report.escape import escape
    from sdx_state.state.memory import journal_of

    if verify and (run is not None or form == "json"):
        raise click.UsageError("--verify checks everything, and prints text")
    store = context.store(sandbox)
    if verify:
        for line in _proof_lines(proven(store), with_key=store.key is not None):
            click.echo(escape(line))
        return
    journal = journal_of(store)
    if run is not None:
        _show(store, journal, run, form)
        return
    runs = list(past_runs(journal))
    if form == "json":
        _print_json([_document(one) for one in runs])
        return
    if not runs:
        say("No run has written yet.")
    for one in runs:
        click.echo(escape(_line(one)))


def _line(run: PastRun) -> str:
    counts = ", ".join(f"{count} {status}" for status, count in sorted(run.counts.items()))
    if not run.finished:
        counts = f"{counts or 'nothing done'}, not finished"
    begun = run.begun.strftime("%Y-%m-%d %H:%M:%S UTC")
    more = "".join(f"  {what}" for what in (run.commit[:12], run.job) if what)
    return f"{run.run}  {begun}  {run.command:10} {run.who}  {counts}{more}"


def _document(run: PastRun) -> dict[str, Any]:
    begun = run.begun.isoformat().replace("+00:00", "Z")
    counts = dict(run.counts)
    fields = {"begun": begun, "command": run.command, "who": run.who, "counts": counts, "finished": run.finished}
    fields |= {"job": run.job, "commit": run.commit}
    return {"run": run.run, **fields}


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, indent=2))


def _show(store: Backend, journal: Journal, name: str, form: str) -> None:
    """Print one run: what it changed, and how each change ended."""
    from sdx_state.apply.history import past_of, past_runs, run_kept, run_named
    from sdx_state.cli.planning import print_plan
    from sdx_state.plan.codec import to_document
    from sdx_state.report.escape import escape

    name = run_named(journal, name)
    run = next(one for one in past_runs(journal) if one.run == name)
    outcomes = run.outcomes
    plan = past_of(name, run_kept(store, journal, name), journal).plan
    left = [change.address for change in plan.changes if change.writes and outcomes.get(change.address) != "done"]
    if form == "json":
        ended = [{"address": address, "status": status} for address, status in outcomes.items()]
        _print_json({**_document(run), "outcomes": ended, "plan": to_document(plan)})
        return
    click.echo(f"{escape(_line(run))}\n")
    print_plan(plan, verbose=True)
    for address in left:
        click.echo(f"{escape(address)}: {escape(outcomes.get(address, 'not reached'))}")


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
        yield "  Only a holder of the key wrote them; older copies of both, restored together, still pass."
        return
    if proof.signatures:
        yield f"  {proof.signatures} lines carry signatures, which were not checked: SDX_STATE_KEY is not set."
    yield "Without SDX_STATE_KEY this proves that there was no accident: no damage, no partial edit."
    yield "Other users who can write to the directory can rewrite journal, state and runs, with hashes that match."
