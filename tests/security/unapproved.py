"""Random plans without approval, and every public way to apply a plan.

A scene is a tenant with data, files that ask for something else, and the one reason why that must not be written.
`Scene.try_everything` tries each way with all consent that may be given except the one that is missing, and fails if
a write reaches the tenant or its data changes.
"""

from __future__ import annotations

import copy
import dataclasses
import io
import json
import pickle
import random
import re
import sys
from collections.abc import Iterable
from datetime import datetime, timezone
from types import SimpleNamespace
from typing import Any, Literal, get_args

from sdx_state import ApprovedPlan, PlanStale, Project, Refused, Review
from sdx_state.apply.approval import Consent, approve
from sdx_state.model.policy import Guards
from sdx_state.plan.codec import digest_of, fingerprint_of

Missing = Literal["anybody", "deletes", "critical", "protect", "freeze"]
MISSING: tuple[Missing, ...] = get_args(Missing)

TEXTS = ["", "Hello", "Hello\nthere", "100%", "'quoted' \"twice\"", "Grüezi", "  blank "]
LAX = "limits: {deletes: 999, deletes_percent: 100}\n"
STRICT: dict[Missing, str] = {
    "anybody": LAX,
    "deletes": "limits: {deletes: 0, deletes_percent: 0}\n",
    "critical": LAX,
    "protect": LAX,
    "freeze": f"{LAX}freeze: [{{from: 2000-01-01, to: 2999-01-01, reason: a campaign}}]\n",
}
NOW = datetime(2026, 11, 28, 12, tzinfo=timezone.utc)
ANOTHER = "sha256:" + "0" * 64


class Typing(io.StringIO):
    def isatty(self) -> bool:
        return True


