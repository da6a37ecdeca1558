"""Measure what 20 rules of a project add to `validate`.

    python -m tests.benchmarks.rules [SIZE] [--rounds N]

`validate` of one project runs without rules and with 20, in turns, each in a process of its own. Prints the least
processor time (user and system) of each, which other work of the machine disturbs the least, and what the rules add
to it in percent.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from tests.benchmarks.installed import CHECKOUT, cost, environment, install
from tests.benchmarks.tenants import SIZES, snapshot, write_project

# Kind, field of `match`, and schema, of each rule.
DECLARED = (
    ("survey", "", "required: [description]"),
    ("survey", "", "required: [greeting_text, closing_text]"),
    ("survey", "", "properties: {greeting_text: {additionalProperties: {maxLength: 300}}}"),
    ("survey", "", "properties: {email_from_address: {const: care@example.com}}"),
    ("survey", "", "properties: {email_from_name: {enum: [Acme Care, Acme]}}"),
    ("survey", "name: Survey *", "properties: {name: {maxLength: 40}}"),
    ("survey", "", "required: [questions], properties: {questions: {minItems: 1}}"),
    ("survey", "", "properties: {questions: {maxItems: 20}}"),
    ("question", "", "required: [question_text]"),
    ("question", "", "properties: {question_text: {additionalProperties: {maxLength: 200}}}"),
    ("question", "", "properties: {question_type: {enum: [number, nps, yesno]}}"),
    ("question", "", "properties: {max_response: {maximum: 10}}"),
    ("question", "question_label: Question *", "properties: {question_label: {maxLength: 25}}"),
    ("question", "", "properties: {question_text: {required: [default]}}"),
    ("user", "", "required: [agent_id]"),
    ("user", "", "required: [phone]"),
    ("user", "", "required: [name], properties: {name: {minLength: 3}}"),
    ("user", "", "properties: {timezone: {enum: [Australia/Brisbane]}}"),
    ("user", "", "properties: {agent_id: {maxLength: 30}}"),
    ("user", 'email: "*@example.com"', "required: [timezone]"),
)
RULES = "rules:\n" + "".join(
    f"  rule-{number}: {{kind: {kind}, match: {{{match}}}, schema: {{{schema}}}, message: A rule}}\n"
    for number, (kind, match, schema) in enumerate(DECLARED, 1)
)


def measure(size: str, rounds: int) -> None:
    """Measure one size and print a line."""
    variables = environment()
    resources = sum(map(len, snapshot(size).values()))
    with tempfile.TemporaryDirectory() as temporary:
        program = str(install(CHECKOUT, Path(temporary, "environment")).program)
        commands = {}
        for name, rules in (("without rules", ""), ("with 20 rules", RULES)):
            folder = Path(temporary, name.replace(" ", "-"))
            write_project(folder, size)
            with (folder / "sdx.yaml").open("a", encoding="utf-8") as file:
                file.write(rules)
            commands[name] = [program, "-C", str(folder), "validate"]
        runs = [
            {name: cost(command, variables, Path(temporary)).processor for name, command in commands.items()}
            for _ in range(rounds)
        ]
    without, with_rules = (min(run[name] for run in runs) for name in commands)
    added = with_rules - without
    print(
        f"{resources} resources: validate {without:.3f} s, with 20 rules {with_rules:.3f} s: "
        f"rules add {added:.3f} s, {added / without:.1%}"
    )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("size", nargs="?", choices=SIZES, default="medium", metavar="SIZE", help=", ".join(SIZES))
    parser.add_argument("--rounds", type=int, default=15)
    chosen = parser.parse_args()
    measure(chosen.size, chosen.rounds)
