"""`examples/brands`: the whole walk, in both wire shapes."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sdx_state.sandbox import SandboxOptions, SandboxServer

pytestmark = pytest.mark.soak
EXAMPLE = Path(__file__).parents[2] / "examples" / "brands"
SHARED = "and 9 more surveys change in the same way: "


@pytest.fixture(params=["flat", "nested"])
def tenant(request: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[SandboxServer]:
    monkeypatch.setattr("sdx_state.apply.settling.SETTLE", 0.0)
    with SandboxServer(":memory:", SandboxOptions(shape=request.param)) as server:
        yield server


@pytest.fixture
def brands(project: Any, tenant: SandboxServer) -> Any:
    """The example, applied."""
    shutil.copytree(EXAMPLE, project.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".sdx"))
    project.connect(tenant.url)
    applied = project.apply()
    assert applied.last == "Apply complete! Resources: 2 imported, 31 added, 0 changed, 0 destroyed."
    assert project.run("plan", "--detailed-exitcode").code == 0
    return project


@pytest.fixture
def edit(brands: Any) -> Callable[[str, str, str], None]:
    def change(name: str, old: str, new: str) -> None:
        path = brands.folder / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1
        path.write_text(text.replace(old, new), "utf-8")

    return change


def test_ten_brands_from_apply_to_the_next_pull(brands: Any, edit: Any, tenant: SandboxServer) -> None:
    # One word of the template changes ten surveys, which each report shows as one.
    edit("templates/csat.yaml", "Thanks for calling", "Thank you for calling")
    out = brands.folder.parent
    forms = [f"--format={form}={out / form}" for form in ("markdown", "html", "json", "sarif")]
    plan = brands.run("plan", *forms, "--format=text")
    assert plan.code == 0
    assert plan.out.count("Thank you") == 1
    assert f"{SHARED}survey.csat-apex, survey.csat-borealis" in plan.out
    where = r"survey\.csat-acme \(id \d+\)  brands\.csv:2\n[^\n]*\s+templates/csat\.yaml:7"  # it may be wrapped
    assert re.search(where, plan.out)
    markdown, html = ((out / form).read_text("utf-8") for form in ("markdown", "html"))
    assert markdown.count("Thank you") == 1
    assert "<summary>9 more surveys change in the same way</summary>" in markdown
    assert "9 more surveys change in the same way; they are closed below." in html
    assert len(re.findall(r'<details class="change"[^>]* open>', html)) == 1
    changes = json.loads((out / "json").read_text("utf-8"))["resource_changes"]
    (source,) = {json.dumps(change["fields"][0]["source"]) for change in changes if change["name"] == "csat-zenith"}
    assert json.loads(source) == {
        "file": "templates/csat.yaml",
        "line": 7,
        "column": 7,
        "use": {"file": "brands.csv", "line": 11, "column": 1, "key": "zenith"},
    }
    assert brands.apply().last == "Apply complete! Resources: 0 added, 10 changed, 0 destroyed."

    # Another key is a rename, and a row that is missing stops at the limits.
    edit("brands.csv", "apex,Apex", "apogee,Apex")
    stopped = brands.run("plan")
    assert stopped.code == 6
    assert "moved: [{from: survey.csat-apex, to: survey.csat-apogee}]" in stopped.out
    edit("brands.csv", "apogee,Apex", "apogee,Apogee Global")
    renamed = brands.run("plan")
    assert "survey.csat-apogee created by the same block, with similar texts" in renamed.out
    assert "moved: [{from: survey.csat-apex, to: survey.csat-apogee}]" in renamed.out
    edit("brands.csv", "apogee,Apogee Global", "apogee,Apex")
    brands.write("moved.yaml", "moved: [{from: survey.csat-apex, to: survey.csat-apogee}]\n")
    assert brands.apply().last == "Apply complete! Resources: 0 added, 0 changed, 0 destroyed."
    edit("brands.csv", "lumen,Lumen,west\n", "")
    assert brands.run("plan", "--target", "survey.csat-lumen").code == 6
    edit("brands.csv", "zenith,", "lumen,Lumen,west\nzenith,")
    assert brands.run("plan", "--detailed-exitcode").code == 0

    # A change of the tenant in all surveys goes into the template, one of a single survey to its item.
    for row in tenant.store.rows("surveys"):
        put(tenant, row, "description", f"Call to {row['name'].removesuffix(' CSAT')}")
    told = brands.run("pull")
    assert told.code == 0, told.err
    assert "templates/csat.yaml: templates.csat.description (10 resources)" in told.err
    assert 'description: "Call to ${each.brand}"' in (brands.folder / "templates" / "csat.yaml").read_text("utf-8")
    row = next(row for row in tenant.store.rows("surveys") if row["name"] == "Acme CSAT")
    put(tenant, row, "description", "Another one")
    assert "surveys.yaml: surveys.csat.overrides.acme.description" in brands.run("pull").err
    assert brands.run("plan", "--detailed-exitcode").code == 0


def put(tenant: SandboxServer, row: Any, field: str, value: str) -> None:
    """Change a field in the tenant, as its API does: texts in other languages stay."""
    shape = tenant.options.shape
    answer = json.loads(tenant.store.item("surveys", str(row["id"]), shape) or "")
    tenant.store.replace("surveys", str(row["id"]), {**answer, field: value}, shape)


def test_keys_that_all_change_are_one_question(brands: Any, edit: Any) -> None:
    edit("surveys.yaml", "key: id}", "key: brand}")
    edit("surveys.yaml", "fjord:", "Fjord:")
    edit("surveys.yaml", "zenith:", "Zenith:")
    plan = brands.run("plan")
    assert plan.code == 6
    assert (
        "10 surveys would be deleted and created under other keys, with the same content: did the keys of the "
        in (plan.out)
    )
    assert plan.out.count("possible-rename") == 1
    assert "error[deletes]: the plan deletes 31 of 33 managed resources" in plan.out
