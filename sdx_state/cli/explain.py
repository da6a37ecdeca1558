"""`sdx-state explain`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from sdx_state.cli.completing import explained
from sdx_state.cli.context import Context
from sdx_state.cli.failure import Stop

if TYPE_CHECKING:
    from sdx_state.app.extension import Extension
    from sdx_state.config.codes import Rule
    from sdx_state.config.rules import ProjectRule

UNKNOWN = 2


@click.command("explain")
@click.argument("name", metavar="KIND[.FIELD]|CODE", required=False, shell_complete=explained)
@click.argument("rule", required=False)
@click.pass_obj
def command(context: Context, name: str | None, rule: str | None) -> None:
    """Explain a kind, a field, or the code of a diagnostic.

    For example `sdx-state explain survey.greeting_text`, `sdx-state explain limits.deletes` for a key of sdx.yaml,
    or `sdx-state explain unknown-key`. `explain codes` lists every code, and `explain risk` every rule of risk. Rules
    of the project, and rules and lints of installed packages, are explained by their names.
    """
    from sdx_state.config.codes import rules

    if rule is not None and name != "risk":
        raise click.UsageError(f"only `explain risk` takes a second name, and this is {rule!r}")
    if name == "codes":
        _list_codes(context)
    elif name == "risk":
        _explain_risk(rule)
    elif name is not None and name in rules():
        _explain_code(rules()[name])
    else:
        _explain_kind(context, name)


def _explain_extension(context: Context, name: str) -> bool:
    """Print what an installed package says of its rule or lint `name`, and tell whether there is one."""
    from inspect import getdoc

    from sdx_state.report.escape import escape_lines

    found = [one for one in _extensions(context) if one.name == name]
    for one in found:
        text = getdoc(one.load()) or "The package does not describe it."
        click.echo(f"{one.title}\n\n{escape_lines(text)}")
    return bool(found)


def _extensions(context: Context) -> tuple[Extension, ...]:
    from sdx_state.app.extensions import extensions

    added = extensions(context.folder)
    return added.of("rules") + added.of("lints")


def _explain_project_rule(context: Context, name: str) -> bool:
    """Print the rule `name` of the project, and tell whether there is one."""
    from sdx_state.config.emit import block
    from sdx_state.report.escape import escape_lines

    rule = project_rules(context).get(name)
    if rule is None:
        return False
    about = " that matches" if rule.match else ""
    click.echo(f"{name} ({rule.severity}), a rule of this project, {rule.source}\n")
    click.echo(escape_lines(f"{rule.message}.\n\nIt checks every {rule.kind}{about}:\n"))
    shown: dict[str, object] = {"match": rule.match} if rule.match else {}
    click.echo(escape_lines("\n".join(block({**shown, "schema": rule.schema}, 2))))
    if rule.severity != "error":
        click.echo(f"\nTo suppress it: `# sdx: ignore[{name}]` on its line, or `lint: {{ignore: [{name}]}}`")
    return True


def project_rules(context: Context) -> Mapping[str, ProjectRule]:
    """Return the rules of the project by name; none if its file cannot be read: other codes are known without it."""
    from sdx_state.config.errors import ConfigurationError

    try:
        project = context.project_if_any()
    except ConfigurationError:
        return {}
    return {rule.name: rule for rule in project.rules} if project is not None else {}


def _explain_kind(context: Context, name: str | None) -> None:
    from sdx_state.config.codes import rules
    from sdx_state.config.schema import describe, project_keys
    from sdx_state.kinds import KINDS
    from sdx_state.model.alike import nearest

    kinds = [*KINDS, "project"]
    if name is None:
        for kind in kinds:
            found = describe(kind)
            click.echo(f"{kind:13} {found.text if found else ''}")
        return
    found = describe(name) or describe(f"project.{name}")
    if found is None:
        if _explain_project_rule(context, name) or _explain_extension(context, name):
            return
        codes = [*rules(), *project_rules(context), *(one.name for one in _extensions(context))]
        above = describe(name.partition(".")[0])
        inner = [f"{above.name}.{field}" for field in above.fields] if above else [*codes, *project_keys()]
        known = [*kinds, *inner]
        near = nearest(name, known)
        otherwise = "See: sdx-state explain codes" if above is None else f"There are: {', '.join(known)}"
        raise Stop(f"there is no {name}", f"Did you mean {near}?" if near else otherwise, UNKNOWN)
    click.echo(f"{found.name}: {found.type}{', required' if found.required else ''}\n\n{found.text}")
    if found.fields:
        click.echo()
        widest = max(len(field) for field in found.fields)
        for field, text in found.fields.items():
            click.echo(f"  {field:{widest}}  {text}")


def _list_codes(context: Context) -> None:
    from sdx_state.config.codes import rules
    from sdx_state.report.escape import escape

    own = project_rules(context)
    widest = max(map(len, [*rules(), *own]))
    for rule in rules().values():
        click.echo(f"{rule.code:{widest}}  {rule.kind:7}  {rule.title}")
    for name, one in own.items():
        click.echo(f"{name:{widest}}  {one.severity:7}  {escape(one.message)}")


def _explain_code(rule: Rule) -> None:
    from sdx_state.risk.rules import RULES

    detail = f", {rule.detail}" if rule.detail else ""
    click.echo(f"{rule.code} ({rule.kind}{detail})\n\n{rule.title}\n\n{rule.text}")
    risk = next((one for one in RULES if one.id == rule.code), None)
    if risk is not None and risk.asks:
        what = " and ".join({"responses": "responses", "pending": "pending interactions"}[sort] for sort in risk.asks)
        click.echo(f"The plan asks the tenant how many {what} there are. While there are none, it is {risk.calm}.")
    if risk is not None and risk.level == "blocked":
        click.echo("Nothing allows it: no option and no policy.")
    click.echo(f"\nExample:\n\n{rule.example}\n\nFix: {rule.fix}")
    if rule.suppressible:
        click.echo(
            f"\nTo suppress it: `# sdx: ignore[{rule.code}]` on its line, or `lint: {{ignore: [{rule.code}]}}`"
        )


def _explain_risk(name: str | None) -> None:
    from sdx_state.config.codes import rules
    from sdx_state.model.alike import nearest
    from sdx_state.risk.rules import RULES

    if name is None:
        for rule in RULES:
            click.echo(f"{rule.level:9} {rule.id:18} {rule.reason}")
        click.echo()
        _explain_code(rules()["risk"])
        return
    ids = [rule.id for rule in RULES]
    if name not in ids:
        near = nearest(name, ids)
        advice = f"Did you mean {near}?" if near else "See: sdx-state explain risk"
        raise Stop(f"there is no risk {name}", advice, UNKNOWN)
    _explain_code(rules()[name])