class Scene:
    """One random plan without one consent.

    Args:
        project: A folder and the command line in it.
        tenant: The sandbox.
        proxy: On the way to it; remembers every request.
        missing: The consent that is never given.
        seed: Of the plan.

    Attributes:
        tried: How many ways were tried.
    """

    def __init__(self, project: Any, tenant: Any, proxy: Any, missing: Missing, seed: int) -> None:
        self.project, self.tenant, self.proxy, self.missing = project, tenant, proxy, missing
        self.chance = random.Random(f"{missing} {seed}")
        self.tried = 0
        self.folder = project.folder
        project.connect(proxy.url)
        self._files(LAX, self._before())
        assert project.apply().code == 0
        self.first_run = project.run("history").out.split()[0]
        (asked,) = [row["id"] for row in tenant.store.rows("questions") if row["question_label"] == "Q"]
        tenant.store.put_record("responses", {"interaction_id": 1, "question_id": asked, "response": "Because"})
        self._files(LAX, self._after())
        early = Project.open(self.folder)
        self.early = early.plan()
        self.harmless = approve(self.early.without_writes(), Consent("low"), NOW)
        self._cut_off()
        self._files(STRICT[missing])
        self.data, self.written = self._data(), list(proxy.writes())

    def try_everything(self) -> None:
        """Try every way to apply the plan.

        Raises:
            AssertionError: One of them wrote something, or did not say that it was refused.
        """
        self._options(["apply"])
        self._options(["destroy"])
        self._options(["undo", self.first_run])
        if self.missing != "protect":  # what is protected was never in a plan that could be cut off
            self._options(["apply", "--resume"])
        self._plan_files()
        self._python()
        self._run(["handoff"], 0, 1, 6, 8)
        files = {path: path.read_bytes() for path in self.folder.glob("*.yaml")}
        self._run(["pull", "--overwrite", "--new"], 0, 1, 5)
        for path in self.folder.glob("*.yaml"):
            path.unlink()
        for path, content in files.items():
            path.write_bytes(content)

    def apply_with_consent(self) -> None:
        """Apply the same plan with the consent that was missing: it must write, or nothing was proven."""
        self._files(LAX)
        options = ["apply", "--auto-approve", "--allow", "*"]
        refused = self.project.run(*options)
        if (count := _deletes_asked_for(refused)) is not None:
            self.project.run(*options, "--allow-deletes", str(count))
        assert len(self.proxy.writes()) > len(self.written), refused.err

    # The files before and after

    def _before(self) -> dict[str, Any]:
        surveys = {key: self._survey(key) for key in "abcd"[: self.chance.randint(2, 4)]}
        surveys["a"]["questions"] = [self._question("Q", "text"), *surveys["a"]["questions"]]
        surveys["b"]["protect"] = self.missing == "protect"
        users = {f"{name}@example.com": {"name": name} for name in "uvw"[: self.chance.randint(0, 3)]}
        self.declared: dict[str, Any] = {"surveys": surveys, "users": users}
        return self.declared

    def _after(self) -> dict[str, Any]:
        after = copy.deepcopy(self.declared)
        surveys = after["surveys"]
        for survey in surveys.values():
            if self.chance.random() < 0.5:
                survey["greeting_text"] = self.chance.choice(TEXTS)
            if len(survey["questions"]) > 1 and self.chance.random() < 0.3:
                survey["questions"].pop()
        for email in list(after["users"]):
            if self.chance.random() < 0.3:
                del after["users"][email]
        surveys["new"] = self._survey("new")
        surveys["a"]["name"] = "Survey A, renamed"
        if self.missing in ("deletes", "protect"):
            del surveys["b"]
        if self.missing == "critical":
            surveys["a"]["questions"][0]["question_type"] = "number"
        return after

    def _survey(self, key: str) -> dict[str, Any]:
        labels = self.chance.sample("PRST", self.chance.randint(0, 3))
        questions = [self._question(label, self.chance.choice(["text", "yesno"])) for label in labels]
        return {"name": f"Survey {key.upper()}", "greeting_text": "Welcome", "questions": questions}

    def _question(self, label: str, kind: str) -> dict[str, Any]:
        return {"question_label": label, "question_type": kind, "question_text": self.chance.choice(TEXTS)}

    def _files(self, settings: str, declared: dict[str, Any] | None = None) -> None:
        self.project.write("sdx.yaml", f"sdx: 1\napi: {{host: x.example}}\n{settings}")
        if declared is not None:
            self.project.write("a.yaml", json.dumps(declared))  # JSON is YAML

    def _cut_off(self) -> None:
        """Begin a run with every consent, which ends at its first write; `--resume` would continue it."""
        if self.missing == "protect":
            return
        for method in ("POST", "PUT", "DELETE"):
            self.proxy.fail(method, "/", 401, times=99)
        options = ["apply", "--auto-approve", "--allow", "*"]
        refused = self.project.run(*options)
        if (count := _deletes_asked_for(refused)) is not None:
            self.project.run(*options, "--allow-deletes", str(count))
        self.proxy.rules.clear()

    # The command line.

    def _options(self, command: list[str]) -> None:
        """Run `command` with every consent but the one that is missing."""
        if self.missing == "anybody":
            self._run(command, 1, 6)
            self._run(command, 1, 6, typed=self.chance.choice(["", "no", "y", "YES", "survey.a"]))
            return
        consent = ["--auto-approve", *(("--allow", "*") if self.missing != "critical" else ())]
        count = _deletes_asked_for(self._run([*command, *consent], 6))
        if self.missing == "deletes":
            assert count is not None
            for wrong in (count - 1, count + 1):
                self._run([*command, *consent, "--allow-deletes", str(wrong)], 6)
            return
        exact = ["--allow-deletes", str(count)] if count is not None else []
        self._run([*command, *consent, *exact], 6)
        if self.missing == "critical":
            self._run([*command, *consent, *exact, "--allow", "survey.a"], 6)

    def _plan_files(self) -> None:
        saved = self.folder.parent / "plan.json"
        planned = self.project.run("plan", "--out", str(saved))
        document = json.loads(saved.read_text(encoding="ascii"))
        deletes = sum(one["change"]["actions"] == ["delete"] for one in document["resource_changes"])
        self._run(["apply", str(saved), "--expect", ANOTHER], 3)
        altered = self.folder.parent / "altered.json"
        altered.write_text(json.dumps({**document, "consented": deletes + 1}), encoding="ascii")
        self._run(["apply", str(altered)], 1)
        if self.missing == "anybody":
            assert planned.code == 0
            return
        assert planned.code == 6
        self._run(["apply", str(saved)], 6)
        content = {key: value for key, value in document.items() if key not in ("digest", "signature")}
        content |= {"consented": deletes, "allowed": ["*"]}
        altered.write_text(json.dumps({**content, "digest": digest_of(content)}), encoding="ascii")
        self._run(["apply", str(altered)], 6)
        consent = ["--allow-deletes", str(deletes)] if self.missing != "deletes" else []
        consent += ["--allow", "*"] if self.missing != "critical" else []
        saved.unlink()
        self.project.run("plan", "--out", str(saved), *consent)
        self._run(["apply", str(saved)], 6)

    def _run(self, command: list[str], *codes: int, typed: str | None = None) -> Any:
        stdin = io.StringIO() if typed is None else Typing(f"{typed}\n" * 9)
        with self.project.monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", stdin)
            ended = self.project.run(*command)
        self._unchanged(" ".join(command) + (f", typed: {typed!r}" if typed is not None else ""))
        assert ended.code in codes, f"{command}: {ended.code}\n{ended.out}\n{ended.err}"
        return ended

    # The Python interface.

    def _python(self) -> None:
        project = Project.open(self.folder)
        review = project.plan()
        deletes = sum(change.action.value == "delete" for change in review.plan.changes)
        consent = Consent(
            None if self.missing == "anybody" else "high",
            ("*",) if self.missing != "critical" else (),
            deletes if self.missing != "deletes" else None,
        )
        self._refused("with what consent there is", project, lambda: approve(review, consent, NOW))
        if self.missing != "anybody":
            for name, lax in _laxer(review):
                self._refused(name, project, lambda lax=lax: approve(lax, consent, NOW))
        if self.missing == "freeze":
            agreed = self.early.approve(allow=["*"], allow_deletes=deletes)
            self._refused("approved before the freeze", project, lambda: agreed)
        for name, forged in _forged(self.harmless, review, deletes):
            self._refused(name, project, forged)
        whole = Consent("high", ("*",), deletes, ANOTHER)
        why = self._refused("with consent to another plan", project, lambda: approve(review, whole, NOW))
        assert isinstance(why, PlanStale)
        assert ANOTHER in str(why)
        assert review.plan.fingerprint in str(why)

    def _refused(self, name: str, project: Project, approved: Any) -> Exception:
        why: Exception | None = None
        try:
            project.apply(approved())
        except (Refused, PlanStale, TypeError) as error:
            why = error
        self._unchanged(name)
        assert why is not None, f"{name}: not refused"
        return why

    # The tenant.

    def _unchanged(self, way: str) -> None:
        self.tried += 1
        assert self.proxy.writes() == self.written, f"{way}: a write was sent"
        assert self._data() == self.data, f"{way}: the tenant is not as it was"

    def _data(self) -> list[list[dict[str, Any]]]:
        store = self.tenant.store
        rows = [store.rows(table) for table in ("surveys", "questions", "users")]
        return rows + [store.records(table) for table in ("interactions", "responses", "interaction_data")]


