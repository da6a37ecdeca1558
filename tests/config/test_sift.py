"""Files that declare something are read or named, never left out in silence; foreign ones can be excluded."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.config.files import Folder
from sdx_state.config.format import format_files
from sdx_state.config.project import excluded_from
from sdx_state.config.sift import Excluded

SURVEY = "surveys:\n  s: {name: S}\n"
OTHER = "surveys:\n  t: {name: T}\n"
FOREIGN = "services:\n  web: {image: nginx}\n"


@pytest.fixture
def files(files: Any) -> Any:
    files.write("t.yaml", OTHER)
    return files


@pytest.mark.parametrize("name", ["s.YAML", "s.Yml", "s.yMl", "deep/S.YAML", "a b.Yaml"])
def test_yaml_is_read_whatever_the_case_of_its_extension(files: Any, name: str) -> None:
    files.write(name, SURVEY)
    assert set(files.load().resources) == {"survey.s", "survey.t"}
    assert files.said() == []


NAMES = ["s.yaml.bak", "s.yaml~", "s.yml.disabled", "s.YAML.txt", "deep/s.yaml.orig", "s.yaml.1", "s.yaml - Copy"]


@pytest.mark.parametrize("name", [*NAMES, "s.yaml_old"])
def test_a_copy_of_configuration_that_is_not_read_is_named(files: Any, name: str) -> None:
    files.write(name, SURVEY)
    (said,) = files.diagnostics()
    assert (said.source.file, said.severity) == (name, "warning")
    assert "is not read" in said.message
    assert said.help is not None
    files.write("sdx.yaml", f"sdx: 1\n{said.help.partition('sdx.yaml: ')[2]}\n")
    assert files.said() == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("docker-compose.yaml.bak", FOREIGN),
        ("package.json", '{"name": "x", "dependencies": {}}'),
        ("tenant.json", '{"surveys": [{"id": 1}], "users": []}'),
        ("notes.txt", SURVEY),
        (".s.yaml.bak", SURVEY),
        ("report.csv", "survey,score\nS,1\n"),
        ("s.yaml.bak", b"surveys: \xff"),
    ],
)
def test_files_that_are_not_configuration_are_not_reported(files: Any, name: str, text: str | bytes) -> None:
    files.write(name, text)
    assert files.said() == []


def test_json_that_declares_resources_is_named(files: Any) -> None:
    files.write("s.json", '{"surveys": {"s": {"name": "S"}}}')
    (said,) = files.said()
    assert said.startswith("s.json:1:1: this file looks like configuration and is not read")


@pytest.mark.parametrize("header", ["name,email", "Email;Name;agent_id", '"name"\t"email"', "\ufeffname,email"])
def test_an_upload_file_that_nothing_names_is_named(files: Any, header: str) -> None:
    files.write("people/agents.CSV", f"{header}\nAna,ana@x.com\n")
    (said,) = files.diagnostics()
    assert (said.source.file, said.severity) == ("people/agents.CSV", "warning")
    assert "no file names it" in said.message


def test_an_upload_file_that_is_named_is_not_reported(files: Any) -> None:
    files.write("people/agents.csv", "name,email\nAna,ana@x.com\n")
    files.write("people/u.yaml", "users: {csv: ./agents.csv}\n")
    assert files.said() == []
    assert "user.ana@x.com" in files.load().resources


def test_a_project_within_is_left_out_and_named(files: Any) -> None:
    files.write("sub/sdx.yaml", "sdx: 1\n")
    files.write("sub/deep/s.yaml", SURVEY)
    (said,) = files.diagnostics()
    assert (said.source.file, said.severity) == ("sub/sdx.yaml", "warning")
    assert "a project of its own" in said.message
    assert "survey.s" not in files.load().resources
    files.write("sdx.yaml", "sdx: 1\nexclude: [sub]\n")
    assert files.said() == []


def test_foreign_yaml_can_be_excluded(files: Any) -> None:
    files.write("docker-compose.yml", FOREIGN)
    files.write("deploy/values.yaml", FOREIGN)
    files.write("deploy/s.yaml", SURVEY)
    assert {said.partition(":")[0] for said in files.said()} == {"docker-compose.yml", "deploy/values.yaml"}
    files.write("sdx.yaml", "sdx: 1\nexclude: [docker-compose.yml, deploy/values.*]\n")
    assert files.said() == []
    assert set(files.load().resources) == {"survey.s", "survey.t"}
    assert format_files(files.folder, write=False) == []


@pytest.mark.parametrize(
    "text", [FOREIGN, "- a\n- b\n", "a: 1\n---\nb: 2\n", "a: {{ x }}\n", "a: !Ref x\n", "plain text\n", "\x01"]
)
def test_errors_in_foreign_yaml_say_once_how_to_leave_it_out(files: Any, text: str) -> None:
    files.write("deploy/values.yaml", text)
    said = [one for one in files.diagnostics() if one.severity == "error"]
    told = [one.help or "" for one in said if "his file is not the project's" in (one.help or "")]
    assert len(told) == 1
    files.write("sdx.yaml", f"sdx: 1\n{told[0].rpartition('sdx.yaml: ')[2]}\n")
    assert files.said() == []


def test_errors_in_configuration_say_nothing_of_leaving_it_out(files: Any) -> None:
    files.write("s.yaml", "surveys: {s: {nam: S}}\nservices: {}\n")
    assert [one for one in files.diagnostics() if "not the project's" in (one.help or "")] == []


def test_excluded_files_stay_excluded_when_the_project_file_has_another_error(files: Any) -> None:
    files.write("docker-compose.yml", FOREIGN)
    files.write("sdx.yaml", "sdx: 1\nnope: 1\nexclude: [docker-compose.yml]\n")
    (said,) = files.said()
    assert said.startswith("sdx.yaml:2:1:")


@pytest.mark.parametrize("glob", ["/etc/x", "../x.yaml", "a/../b", "a\\b", ""])
def test_globs_that_lead_out_of_the_project_are_refused(files: Any, glob: str) -> None:
    files.write("sdx.yaml", f"sdx: 1\nexclude: ['{glob}']\n")
    (said,) = files.said()
    assert said.startswith("sdx.yaml:2:11:")


@pytest.mark.parametrize(
    ("glob", "covered", "kept"),
    [
        ("a.yaml", ["a.yaml", "deep/a.yaml", "a.yaml/b.yaml"], ["b.yaml", "aa.yaml", "A.yaml"]),
        ("./a.yaml", ["a.yaml"], ["b.yaml"]),
        ("deep/a.yaml", ["deep/a.yaml"], ["a.yaml", "x/deep/a.yaml"]),
        ("deep/*", ["deep/a.yaml", "deep/er/a.yaml"], ["deep.yaml", "x/deep/a.yaml"]),
        ("deep/*.yaml", ["deep/a.yaml"], ["deep/er/a.yaml"]),
        ("deep/**/a.yaml", ["deep/a.yaml", "deep/e/r/a.yaml"], ["a.yaml", "deep/b.yaml"]),
        ("**/deep/**", ["deep/a.yaml", "x/deep/a.yaml"], ["a.yaml"]),
        ("legacy/", ["legacy/a.yaml", "x/legacy/b/c.yaml"], ["legacy", "x/legacy"]),
        ("n\u00e4.yaml", ["na\u0308.yaml"], ["na.yaml"]),
        ("*.bak", ["a.yaml.bak", "x/.bak"], ["bak"]),
    ],
)
def test_globs_cover(glob: str, covered: list[str], kept: list[str]) -> None:
    excluded = Excluded((glob,))
    assert [name for name in covered if not excluded.covers(name)] == []
    assert [name for name in kept if excluded.covers(name)] == []


parts = st.lists(st.sampled_from(["a", "b", "ab", "a.yaml"]), min_size=1, max_size=4)
steps = st.lists(st.sampled_from(["a", "*", "a*", "**", "?"]), min_size=1, max_size=4)


@given(parts, steps)
def test_files_below_an_excluded_folder_are_excluded(parts: list[str], steps: list[str]) -> None:
    excluded = Excluded(("/".join(steps),))
    for length in range(1, len(parts)):
        if excluded.covers("/".join(parts[:length]), is_folder=True):
            assert excluded.covers("/".join(parts))


def test_a_glob_of_many_stars_is_matched_in_bounded_work() -> None:
    assert not Excluded(("/".join(["**", "*a*a*a*a*a*a*a*a*b"] * 20),)).covers("/".join(["a" * 200] * 60))


def test_a_file_that_is_named_is_the_projects_where_searching_finds_it(files: Any) -> None:
    names = (
        "a.yaml", "A.YML", "notes.txt", ".hidden.yaml", "sub/b.yaml", ".git/c.yaml", "handoff/d.yaml", "t.yaml",
        "sub/handoff/e.yaml", "inner/f.yaml", "inner/deep/g.yaml", "out/h.yaml", "sub/not-this.yaml",
        "sub/out/i.yaml", "folder/j.yaml",
    )  # fmt: skip
    for name in names:
        files.write(name, SURVEY)
    files.write("inner/sdx.yaml", "sdx: 1\n")
    (files.folder / "folder/sdx.yaml").mkdir()
    (files.folder / "link").symlink_to(files.folder / "sub", target_is_directory=True)
    files.write("sdx.yaml", 'sdx: 1\nexclude: [out, "*/not-*"]\n')
    folder = Folder(files.folder)
    excluded = excluded_from(folder)
    found = folder.find(excluded).names
    assert "sub/b.yaml" in found
    assert "folder/j.yaml" in found
    assert [name for name in sorted((*names, "link/b.yaml")) if folder.would_find(name, excluded)] == found
