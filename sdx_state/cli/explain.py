"""`sdx-state explain`."""

from __future__ import annotations

import click

from sdx_state.cli.failure import Stop


@click.command("explain")
@click.argument("name", metavar="KIND[.FIELD]", required=False)
@click.argument("rule", required=False)
def command(name: str | None, rule: str | None) -> None:
    """Say what a kind, a field or a risk is.

    For example `sdx-state explain survey.greeting_text`, or `sdx-state explain risk type-changed`.
    """
    if name == "risk":
        _explain_risk(rule)
        return
    if rule is not None:
        raise click.UsageError(f"only `explain risk` takes a second name, and this is {rule!r}")
    from sdx_state.config import describe
    from sdx_state.kinds import KINDS
    from sdx_state.model.alike import nearest

    kinds = list(KINDS)
    if name is None:
        for kind in kinds:
            found = describe(kind)
            click.echo(f"{kind:13} {found.text if found else ''}")
        return
    found = describe(name)
    if found is None:
        above = describe(name.partition(".")[0])
        known = [*kinds, *(f"{above.name}.{field}" for field in above.fields)] if above else kinds
        near = nearest(name, known)
        raise Stop(f"there is no {name}", f"Did you mean {near}?" if near else f"There are: {', '.join(known)}")
    click.echo(f"{found.name}: {found.type}{', required' if found.required else ''}\n\n{found.text}")
    if found.fields:
        click.echo()
        widest = max(len(field) for field in found.fields)
        for field, text in found.fields.items():
            click.echo(f"  {field:{widest}}  {text}")


def _explain_risk(name: str | None) -> None:
    from sdx_state.model.alike import nearest
    from sdx_state.risk.rules import RULES

    rules = {rule.id: rule for rule in RULES}
    if name is None:
        for rule in RULES:
            click.echo(f"{rule.level:9} {rule.id:18} {rule.reason}")
        return
    if name not in rules:
        near = nearest(name, rules)
        raise Stop(f"there is no risk {name}", f"Did you mean {near}?" if near else "See: sdx-state explain risk")
    rule = rules[name]
    click.echo(f"{rule.id}: {rule.level}\n\n{rule.reason[0].upper()}{rule.reason[1:]}.")
    if rule.asks:
        what = " and ".join({"responses": "responses", "pending": "pending interactions"}[sort] for sort in rule.asks)
        click.echo(f"The plan asks the tenant how many {what} there are. While there are none, it is {rule.calm}.")
    if rule.level == "blocked":
        click.echo("Nothing allows it: no option and no policy.")
