"""Somewhere to kill an apply: a tenant in a process of its own, a project on real files, and thirteen operations."""

from __future__ import annotations

import json
import multiprocessing
import os
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from sdx_state.api.address import base_url
from sdx_state.api.credentials import credentials_from
from sdx_state.api.endpoints import Connection as ApiConnection
from sdx_state.api.endpoints import Endpoints
from sdx_state.app.declared import intention_of
from sdx_state.app.tenant import tenant_name
from sdx_state.app.workspace import Workspace
from sdx_state.apply import settling
from sdx_state.apply.approval import Consent, approve
from sdx_state.apply.run import Silence
from sdx_state.cli.console import ReadingProgress
from sdx_state.config.configuration import load_configuration
from sdx_state.model.plan import Action
from sdx_state.state.backend import Backend
from sdx_state.state.local import LocalStore
from tests.soak.faults.scenario import AFTER, BEFORE

ENVIRONMENT = {"SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000", "SDX_AUTH_TOKEN": "sandbox"}
SETTLE = 0.3  # seconds: the tenant is on this machine, and what it was sent it has done by then

EXPECTED = (
    {"A": "Two", "B": "New", "C": ""},
    {"A": [("R", "New?"), ("P", "First!"), ("V", "Last?")], "C": [("S", "Newest?")]},
    {"u@example.com": "W", "v@example.com": "V", "x@example.com": "X", "y@example.com": "Y"},
)
TABLES = ("surveys", "questions", "users", "placements", "interactions", "interaction_data", "responses", "deleted")


def serve(database: str, pipe: Connection) -> None:
    """Serve a tenant from this process until told to end."""
    from sdx_state.sandbox import SandboxServer

    with SandboxServer(database) as server:
        pipe.send(server.url)
        pipe.recv()


