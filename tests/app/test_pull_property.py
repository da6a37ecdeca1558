"""A pull either leaves a valid project whose plan is empty, or changes nothing, whatever happened before it."""

from __future__ import annotations

import csv
import io
import json
import random
import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.kinds.addresses import parse_address
from sdx_state.plan.select import is_named
from sdx_state.sandbox import SandboxServer
from tests.conftest import Project
from tests.tiers import tries

SETTINGS = """\
# kept: settings
sdx: 1
api: {host: demo.surveydynamix.com}
limits: {deletes: 99, deletes_percent: 100}
variables: {company: "Acme"}
"""
LAYOUTS = {
    "one file": {
        "s.yaml": """\
# kept: surveys
surveys:
  a:
    name: A # kept: name
    greeting_text: Hello from ${var.company}.
    questions:
    - {question_label: One, question_text: First?, question_type: text} # kept: question
    - question_label: Two
      question_text: Second?
      question_type: nps
      max_response: 10
  b: {name: B, closing_text: "Bye, $${friend}.", questions: []}
users:
  ann@example.com: {name: Ann, phone: "+61488000001"}
"""
    },
    "shared by aliases": {
        "s.yaml": """\
surveys:
  a:
    name: A
    greeting_text: &hello Hello from ${var.company}.
    closing_text: *hello
    questions: &shared
    - {question_label: One, question_text: First?, question_type: text} # kept: shared
    - {question_label: Two, question_text: Second?, question_type: nps}
  b: {name: B, greeting_text: *hello, questions: *shared}
users: {ann@example.com: &person {name: Ann}, bob@example.com: *person}
"""
    },
    "merge keys": {
        "s.yaml": """\
x-common: &common # kept: common
  greeting_text: Hello from ${var.company}.
  questions: &asked
  - {question_label: One, question_text: First?, question_type: text} # kept: asked
surveys:
  a: {<<: *common, name: A}
  b: &b
    <<: *common
    name: B
    closing_text: Bye.
  c: {<<: [*b, *common], name: C, questions: *asked}
users:
  ann@example.com: &person {name: Ann, timezone: Europe/Berlin}
  bob@example.com: {<<: *person, name: Bob}
"""
    },
    "templates": {
        "t.yaml": """\
# kept: templates
templates:
  base:
    closing_text: {default: Bye., de-default: "Ade, ${each.brand}."} # kept: languages
  csat:
    extends: base
    greeting_text: Hello from ${var.company}, ${each.brand}. # kept: greeting
    questions:
    - {question_label: One, question_text: First?, question_type: text} # kept: question
    - question_label: Two
      question_text: "Again, ${each.brand}?"
      question_type: nps
      max_response: 10
""",
        "s.yaml": """\
surveys:
  csat: # kept: block
    extends: csat
    for_each:
      a: {brand: A, description: D}
      b: {brand: B, description: E} # kept: item
    name: ${each.brand}
    description: ${each.description}
    overrides:
      b: {questions: [{key: two, max_response: 5}]} # kept: override
  plain:
    name: Plain
    closing_text: Ciao.
  heir: {extends: [plain, base], name: Heir, closing_text: {de-default: Servus}, omit: []}
  brand:
    extends: csat
    for_each: {csv: brands.csv, key: id}
    name: Brand ${each.brand}
    description: ${each.note}
    closing_text: {default: "${each.bye}"}
users:
  agents:
    for_each: {csv: brands.csv, key: mail}
    name: ${each.agent} # kept: agents
""",
        "brands.csv": "\ufeffid;brand;mail;agent;note;bye\r\n"
        'x;Xeno;ann@example.com;Ann;"One; two";Bye.\r\n\r\n'
        "y; Yard ;bob@example.com;Bob;plain;Bye.",
    },
    "many files": {
        "surveys/a.yaml": "# kept: a\nsurveys: {a: {name: A, questions: [{key: q, question_label: One, "
        "question_text: First?, question_type: text}]}}\n",
        "surveys/b.yml": "surveys:\r\n  b:\r\n    name: B\r\n    description: |\r\n      Two\r\n      lines\r\n",
        "people.yaml": "users: {csv: people.csv}\n",
        "people.csv": "Name;Email;Phone\r\nAnn;ann@example.com;+61488000001\r\n\r\nBob;bob@example.com;\r\n",
    },
    "numbers": {
        "s.yaml": """\
phone_numbers:
  au: {number: "0488 000 001", country_code: AU} # kept: number
surveys:
  a: {name: A, sms_number: "${phone_numbers.au}", greeting_text: {default: Hi, de-default: Hallo}}
  b: {name: B, ignore: [description], description: left alone, protect: true}
""",
    },
}
TEXTS = [
    "new", "", " padded ", "Hello from Beta.", "Hello from Acme, and more.", "${var.company}", "%agent_name%: #1",
    "two\nlines\n", "\u00fc\u00df\u65e5\U0001f600", "'quoted' \"twice\"", "no", "1.0", "{a: b}", "x" * 300,
]  # fmt: skip
FIELDS = {
    "surveys": ["name", "description", "greeting_text", "closing_text", "sms_number"],
    "questions": ["question_label", "question_text", "question_type", "max_response", "order"],
    "users": ["name", "agent_id", "phone", "timezone"],
}
ODD: dict[str, list[Any]] = {
    "order": [1, 2, 3],
    "max_response": [5, 10, None],
    "phone": ["+61488000002", ""],
    "sms_number": ["+61488000002"],
    "question_type": ["text", "yesno", "prompt"],
    "timezone": ["Europe/Kyiv", "Mars/Base", ""],
}
NEW = {
    "surveys": [{"name": "Foreign"}, {"name": "A"}, {"name": ""}, {"name": "\u65e5\u672c"}],
    "questions": [{"question_label": "", "question_text": "?"}, {"question_label": "One", "question_text": "again"}],
    "users": [
        {"email": "eve@example.com", "name": "Eve"},
        {"email": "x/y@example.com", "name": "X"},
        {"email": "ev"},
    ],
}
RENAMES = [("  a:", "  a2:"), ("{a:", "{a2:"), ("question_label: One", "question_label: Uno"), ("ann@", "anne@")]
EDITS = [("First?", "Erste?"), ("Hello from", "Bye from"), ("name: Ann", "name: Anna"), ("Ann;", "Anna;"),
         ("Two\r\n", "Three\r\n"), ("name: B", "name: Bee"), (", questions: []", "")]  # fmt: skip