def _deletes_asked_for(ended: Any) -> int | None:
    found = re.search(r"--allow-deletes (\d+)", ended.err)
    return int(found[1]) if found else None


def _laxer(review: Review) -> Iterable[tuple[str, Review]]:
    """Yield the review, altered in each way that would avoid being stopped."""
    yield "without guards", dataclasses.replace(review, guards=Guards(deletes=999, deletes_percent=100))
    entries = {address: dataclasses.replace(one, protect=False) for address, one in review.ledger.entries.items()}
    ledger = dataclasses.replace(review.ledger, entries=entries)
    changes = tuple(dataclasses.replace(one, risks=(), protected=False) for one in review.plan.changes)
    plan = dataclasses.replace(review.plan, changes=changes, fingerprint=fingerprint_of(changes))
    guards = Guards(deletes=999, deletes_percent=100)
    yield "bare", dataclasses.replace(review, plan=plan, ledger=ledger, guards=guards, evidence={})


def _forged(genuine: ApprovedPlan, review: Review, deletes: int) -> Iterable[tuple[str, Any]]:
    """Yield what makes something like an approved plan of `review` without `approve`."""
    consent = Consent("high", ("*",), deletes)

    def bare() -> ApprovedPlan:
        made = object.__new__(ApprovedPlan)
        for name, value in (("review", review), ("consent", consent), ("_seal", genuine._seal)):
            object.__setattr__(made, name, value)
        return made

    def overwritten() -> ApprovedPlan:
        made = copy.copy(genuine)
        object.__setattr__(made, "review", review)
        return made

    class Impostor(ApprovedPlan):
        def __post_init__(self, seal: Any) -> None:
            object.__setattr__(self, "_seal", genuine._seal)

        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = ApprovedPlan.__hash__

    yield "made by hand", lambda: ApprovedPlan(review, consent)
    yield "made with another's seal", lambda: ApprovedPlan(review, consent, genuine._seal)
    yield "made without its constructor", bare
    yield "with another review", lambda: dataclasses.replace(genuine, review=review)
    yield "with another review laid over it", overwritten
    yield "of a subclass", lambda: Impostor(review, consent)
    yield "copied deeply", lambda: copy.deepcopy(bare())
    yield "pickled", lambda: pickle.loads(pickle.dumps(bare()))  # noqa: S301 - our own bytes
    yield "of the same form", lambda: SimpleNamespace(review=review, consent=consent, plan=review.plan)
    yield "the review itself", lambda: review
