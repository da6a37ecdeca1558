"""Claims about security that no other test makes; README.md here lists where each claim is tested."""

from __future__ import annotations

import ast
import os
import re
import shutil
import socket
import ssl
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.parsed import parsed, walk

ROOT = Path(__file__).parents[2]
TWO = "surveys:\n  a: {name: A, questions: [{question_label: Q, question_text: Why?, question_type: text}]}\n"


class Listener:
    """A host on this machine that remembers what reached it."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.received = b""
        self.connections = 0
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            connection.settimeout(0.5)
            try:
                self.received += connection.recv(65536)
            except OSError:
                pass
            finally:
                connection.close()


@pytest.fixture
def listener():
    made = Listener()
    yield made
    made.socket.close()


@pytest.mark.parametrize("host", ["attacker.example", "surveydynamix.com.attacker.example", "xsurveydynamix.com"])
def test_a_project_that_names_a_strange_host_sends_nothing(project, monkeypatch, host):
    asked = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda name, *_, **__: asked.append(name))
    monkeypatch.setenv("SDX_CUSTOMER_UUID", "5f0c0d5e-0000-4000-8000-000000000000")
    monkeypatch.setenv("SDX_AUTH_TOKEN", "canary")
    project.write("sdx.yaml", f"sdx: 1\napi: {{host: {host}}}\n")
    project.write("a.yaml", TWO)
    for command in (["plan"], ["apply", "--auto-approve"], ["pull"], ["drift"], ["capabilities"]):
        ended = project.run(*command)
        assert ended.code == 1
        assert f"the API address is https://{host}, " in ended.err
        assert "The project file names that host" in ended.err
        assert "SDX_API_URL" in ended.err
    assert asked == []


def test_a_strange_host_that_the_environment_names_too_is_asked(project, monkeypatch):
    asked = []

    def unknown(name, *_, **__):
        asked.append(name)
        raise socket.gaierror(socket.EAI_NONAME, "not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    monkeypatch.setattr("time.sleep", lambda _: None)
    project.write("sdx.yaml", "sdx: 1\napi: {host: sdx.company.example}\n")
    project.write("a.yaml", TWO)
    project.connect("https://sdx.company.example/api")
    assert project.run("plan").code == 1
    assert set(asked) == {"sdx.company.example"}


@pytest.mark.parametrize("content", [None, "no certificate\n", ""])
def test_certificates_that_cannot_be_read_are_named(project, tmp_path, monkeypatch, content):
    file = tmp_path / "ca.pem"
    if content is not None:
        file.write_text(content)
    monkeypatch.setenv("SDX_CA_FILE", str(file))
    project.connect("https://demo.surveydynamix.com/api")
    project.write("a.yaml", TWO)
    ended = project.run("plan")
    assert ended.code == 1
    assert str(file) in ended.err
    assert "unset SDX_CA_FILE" in ended.err


@pytest.fixture
def old_tls(tmp_path):
    """A server that speaks nothing newer than TLS 1.1, with a certificate that is trusted."""
    openssl = shutil.which("openssl")
    assert openssl, "openssl makes the certificate of this test"
    key, made = tmp_path / "key.pem", tmp_path / "cert.pem"
    request = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    names = ["-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"]
    subprocess.run([openssl, *request, *names, "-keyout", key, "-out", made], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(made, key)
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        context.minimum_version = ssl.TLSVersion.TLSv1
        context.maximum_version = ssl.TLSVersion.TLSv1_1
    listening = socket.create_server(("127.0.0.1", 0))
    reached = []

    def serve():
        while True:
            try:
                connection, _ = listening.accept()
                reached.append(context.wrap_socket(connection, server_side=True).recv(1000))
            except ssl.SSLError:
                continue
            except OSError:
                return

    threading.Thread(target=serve, daemon=True).start()
    yield f"https://localhost:{listening.getsockname()[1]}/api", made, reached
    listening.close()


def test_no_request_goes_over_tls_older_than_1_2(project, old_tls, monkeypatch):
    url, certificate, reached = old_tls
    monkeypatch.setattr("time.sleep", lambda _: None)
    monkeypatch.setenv("SDX_CA_FILE", str(certificate))
    project.connect(url)
    project.write("a.yaml", TWO)
    ended = project.run("plan")
    assert ended.code == 1
    assert "TLS handshake failed" in ended.err
    assert reached == []


def test_a_bug_shows_where_it_is_and_no_values(connected, monkeypatch):
    connected.connect("http://127.0.0.1:9/api", token="canary-7f3a")

    def broken(self, request):
        unseen = self._headers["Authorization"]
        raise ZeroDivisionError(f"{unseen} canary-7f3a")

    monkeypatch.setattr("sdx_state.api.transport.HttpTransport._exchange", broken)
    connected.write("a.yaml", TWO)
    ended = connected.run("plan")
    assert ended.code == 1
    assert "ZeroDivisionError" in ended.err
    assert "This is a bug in sdx-state" in ended.err
    assert "canary" not in ended.err
    assert "[redacted] [redacted]" in ended.err


def test_colours_are_for_terminals_and_json_is_ascii(connected):
    connected.write("a.yaml", "surveys: {a: {name: Grüezi 漢字 🎉}}\n")
    plain = connected.run("plan")
    assert "\x1b" not in plain.out + plain.err
    assert connected.run("plan", "--format", "json").out.isascii()
    assert connected.run("validate", "--format", "json").out.isascii()


def test_with_any_umask_private_files_are_the_owners_alone(connected):
    connected.write("a.yaml", TWO)
    before = os.umask(0)
    try:
        assert connected.apply().code == 0
        assert connected.run("plan", "--out", str(connected.folder / "plan.json")).code == 0
    finally:
        os.umask(before)
    hidden = connected.folder / ".sdx"
    kept = [hidden, *hidden.rglob("*")]
    assert len(kept) > 5
    for path in kept:
        assert path.stat().st_mode & 0o077 == 0, path
    assert (connected.folder / "plan.json").stat().st_mode & 0o077 == 0


def test_a_state_that_is_a_link_is_refused_and_the_link_stays(connected, tmp_path):
    connected.write("a.yaml", TWO)
    assert connected.apply().code == 0
    state, elsewhere = connected.folder / ".sdx" / "state.json", tmp_path / "elsewhere.json"
    state.rename(elsewhere)
    state.symlink_to(elsewhere)
    before = elsewhere.read_bytes()
    for command in (["plan"], ["apply", "--auto-approve"], ["state", "list"]):
        ended = connected.run(*command)
        assert ended.code == 7
        assert "symbolic link" in ended.err
    assert state.is_symlink()
    assert elsewhere.read_bytes() == before


def test_a_folder_that_is_a_link_is_followed(connected, tmp_path):
    connected.write("a.yaml", TWO)
    (tmp_path / "kept").mkdir(mode=0o700)
    (connected.folder / ".sdx").symlink_to(tmp_path / "kept")
    assert connected.apply().code == 0
    assert (tmp_path / "kept" / "state.json").is_file()


def test_a_state_that_everybody_can_write_is_refused(connected, proxy):
    connected.write("a.yaml", TWO)
    assert connected.apply().code == 0
    (connected.folder / ".sdx").chmod(0o777)
    writes = len(proxy.writes())
    ended = connected.apply()
    assert ended.code == 7
    assert "chmod go-w" in ended.err
    assert len(proxy.writes()) == writes


def test_a_state_of_another_user_is_refused_except_by_root(tmp_path, monkeypatch):
    from sdx_state.state.ownership import why_not_private

    if os.geteuid() == 0:
        os.chown(tmp_path, 65534, -1)
    owner = tmp_path.stat().st_uid
    monkeypatch.setattr("sdx_state.state.platform.os.geteuid", lambda: owner + 1)
    assert "belongs to another user" in why_not_private(tmp_path)
    for allowed in (owner, 0):
        monkeypatch.setattr("sdx_state.state.platform.os.geteuid", lambda uid=allowed: uid)
        assert why_not_private(tmp_path) is None


def test_a_state_in_git_is_an_error_of_validate(connected):
    connected.write("a.yaml", TWO)
    assert connected.apply().code == 0
    git = ["git", "-C", str(connected.folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    assert connected.run("validate").code == 0
    subprocess.run([*git, "add", "-f", ".sdx/state.json"], check=True)
    ended = connected.run("validate")
    assert ended.code == 1
    assert ".sdx/state.json" in ended.err
    assert "git rm --cached" in ended.err


@pytest.mark.parametrize(
    "name", [".sdx/state.runs/1", ".sdx/notes", ".sdx/a/b.schema.json", ".SDX/state.json", ".sdx"]
)
@pytest.mark.parametrize("form", ["file", "link"])
def test_anything_below_the_state_folder_that_git_tracks_is_an_error_of_validate(project, name, form):
    project.write("a.yaml", TWO)
    path = project.folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    if form == "link":
        path.symlink_to("../docs")
    else:
        path.write_text("")
    git = ["git", "-C", str(project.folder)]
    subprocess.run([*git, "init", "-q"], check=True)
    assert project.run("validate").code == 0
    subprocess.run([*git, "add", "-f", name], check=True)
    ended = project.run("validate")
    assert ended.code == 1
    assert f"git rm --cached {name}," in ended.err
    assert ("symbolic link" in ended.err) == (form == "link")


def test_init_keeps_state_hand_off_and_plans_out_of_git(tmp_path):
    from sdx_state.config.scaffold import scaffold

    scaffold(tmp_path, "demo.surveydynamix.com")
    subprocess.run(["git", "-C", str(tmp_path), "init", "-q"], check=True)
    for name in (".sdx/state.json", ".sdx/state.journal.jsonl", "handoff/users.csv"):
        ignored = subprocess.run(["git", "-C", str(tmp_path), "check-ignore", "-q", name], check=False)
        assert ignored.returncode == 0, name


FORBIDDEN_CALLS = {"eval", "exec", "compile", "__import__"}
FORBIDDEN_MODULES = {"pickle", "marshal", "shelve"}


def test_no_code_is_made_of_data_and_no_error_is_swallowed_whole():
    for path in sorted((ROOT / "sdx_state").rglob("*.py")):
        nodes = walk(parsed(path))
        imported = {one.name for node in nodes if isinstance(node, ast.Import) for one in node.names}
        assert not imported & FORBIDDEN_MODULES, path
        for node in nodes:
            if isinstance(node, ast.Call):
                assert not makes_code(node, pyyaml="yaml" in imported), f"{path}:{node.lineno}"
            elif isinstance(node, ast.ExceptHandler):
                broad = node.type is None or (isinstance(node.type, ast.Name) and node.type.id == "BaseException")
                silent = all(isinstance(one, ast.Pass) for one in node.body)
                assert not (broad and silent), f"{path}:{node.lineno}"
                assert node.type is not None, f"{path}:{node.lineno}"


def makes_code(call, *, pyyaml):
    """Tell whether a call makes code of data, starts a shell or verifies no certificate."""
    called = call.func
    named = {keyword.arg: keyword.value for keyword in call.keywords}
    for argument, value in (("shell", True), ("verify", False)):
        given = named.get(argument)
        if isinstance(given, ast.Constant) and given.value is value:
            return True
    if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
        name = (called.value.id, called.attr)
        return name == ("os", "system") or (pyyaml and name == ("yaml", "load"))
    return isinstance(called, ast.Name) and called.id in FORBIDDEN_CALLS


@pytest.mark.parametrize(
    "code",
    ["eval(x)", "run(x, shell=True)", "get(x, verify=False)", "os.system(x)", "yaml.load(x)"],
)
def test_a_call_that_makes_code_would_be_noticed(code):
    assert makes_code(ast.parse(code, mode="eval").body, pyyaml=True)


def test_every_claim_is_listed_with_tests_that_exist():
    text = (Path(__file__).parent / "README.md").read_text(encoding="utf-8")
    rows = dict(re.findall(r"^\| (\d+) \| (.*) \|$", text, re.MULTILINE))
    assert [int(number) for number in rows] == list(range(1, len(rows) + 1))
    for number, row in rows.items():
        named = re.findall(r"`(tests/[\w/.]+\.py)(?:::(\w+))?`", row)
        assert named or "Does not apply" in row, f"claim {number} names no test"
        for file, name in named:
            source = (ROOT / file).read_text(encoding="utf-8")
            assert not name or f"def {name}(" in source, f"claim {number}: {file} has no {name}"


def test_no_command_has_an_option_for_credentials():
    help_texts = subprocess.run(
        [sys.executable, "-c", "from sdx_state.cli.main import entry; entry()", "--help"],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    ).stdout
    assert "apply" in help_texts

    import click

    from sdx_state.cli.main import cli

    def options(command, context):
        yield from (option for one in command.params if not getattr(one, "is_flag", False) for option in one.opts)
        if isinstance(command, click.Group):
            for name in command.list_commands(context):
                inner = command.get_command(context, name)
                yield from options(inner, click.Context(inner, parent=context, info_name=name))

    named = set(options(cli, click.Context(cli)))
    assert "--client-id" in named
    assert not {name for name in named if re.search(r"token|password|secret|credential|uuid", name)}
