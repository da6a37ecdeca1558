"""A local CI system: checkouts, caches, artifacts, expressions; and GitHub's API for comments."""

from __future__ import annotations

import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from sdx_state.sandbox import SandboxServer
from tests.conftest import take_settings_away
from tests.state.shared_stores import replace_objects

EXAMPLES = Path(__file__).parents[2] / "examples" / "ci"
GIT = ("git", "-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "init.defaultBranch=main")
STATE_KEY = "0123456789abcdef" * 4
PROJECT = "sdx: 1\napi: {host: demo.surveydynamix.com}\nstate: {backend: postgres}\n"
ONE = "surveys: {a: {name: A}}\n"


class GitHub:
    """Issues and comments of one repository, behind the paths, pages and tokens that GitHub's REST API has."""

    token = "ghs-canary-0815"
    bot = "github-actions[bot]"

    def __init__(self):
        self.issues = {}
        self.comments = {}
        self.next = 1
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def log_message(self, *_):
                pass

            def handle_any(self):
                length = int(self.headers.get("Content-Length") or 0)
                content = json.loads(self.rfile.read(length)) if length else None
                status, answer = outer.answer(self.command, self.path, content, self.headers.get("Authorization"))
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_GET = do_POST = do_PATCH = handle_any

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def add(self, where, login=bot, **content):
        number = self.next
        self.next += 1
        made = {"id": number, "number": number, "user": {"login": login}, "state": "open", **content}
        made["html_url"] = f"https://github.example/{number}"
        where[number] = made
        return made

    def answer(self, method, path, content, authorization):
        if authorization != f"Bearer {self.token}":
            return 401, {}
        parts = urlsplit(path)
        path = parts.path.removeprefix("/repos/acme/surveys/")
        query = {name: value[0] for name, value in parse_qs(parts.query).items()}
        if content and len(content.get("body", "").encode()) > 65_536:
            return 422, {}
        found = re.fullmatch(r"issues/(\d+)/comments", path)
        if found:
            pull = int(found[1])
            if method == "POST":
                return 201, self.add(self.comments, pull=pull, **content)
            return 200, self.page([one for one in self.comments.values() if one["pull"] == pull], query)
        if path == "issues":
            if method == "POST":
                return 201, self.add(self.issues, **content)
            return 200, self.page([one for one in self.issues.values() if one["state"] == query["state"]], query)
        found = re.fullmatch(r"issues/(comments/)?(\d+)", path)
        thing = (self.comments if found[1] else self.issues).get(int(found[2])) if found else None
        if thing is None or method != "PATCH":
            return 404, {}
        thing.update(content)
        return 200, thing

    @staticmethod
    def page(things, query):
        size, number = int(query.get("per_page", 30)), int(query.get("page", 1))
        return things[(number - 1) * size : number * size]


@pytest.fixture
def github():
    with github_of_its_own() as made:
        yield made


@contextmanager
def github_of_its_own():
    made = GitHub()
    try:
        yield made
    finally:
        made.server.shutdown()
        made.server.server_close()


@pytest.fixture(scope="module")
def programs(warm, tmp_path_factory):
    """A folder with `sdx-state` and `python`, for the search path."""
    folder = tmp_path_factory.mktemp("bin")
    (folder / "sdx-state").symlink_to(warm)
    (folder / "python").write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    (folder / "python").chmod(0o755)
    return folder


class Ran:
    """How a job ended, and what it left."""

    def __init__(self, folder):
        self.folder, self.code, self.said, self.summary, self.outputs = folder, 0, "", "", {}


class Runner:
    """Runs jobs of the GitHub workflows as GitHub does: a fresh checkout each, `bash` with its own options, and
    nothing from one job to the next but caches, artifacts, outputs and the database of the state."""

    def __init__(self, repository, programs, github, tenant_url, database, work):
        self.repository, self.programs, self.github, self.work = repository, programs, github, work
        self.tenant_url, self.database = tenant_url, database
        self.workflow = yaml.safe_load((EXAMPLES / "github-actions.yml").read_text())
        self.called = yaml.safe_load((EXAMPLES / "github-environment.yml").read_text())
        for workflow in (self.workflow, self.called):
            assert workflow["defaults"] == {"run": {"shell": "bash"}}
        self.caches, self.artifacts, self.jobs, self.run_id = {}, {}, 0, 100
        self.outputs = {}

    def again(self, repository, github, work):
        """Return a runner that continues from here, in a copy of the repository."""
        made = Runner(repository, self.programs, github, self.tenant_url, self.database, work)
        made.caches, made.artifacts, made.outputs = dict(self.caches), dict(self.artifacts), dict(self.outputs)
        made.run_id = self.run_id
        return made

    def git(self, *arguments):
        subprocess.run([*GIT, *arguments], cwd=self.repository, check=True, capture_output=True)

    def commit(self, name, text, branch="main"):
        """Commit a file to a branch, which is begun at main where it does not exist."""
        known = subprocess.run(
            ["git", "rev-parse", "-q", "--verify", branch], cwd=self.repository, check=False, capture_output=True
        )
        self.git("checkout", "-q", *(["-b"] if known.returncode else []), branch)
        (self.repository / name).write_text(text)
        self.git("add", ".")
        self.git("commit", "-q", "--allow-empty", "-m", name)
        self.git("checkout", "-q", "main")

    def run(self, name, branch="main", attempt=1, environment="", **context):
        """Run a job, that of `environment` if it is called for one."""
        workflow = self.workflow if name in self.workflow["jobs"] else self.called
        job = workflow["jobs"][name]
        self.jobs += 1
        folder = self.work / f"job-{self.jobs}"
        subprocess.run([*GIT, "clone", "-q", str(self.repository), str(folder)], check=True, capture_output=True)
        subprocess.run([*GIT, "checkout", "-q", branch], cwd=folder, check=True, capture_output=True)
        ran = Ran(folder)
        values = {
            "github.run_id": str(self.run_id),
            "github.run_attempt": str(attempt),
            "github.token": self.github.token,
            "github.base_ref": "main",
            "github.repository": "acme/surveys",
            "github.event.pull_request.number": "7",
            "github.event.pull_request.head.repo.full_name": "acme/surveys",
            "github.event.repository.private": "true",
            "secrets.SDX_CUSTOMER_UUID": "00000000-0000-4000-8000-000000000000",
            "secrets.SDX_AUTH_TOKEN": "sandbox",
            "secrets.SDX_STATE_DSN": self.database.address,
            "secrets.SDX_STATE_KEY": STATE_KEY,
            "inputs.environment": environment,
            **self.outputs.get(environment, {}),
            **{key.replace("__", "."): value for key, value in context.items()},
        }
        variables = {one: value for one, value in os.environ.items() if not one.startswith("SDX_C")}
        variables |= {
            "PATH": f"{self.programs}:{os.environ['PATH']}",
            "PYTHONPATH": os.pathsep.join(sys.path),
            "GITHUB_API_URL": self.github.url,
            "GITHUB_REPOSITORY": "acme/surveys",
            "GITHUB_OUTPUT": str(folder / ".git" / "output"),
            "GITHUB_STEP_SUMMARY": str(folder / ".git" / "summary"),
            **self._filled({**workflow["env"], **job.get("env", {})}, values),
        }
        if "SDX_AUTH_TOKEN" in variables:
            variables["SDX_API_URL"] = self.tenant_url
        for step in job["steps"]:
            if not self._wanted(step.get("if", ""), values, ran.code):
                continue
            if "uses" in step:
                getattr(self, step["uses"].partition("@")[0].replace("/", "_").replace("-", "_"))(
                    self._filled(step.get("with", {}), values), folder
                )
            elif not step["run"].startswith("pip install"):
                command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]]
                here = {**variables, **self._filled(step.get("env", {}), values)}
                ended = subprocess.run(command, cwd=folder, env=here, capture_output=True, text=True, check=False)
                ran.code = ran.code or ended.returncode
                ran.said += ended.stdout + ended.stderr
        for file, attribute in (("output", "outputs"), ("summary", "summary")):
            text = (folder / ".git" / file).read_text() if (folder / ".git" / file).exists() else ""
            setattr(ran, attribute, dict(re.findall("(.+?)=(.*)", text)) if attribute == "outputs" else text)
        for output, expression in job.get("outputs", {}).items():
            step = re.fullmatch(r"\$\{\{ steps\.\w+\.outputs\.(\w+) \}\}", expression)
            value = {f"needs.{name}.outputs.{output}": ran.outputs.get(step[1], "")}
            self.outputs = {**self.outputs, environment: {**self.outputs.get(environment, {}), **value}}
        return ran

    @staticmethod
    def _filled(texts, values):
        def value(found):
            name, _, otherwise = found[1].partition(" || ")
            return values[name] or otherwise.strip("'")

        return {key: re.sub(r"\$\{\{ *(.*?) *\}\}", value, str(text)) for key, text in texts.items()}

    @staticmethod
    def _wanted(condition, values, failed):
        condition = condition.removeprefix("${{").removesuffix("}}").strip()
        wanted, anyway = True, False
        for part in condition.split(" && ") if condition else ():
            if part in ("always()", "!cancelled()"):
                anyway = True
                continue
            one, _, other = part.partition(" == ")
            wanted &= values[one] == (values[other] if other else "true")
        return wanted and (anyway or not failed)

    # --- what the actions do

    def actions_checkout(self, _given, _folder): ...

    def actions_setup_python(self, _given, _folder): ...

    def actions_cache_restore(self, given, folder):
        keys = [key for key in self.caches if key == given["key"] or key.startswith(given["restore-keys"])]
        if keys:
            (folder / given["path"]).write_bytes(self.caches[keys[-1]])

    def actions_cache_save(self, given, folder):
        assert given["key"] not in self.caches, "a cache is written once"
        if (folder / given["path"]).exists():
            self.caches[given["key"]] = (folder / given["path"]).read_bytes()

    def actions_upload_artifact(self, given, folder):
        path = folder / given["path"]
        if given.get("if-no-files-found") != "ignore":
            assert path.exists()
        if path.exists():
            kept = self.work / f"artifact-{given['name']}-{self.jobs}"
            shutil.copytree(path, kept) if path.is_dir() else shutil.copy(path, kept)
            self.artifacts[given["name"]] = (given["path"], kept)

    def actions_download_artifact(self, given, folder):
        name, kept = self.artifacts[given["name"]]
        shutil.copy(kept, folder / name)