OUTSIDE = [("outside", kind) for kind in FIELDS] * 4 + [("outside new", kind) for kind in FIELDS]
FILES = [("file", what) for what in ("edit", "edit", "rename", "variable", "add", "drop", "foreign", "broken")]
RARE = [*FILES, *(("outside delete", kind) for kind in FIELDS)]
calm, wild = st.sampled_from(OUTSIDE), st.sampled_from(OUTSIDE + RARE)


class World:
    """A project that was applied, its tenant, and what happens to both before a pull."""

    def __init__(self, project: Project, tenant: SandboxServer, random: Any) -> None:
        self.project, self.tenant, self.random = project, tenant, random

    def files(self) -> dict[str, bytes]:
        folder = self.project.folder
        paths = (path for path in folder.rglob("*") if path.is_file() and ".sdx" not in path.parts)
        return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}

    def rows(self) -> list[list[dict[str, Any]]]:
        return [self.tenant.store.rows(kind) for kind in FIELDS]

    def state(self) -> str:
        path = self.project.folder / ".sdx" / "state.json"
        return re.sub(r'"checksum":"[^"]*"', "", path.read_text("utf-8"))

    def happen(self, what: tuple[str, str]) -> None:
        kind = what[1]
        rows = self.tenant.store.rows(kind) if kind in FIELDS else []
        surveys = self.tenant.store.rows("surveys")
        if what[0] == "outside" and rows:
            field = self.random.choice(FIELDS[kind])
            value = self.random.choice(ODD.get(field, TEXTS))
            self.tenant.store.put_row(kind, {**self.random.choice(rows), field: value})
        elif what[0] == "outside new":
            new = dict(self.random.choice(NEW[kind]))
            if kind == "questions" and surveys:
                new |= {"survey_id": self.random.choice(surveys)["id"], "question_type": "text"}
            if kind != "questions" or surveys:
                self.tenant.store.load_snapshot({kind: [new]})
        elif what[0] == "outside delete" and rows:
            row = self.random.choice(rows)
            self.tenant.store.delete_row(kind, str(row["email"] if kind == "users" else row["id"]))
        elif what[0] == "file":
            self.touch(kind)

    def touch(self, what: str) -> None:
        folder = self.project.folder
        name = self.random.choice([name for name in self.files() if name not in ("sdx.yaml", ".gitignore")])
        text = (folder / name).read_bytes().decode("utf-8")
        if what in ("edit", "rename"):
            old, new = self.random.choice(EDITS if what == "edit" else RENAMES)
            (folder / name).write_bytes(text.replace(old, new, 1).encode())
        elif what == "variable":
            self.project.write("sdx.yaml", SETTINGS.replace("Acme", self.random.choice(["Beta", "Acme, and more"])))
        elif what == "add":
            self.project.write("added.yaml", "surveys: {added: {name: Added}}\n")
        elif what == "drop" and len(self.files()) > 2:
            (folder / name).unlink()
        elif what == "foreign":
            self.project.write("docker-compose.yml", "services: {web: {image: x}}\n")
        elif what == "broken":
            (folder / name).write_bytes((text + "surveys: {a: {name: Twice}}\n").encode())

    def plan(self) -> set[str]:
        """Return the addresses that a plan creates, deletes or changes in more than their position."""
        ended = self.project.run("plan", "--format", "json")
        document = json.loads(ended.out)
        return {
            one["address"]
            for one in document["resource_changes"]
            if {"create", "delete"} & {*one["change"]["actions"]}
            or {field["path"] for field in one.get("fields", ())} - {"order"}
        }

    def pull(self, *options: str) -> int:
        """Pull, and return how that ended; what is promised is proven."""
        files, rows, state = self.files(), self.rows(), self.state()
        shown = self.project.run("pull", "--diff", *options)
        assert (self.files(), self.rows(), self.state()) == (files, rows, state), shown.out + shown.err
        ended = self.project.run("pull", *options)
        said = f"{files}\n{ended.out}{ended.err}"
        assert "Traceback" not in ended.err, said
        assert self.rows() == rows, said
        for dead_end in ("the next plan would not be empty", "what would be written is not valid"):
            assert dead_end not in ended.err, said
        if ended.code:
            assert self.files() == files, said
            assert self.state() == state, said
            assert ended.code in (1, 5, 6), said  # 6: all users are missing, which may be another tenant
            assert "Nothing was changed" in ended.err or "error" in ended.err, said
            return ended.code
        after = self.files()
        said = f"{said}\n{after}"
        changed = {name for name in {*files, *after} if files.get(name) != after.get(name)}
        assert set(re.findall(r"^\+\+\+ b/(.*)$", shown.out, re.MULTILINE)) == changed, said + shown.out + shown.err
        valid = self.project.run("validate")
        assert valid.code == 0, said + valid.err
        plan = self.project.run("plan", "--detailed-exitcode")
        assert plan.code == 0, said + plan.out + plan.err
        again = self.project.run("pull", *options)
        assert (again.code, self.files()) == (0, after), said + again.out + again.err
        for name in ("t.yaml", "s.yaml"):  # templates and blocks still make what they made
            for reuse in (b"extends:", b"for_each:"):
                assert files.get(name, b"").count(reuse) <= after.get(name, b"").count(reuse), said
        for name in files.keys() & after.keys():
            assert untouched_rows(files[name], after[name]), said
            assert kept(after[name]) == kept(files[name]), said
            if files[name] != after[name] and b"\r\n" in files[name] and not mixed(files[name]):
                assert not mixed(after[name]), said
        return 0


