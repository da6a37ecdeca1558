"""`sdx-state help`."""

from __future__ import annotations

import re
from importlib.resources import files

import click

TOPICS = (
    "first-tenant",
    "everyday-changes",
    "preview",
    "reviewing",
    "github",
    "gitlab",
    "shared-state",
    "part-of-a-tenant",
    "brands-and-languages",
    "handoff",
    "drift",
    "troubleshooting",
    "checks",
    "responses",
    "rules",
    "translations",
    "json",
    "python",
    "terraform",
    "security",
    "reliability",
    "performance",
    "commands",
    "glossary",
)
_COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)
_GUIDE_LINK = re.compile(r"\[([^\[\]]+)\]\(([a-z-]+)\.md(?:#[\w-]*)?\)")


def guide(topic: str) -> str:
    """Return the guide on `topic`, one of `TOPICS`, as Markdown. Links to guides name the command to print them."""
    text = (files("sdx_state") / "guides" / f"{topic}.md").read_text(encoding="utf-8")
    return _GUIDE_LINK.sub(_named, _COMMENT.sub("", text))


def _named(link: re.Match[str]) -> str:
    return f"{link[1]} (`sdx-state help {link[2]}`)" if link[2] in TOPICS else link[0]


def summary(topic: str) -> str:
    """Return the first line below the title of the guide on `topic`."""
    return guide(topic).split("\n\n", 2)[1].split("\n")[0]


@click.command("help")
@click.argument("topic", required=False)
@click.pass_context
def command(ctx: click.Context, topic: str | None) -> None:
    """Print a guide, or the help of a command.

    Without TOPIC, lists the guides.
    """
    from sdx_state.cli.console import out_colour

    if topic is None:
        formatter = ctx.make_formatter()
        with formatter.section("Guides"):
            formatter.write_dl([(name, summary(name)) for name in TOPICS])
        formatter.write_paragraph()
        formatter.write_text("Print one: sdx-state help TOPIC. Options of a command: sdx-state COMMAND --help")
        click.echo(formatter.getvalue(), nl=False)
    elif topic in TOPICS:
        text = guide(topic)
        if out_colour():
            click.echo(_rendered(text), nl=False, color=True)
        else:
            click.echo(text, nl=False)
    else:
        _print_help_of(ctx, topic)


def _rendered(text: str) -> str:
    """Return Markdown as a terminal shows it."""
    from io import StringIO

    from rich.console import Console
    from rich.markdown import Markdown

    from sdx_state.cli.console import width

    console = Console(file=StringIO(), force_terminal=True, width=width(), legacy_windows=False)
    with console.capture() as captured:
        console.print(Markdown(text, code_theme="ansi_dark", hyperlinks=False))
    return captured.get()


def _print_help_of(ctx: click.Context, name: str) -> None:
    root = ctx.find_root()
    group = root.command
    assert isinstance(group, click.Group)  # noqa: S101 - this command is one of a group
    commands = group.list_commands(root)
    found = group.get_command(root, name)
    if found is not None:
        with click.Context(found, parent=root, info_name=name) as context:
            click.echo(found.get_help(context))
        return
    from sdx_state.model.alike import nearest

    near = nearest(name, (*TOPICS, *commands))
    hint = f" Did you mean `{near}`?" if near else ""
    raise click.UsageError(f"No guide and no command {name!r}.{hint} See: sdx-state help", ctx=None)
