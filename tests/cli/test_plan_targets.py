"""A glob of addresses that matches nothing is an error, whichever option it was given with."""

from __future__ import annotations

import json
import re

import click
import pytest

FILES = """
surveys:
  support: {name: Support, questions: [{question_label: NPS, question_text: How likely?, question_type: text}]}
  sales: {name: Sales}
users: {joe@example.com: {name: Joe}}
checks: {one: {survey: support, answers: [{answer: likely}]}}
"""


@pytest.fixture
def pending(connected, apply_once):
    """One change is pending, of `survey.support`."""
    connected.write("a.yaml", FILES)
    apply_once()
    connected.write("a.yaml", FILES.replace("name: Support,", "name: Support, description: New,"))
    return connected


COMMANDS = {
    "plan --target": ("plan", "--target"),
    "plan --exclude": ("plan", "--exclude"),
    "plan --allow": ("plan", "--allow"),
    "apply --target": ("apply", "--auto-approve", "--target"),
    "apply --exclude": ("apply", "--auto-approve", "--exclude"),
    "apply --allow": ("apply", "--auto-approve", "--allow"),
    "destroy --allow": ("destroy", "--auto-approve", "--allow-deletes", "4", "--allow"),
    "undo --allow": ("undo", "RUN", "--auto-approve", "--allow-deletes", "4", "--allow"),
    "pull --target": ("pull", "--target"),
    "state list": ("state", "list"),
    "state show": ("state", "show"),
    "state rm": ("state", "rm"),
    "validate": ("validate", "--expanded"),
    "translations export --target": ("translations", "export", "--language", "de", "--format", "csv", "--target"),
    "translations status --target": ("translations", "status", "--target"),
    "check --only": ("check", "--yes", "--only"),
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_an_address_that_matches_nothing_is_an_error_with_a_suggestion(pending, tenant, command):
    run = pending.run("history").out.split()[0]
    before = {table: tenant.store.rows(table) for table in ("surveys", "questions", "users")}
    ended = pending.run(*(run if one == "RUN" else one for one in command), "survey.suport")
    assert ended.code == 1
    assert "survey.suport" in ended.out + ended.err
    assert "did you mean survey.support?" in (ended.out + ended.err).lower()
    assert {table: tenant.store.rows(table) for table in before} == before


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("survey.Support", "survey.support"),
        ("support", "survey.support"),
        ("joe@example.com", "user.joe@example.com"),
        ("question.support.nsp", "question.support.nps"),
        ("surveys.*", None),
    ],
)
def test_another_case_and_a_missing_kind_are_recognized(pending, given, meant):
    planned = pending.run("plan", "--target", given)
    assert planned.code == 1
    assert "No changes" not in planned.out
    assert f"--target {given} matches nothing" in planned.out
    assert (f"did you mean {meant}?" if meant else "help: ") in planned.out


@pytest.mark.parametrize("applied", [False, True])
def test_a_former_address_names_the_new_one(pending, applied):
    moved = FILES.replace("  sales:", "  trade:") + "moved: [{from: survey.sales, to: survey.trade}]\n"
    pending.write("a.yaml", moved)
    if applied:
        assert pending.apply().code == 0
    planned = pending.run("plan", "--target", "survey.sales")
    assert planned.code == 1
    assert "--target survey.sales: this address was moved to survey.trade" in planned.out
    assert pending.run("plan", "--target", "survey.trade").code == 0


def test_no_changes_within_the_target_says_that_others_are_pending(pending):
    forms = {"text": "txt", "markdown": "md", "html": "html", "junit": "xml"}
    arguments = [f"--format={form}={pending.folder / 'p'}.{end}" for form, end in forms.items()]
    planned = pending.run("plan", "--target", "user.*", "--detailed-exitcode", *arguments)
    assert planned.code == 0
    assert planned.last == "No changes within the target; 1 other change is pending."
    for end in forms.values():
        assert "No changes within the target; 1 other change is pending." in (pending.folder / f"p.{end}").read_text()
    assert json.loads(pending.run("plan", "--target", "user.*", "--format", "json").out)["left_out"] == 1
    assert pending.apply().code == 0
    assert pending.run("plan", "--target", "user.*").last == "No changes. The tenant matches the configuration."


def test_an_unmanaged_live_user_and_everything_match(pending, tenant):
    tenant.store.load_snapshot({"users": [{"email": "eve@example.com", "name": "Eve"}]})
    assert pending.run("plan", "--target", "user.eve@example.com").code == 0
    pending.write("a.yaml", "surveys: {}\n")
    assert "matches nothing" not in pending.run("plan", "--allow", "*").out


def test_a_glob_over_five_thousand_addresses_works(connected, quick):
    count = 500 if quick else 5000
    users = "".join(f"  u{number}@example.com: {{name: U}}\n" for number in range(count))
    connected.write("a.yaml", f"surveys: {{a: {{name: A}}}}\nusers:\n{users}")
    planned = connected.run("plan", "--target", "user.*@example.com")
    assert planned.code == 0
    assert planned.last == f"Plan: {count} to add, 0 to change, 0 to destroy."
    last = f"u{count - 1}@example.com"
    assert f"did you mean user.{last}?" in connected.run("plan", "--target", last.capitalize()).out


def test_every_option_for_addresses_is_tested_here():
    from sdx_state.cli.main import cli

    found = set()
    context = click.Context(cli)
    waiting = [(name, cli.get_command(context, name)) for name in cli.list_commands(context)]
    while waiting:
        name, command = waiting.pop()
        if isinstance(command, click.Group):
            waiting += [(f"{name} {inner}", one) for inner, one in command.commands.items()]
            continue
        for parameter in command.params:
            if re.search("GLOB|ADDRESS", parameter.metavar or ""):
                option = f" {parameter.opts[0]}" if isinstance(parameter, click.Option) else ""
                found.add(f"{name}{option}")
    assert found == {one for one in COMMANDS if one != "state show"}
