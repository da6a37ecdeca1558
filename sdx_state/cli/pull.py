"""`sdx-state pull`."""

from __future__ import annotations

from pathlib import Path

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.failure import Stop


@click.command()
@click.option(
    "--snapshot",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Store the tenant in this file instead, for plans without credentials. Writes no YAML.",
)
@click.option(
    "--with-personal-data", is_flag=True, help="Store users' names, phones, e-mails and agent ids as they are."
)
@sandbox_option
@click.pass_obj
def command(context: Context, snapshot: Path | None, with_personal_data: bool, sandbox: bool) -> None:
    """Write the whole tenant as YAML.

    Adopts what it finds, and proves that the next plan is empty.

    Existing files keep their comments, their layout and their addresses.
    """
    from sdx_state.apply.pull import pull
    from sdx_state.apply.rehearsal import store_tenant
    from sdx_state.cli.console import reading, say, say_waiting
    from sdx_state.cli.planning import print_plan
    from sdx_state.report.escape import escape

    project = context.project()
    if snapshot is not None:
        with (
            context.workspace(project, sandbox=sandbox) as workspace,
            reading("Reading the tenant") as progress,
        ):
            ledger = workspace.store.load()
            everything = workspace.read_all(ledger, progress)
        count = store_tenant(everything, ledger, snapshot, personal=with_personal_data)
        click.echo(f"{count} resources in {snapshot}" + ("." if with_personal_data else ", users under pseudonyms."))
        return
    with (
        context.workspace(project, sandbox=sandbox) as workspace,
        reading("Reading the tenant") as progress,
    ):
        pulled = pull(
            workspace,
            context.configuration,
            context.folder,
            progress,
            say_waiting,
        )
    for path in pulled.files:
        say(f"  wrote {path}")
    for finding in pulled.left_out:
        say(f"warning: {escape(finding.message)}")
    if not pulled.proven:
        print_plan(pulled.plan, verbose=False)
        raise Stop(
            "the next plan is not empty, and is shown above",
            "The files are written. What the tenant lacks would be created, and what YAML cannot say would be "
            "changed: correct the files, or remove what is not wanted.",
        )
    click.echo(
        f"{pulled.resources} resources in {len(pulled.files)} changed files, {pulled.adopted} newly adopted. "
        "The next plan is empty."
    )
