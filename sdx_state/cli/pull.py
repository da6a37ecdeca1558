"""`sdx-state pull`."""

from __future__ import annotations

import click

from sdx_state.cli.context import Context, sandbox_option
from sdx_state.cli.failure import Stop


@click.command()
@sandbox_option
@click.pass_obj
def command(context: Context, sandbox: bool) -> None:
    """Write the whole tenant as YAML.

    Adopts what it finds, and proves that the next plan is empty.

    Existing files keep their comments, their layout and their addresses.
    """
    from sdx_state.apply.pull import pull
    from sdx_state.cli.console import reading, say
    from sdx_state.cli.planning import print_plan
    from sdx_state.report.escape import escape

    project = context.project()
    with (
        context.workspace(project, sandbox=sandbox) as workspace,
        reading("Reading the tenant") as progress,
    ):
        pulled = pull(
            workspace,
            context.configuration,
            context.folder,
            progress,
            lambda seconds: say(f"Waiting {seconds:.0f} s for an earlier run."),
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