@pytest.fixture(scope="module")
def one_tenant():
    """A tenant for all tests of a file: a state is bound to its address."""
    with SandboxServer(":memory:") as server:
        yield server, copy_of(server.store)


@pytest.fixture(scope="session")
def database(opened_stores):
    """PostgreSQL for the states of all tests."""
    return opened_stores("postgres")


def objects_in(store):
    """Return the content of every object in a store."""
    return {key: store.get(key).content for key in store.list("")}


@pytest.fixture
def shared(connected, database, monkeypatch):
    """A connected project with an empty state and the environments `prod`, which is chosen, and `test-1`."""
    replace_objects(database.store, {})
    connected.write("sdx.yaml", PROJECT + "environments: {prod: {}, test-1: {}}\n")
    monkeypatch.setenv("SDX_STATE_DSN", database.address)
    monkeypatch.setenv("SDX_ENV", "prod")
    return connected


@pytest.fixture
def tenant(one_tenant):
    server, empty = one_tenant
    put_back(server.store, empty)
    return server


def copy_of(store):
    copy = sqlite3.connect(":memory:", check_same_thread=False)
    store._db.backup(copy)
    return copy


def put_back(store, copy):
    with store._lock:
        copy.backup(store._db)


@pytest.fixture
def runner(project, programs, github, tenant, database, tmp_path):
    """A repository with a project and the workflow's files, and nothing applied yet."""
    replace_objects(database.store, {})
    return begun(Runner(project.folder, programs, github, tenant.url, database, tmp_path))


