"""Libraries that start programs pass no credentials to them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from sdx_state.programs.environment import settings_withheld

SECRET = "s3cr3t-canary"


@pytest.fixture
def dumping(tmp_path):
    """A program that records its environment."""
    path = tmp_path / "dump"
    path.write_text(f"#!/bin/sh\nenv > {tmp_path}/told\n")
    path.chmod(0o755)
    return path


def python(code, **environment):
    settings = {"SDX_AUTH_TOKEN": SECRET, "SDX_STATE_KEY": SECRET, "PYTHONPATH": os.pathsep.join(sys.path)}
    inherited = {name: value for name, value in os.environ.items() if name != "SDX_NO_KEYRING"}
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={**inherited, **settings, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    return ended.stdout.strip()


def test_browser_gets_no_settings(tmp_path, dumping):
    code = "import os; from sdx_state.programs.browser import open_browser; "
    code += "print(open_browser('http://127.0.0.1:9/'), os.environ['SDX_AUTH_TOKEN'])"
    assert python(code, BROWSER=str(dumping)) == f"True {SECRET}"
    told = (tmp_path / "told").read_text()
    assert "BROWSER=" in told
    assert "SDX_" not in told
    assert SECRET not in told


@pytest.mark.parametrize("call", ["load('https://x.example')", "save('https://x.example', Credentials('t0ken'))"])
def test_programs_of_a_keyring_get_no_settings(tmp_path, dumping, call):
    (tmp_path / "spawning.py").write_text(f"""
import subprocess
from keyring.backend import KeyringBackend
class Keyring(KeyringBackend):
    @property
    def priority(self):
        subprocess.run([{str(dumping)!r}], check=True)
        return 1
    def get_password(self, service, username):
        subprocess.run([{str(dumping)!r}], check=True)
    def set_password(self, service, username, password):
        subprocess.run([{str(dumping)!r}], check=True)
    def delete_password(self, service, username): ...
""")
    code = "import os, pathlib; from sdx_state.api.credentials import Credentials\n"
    code += "from sdx_state.api.vault import Vault; vault = Vault.of_this_machine(os.environ); "
    code += f"assert vault.where == 'the keyring'; told = pathlib.Path({str(tmp_path / 'told')!r}); "
    code += f"assert 'SDX_' not in told.read_text(); told.unlink(); vault.{call}; print(os.environ['SDX_STATE_KEY'])"
    settings = {"PYTHON_KEYRING_BACKEND": "spawning.Keyring", "XDG_CONFIG_HOME": str(tmp_path)}
    settings["PYTHONPATH"] = os.pathsep.join([str(tmp_path), *sys.path])
    assert python(code, **settings) == SECRET
    told = (tmp_path / "told").read_text()
    assert "SDX_" not in told
    assert SECRET not in told


def test_settings_are_restored_after_a_failure(monkeypatch):
    monkeypatch.setenv("SDX_AUTH_TOKEN", SECRET)
    monkeypatch.setenv("PATH", os.pathsep.join([".", "/usr/bin", ""]))
    before = dict(os.environ)
    with pytest.raises(ValueError, match="x"), settings_withheld():
        assert "SDX_AUTH_TOKEN" not in os.environ
        assert os.environ["PATH"] == "/usr/bin"
        raise ValueError("x")
    assert dict(os.environ) == before
