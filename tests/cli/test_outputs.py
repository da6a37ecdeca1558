"""No output option writes over a file that the project reads, or makes one that it would read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click
import pytest

from sdx_state.cli.context import Context
from sdx_state.cli.main import cli
from sdx_state.cli.outputs import OutputFile, OutputFolder
from sdx_state.programs.machine import THIS_MACHINE

OUTPUTS = [
    ("plan", "--out"),
    ("plan", "--format", "json="),
    ("apply", "--format", "json="),
    ("pull", "--snapshot"),
    ("check", "--junit"),
    ("responses", "s", "--output"),
    ("sandbox", "--database"),
]


@pytest.fixture
def files(connected: Any) -> Any:
    connected.write("s.yaml", "surveys: {s: {name: S}}\nusers: {csv: [people.txt]}\n")
    connected.write("people.txt", "name,email\nAna,ana@x.com\n")
    connected.write("real/r.txt", "surveys: {r: {name: R}}\n")
    (connected.folder / "r.yaml").symlink_to("real/r.txt")
    (connected.folder / "other").symlink_to("s.yaml")
    return connected


def commands(group: click.Group, above: str = "") -> Iterator[tuple[str, click.Command]]:
    for name in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), name)
        assert command is not None
        yield f"{above}{name}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{above}{name} ")


@pytest.mark.parametrize("option", OUTPUTS, ids=" ".join)
@pytest.mark.parametrize(
    "name", ["s.yaml", "S/../s.yaml", "sdx.yaml", "people.txt", "other", "real/r.txt", "new.YML"]
)
def test_a_file_of_the_project_is_not_written_over(files: Any, option: tuple[str, ...], name: str) -> None:
    (files.folder / "S").mkdir()
    before = {path: path.read_bytes() for path in files.folder.rglob("*") if path.is_file()}
    *arguments, last = option
    path = str(files.folder / name)
    ended = files.run(*arguments, last + path) if last.endswith("=") else files.run(*option, path)
    assert ended.code == 2
    assert ended.out == ""
    assert "Name a" in ended.err
    assert {path: path.read_bytes() for path in files.folder.rglob("*") if path.is_file()} == before


def test_a_hand_off_into_a_folder_of_the_project_is_refused(files: Any) -> None:
    for folder in (files.folder, files.folder / "real", files.folder.parent):
        ended = files.run("handoff", "--out", str(folder))
        assert ended.code == 2
        assert "Name another folder" in ended.err


@pytest.mark.parametrize("option", OUTPUTS, ids=" ".join)
@pytest.mark.parametrize("name", [".sdx/state.json", ".sdx/new", "linked/state.json"])
def test_nothing_is_written_among_the_files_of_the_state(files: Any, option: tuple[str, ...], name: str) -> None:
    assert files.apply().code == 0
    (files.folder / "linked").symlink_to(".sdx")
    before = (files.folder / ".sdx" / "state.json").read_bytes()
    *arguments, last = option
    path = str(files.folder / name)
    ended = files.run(*arguments, last + path) if last.endswith("=") else files.run(*option, path)
    assert ended.code == 2
    assert "which contains the state. Name another one." in ended.err
    assert (files.folder / ".sdx" / "state.json").read_bytes() == before
    assert not (files.folder / ".sdx" / "new").exists()


@pytest.mark.parametrize("folder", [".sdx", ".sdx/handoff"])
def test_no_hand_off_is_written_among_the_files_of_the_state(files: Any, folder: str) -> None:
    assert files.apply().code == 0
    ended = files.run("handoff", "--out", str(files.folder / folder))
    assert ended.code == 2
    assert "which contains the state. Name another one." in ended.err


def test_a_tenant_can_be_kept_where_the_sandbox_keeps_it(files: Any) -> None:
    assert files.run("plan", "--sandbox").code == 0
    path = files.folder / ".sdx" / "sandbox.db"
    with pytest.raises(click.BadParameter, match="contains the state"):
        OutputFile().convert(str(path), None, context_of(files))
    assert OutputFile(beside_state=("sandbox.db",)).convert(str(path), None, context_of(files)) == path


def context_of(project: Any) -> click.Context:
    return click.Context(cli, obj=Context(project.folder, None, {}, THIS_MACHINE))


@pytest.mark.parametrize("name", ["plan.json", "out/plan.bin", ".hidden.yaml", "handoff/x.yaml", "../new.yaml"])
def test_other_files_are_written(files: Any, name: str) -> None:
    path = files.folder / name
    path.parent.mkdir(exist_ok=True)
    for _ in range(2):
        ended = files.run("plan", "--out", str(path))
        assert ended.code == 0, ended.err
        assert path.exists()


def test_every_path_of_an_option_is_an_input_or_a_guarded_output() -> None:
    inputs = {
        ("plan", "snapshot"), ("drift", "baseline"), ("apply", "planfile"), ("show", "planfile"),
        ("state migrate", "former"), ("fmt", "paths"), ("translations import", "file"),
    }  # fmt: skip
    found = {
        (name, str(parameter.name))
        for name, command in commands(cli)
        for parameter in command.params
        if isinstance(parameter.type, click.Path)
        and parameter.name not in ("folder", "var_files")  # -C and --var-file, which every command has
        and not isinstance(parameter.type, OutputFile | OutputFolder)
    }
    assert found == inputs
