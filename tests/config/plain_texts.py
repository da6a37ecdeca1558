"""Plain texts of YAML, and the comparison of what two readers make of them: values, types and places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sdx_state.config import builder
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Items, Table, places_of
from sdx_state.model.diagnostic import Diagnostic

EXAMPLES = Path(__file__).parents[2] / "examples"
PLAIN = (
    "a: 1\n",
    "sdx: 1\napi: {host: au1.example.com, parallelism: 8}\ntenant: 'x'\n",
    """\
surveys:
  a: {name: "A: b, c", protect: true, description: 'x # y', max_response: 10, phone: 0123, note: a+b@c.example}
  b:
    questions:
      - question_label: {default: Hi, de-default: "Grüß, {dich}"}
""",
    "# yaml-language-server: $schema=x\n\nsurveys:\n  # first\n  a:\n    name: A, b & c\n\n    protect: true\n",
    """\
surveys:
  support-csat:
    name: "Support: CSAT"
    greeting_text: Thanks for calling ${var.company}. It's 10:30
    questions:
      - question_label: NPS
        question_type: nps
        max_response: 10

      # the second
      - question_label: '010'
        response_options:
          - label: Yes
            value: 1.5
        question_text:
          default: Hello
    closing_text: Bye
users:
    joe.smith@example.com:
        name: Joe
        phone: "+61499999999"
        agent_id: 0123

    ana@example.com:
        name: \u00c9mile \u4e2d
""",
)


def rows(values: Sequence[str], *, begin: str = "users:\n", dash: bool = False, between: str = "") -> str:
    """Return a text with a mapping for each of `values`, which is the value of one of its keys."""
    written = []
    for number, value in enumerate(values):
        if dash:
            written.append(f"    - label: one {number}\n      note: {value}\n      value: {number}\n")
        else:
            written.append(f'  a{number}@example.com:\n    phone: "+614915700{number}"\n    note: {value}\n')
    return begin + between.join(written)


FEW_ROWS = 8  # that are read by lines before the others are read by a pattern
_OPTIONS = "surveys:\n  a:\n    questions:\n"
ROWS = (
    rows(["A b"] * 20),
    rows(["A b"] * 20, between="\n"),
    rows(["'single'"] * 30 + ['"double"'] * 30),
    rows(["12"] * 15, begin=_OPTIONS, dash=True) + "    name: behind\n  b:\n    name: other\n",
    rows(["true"] * 12 + ["null"] * 12 + ["text"] * 12),
    rows(["A b"] * 12) + "  # said\n" + rows(["c"] * 12, begin="phone_numbers:\n"),
    rows(["A b"] * 12 + ["more\n    further: 1"] * 3 + ["A b"] * 5),
    rows(["A b"] * 12 + ["more\n\n    further: 1"] + ["A b"] * 5),
    rows(["A b"] * 12 + ["more\n    # said\n    further: 1"] + ["0123", "1.5", "{a: 1}", "x: y"]),
)


class Reported(Exception):
    """The builder has something to say."""


def built(text: str) -> object:
    """Return what the builder makes of the events of `text`.

    Raises:
        Reported: It reports something.
    """

    def report(found: Diagnostic) -> None:
        raise Reported(str(found))

    return builder.from_events(SourceText("a.yaml", text), report)


def same(one: object, other: object) -> bool:
    """Tell whether two nodes are the same in values, types, order and places."""
    if type(one) is not type(other):
        return False
    if isinstance(one, Table) and isinstance(other, Table):
        return (
            (one.place, one.marks, [*one], [*one.marks]) == (other.place, other.marks, [*other], [*other.marks])
            and [*places_of(one).items()] == [*places_of(other).items()]
            and all(same(one[key], other[key]) for key in one)
        )
    if isinstance(one, Items) and isinstance(other, Items):
        return (one.place, one.places, len(one)) == (other.place, other.places, len(other)) and all(
            map(same, one, other)
        )
    return one == other