class Bench:
    """A tenant in another process, a project, and a way back to where both began.

    Attributes:
        configured: What `sdx.yaml` says of the state.
        variables: What the command line needs in its environment for that.
    """

    configured = ""
    variables: Mapping[str, str] = {}

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "project"
        self.database = folder / "tenant.db"
        self.kept_state, self.kept_tenant = folder / "state", folder / "tenant.sql"
        self.folder.mkdir()
        (self.folder / "sdx.yaml").write_text("sdx: 1\napi: {host: x.example}\nlimits: {deletes: 9}\n")
        self.pipe, theirs = multiprocessing.Pipe()
        self.server = multiprocessing.get_context("spawn").Process(
            target=serve, args=(str(self.database), theirs), daemon=True
        )
        self.server.start()
        self.url: str = self.pipe.recv()
        self.declare(BEFORE)
        self.do(self.apply)
        self.keep_state()
        with sqlite3.connect(self.database) as tenant:
            self.rows = {table: tenant.execute(f"select * from {table}").fetchall() for table in TABLES}

    def close(self) -> None:
        """End the tenant."""
        self.pipe.send("end")
        self.server.join()

    def declare(self, text: str) -> None:
        """Make `text` the configuration."""
        (self.folder / "a.yaml").write_text(text)

    def reset(self) -> None:
        """Put tenant and state back to where they were before the scenario."""
        self.put_state_back()
        tenant = sqlite3.connect(self.database, timeout=20)
        with tenant:
            for table, rows in self.rows.items():
                tenant.execute(f"delete from {table}")
                for row in rows:
                    tenant.execute(f"insert into {table} values ({','.join('?' * len(row))})", row)
        tenant.close()
        self.declare(AFTER)

    def do(self, work: Callable[[], str | None]) -> str | None:
        """Return what `work` returns."""
        return work()

    def lose_disk(self) -> None:
        """Delete what a killed run loses with its disk: here, nothing."""

    def keep_state(self) -> None:
        """Keep a copy of the state as it is."""
        shutil.copytree(self.folder / ".sdx", self.kept_state)

    def put_state_back(self) -> None:
        """Make the copy the state."""
        shutil.rmtree(self.folder / ".sdx")
        shutil.copytree(self.kept_state, self.folder / ".sdx")

    @contextmanager
    def workspace(self) -> Any:
        """Open the tenant and its state."""
        credentials = credentials_from(ENVIRONMENT)
        with Endpoints(ApiConnection(base_url(None, self.url), credentials, parallelism=2)) as client:
            yield Workspace(client, self.store, parallelism=2)

    @property
    def tenant(self) -> str:
        """The tenant, as the state names it."""
        return tenant_name(base_url(None, self.url).origin, None, ENVIRONMENT["SDX_CUSTOMER_UUID"])

    @property
    def store(self) -> Backend:
        """The state, as the command line opens it."""
        return LocalStore(self.folder / ".sdx", "state", self.tenant)

    def apply(self) -> str:
        """Apply the configuration and return how it ended."""
        intention = intention_of(load_configuration(self.folder, None, {}))
        with self.workspace() as workspace, workspace.writing("apply", lambda _: None) as journal:
            planned = workspace.plan(intention, ReadingProgress(None, None))
            if planned.plan.errors:
                return f"errors: {[diagnostic.message for diagnostic in planned.plan.errors]}"
            deletes = sum(change.action is Action.DELETE for change in planned.plan.changes)
            approved = approve(planned, Consent("high", ("*",), deletes), workspace.machine.moment())
            result = workspace.run(journal, Silence(), "apply").apply(approved)
        bad = [outcome for outcome in result.outcomes if outcome.status != "done"]
        return "done" if not bad else f"{bad[0].change.address}: {bad[0].status}: {bad[0].message}"

    def fault_after_recovery(self) -> str | None:
        """Apply until it is done, and return what is wrong then, None if nothing is."""
        ended = ""
        for _ in range(3):
            ended = self.apply()
            if ended == "done":
                break
        if ended != "done":
            return f"apply ends with {ended}"
        intention = intention_of(load_configuration(self.folder, None, {}))
        with self.workspace() as workspace:
            planned = workspace.plan(intention, ReadingProgress(None, None))
            entries = workspace.store.load().entries
        if planned.plan.changes or planned.plan.diagnostics:
            return f"the next plan is not empty: {planned.plan.changes or planned.plan.diagnostics}"
        if set(entries) != set(intention.resources):
            return f"the state knows {sorted(set(entries) ^ set(intention.resources))} wrongly"
        found = self.picture()
        return None if found == EXPECTED else f"the tenant holds {found}"

    def picture(self) -> tuple[dict[str, str], dict[str, list[tuple[str, str]]], dict[str, str]]:
        """Return everything in the tenant but ids; what is there twice shows."""
        tenant = sqlite3.connect(self.database, timeout=20)
        surveys = {id: json.loads(text) for id, text in tenant.execute("select id, flat from surveys")}
        joined = "placements p join questions q on q.id = p.question_id"
        placed = tenant.execute(f"select p.survey_id, q.flat from {joined} order by p.position").fetchall()
        users = {email: json.loads(text)["name"] for email, text in tenant.execute("select email, flat from users")}
        tenant.close()
        names: dict[str, str] = {}
        for row in surveys.values():
            name = row["name"] if row["name"] not in names else f"{row['name']} again"
            names[name] = row["description"]
        questions: dict[str, list[tuple[str, str]]] = {}
        for survey_id, text in placed:
            row = json.loads(text)
            questions.setdefault(surveys[survey_id]["name"], []).append((row["question_label"], row["question_text"]))
        return names, questions, users


def in_child(work: Callable[[], object]) -> int:
    """Do `work` in a child process and return the child's id."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    return child


@contextmanager
def a_bench(make: Callable[[Path], Bench] = Bench) -> Any:
    """Prepare a bench in a folder of its own, with a short settle time."""
    settling.SETTLE = SETTLE
    shared = Path("/dev/shm")  # noqa: S108 - memory is where many small files are fast
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as folder:
        bench = make(Path(folder))
        try:
            yield bench
        finally:
            bench.close()