def mixed(data: bytes) -> bool:
    """Tell whether a file has line feeds without a carriage return; a row keeps its own line end."""
    return b"\n" in data.replace(b"\r\n", b"")


def kept(data: bytes) -> list[bytes]:
    return sorted(re.findall(rb"# kept: \w+", data))


def untouched_rows(before: bytes, after: bytes) -> bool:
    """Tell whether a CSV file with a header of `brands.csv` has the same rows, but for some cells of some of them."""
    if not before.startswith(b"\xef\xbb\xbfid;"):
        return True
    rows = [list(csv.reader(io.StringIO(one.decode(), newline=""), delimiter=";")) for one in (before, after)]
    keys = [[(cells[:1], cells[2:3]) for cells in one] for one in rows]  # identifiers and e-mail addresses
    lines = [line for line in before.splitlines(keepends=True) if line not in after]
    changed = sum(was != now for was, now in zip(*rows, strict=True))
    return keys[0] == keys[1] and len(lines) <= changed


def with_world(layout: str, random: Any, then: Callable[[World], None]) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, SandboxServer(":memory:") as tenant:
        patch.setattr("sdx_state.apply.settling.SETTLE", 0.0)  # what the sandbox writes shows at once
        project = Project(Path(folder), patch)
        project.write("sdx.yaml", SETTINGS)
        for name, text in LAYOUTS[layout].items():
            project.write(name, "").write_bytes(text.encode())
        project.connect(tenant.url)
        applied = project.apply()
        assert applied.code == 0, applied.out + applied.err
        then(World(project, tenant, random))


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", "", "people.csv:4:1: `name` of this user is empty, and the platform's upload requires it"),
        ("name", "=1+1", "people.csv:4:1: this cell cannot contain `=1+1`: a spreadsheet would execute it"),
    ],
)
def test_a_value_that_a_file_of_users_cannot_contain_is_a_decision_with_a_way_on(field, value, said):
    def refused(world: World) -> None:
        (row,) = [row for row in world.tenant.store.rows("users") if row["email"] == "bob@example.com"]
        world.tenant.store.put_row("users", {**row, field: value})
        assert world.pull() == 5
        ended = world.project.run("pull")
        assert f"a file cannot contain what is in the tenant: {said}" in ended.err
        assert "Nothing was changed. Before the next pull: declare this user in YAML" in " ".join(ended.err.split())
        world.project.write("people.csv", "").write_bytes(b"Name;Email;Phone\r\nAnn;ann@example.com;+61488000001\r\n")
        world.project.write("bob.yaml", "users: {bob@example.com: {name: Bob}}\n")
        assert world.pull() == 0
        assert (world.project.folder / "bob.yaml").read_text("utf-8") != "users: {bob@example.com: {name: Bob}}\n"

    with_world("many files", random.Random(0), refused)


