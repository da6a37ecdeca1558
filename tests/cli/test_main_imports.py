"""A command imports what it uses: the start of a small plan is imports for the most part."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

# Modules of a whole plan without changes that a start must not wait for, and what needs them.
UNUSED = {
    "jsonschema": "explains what the schema refuses",
    "deepdiff": "names places in structured values that differ",
    "ruamel.yaml": "rewrites YAML",
    "rich": "renders guides",
    "sqlite3": "keeps the sandbox",
    "obstore": "keeps a shared state",
    "psycopg": "keeps a shared state",
    "sdx_state.api.client": "is the typed client",
    "sdx_state.api.records": "is the typed client",
    "sdx_state.api.oauth": "signs in",
    "sdx_state.app.begun": "reads ahead for large projects",
    "sdx_state.app.pull": "writes YAML",
    "sdx_state.app.rehearsal": "stores a tenant",
    "sdx_state.app.saved": "saves plans",
    "sdx_state.apply.history": "reads earlier runs",
    "sdx_state.apply.run": "writes",
    "sdx_state.config.spreadsheet": "reads files of users",
    "sdx_state.config.write": "writes YAML",
    "sdx_state.live.ahead": "reads ahead for large projects",
    "sdx_state.plan.undo": "undoes",
    "sdx_state.state.shared": "keeps a shared state",
}
PROGRAM = """
import sys
from sdx_state.cli.main import entry
try:
    entry()
finally:
    print("\\n".join(sys.modules), file=sys.stderr)
"""


@pytest.fixture
def imported(connected):
    connected.write("a.yaml", "surveys: {a: {name: A}}\nusers: {u@example.com: {name: U}}\n")
    assert connected.apply().code == 0
    command = [sys.executable, "-c", PROGRAM, "-C", str(connected.folder), "plan"]
    ended = subprocess.run(command, capture_output=True, text=True, env=dict(os.environ), check=True)
    return set(ended.stderr.split())


def test_plan_without_changes_imports_nothing_that_it_does_not_use(imported):
    assert "sdx_state.plan.build" in imported
    assert imported & UNUSED.keys() == set()
