"""`sdx.yaml`: defaults, environments, the process environment, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdx_state.config.configuration import load_configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.project import load_project
from sdx_state.config.settings import Api, Limits, SandboxSettings
from sdx_state.model.diagnostic import Diagnostic

TENANT = "5f0c0d5e-0000-4000-8000-000000000001"
FULL = f"""\
sdx: 1
api: {{host: au1.surveydynamix.com, capabilities: documented, parallelism: 4}}
tenant: {TENANT}
state: {{backend: local}}
limits: {{deletes: 5}}
sandbox: {{shape: nested}}
variables: {{company: Acme, phone: "010"}}
environments:
  demo:
    api: {{host: demo.surveydynamix.com}}
    tenant: 5f0c0d5e-0000-4000-8000-000000000002
    limits: {{deletes_percent: 50}}
    sandbox: {{documented: true}}
    variables: {{company: Acme Demo}}
  local: {{api: {{url: "http://127.0.0.1:8080/api"}}}}
  empty:
"""


def refused(files: Any, text: str, environment: str | None = None) -> list[Diagnostic]:
    files.write("sdx.yaml", text)
    with pytest.raises(ConfigurationError) as caught:
        load_project(files.folder, environment, {})
    return list(caught.value.diagnostics)


def test_the_smallest_project_has_safe_defaults(files: Any) -> None:
    files.write("sdx.yaml", "sdx: 1\n")
    project = load_project(files.folder, None, {})
    assert project.api == Api(host=None, url=None, capabilities="auto", parallelism=8)
    assert project.limits == Limits(deletes=3, deletes_percent=10)
    assert project.sandbox == SandboxSettings(shape="flat", documented=False)
    assert (project.tenant, project.state.backend, project.environment) == (None, "local", None)


def test_all_messages_are_read(files: Any) -> None:
    files.write("sdx.yaml", FULL)
    project = load_project(files.folder, None, {})
    assert project.api == Api("au1.surveydynamix.com", None, "documented", 4)
    assert project.tenant == TENANT
    assert project.limits == Limits(5, 10)
    assert project.variables == {"company": "Acme", "phone": "010"}
    assert project.environments == ("demo", "local", "empty")


def test_an_environment_is_laid_over_the_project(files: Any) -> None:
    files.write("sdx.yaml", FULL)
    project = load_project(files.folder, "demo", {})
    assert project.api == Api("demo.surveydynamix.com", None, "documented", 4)
    assert project.tenant is not None
    assert project.tenant.endswith("2")
    assert project.limits == Limits(5, 50)
    assert project.sandbox == SandboxSettings("nested", True)
    assert project.variables == {"company": "Acme Demo", "phone": "010"}
    assert project.environment == "demo"
    assert load_project(files.folder, "empty", {}).limits == Limits(5, 10)


def test_an_environment_that_names_a_host_is_not_sent_to_the_address_beneath_it(files: Any) -> None:
    files.write(
        "sdx.yaml",
        'sdx: 1\napi: {url: "https://a.example.com/api"}\nenvironments: {x: {api: {host: b.example.com}}}\n',
    )
    assert load_project(files.folder, "x", {}).api == Api("b.example.com", None)


def test_the_process_environment_sets_the_address_and_variables_and_nothing_else(files: Any) -> None:
    files.write("sdx.yaml", FULL)
    environ = {
        "SDX_API_URL": "https://proxy.example.com/api",
        "SDX_VAR_company": "Other",
        "SDX_VAR_new": "New",
        "SDX_VAR_": "nothing",
        "SDX_AUTH_TOKEN": "secret-token",
        "SDX_ACCESS_TOKEN": "secret-access",
        "SDX_CUSTOMER_UUID": "secret-uuid",
    }
    project = load_project(files.folder, "local", environ)
    assert project.api.url == "https://proxy.example.com/api"
    assert project.variables == {"company": "Other", "phone": "010", "new": "New"}
    assert "secret" not in repr(project)


def test_a_folder_without_a_project_says_how_to_start_one(tmp_path: Path) -> None:
    (tmp_path / "other.yaml").write_text("anything: [goes\n")
    for load in (load_project, load_configuration):
        with pytest.raises(ConfigurationError) as caught:
            load(tmp_path, None, {})
        (diagnostic,) = caught.value.diagnostics
        assert diagnostic.source.file == "sdx.yaml"
        assert "`sdx-state init`" in str(diagnostic.help)


def test_newer_format_is_refused_by_name_and_nothing_else_is_reported(files: Any) -> None:
    (diagnostic,) = refused(files, "sdx: 2\nnew_section: {}\n")
    assert str(diagnostic) == (
        "sdx.yaml:1:6: this project is written in format 2; this version of sdx-state reads format 1"
    )
    assert diagnostic.help == "install a newer sdx-state"


def test_an_unknown_environment_lists_the_known_ones(files: Any) -> None:
    (diagnostic,) = refused(files, FULL, "demmo")
    assert str(diagnostic) == "sdx.yaml:8:1: there is no environment `demmo`"
    assert diagnostic.help == "did you mean `demo`?"
    assert refused(files, FULL, "zzz")[0].help == "known: `demo`, `empty`, `local`"
    assert refused(files, "sdx: 1\n", "zzz")[0].help == "none is declared under `environments:`"


REFUSED = [
    ("", "1:1: missing required field `sdx` in this file", None),
    ("sdx: 0\n", "1:6: `sdx` must be 1", None),
    ("sdx: '1'\n", "1:6: `sdx` must be 1", None),
    ("sdx: 1\nlimit: {}\n", "2:1: unknown section `limit`", "did you mean `limits`?"),
    ("sdx: 1\napi: {paralelism: 4}\n", "2:7: unknown field `paralelism`", "did you mean `parallelism`?"),
    ("sdx: 1\napi: {parallelism: 0}\n", "2:20: `parallelism` must be at least 1", None),
    ("sdx: 1\napi: {parallelism: yes}\n", "2:20: `parallelism` must be a whole number, and this is `yes`", None),
    ("sdx: 1\napi: {capabilities: writeable}\n", "2:21: `capabilities` cannot be `writeable`",
     "did you mean `writable`?"),
    ("sdx: 1\napi: {host: https://x.com}\n", "2:13: `host` cannot be `https://x.com`",
     "a host is a name such as au1.surveydynamix.com, without https:// and path"),
    ("sdx: 1\napi: {url: 'http://x.com/api'}\n",
     "2:12: http:// would send the credentials unencrypted to x.com: use https://", None),
    ("sdx: 1\napi: {host: 10.0.0.1}\n", "2:13: 10.0.0.1 is an IP address: use a host name", None),
    ("sdx: 1\napi: {url: 'https://u:p@x.com/api'}\n", "2:12: `url` cannot be `https://u:p@x.com/api`", None),
    ("sdx: 1\napi: {url: 'https://x.com:99999/api'}\n",
     "2:12: the API URL is malformed: invalid host or port", None),
    ("sdx: 1\napi: {host: a.com, url: 'https://b.com'}\n", "2:20: `host` and `url` say the same thing", None),
    ("sdx: 1\ntenant: acme\n", "2:9: `tenant` cannot be `acme`", None),
    ("sdx: 1\nstate: {backend: S3}\n",
     "2:18: `backend` cannot be `S3`", "a store is named in small letters, digits and hyphens"),
    ("sdx: 1\nstate: {backend: vault, settings: x}\n",
     "2:35: `settings` must be a mapping, and this is `x`", None),
    ("sdx: 1\nlimits: {deletes: '3'}\n", "2:19: `deletes` must be a whole number, and this is `3`",
     "write `3` without quotes"),
    ("sdx: 1\nlimits: {deletes_percent: 101}\n", "2:27: `deletes_percent` must be at most 100", None),
    ("sdx: 1\nvariables: {a: 1.10}\n", "2:16: `a` must be a string, got `1.10`", 'quote this: "1.10"'),
    ("sdx: 1\nvariables: {a: true}\n", "2:16: `a` must be a string, got `true`", 'quote this: "true"'),
    ("sdx: 1\nvariables: {'a b': x}\n",
     "2:13: `a b` cannot be a key here: a variable's name is letters, digits, _ and -", None),
    ("- sdx\n", "1:1: this file must be a mapping, and this is a list", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said", "hint"), REFUSED)
def test_errors_are_reported_at_their_place(files: Any, text: str, said: str, hint: str | None) -> None:
    diagnostic = refused(files, text)[0]
    assert str(diagnostic) == f"sdx.yaml:{said}"
    if hint is not None:
        assert diagnostic.help == hint


def test_http_is_for_this_machine(files: Any) -> None:
    for host in ("127.0.0.1:8080", "localhost", "[::1]:80"):
        files.write("sdx.yaml", f"sdx: 1\napi: {{url: 'http://{host}/api'}}\n")
        assert load_project(files.folder, None, {}).api.url == f"http://{host}/api"


def test_a_broken_project_file_does_not_hide_what_is_wrong_in_the_others(files: Any) -> None:
    files.write("sdx.yaml", "sdx: 1\nfoo: 1\n")
    files.write("a.yaml", "surveys: {s: {name: 'S ${var.x}', nmae: x}}\n")
    assert files.said() == ["a.yaml:1:35: unknown field `nmae`", "sdx.yaml:2:1: unknown section `foo`"]


def test_an_environment_that_names_a_store_says_all_that_it_needs(files: Any) -> None:
    files.write(
        "sdx.yaml",
        "sdx: 1\napi: {host: demo.surveydynamix.com}\nstate: {backend: vault, settings: {mount: a, depth: 1}}\n"
        "environments: {d: {state: {backend: local}}, e: {}}\n",
    )
    vault, local, same = (load_project(files.folder, environment, {}).state for environment in (None, "d", "e"))
    assert (vault.backend, vault.settings) == ("vault", {"mount": "a", "depth": 1})
    assert (local.backend, local.settings) == ("local", {})
    assert same == vault
    assert str(vault.source) == "sdx.yaml:3:18"
