"""`sdx-state history`."""

from __future__ import annotations

import click

from sdx_state.cli.context import HIDDEN_FOLDER, Context, sandbox_option
from sdx_state.cli.failure import STATE, Stop


@click.command("history")
@click.option("--verify", is_flag=True, help="Prove that no line of the journal was altered or taken out.")
@sandbox_option
@click.pass_obj
def command(context: Context, verify: bool, sandbox: bool) -> None:
    """List the runs that wrote."""
    from sdx_state.apply.history import past_runs
    from sdx_state.apply.journal import Journal
    from sdx_state.cli.console import say
    from sdx_state.report.escape import escape
    from sdx_state.state.local import LocalStore

    store = LocalStore(context.folder / HIDDEN_FOLDER, context.state_name(sandbox), None)
    journal = Journal(store.journal_path)
    if verify:
        broken = journal.broken_at()
        if broken is not None:
            raise Stop(f"{journal.path}:{broken} was altered, or a line before it was taken out", "", STATE)
        click.echo(f"The journal is whole. Its last line: {journal.head()}")
        return
    runs = list(past_runs(journal))
    if not runs:
        say("No run has written yet.")
    for run in runs:
        counts = ", ".join(f"{count} {status}" for status, count in sorted(run.counts.items())) or "never ended"
        begun = run.begun.strftime("%Y-%m-%d %H:%M:%S UTC")
        click.echo(f"{escape(run.run)}  {begun}  {escape(run.command):10} {escape(run.who)}  {counts}")