def begun(runner):
    workflows = runner.repository / ".github" / "workflows"
    workflows.mkdir(parents=True)
    shutil.copy(EXAMPLES / "github_comments.py", workflows)
    runner.git("init", "-q")
    runner.git("add", ".")
    runner.git("commit", "-q", "-m", "a project")
    return runner


@pytest.fixture(scope="module")
def merged_once(one_tenant, programs, database, tmp_path_factory):
    """A runner with what is on the main branch planned and applied, with tenant and state after that."""
    server, empty = one_tenant
    put_back(server.store, empty)
    replace_objects(database.store, {})
    repository, work = tmp_path_factory.mktemp("repository"), tmp_path_factory.mktemp("work")
    with pytest.MonkeyPatch.context() as monkeypatch, github_of_its_own() as github:
        runner = begun(Runner(repository, programs, github, server.url, database, work))
        take_settings_away(monkeypatch, tmp_path_factory)
        runner.commit("sdx.yaml", PROJECT)
        runner.commit("a.yaml", ONE)
        planned = runner.run("plan")
        assert (planned.code, planned.outputs["changes"]) == (0, "2"), planned.said
        applied = runner.run("apply")
        assert applied.code == 0, applied.said
    runner.run_id += 1
    return runner, copy_of(server.store), objects_in(database.store)


@pytest.fixture
def merged(merged_once, github, tenant, tmp_path):
    """A runner whose main branch was planned and applied."""
    once, rows, objects = merged_once
    put_back(tenant.store, rows)
    replace_objects(once.database.store, objects)
    repository = shutil.copytree(once.repository, tmp_path / "repository")
    return once.again(repository, github, tmp_path)


@pytest.fixture
def shell(connected, programs):
    """Runs a script in the project, with `sdx-state` on its path."""
    connected.write("a.yaml", ONE)

    def run(script):
        path = f"{programs}:{os.environ['PATH']}"
        environment = {**os.environ, "PATH": path, "PYTHONPATH": os.pathsep.join(sys.path)}
        command = ["bash", "-eo", "pipefail", "-c", script]
        return subprocess.run(
            command, cwd=connected.folder, env=environment, capture_output=True, text=True, check=False
        )

    run.project = connected
    return run