@pytest.mark.parametrize("layout", ["one file", "many files", "shared by aliases"])
def test_a_declared_field_whose_live_value_cannot_be_declared_is_a_decision_with_a_way_on(layout):
    def refused(world: World) -> None:
        row = world.tenant.store.rows("questions")[0]
        world.tenant.store.put_row("questions", {**row, "question_label": "x" * 31})
        assert world.pull() == 5
        said = " ".join(world.project.run("pull").err.split())
        assert "the tenant has values that cannot be declared: question." in said
        assert "question_label: the label has 31 characters, over the limit of 30" in said
        assert "do not manage these fields: `ignore: [question_label]`" in said
        world.tenant.store.put_row("questions", {**row, "question_label": "x" * 30})
        assert world.pull() == 0

    with_world(layout, random.Random(0), refused)


@pytest.mark.timeout(3600)
@tries(4, 500)
@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.lists(st.lists(calm, min_size=1, max_size=4) | st.lists(wild, min_size=1, max_size=3), min_size=1, max_size=3),
    st.sampled_from([(), ("--overwrite",), ("--new",), ("--overwrite", "--new")]),
    st.randoms(use_true_random=False),
)
def test_a_pull_leaves_a_valid_project_without_changes_or_changes_nothing(layout, rounds, options, chance):
    def histories(world: World) -> None:
        for happenings in rounds:
            for happening in happenings:
                world.happen(happening)
            world.pull(*options)

    with_world(layout, chance, histories)


@pytest.mark.timeout(3600)
@tries(2, 300)
@given(
    st.sampled_from(sorted(LAYOUTS)),
    st.lists(calm, min_size=1, max_size=5),
    st.sampled_from(["survey.a", "survey.*", "question.a.*", "question.*.two", "user.*", "user.ann@example.com"]),
    st.sampled_from([(), ("--overwrite",), ("--overwrite", "--new")]),
    st.randoms(use_true_random=False),
)
def test_a_pull_of_targets_leaves_a_valid_project_without_changes_to_these(
    layout, happenings, target, options, chance
):
    def pulled(world: World) -> None:
        for happening in happenings:
            world.happen(happening)
        before, files, rows, state = world.plan(), world.files(), world.rows(), world.state()
        ended = world.project.run("pull", "--target", target, *options)
        said = f"{ended.out}{ended.err}\n{files}\n{world.files()}"
        assert "Traceback" not in ended.err, said
        assert world.rows() == rows, said
        for dead_end in ("the next plan would not be empty", "what would be written is not valid"):
            assert dead_end not in ended.err, said
        if ended.code:
            assert (world.files(), world.state()) == (files, state), said
            return
        after = world.plan()
        assert not {address for address in after if is_named(parse_address(address), [target])}, said
        assert {one for one in before if not is_named(parse_address(one), [target])} == after, said

    with_world(layout, chance, pulled)
