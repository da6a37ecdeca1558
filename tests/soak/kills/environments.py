"""Let 8 processes apply 50 environments of one project at once, with all states in one store.

    python -m tests.soak.kills.environments                     in PostgreSQL
    python -m tests.soak.kills.environments --backend s3
    python -m tests.soak.kills.environments --sabotage          one state for all environments: must be detected

Each environment has a tenant of its own and is applied by two of the processes, each of which has its own order.
"""

from __future__ import annotations

import argparse
import multiprocessing
import random
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sdx_state import Project
from sdx_state.app import place
from sdx_state.sandbox import SandboxServer
from sdx_state.state.memory import journal_of, verified
from tests.soak.kills.locks import ENVIRON, PROCESSES
from tests.state.http_server import a_state_server
from tests.state.shared_stores import OPEN

ENVIRONMENTS = 50
PATIENCE = 900.0  # seconds to wait for the lock of an environment
BACKENDS = ("postgres", "s3", "http")
CREDENTIALS = {"SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000", "SDX_AUTH_TOKEN": "sandbox"}
RESOURCES = """
surveys:
  first:
    name: "First of ${var.name}"
    questions:
      - {question_label: Why, question_text: "Why ${var.name}?", question_type: text}
      - {question_label: How, question_text: "How ${var.name}?", question_type: text}
  second: {name: "Second of ${var.name}"}
"""


@dataclass
class Applied:
    """Findings after all processes ended.

    Attributes:
        faults: What is wrong, a line each.
        runs: How many applies ended well.
        seconds: How long the applies took.
        environ: Environment variables for the project.
        folder: The project.
        names: The environments.
    """

    faults: list[str] = field(default_factory=list)
    runs: int = 0
    seconds: float = 0.0
    environ: Mapping[str, str] = field(default_factory=dict)
    folder: Path = Path()
    names: tuple[str, ...] = ()


def _state(backend: str, address: str, name: str) -> str:
    """Return where the state of the environment `name` is, as the project file says it."""
    if backend == "http":
        return f"{{backend: http, address: '{address}-{name}'}}"
    options = f", bucket: acme, endpoint: '{address}', prefix: fifty" if backend == "s3" else ", schema: fifty"
    return f"{{backend: {backend}{options}}}"


def opened(folder: Path, name: str, environ: Mapping[str, str]) -> Project:
    """Return the project for the environment `name`."""
    return Project.open(folder, environment=name, environ=environ, lock_timeout=PATIENCE)


def apply_all(folder: Path, names: tuple[str, ...], environ: Mapping[str, str], told: Any, sabotage: bool) -> None:
    """Apply the environments `names` one after the other, and put a fault, or None, for each into `told`."""
    if sabotage:
        vars(place)["state_name"] = lambda _environment, *, sandbox=False: "state"
    for name in names:
        try:
            project = opened(folder, name, environ)
            result = project.apply(project.plan().approve())
        except Exception as error:  # noqa: BLE001 - whatever it is, the parent reports it
            told.put(f"{name}: {type(error).__name__}: {error}")
        else:
            told.put("; ".join(f"{name}: {one.message}" for one in result.outcomes if one.status != "done") or None)


@contextmanager
def served(backend: str) -> Iterator[str]:
    """Start the server of the states, and yield its address."""
    if backend == "http":
        with a_state_server("gitlab") as server:
            yield server.address
    else:
        with OPEN[backend]() as store:
            yield store.address


@contextmanager
def fifty(backend: str, *, sabotage: bool = False, count: int = ENVIRONMENTS) -> Iterator[Applied]:
    """Apply `count` environments at once, and yield the findings; tenants and states stay while the block runs."""
    names = tuple(f"e{number:02}" for number in range(count))
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        address = stack.enter_context(served(backend))
        tenants = {name: stack.enter_context(SandboxServer(":memory:")) for name in names}
        lines = ["sdx: 1", "api: {parallelism: 2}", "environments:"]
        for name in names:
            state = _state(backend, address, name)
            lines.append(
                f"  {name}: {{api: {{url: '{tenants[name].url}'}}, state: {state}, variables: {{name: {name}}}}}"
            )
        (folder / "sdx.yaml").write_text("\n".join(lines) + "\n")
        (folder / "a.yaml").write_text(RESOURCES)
        environ = {**ENVIRON, **CREDENTIALS, "SDX_STATE_DSN": address}
        found = Applied(environ=environ, folder=folder, names=names)
        _race(found, sabotage=sabotage)
        for name in names:
            found.faults += _wrong(found, name, tenants[name])
        yield found


