"""A walk through the blocks of a guide: it runs the commands, makes the edits, and compares the output.

`python -m tests.cli.guides FILE...` writes what the commands print today into the guides.

A guide names its start in a comment: `<!-- start: examples/quickstart -->`, or `empty`. After a comma it names the
services (`documented`; `nested`; `seeded`: a tenant with a survey; `shared`: one of two brands; `postgres`: a
database for the state), or the steps done before (`connected`: the credentials are set; `applied`: and the project
is applied).
`<!-- tenant: surveys 1 closing_text Bye -->` is a change made by hand in the admin UI at that point. The blocks:

- `console`: `$ ` begins a command, its output follows. A line `...` matches any lines, `...` in a line any
  text. A command that fails is followed by `$ echo $?`.
- `diff`: an edit of the file that its first line names.
- `yaml`: a file, where the first line is a comment with its name; otherwise part of one.
- `python`: a program, run where the guide is at that point.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from sdx_state.apply import run
from sdx_state.apply.graph import Schedule

ROOT = Path(__file__).parents[2]
GUIDES = ROOT / "sdx_state" / "guides"
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$|^<!-- (tenant): (.*?) -->$", re.DOTALL | re.MULTILINE)
SEEDED = {
    "surveys": [
        {"id": 52, "name": "Support CSAT", "greeting_text": "Thanks for calling.", "closing_text": "Goodbye."},
    ],
    "questions": [
        {
            "id": 509, "survey_id": 52, "order": 1, "question_label": "NPS", "question_type": "nps",
            "max_response": 10,
            "question_text": "How likely are you to recommend us, from 0 to 10?",
        },
    ],
    "users": [{"email": "ana.lee@example.com", "name": "Ana Lee", "agent_id": "alee"}],
}  # fmt: skip
SHARED = {
    "surveys": [{"id": 7, "name": "Acme CSAT", "closing_text": "Goodbye."}, {"id": 8, "name": "Zenith CSAT"}],
    "questions": [{**SEEDED["questions"][0], "survey_id": 7}],
    "users": [{"email": "ana.lee@acme.example", "name": "Ana Lee"}, {"email": "zoe@zenith.example", "name": "Zoe"}],
}
# The reader's host is the one in sdx.yaml: only here it is a tenant on this machine.
_OVERRIDDEN = re.compile(r"127\.0\.0\.1:\d+ \(SDX_API_URL overrides ([\w.-]+)\)")
_START = re.compile(r"<!-- start: ([\w/-]+)((?:, [\w-]+)*) -->")


@dataclass(frozen=True)
class Block:
    """A fenced block.

    Attributes:
        kind: The word after the fence.
        text: The text between the fences.
        line: The line of the first fence, counted from 1.
    """

    kind: str
    text: str
    line: int

    @property
    def steps(self) -> list[tuple[str, str]]:
        """The commands of a console block, each with the output that is expected."""
        first, *parts = re.split(r"^\$ ", self.text, flags=re.MULTILINE)
        assert first == "", f"line {self.line}: a console block begins with a command"
        return [(one.partition("\n")[0], one.partition("\n")[2]) for one in parts]


def blocks_of(text: str) -> list[Block]:
    """Return the fenced blocks of a document."""
    return [
        Block(one[1] or one[3], one[2] or one[4], text.count("\n", 0, one.start()) + 1)
        for one in _BLOCK.finditer(text)
    ]


def agrees(expected: str, got: str) -> bool:
    """Tell whether `got` is what `expected` says, with `...` for what is left out."""
    pattern = ""
    for line in expected.strip("\n").splitlines():
        if line.strip() == "...":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += r".*?".join(re.escape(part) for part in line.rstrip().split("...")) + r"\n"
    lines = "".join(f"{line.rstrip()}\n" for line in got.strip("\n").splitlines())
    return re.fullmatch(pattern, lines) is not None


class Walk:
    """One guide, from its start to where it is read.

    Attributes:
        folder: The current folder.
        code: The exit code of the last command.
    """

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, tenant: object, database: str = "") -> None:
        self.folder, self.code, self._database = folder, 0, database
        self._monkeypatch, self._tenant = monkeypatch, tenant
        monkeypatch.setenv("COLUMNS", "100")
        monkeypatch.chdir(folder)
        # One write at a time: of two at once, either may be reported first.
        monkeypatch.setattr(run, "Schedule", lambda **named: Schedule(**{**named, "parallelism": 1}))

    def run(self, block: Block) -> Block:
        """Do what `block` says, and return it as it should be."""
        if block.kind == "console":
            return replace(block, text="".join(self._step(*one, block) for one in block.steps))
        if block.kind == "tenant":
            table, key, field, value = block.text.split(" ", 3)
            row = next(one for one in self._tenant.store.rows(table) if str(one["id"]) == key)
            self._tenant.store.put_row(table, {**row, field: value})
        elif block.kind == "diff":
            self._edit(block.text)
        elif block.kind == "yaml" and (named := re.match(r"# ([\w./-]+\.ya?ml)\n", block.text)):
            (self.folder / named[1]).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / named[1]).write_text(block.text, encoding="utf-8")
        elif block.kind == "python":
            subprocess.run([sys.executable, "-c", block.text], cwd=self.folder, check=True, env=dict(os.environ))
        return block

    def _step(self, command: str, expected: str, block: Block) -> str:
        before, out = self.code, ""
        for part in command.partition("   #")[0].split(" && "):
            if self.code and part != "echo $?":
                raise AssertionError(
                    f"line {block.line}: exit code {self.code} before `$ {part}` is not in the guide"
                )
            out += self._command(shlex.split(part), before)
        return f"$ {command}\n" + (expected if agrees(expected, out) else out.strip("\n") + "\n" * bool(out))

    def _command(self, words: list[str], before: int) -> str:
        if words[-2:-1] == [">"]:
            (self.folder / words[-1]).write_text(self._command(words[:-2], before), encoding="utf-8")
            return ""
        name, *arguments = words
        self.code = 0
        if name == "sdx-state":
            return self._program(arguments)
        if words == ["echo", "$?"]:
            return f"{before}\n"
        if name == "cd":
            self.folder = (self.folder / arguments[0]).resolve()
            self._monkeypatch.chdir(self.folder)
        elif name == "mkdir":
            (self.folder / arguments[0]).mkdir()
        elif name == "cat":
            return (self.folder / arguments[0]).read_text(encoding="utf-8")
        elif name == "export":
            for one in arguments:
                key, _, value = one.partition("=")
                self._monkeypatch.setenv(key, self._given(key) if value == "..." else value)
        elif name == "git":
            who = ["-c", "user.name=Ana", "-c", "user.email=ana@example.com"]
            subprocess.run(["git", *who, *arguments], cwd=self.folder, check=True, capture_output=True)
        else:
            raise AssertionError(f"a guide does not run {name}")
        return ""

    def _given(self, name: str) -> str:
        """Return a credential that the reader has."""
        options = self._tenant.options
        known = {"SDX_CUSTOMER_UUID": options.customer_uuid, "SDX_AUTH_TOKEN": options.auth_token}
        return {**known, "SDX_STATE_DSN": self._database}[name]

    def _program(self, arguments: list[str]) -> str:
        from sdx_state.cli.main import entry

        out = io.StringIO()
        self._monkeypatch.setattr(sys, "argv", ["sdx-state", *arguments])
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
            try:
                entry()
            except SystemExit as ended:
                self.code = ended.code if isinstance(ended.code, int) else 1
        return _OVERRIDDEN.sub(r"\1", out.getvalue())

    def _edit(self, text: str) -> None:
        head, *lines = text.splitlines()
        assert head.startswith("--- "), "the first line of an edit names its file"
        path = self.folder / head.removeprefix("--- ")
        old = "".join(f"{line[1:]}\n" for line in lines if line[:1] in (" ", "-"))
        new = "".join(f"{line[1:]}\n" for line in lines if line[:1] in (" ", "+"))
        before = path.read_text(encoding="utf-8") if path.exists() else ""
        assert before.count(old) == 1 or not old, f"{path.name} has {before.count(old)} places like this:\n{old}"
        path.write_text(before.replace(old, new) if old else before + new, encoding="utf-8")


@contextlib.contextmanager
def walk(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Walk]:
    """Make what a document starts from, in the empty `folder`, and a tenant on this machine."""
    from sdx_state.sandbox import SandboxOptions, SandboxServer

    start = _START.search(text)
    assert start, "the document does not say what it starts from"
    how = start[2].split(", ")
    place = folder / start[1].rpartition("/")[2]
    if start[1] == "empty":
        place.mkdir()
    else:
        ignored = shutil.ignore_patterns(".sdx", "handoff")
        shutil.copytree(ROOT / start[1], place, ignore=ignored)
    with (
        SandboxServer(
            ":memory:", SandboxOptions(documented="documented" in how, shape="nested" if "nested" in how else "flat")
        ) as tenant,
        _database() if "postgres" in how else contextlib.nullcontext("") as database,
    ):
        monkeypatch.setenv("SDX_API_URL", tenant.url)
        monkeypatch.setenv("SDX_NO_KEYRING", "1")
        if "seeded" in how:
            tenant.store.load_snapshot(SEEDED)
        if "shared" in how:
            tenant.store.load_snapshot(SHARED)
        if "connected" in how or "applied" in how:
            monkeypatch.setenv("SDX_CUSTOMER_UUID", tenant.options.customer_uuid)
            monkeypatch.setenv("SDX_AUTH_TOKEN", tenant.options.auth_token)
        walked = Walk(place, monkeypatch, tenant, database)
        if "applied" in how:
            walked.run(Block("console", "$ sdx-state apply --auto-approve\n", 0))
        yield walked


@contextlib.contextmanager
def _database() -> Iterator[str]:
    """Yield the address of a PostgreSQL server."""
    from tests.state.shared_stores import a_postgres_store

    with a_postgres_store() as opened:
        yield opened.address


def rewritten(text: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a document as its commands say that it should be."""
    with walk(text, folder, monkeypatch) as walked:
        for block in blocks_of(text):
            after = walked.run(block)
            text = text.replace(f"```{block.kind}\n{block.text}```", f"```{block.kind}\n{after.text}```", 1)
    assert walked.code == 0, f"exit code {walked.code} at the end is not in the guide"
    return text


def main(paths: list[str]) -> None:
    """Rewrite the documents at `paths`."""
    import tempfile

    for path in map(Path, paths):
        name = path.resolve()
        with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as monkeypatch:
            after = rewritten(name.read_text(encoding="utf-8"), Path(folder), monkeypatch)
        name.write_text(after, encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
