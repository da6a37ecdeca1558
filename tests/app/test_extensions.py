"""Installed packages add rules, lints, formats and state backends; one that goes wrong is an error with its name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sdx_state.app.extensions import extensions

PACKAGES = Path(__file__).parent
SURVEYS = """
surveys:
  friday: {name: Friday, greeting_text: Hello from Acme}
  monday: {name: Monday, greeting_text: Hello}
"""


def install(package: str, target: Path) -> Path:
    """Install the package with pip, without a network and without what it is built with being looked for."""
    options = ("--no-deps", "--no-build-isolation", "--no-index", "--disable-pip-version-check", "--quiet")
    command = [sys.executable, "-m", "pip", "install", *options, "--target", str(target), str(PACKAGES / package)]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return target


@pytest.fixture(scope="module")
def example_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return install("sdx-example", tmp_path_factory.mktemp("example"))


@pytest.fixture(autouse=True)
def forgotten() -> Iterator[None]:
    yield
    for name in [name for name in sys.modules if name.startswith(("sdx_example", "sdx_broken"))]:
        del sys.modules[name]


@pytest.fixture
def example(connected: Any, example_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(example_folder))
    connected.write("surveys.yaml", SURVEYS)
    return connected


@pytest.fixture
def add(connected: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Any]:
    """Have a package `sdx-broken` installed that has one extension, of a group, with this code."""
    connected.write("surveys.yaml", SURVEYS)

    def install(group: str, code: str) -> Any:
        folder = tmp_path / "installed"
        metadata = folder / "sdx_broken-0.1.dist-info"
        metadata.mkdir(parents=True)
        (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: sdx-broken\nVersion: 0.1\n")
        (metadata / "entry_points.txt").write_text(f"[sdx_state.{group}]\nbad = sdx_broken:bad\n")
        (folder / "sdx_broken.py").write_text(code)
        monkeypatch.syspath_prepend(str(folder))
        return connected

    return install


def found(project: Any, *arguments: str) -> list[tuple[str, str, str | None]]:
    ended = project.run("plan", "--format", "json", *arguments)
    return [(one["code"], one["severity"], one["address"]) for one in json.loads(ended.out)["diagnostics"]]


def test_without_a_package_there_are_none_and_metadata_is_not_imported(tmp_path: Path) -> None:
    assert extensions(tmp_path).all == ()
    code = (
        "import sys; from pathlib import Path; from sdx_state.app.extensions import extensions;"
        "assert extensions(Path('.')).all == (); assert 'importlib.metadata' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)


@pytest.mark.soak
def test_a_package_adds_one_of_each_sort(example: Any) -> None:
    added = extensions(example.folder)
    assert {(one.group, one.name, one.package) for one in added.all} == {
        ("rules", "no-friday", "sdx-example 1.0"),
        ("rules", "friday-renamed", "sdx-example 1.0"),
        ("lints", "greeting-without-brand", "sdx-example 1.0"),
        ("formats", "csv", "sdx-example 1.0"),
        ("state_backends", "folder", "sdx-example 1.0"),
    }


def test_a_rule_warns_at_the_change_and_where_it_is_declared(example: Any) -> None:
    assert example.apply().code == 0
    example.write("surveys.yaml", SURVEYS.replace("Hello}", "Welcome}"))
    ended = example.run("plan", "--format", "json")
    assert ended.code == 0, ended.err
    (said,) = [one for one in json.loads(ended.out)["diagnostics"] if one["code"] == "no-friday"]
    assert (said["severity"], said["address"]) == ("warning", "survey.monday")
    assert said["source"]["file"] == "surveys.yaml"
    assert said["source"]["line"] == 4


def test_the_example_of_the_guide_does_what_it_says(example: Any, tmp_path: Path) -> None:
    from sdx_state import Project
    from sdx_state.model.diagnostic import Diagnostic
    from sdx_state.model.field_path import FieldPath
    from sdx_state.model.plan import Action, FieldChange, Risk
    from sdx_state.state.local import LocalStore

    text = (Path(__file__).parents[2] / "sdx_state/guides/rules.md").read_text(encoding="utf-8")
    section = text.partition("\n## Rules in Python\n")[2].partition("\n## ")[0]
    (code,) = [block.removeprefix("python\n") for block in section.split("```") if block.startswith("python\n")]
    names: dict[str, Any] = {
        "Action": Action,
        "Diagnostic": Diagnostic,
        "Risk": Risk,
        "LocalStore": LocalStore,
        "Path": Path,
    }
    exec(code, names)  # noqa: S102 - the guide's own example
    project = Project.open(example.folder)
    said = list(names["greeting_without_brand"](project.configuration))
    assert [(one.code, one.address, str(one.source)) for one in said] == [
        ("greeting-without-brand", "survey.monday", "surveys.yaml:4:26")
    ]
    plan = project.plan().plan
    assert names["csv_of"](plan, (), None) == "create,survey.friday\ncreate,survey.monday\n"
    gone = replace(plan.changes[0], action=Action.DELETE)
    assert names["no_friday"](gone, None).severity == "error"
    assert names["no_friday"](plan.changes[0], None) is None
    renamed = replace(plan.changes[0], action=Action.UPDATE, fields=(FieldChange(FieldPath("name"), "A", "B"),))
    assert names["friday_renamed"](renamed, None).level == "critical"
    assert names["friday_renamed"](plan.changes[0], None) is None
    store = names["folder"]("state", {"path": str(tmp_path)}, key=None, machine=project._place.machine)
    assert not store.exists()


def test_an_error_of_a_rule_forbids_applying(example: Any, tenant: Any) -> None:
    assert example.apply().code == 0
    example.write("surveys.yaml", SURVEYS.replace("  friday: {name: Friday, greeting_text: Hello from Acme}\n", ""))
    allowed = ("--allow-deletes", "1", "--allow", "survey.friday")
    assert ("no-friday", "error", "survey.friday") in found(example)
    refused = example.apply(*allowed)
    assert refused.code == 1
    assert "survey.friday is about Fridays and stays" in refused.out + refused.err
    assert {row["name"] for row in tenant.store.rows("surveys")} == {"Friday", "Monday"}


RENAMED = SURVEYS.replace("name: Friday", "name: Day Five")
POLICY = "  - {rule: friday-renamed, reason: reports were changed, expires: 2999-01-31}\n"


def risks(project: Any, address: str) -> list[tuple[str, str]]:
    ended = project.run("plan", "--format", "json")
    (change,) = [one for one in json.loads(ended.out)["resource_changes"] if one["address"] == address]
    return [(one["rule"], one["level"]) for one in change["risks"]]


def test_a_critical_risk_of_a_rule_stops_apply_until_its_address_is_allowed(example: Any, tenant: Any) -> None:
    assert example.apply().code == 0
    example.write("surveys.yaml", RENAMED)
    assert ("friday-renamed", "critical") in risks(example, "survey.friday")
    planned = example.run("plan")
    assert planned.code == 6
    assert "survey.friday is critical: reports find this survey by its name" in planned.out + planned.err
    refused = example.apply("--auto-approve")
    assert refused.code == 6
    assert "--allow survey.friday" in refused.out + refused.err
    assert {row["name"] for row in tenant.store.rows("surveys")} == {"Friday", "Monday"}
    assert example.apply("--auto-approve", "--allow", "survey.friday").code == 0
    assert {row["name"] for row in tenant.store.rows("surveys")} == {"Day Five", "Monday"}


def test_a_critical_risk_of_a_rule_stops_undo_too(example: Any, tenant: Any) -> None:
    assert example.apply().code == 0
    example.write("surveys.yaml", RENAMED)
    assert example.apply("--auto-approve", "--allow", "survey.friday").code == 0
    assert example.run("undo", "last", "--auto-approve").code == 6
    assert {row["name"] for row in tenant.store.rows("surveys")} == {"Day Five", "Monday"}


def test_a_risk_that_a_package_brought_after_the_review_stops_the_saved_plan(
    connected: Any, example_folder: Path, monkeypatch: Any, tenant: Any
) -> None:
    connected.write("surveys.yaml", SURVEYS)
    assert connected.apply().code == 0
    connected.write("surveys.yaml", RENAMED)
    saved = str(connected.folder / "plan.sdxplan")
    assert connected.run("plan", "--out", saved).code == 0
    monkeypatch.syspath_prepend(str(example_folder))
    refused = connected.run("apply", saved)
    assert refused.code == 6
    assert "reports find this survey by its name" in refused.err
    assert "--allow survey.friday" in refused.err
    assert {row["name"] for row in tenant.store.rows("surveys")} == {"Friday", "Monday"}


def test_the_python_interface_refuses_a_critical_risk_of_a_rule(example: Any) -> None:
    from sdx_state import Project, Refused

    assert example.apply().code == 0
    example.write("surveys.yaml", RENAMED)
    review = Project.open(example.folder).plan()
    with pytest.raises(Refused, match=r"survey\.friday is critical"):
        review.approve()
    assert review.approve(allow=["survey.friday"]).plan is review.plan


@pytest.mark.parametrize(
    ("policy", "graded"),
    [
        (POLICY, None),
        (POLICY.replace("reason", "level: medium, reason"), "medium"),
        (POLICY.replace("rule: friday-renamed", "rule: friday-*"), None),
        (POLICY.replace("2999", "2020"), "critical"),
    ],
)
def test_a_policy_changes_the_risk_of_a_rule(example: Any, policy: str, graded: str | None) -> None:
    assert example.apply().code == 0
    example.write("surveys.yaml", RENAMED)
    example.write("sdx.yaml", f"sdx: 1\napi: {{host: demo.surveydynamix.com}}\nrisk:\n{policy}")
    found_now = dict(risks(example, "survey.friday"))
    assert found_now.get("friday-renamed") == graded
    assert "unknown-rule" not in {code for code, _, _ in found(example)}


@pytest.mark.parametrize("format", ["text", "json", "markdown", "html", "junit", "sarif", "codequality", "github"])
def test_every_format_names_the_risk_of_a_rule(example: Any, format: str) -> None:
    assert example.apply().code == 0
    example.write("surveys.yaml", RENAMED)
    assert "reports find this survey by its name" in example.run("plan", "--format", format).out


@pytest.mark.parametrize(
    ("risk", "message"),
    [
        (
            "Risk('bad', 'blocked', 'x')",
            "returned a Risk of the level 'blocked', and must return low, medium, high or",
        ),
        ("Risk('bad', 'grave', 'x')", "returned a Risk of the level 'grave', and must return low, medium, high"),
        ("Risk('worse', 'low', 'x')", "returned a Risk of the rule 'worse', and must name itself: 'bad'"),
    ],
)
def test_risk_without_a_name_or_possible_consent_is_an_error(add: Any, risk: str, message: str) -> None:
    project = add("rules", f"from sdx_state.model.plan import Risk\ndef bad(change, facts): return {risk}\n")
    ended = project.apply()
    assert ended.code == 1
    assert f"rule `bad` of sdx-broken 0.1 {message}" in " ".join((ended.out + ended.err).split())


def test_an_error_of_a_rule_forbids_undo_and_destroy(example: Any, tenant: Any) -> None:
    assert example.apply().code == 0
    run = example.run("history").out.split()[0]
    allowed = ("--auto-approve", "--allow-deletes", "2", "--allow", "survey.*")
    for command in (("undo", run), ("destroy",)):
        refused = example.run(*command, *allowed)
        assert refused.code == 1, command
        assert "is about Fridays and stays" in refused.out + refused.err
    assert len(tenant.store.rows("surveys")) == 2


def test_a_lint_warns_in_validate_and_in_plan(example: Any) -> None:
    for command in ("validate", "plan"):
        ended = example.run(command)
        assert ended.code == 0
        said = ended.err if command == "validate" else ended.out
        assert "surveys.yaml:4:" in said
        assert "survey.monday greets without naming Acme" in said
    assert example.run("validate", "--strict").code == 1


def test_a_format_of_a_package_is_printed_and_written(example: Any) -> None:
    shown = example.run("plan", "--format", "csv")
    assert shown.out == "create,survey.friday\ncreate,survey.monday\n"
    target = example.folder / "plan.csv"
    assert example.run("plan", "--format", f"csv={target}", "--format", "json").code == 0
    assert target.read_text() == shown.out


def test_rules_and_lints_are_explained_by_what_they_say_of_themselves(example: Any) -> None:
    told = example.run("explain", "no-friday")
    assert told.out == "rule `no-friday` of sdx-example 1.0\n\nSurveys about Fridays stay.\n"
    assert "Every greeting names the brand." in example.run("explain", "greeting-without-brand").out
    assert "Did you mean no-friday?" in example.run("explain", "no-fridays").err


def test_an_unknown_format_suggests_the_nearest(example: Any) -> None:
    wrong = example.run("plan", "--format", "cvs")
    assert wrong.code == 2
    assert "there is no format `cvs`. Did you mean `csv`?" in wrong.err
    assert "Did you mean `markdown`?" in example.run("plan", "--format", "markdwon").err


def test_a_state_backend_of_a_package_keeps_the_state(example: Any, tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir(mode=0o700)
    text = (
        f"sdx: 1\napi: {{host: demo.surveydynamix.com}}\nstate: {{backend: folder, settings: {{path: {shared}}}}}\n"
    )
    example.write("sdx.yaml", text)
    ended = example.apply()
    assert ended.code == 0, ended.err
    assert "survey.friday" in example.run("state", "list").out
    assert any(path.name.startswith("state") for path in shared.iterdir())
    assert not any(path.name.startswith("state") for path in (example.folder / ".sdx").glob("*"))
    assert example.run("plan", "--detailed-exitcode").code == 0


def test_the_python_interface_has_the_state_of_the_package_too(example: Any, tmp_path: Path) -> None:
    from sdx_state import Project

    shared = tmp_path / "shared"
    shared.mkdir(mode=0o700)
    text = (
        f"sdx: 1\napi: {{host: demo.surveydynamix.com}}\nstate: {{backend: folder, settings: {{path: {shared}}}}}\n"
    )
    example.write("sdx.yaml", text)
    project = Project.open(example.folder)
    review = project.plan()
    assert len(project.apply(review.approve()).of("done")) == 2
    assert any(path.name.startswith("state") for path in shared.iterdir())


def test_a_state_backend_that_is_not_installed_is_an_error_at_its_place(example: Any) -> None:
    example.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nstate: {backend: foldr}\n")
    for command in ("validate", "plan", "apply"):
        wrong = example.run(command)
        assert wrong.code == 1
        assert "sdx.yaml:3:18: error[unknown-backend]: there is no state backend `foldr`" in wrong.err
        assert "Did you mean `folder`?" in wrong.err
    listed = example.run("state", "list")
    assert listed.code == 7
    assert "there is no state backend `foldr`" in listed.err
    assert not (example.folder / ".sdx" / "state.json").exists()


def test_option_that_a_package_would_not_read_is_an_error(example: Any) -> None:
    text = (
        "sdx: 1\napi: {host: demo.surveydynamix.com}\nstate: {backend: folder, lineage: 5f0c, settings: {path: x}}\n"
    )
    example.write("sdx.yaml", text)
    wrong = example.run("validate")
    assert wrong.code == 1
    assert "error[state-option]: the state backend `folder` is of a package, and has no option `lineage`" in wrong.err
    assert "`settings: {lineage: ...}`" in wrong.err
    assert "no option `path`" not in wrong.err


def test_a_rule_that_crashes_names_the_change_and_its_package(add: Any, tenant: Any) -> None:
    project = add("rules", "def bad(change, facts): return 1 / ('friday' not in change.address) and None\n")
    project.write("more.yaml", "surveys:\n  friday-2: {name: Friday 2}\n")
    assert ("extension-failed", "error", "survey.friday-2") in found(project)
    ended = project.apply()
    assert ended.code == 1
    told = " ".join((ended.out + ended.err).split())
    assert "more.yaml:2" in told
    assert "rule `bad` of sdx-broken 0.1 failed on survey.friday-2: ZeroDivisionError: division by zero" in told
    assert "(and on 1 more changes)" in told
    assert "pip uninstall sdx-broken" in told
    assert "Traceback" not in told
    assert tenant.store.rows("surveys") == []


@pytest.mark.parametrize(
    ("code", "message"),
    [
        (
            "def bad(change, facts): return [1, 'x']\n",
            "returned int, str, and must return a Diagnostic or a Risk, several, or None",
        ),
        ("def bad(change, facts): return 1\n", "failed on survey.friday: TypeError: 'int' object is not iterable"),
        ("def bad(change): pass\n", "failed on survey.friday: TypeError"),
        ("raise RuntimeError('not\\ntoday')\n", "does not load: RuntimeError: not today"),
        ("import is_not_there\n", "does not load: ModuleNotFoundError: No module named 'is_not_there'"),
        ("bad = 1\n", "does not load: sdx_broken:bad cannot be called"),
        ("good = 1\n", "does not load: AttributeError"),
        ("import sys\nsys.exit(0)\n", "does not load: SystemExit: 0"),
    ],
)
def test_a_rule_that_does_not_load_or_returns_something_else_is_named(add: Any, code: str, message: str) -> None:
    ended = add("rules", code).run("plan")
    assert ended.code == 1
    told = " ".join((ended.out + ended.err).split())
    assert f"rule `bad` of sdx-broken 0.1 {message}" in told
    assert "Traceback" not in told


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("import sys\ndef bad(configuration): sys.exit('gone')\n", "failed: SystemExit: gone"),
        ("def bad(configuration): yield from [1, 1 / 0]\n", "failed: ZeroDivisionError"),
        ("import is_not_there\n", "does not load: ModuleNotFoundError"),
    ],
)
def test_a_lint_that_fails_or_does_not_load_is_named(add: Any, code: str, message: str) -> None:
    project = add("lints", code)
    for command in ("validate", "plan"):
        ended = project.run(command)
        assert ended.code == 1
        assert f"lint `bad` of sdx-broken 0.1 {message}" in ended.err
        assert "pip uninstall sdx-broken" in ended.err
        assert "Traceback" not in ended.err


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("def bad(plan, told, options): raise KeyError('x')\n", "failed: KeyError: 'x'"),
        ("def bad(plan, told, options): return b''\n", "returned bytes, and must return a text"),
    ],
)
def test_a_format_that_fails_is_named_and_the_others_are_written(add: Any, code: str, message: str) -> None:
    project = add("formats", code)
    target = project.folder / "plan.json"
    ended = project.run("plan", "--format", "bad", "--format", f"json={target}")
    assert ended.code == 1
    assert f"format `bad` of sdx-broken 0.1 {message}" in ended.err
    assert "Traceback" not in ended.err
    assert json.loads(target.read_text())["summary"]["add"] == 2


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("bad = 1\n", "does not load: sdx_broken:bad cannot be called"),
        ("def bad(name, settings, *, key, machine): return settings['path']\n", "failed: KeyError: 'path'"),
    ],
)
def test_a_state_backend_that_fails_is_named(add: Any, code: str, message: str) -> None:
    project = add("state_backends", code)
    project.write("sdx.yaml", "sdx: 1\napi: {host: demo.surveydynamix.com}\nstate: {backend: bad}\n")
    for command in (("state", "list"), ("plan",), ("apply", "--auto-approve")):
        ended = project.run(*command)
        assert ended.code == 7
        assert f"state backend `bad` of sdx-broken 0.1 {message}" in ended.err
        assert "Traceback" not in ended.err


def test_a_name_that_two_packages_have_is_refused(example: Any, tmp_path: Path, monkeypatch: Any) -> None:
    metadata = tmp_path / "second" / "sdx_other-2.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: sdx-other\nVersion: 2.0\n")
    (metadata / "entry_points.txt").write_text("[sdx_state.formats]\ncsv = sdx_example:csv_of\n")
    monkeypatch.syspath_prepend(str(metadata.parent))
    wrong = example.run("plan", "--format", "csv")
    assert wrong.code == 2
    assert "format `csv` is in sdx-other 2.0 and sdx-example 1.0" in wrong.err


@pytest.mark.soak
def test_nothing_is_loaded_from_the_project_or_the_current_folder(
    example_folder: Path, tmp_path: Path, connected: Any
) -> None:
    """A project may contain a directory like an installed package, and modules with the names of others."""
    shutil.copytree(example_folder, connected.folder, dirs_exist_ok=True)
    (connected.folder / "sdx_example.py").write_text("raise SystemExit('loaded from the project')\n")
    connected.write("surveys.yaml", SURVEYS)
    show = "import sys; from pathlib import Path; from sdx_state.app.extensions import extensions;"
    show += "added = extensions(Path(sys.argv[1])); print(sorted(one.name for one in added.all));"
    show += "print([one.load().__module__ for one in added.all])"

    def names(current: Path, *path: Path) -> list[str]:
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, path))}
        command = [sys.executable, "-c", show, str(connected.folder)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=current, env=environment)
        assert done.returncode == 0, done.stderr + done.stdout
        return done.stdout.splitlines()

    assert names(connected.folder) == ["[]", "[]"]  # `python -c` has the current folder in its path
    assert names(connected.folder, connected.folder) == ["[]", "[]"]
    assert names(tmp_path, connected.folder) == ["[]", "[]"]
    assert names(connected.folder / "..", connected.folder) == ["[]", "[]"]
    installed = names(connected.folder, connected.folder, example_folder)
    assert installed[0] == "['csv', 'folder', 'friday-renamed', 'greeting-without-brand', 'no-friday']"
    assert set(json.loads(installed[1].replace("'", '"'))) == {"sdx_example"}


def test_the_program_finds_what_is_installed(example_folder: Path, connected: Any) -> None:
    connected.write("surveys.yaml", SURVEYS)
    environment = {**os.environ, "PYTHONPATH": str(example_folder)}
    command = [sys.executable, "-m", "sdx_state", "plan", "--format", "csv"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=connected.folder, env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "create,survey.friday\ncreate,survey.monday\n"