def _race(found: Applied, *, sabotage: bool) -> None:
    context = multiprocessing.get_context("spawn")
    told = context.Queue()
    shares = [
        [*found.names[one::PROCESSES], *found.names[(one + 3) % PROCESSES :: PROCESSES]] for one in range(PROCESSES)
    ]
    for number, share in enumerate(shares):
        random.Random(number).shuffle(share)
    processes = [
        context.Process(target=apply_all, args=(found.folder, tuple(share), found.environ, told, sabotage))
        for share in shares
    ]
    begun = time.monotonic()
    for process in processes:
        process.start()
    ends = [told.get(timeout=PATIENCE) for _ in range(sum(map(len, shares)))]
    for process in processes:
        process.join()
    found.seconds = time.monotonic() - begun
    found.faults += [one for one in ends if one is not None]
    found.runs = ends.count(None)
    found.faults += [f"a process ended with {one.exitcode}" for one in processes if one.exitcode]


def _wrong(found: Applied, name: str, tenant: SandboxServer) -> Iterator[str]:
    """Yield what is wrong with the environment `name`: its tenant, its state, its history, and the next plan."""
    surveys = {str(row["name"]): str(row["id"]) for row in tenant.store.rows("surveys")}
    questions = sorted(str(row["question_text"]) for row in tenant.store.rows("questions"))
    if sorted(surveys) != [f"First of {name}", f"Second of {name}"] or len(tenant.store.rows("surveys")) != 2:
        yield f"{name}: its tenant has the surveys {sorted(surveys)}"
    if questions != [f"How {name}?", f"Why {name}?"]:
        yield f"{name}: its tenant has the questions {questions}"
    try:
        project = opened(found.folder, name, found.environ)
        store = project._place.store(sandbox=False)
        ledger = store.load()
        ids = {str(address): entry.id for address, entry in ledger.entries.items()}
        expected = {
            "survey.first": surveys.get(f"First of {name}"),
            "survey.second": surveys.get(f"Second of {name}"),
        }
        if {one: ids.get(one) for one in expected} != expected or len(ids) != 4:
            yield f"{name}: its state has {ids}, and its tenant {surveys}"
        if not ledger.tenant.startswith(tenant.url.removesuffix("/api")):
            yield f"{name}: its state is of {ledger.tenant}, and its tenant is {tenant.url}"
        if verified(store, journal_of(store)).lines != ledger.head.seq:
            yield f"{name}: its history has gaps"
        if store.running() is not None:
            yield f"{name}: its lock was not released"
        if not project.plan().plan.empty:
            yield f"{name}: its next plan is not empty"
    except Exception as error:  # noqa: BLE001 - whatever it is, it is reported
        yield f"{name}: {type(error).__name__}: {error}"


def main() -> int:
    """Run what the command line asks for, and print counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--backend", choices=BACKENDS, default="postgres")
    parser.add_argument("--environments", type=int, default=ENVIRONMENTS)
    parser.add_argument("--sabotage", action="store_true")
    chosen = parser.parse_args()
    with fifty(chosen.backend, sabotage=chosen.sabotage, count=chosen.environments) as found:
        for fault in found.faults[:20]:
            print(fault)
        print(
            f"{chosen.backend}: {len(found.names)} environments, {PROCESSES} processes, {found.runs} applies, "
            f"{len(found.faults)} faults, {found.seconds:.0f} s"
        )
    return int(bool(found.faults))


if __name__ == "__main__":
    sys.exit(main())
