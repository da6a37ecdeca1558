"""Random histories of moves, pins, undos, pulls and edits in the tenant: reports about each id are true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.sandbox import SandboxServer
from tests.conftest import Project
from tests.tiers import tries

SURVEYS, QUESTIONS = "abc", "xyz"
OPERATIONS = [
    "edit", "add survey", "drop survey", "add question", "drop question", "rename survey", "swap surveys",
    "rename question", "move question", "state mv", "pin", "delete outside", "create outside", "edit outside",
    "undo", "pull", "pull",
]  # fmt: skip
LIMITS = "sdx: 1\napi: {host: demo.surveydynamix.com}\nlimits: {deletes: 99, deletes_percent: 100}\n"


def places(managed: dict[str, str]) -> set[tuple[str, int]]:
    return {(f"{address.partition('.')[0]}s", int(id)) for address, id in managed.items()}


def load(text: str) -> dict:
    return {"surveys": {}, **(yaml.safe_load(text) or {})}


def declared(body: dict) -> dict:
    """Return what a survey in the file says, as a `History` keeps it."""
    questions = {one["key"]: one["question_label"] for one in body.get("questions", ())}
    pinned = {"id": body["id"]} if "id" in body else {}
    return {"name": body["name"], "text": body.get("description", ""), "questions": questions, **pinned}


class History:
    """A project, its tenant, and what they must be."""

    def __init__(self, project: Project, tenant: SandboxServer) -> None:
        self.project, self.tenant = project, tenant
        self.surveys: dict[str, dict] = {}
        self.moved: dict[str, str] = {}
        self.kept: dict[str, str] = {}  # address -> the id that it must have after the next apply
        self.touched: dict[str, set[tuple[str, int]]] = {}
        self.names = 0

    # The tenant

    def rows(self) -> dict[tuple[str, int], dict]:
        found = {}
        for collection in ("surveys", "questions"):
            for row in self.tenant.store.rows(collection):
                found[collection, row["id"]] = {name: value for name, value in row.items() if name != "order"}
        return found

    def managed(self) -> dict[str, str]:
        path = self.project.folder / ".sdx" / "state.json"
        if not path.exists():
            return {}
        known = json.loads(path.read_text())["state"]["resources"]
        return {address: entry["id"] for address, entry in known.items()}

    def run_names(self) -> list[str]:
        return [line.split()[0] for line in self.project.run("history").out.splitlines() if line.strip()]

    # The configuration

    def write(self) -> None:
        self.forget_old_moves()
        lines = ["surveys:"] if self.surveys else []
        for key, one in self.surveys.items():
            pinned = f"id: {one['id']}, " if "id" in one else ""
            questions = ", ".join(
                f"{{key: {name}, question_label: {label}, question_text: {label}, question_type: text}}"
                for name, label in one["questions"].items()
            )
            text = f"{pinned}name: {one['name']}, description: '{one['text']}', questions: [{questions}]"
            lines.append(f"  {key}: {{{text}}}")
        lines += ["moved:"] * bool(self.moved)
        lines += [f"- {{from: {before}, to: {after}}}" for before, after in self.moved.items()]
        self.project.write("s.yaml", "\n".join(lines) + "\n")

    def declared(self) -> set[str]:
        found = {f"survey.{key}" for key in self.surveys}
        return found | {f"question.{key}.{name}" for key, one in self.surveys.items() for name in one["questions"]}

    def move(self, before: str, after: str) -> None:
        self.moved = {one: two for one, two in self.moved.items() if one != before and two != after}
        self.moved[before] = after
        if before in self.kept:
            self.kept[after] = self.kept.pop(before)

    def forget_old_moves(self) -> None:
        """Take out the moves that a person has to take out: to what is gone, and from what is another one now."""
        while True:
            declared, arriving = self.declared(), set(self.moved.values())
            wrong = [
                before
                for before, after in self.moved.items()
                if after not in declared or (before in declared and before not in arriving)
            ]
            if not wrong:
                return
            for before in wrong:
                del self.moved[before]

    # Operations

    def happen(self, operation: str, pick) -> None:
        keys = list(self.surveys)
        free = [key for key in SURVEYS if key not in self.surveys]
        if operation == "add survey" and free:
            self.names += 1
            new = {"name": f"N{self.names}", "text": "", "questions": {"x": f"Q{self.names}"}}
            self.surveys[pick(free)] = new
        elif operation in ("create outside",):
            self.names += 1
            self.tenant.store.load_snapshot({"surveys": [{"name": f"Foreign {self.names}"}]})
        elif operation == "delete outside" and self.managed():
            address, id = pick(sorted(self.managed().items()))
            kind = "surveys" if address.startswith("survey.") else "questions"
            if kind == "surveys":
                for row in [one for one in self.tenant.store.rows("questions") if str(one["survey_id"]) == id]:
                    self.tenant.store.delete_row("questions", str(row["id"]))
            if (kind, int(id)) in self.rows():
                self.tenant.store.delete_row(kind, id)
        elif operation == "edit outside" and (rows := self.tenant.store.rows("surveys")):
            self.names += 1
            self.tenant.store.put_row("surveys", {**pick(rows), "description": f"outside {self.names}"})
        elif operation == "pull":
            self.pull(*pick([(), ("--overwrite",)]))
        elif operation == "undo" and self.touched:
            self.undo(pick(sorted(self.touched)))
        elif keys:
            self.change(operation, pick(keys), free, pick)

    def change(self, operation: str, key: str, free: list[str], pick) -> None:
        one, questions = self.surveys[key], list(self.surveys[key]["questions"])
        others = [other for other in self.surveys if other != key]
        spare = [name for name in QUESTIONS if name not in questions]
        if operation == "edit":
            one["text"] += "e"
        elif operation == "drop survey" and others:
            del self.surveys[key]
        elif operation == "add question" and spare:
            self.names += 1
            one["questions"][pick(spare)] = f"Q{self.names}"
        elif operation == "drop question" and questions:
            del one["questions"][pick(questions)]
        elif operation == "rename survey" and free:
            self.rename({key: pick(free)})
        elif operation == "swap surveys" and others:
            other = pick(others)
            self.rename({key: other, other: key})
        elif operation == "rename question" and questions and spare:
            old, new = pick(questions), pick(spare)
            one["questions"] = {new if name == old else name: label for name, label in one["questions"].items()}
            self.move(f"question.{key}.{old}", f"question.{key}.{new}")
        elif operation in ("move question", "state mv") and questions and others:
            other, name = pick(others), pick(questions)
            if name not in self.surveys[other]["questions"]:
                before, after = f"question.{key}.{name}", f"question.{other}.{name}"
                if operation == "state mv":
                    self.project.run("state", "mv", before, after)
                else:
                    self.move(before, after)
                self.surveys[other]["questions"][name] = one["questions"].pop(name)
        elif operation == "pin":
            pinned = {other.get("id") for other in self.surveys.values()}
            rows = [row for row in self.tenant.store.rows("surveys") if row["id"] not in pinned]
            foreign = [row for row in rows if row["name"].startswith("Foreign")]
            if foreign and "id" not in one:
                one["id"] = foreign[0]["id"]

    def rename(self, keys: dict[str, str]) -> None:
        renamed = {keys.get(key, key): one for key, one in self.surveys.items()}
        self.surveys = renamed
        moves = {f"survey.{before}": f"survey.{after}" for before, after in keys.items()}
        self.moved = {
            before: after
            for before, after in self.moved.items()
            if before not in moves and after not in moves.values() and not before.startswith("question.")
        }
        self.moved |= moves

    # Proofs

    def undo(self, run: str) -> None:
        before = self.rows()
        ended = self.project.run("undo", run, "--auto-approve", "--allow-deletes", "99")
        ended = self.consented(ended, lambda count: ("undo", run, "--auto-approve", "--allow-deletes", count))
        assert ended.code in (0, 5, 6), ended.out + ended.err
        after = self.rows()
        changed = {place for place, row in before.items() if after.get(place) != row}
        assert changed <= self.touched[run], (changed, self.touched[run], ended.out)

    def pull(self, *options: str) -> None:
        """Pull what is declared by now, applied or not: the project is valid and settled then, or as it was."""
        self.write()
        path = self.project.folder / "s.yaml"
        text, rows, managed = path.read_text("utf-8"), self.rows(), self.managed()
        ended = self.project.run("pull", *options)
        said = text + ended.out + ended.err
        assert "would not be empty" not in ended.err, said
        assert self.rows() == rows, said
        if ended.code:
            assert ended.code in (1, 5), said
            assert "Nothing was changed" in ended.err, said
            assert (path.read_text("utf-8"), self.managed()) == (text, managed), said
            return
        assert self.project.run("plan", "--detailed-exitcode").code == 0, said
        self.surveys = {}
        for one in (path, *path.parent.glob("surveys/*.yaml")):
            found = load(one.read_text("utf-8"))["surveys"] or {}
            self.surveys |= {key: declared(body) for key, body in found.items()}
            if one != path:
                one.unlink()  # a person declares in one file what the pull wrote back
        self.write()
        assert set(self.managed()) == self.declared(), said
        assert places(managed) <= places(self.managed()), f"a pull stopped managing something\n{said}"

    def consented(self, ended, again):
        said = re.search(r"--allow-deletes (\d+)", ended.err)
        critical = re.findall(r"--allow (\S+)", ended.err)
        assert not critical, ended.err
        return self.project.run(*again(said[1])) if ended.code == 6 and said else ended

    def apply(self) -> None:
        self.write()
        before, owned = self.rows(), self.managed()
        plan = self.project.run("plan")
        while taken := re.search(r"moved: (\S+) cannot become \S+: that is already another resource", plan.out):
            assert self.moved.pop(taken[1], None) or self.moved, plan.out  # as the hint says
            self.moved = self.moved if taken[1].startswith("survey.") else {}
            self.write()
            plan = self.project.run("plan")
        while gone := re.search(r"survey\.(\w+) is pinned to id (\d+), and the tenant has no such survey", plan.out):
            assert ("surveys", int(gone[2])) not in before, plan.out
            del self.surveys[gone[1]]["id"]  # as the hint says
            self.write()
            plan = self.project.run("plan")
        assert plan.code in (0, 6), self.text() + plan.out + plan.err
        for kind, id in re.findall(r"(survey|question)\.\S+ \(id (\d+) was deleted in the tenant", plan.out):
            assert (f"{kind}s", int(id)) not in before, plan.out
        ended = self.project.apply()
        ended = self.consented(ended, lambda count: ("apply", "--auto-approve", "--allow-deletes", count))
        assert ended.code == 0, self.text() + ended.out + ended.err
        after, known, ours = self.rows(), places(self.managed()), places(owned)
        for place in before:
            if place not in after:
                assert place in ours, f"{place} is deleted and was not managed\n{ended.out}"
                assert f"id {place[1]}" in plan.out, f"{place} is deleted unseen\n{plan.out}"
        for place in after:
            if place in ours:
                assert place in known, f"{place} is orphaned\n{self.text()}{plan.out}"
        if self.project.run("history").out and before != after:
            run = self.run_names()[-1]
            changed = {place for place in {*before, *after} if before.get(place) != after.get(place)}
            self.touched.setdefault(run, set()).update(changed)
        again = self.project.run("plan", "--detailed-exitcode")
        assert again.code == 0, self.text() + ended.out + again.out + again.err
        assert set(self.managed()) == self.declared()

    def text(self) -> str:
        return (self.project.folder / "s.yaml").read_text() + f"{self.managed()}\n"


def play(steps, pick) -> None:
    """Let what `steps` name happen, each step ended by an apply; `pick` chooses among what it may happen to."""
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch, SandboxServer(":memory:") as tenant:
        patch.setattr("sdx_state.apply.settling.SETTLE", 0.0)  # what the sandbox writes shows at once
        project = Project(Path(folder), patch)
        project.write("sdx.yaml", LIMITS)
        project.connect(tenant.url)
        history = History(project, tenant)
        history.happen("add survey", pick)
        history.happen("add survey", pick)
        history.apply()
        for operations in steps:
            for operation in operations:
                history.happen(operation, pick)
            history.apply()


FOUND = [
    [["drop survey", "pull"], ["edit", "pull"], ["pull"]],
    [["create outside"], ["pin"], ["delete outside", "edit"], ["edit"]],
]


@pytest.mark.parametrize("steps", FOUND)
@pytest.mark.parametrize("choice", [0, -1], ids=["first", "last"])
def test_histories_that_were_found_once_stay_true(steps, choice):
    play(steps, lambda offered: offered[choice])


@pytest.mark.timeout(3600)
@tries(4, 500)
@given(st.lists(st.lists(st.sampled_from(OPERATIONS), min_size=1, max_size=3), min_size=2, max_size=5), st.randoms())
def test_plan_reports_the_truth_about_each_id(steps, random):
    play(steps, random.choice)
