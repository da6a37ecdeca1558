"""Files that cannot be right: every command says where and why, sends nothing, and writes nothing."""

from __future__ import annotations

import json

import pytest

BOMB = (
    "a: &a [x,x,x,x,x,x,x,x,x,x]\n"
    + "".join(
        f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 10)}]\n" for n in range(8)
    )
)  # fmt: skip

# name -> files, the place, a part of the message
CASES = {
    "unknown key": ({"a.yaml": "surveys:\n  a: {name: A, greting_text: x}\n"}, "a.yaml:2:16", "greting_text"),
    "duplicate key": ({"a.yaml": "surveys:\n  a: {name: A}\n  a: {name: B}\n"}, "a.yaml:3:3", "a"),
    "tab": ({"a.yaml": "surveys:\n\ta: {name: A}\n"}, "a.yaml:2:1", "tab"),
    "bomb": ({"a.yaml": BOMB}, "a.yaml:", "alias"),
    "binary file": ({"a.yaml": b"\x00\x01\x02\xff"}, "a.yaml:1:", ""),
    "not UTF-8": ({"a.yaml": b"surveys: {a: {name: \xff}}"}, "a.yaml:1:", "UTF-8"),
    "two files of one address": (
        {"a.yaml": "surveys: {a: {name: A}}\n", "b.yaml": "surveys: {a: {name: A}}\n"},
        "b.yaml:1:11",
        "a.yaml:1",
    ),
    "a reference to nothing": (
        {"a.yaml": 'surveys:\n  a: {name: A, sms_number: "${phone_numbers.x}"}\n'},
        "a.yaml:2:",
        "phone number",
    ),
    "an unknown variable": ({"a.yaml": 'surveys:\n  a: {name: "${var.x}"}\n'}, "a.yaml:2:", "x"),
    "a label of 31 characters": (
        {"a.yaml": f"surveys:\n  a:\n    name: A\n    questions: [{{question_label: {'x' * 31}}}]\n"},
        "a.yaml:4:",
        "the label has 31 characters, over the limit of 30",
    ),
    "an unquoted phone number": (
        {"a.yaml": "users:\n  a@x.example: {name: A, phone: 61488000001}\n"},
        "a.yaml:2:33",
        "quote",
    ),
    "a newer version": ({"sdx.yaml": "sdx: 2\napi: {host: x.example}\n"}, "sdx.yaml:1:6", "2"),
    "two surveys of one name": (
        {"a.yaml": "surveys:\n  a: {name: A}\n  b: {name: A}\n"},
        "a.yaml:3:",
        "name",
    ),
    "a landline for text messages": (
        {
            "a.yaml": "phone_numbers: {x: {number: '+493012345678', country_code: DE, phone_type: landline}}\n"
            "surveys: {a: {name: A, sms_number: '${phone_numbers.x}'}}\n"
        },
        "a.yaml:2:",
        "landline",
    ),
    "a merge of what is no mapping": ({"a.yaml": "surveys:\n  a: {<<: text, name: A}\n"}, "a.yaml:2:", "<<"),
    "a tag": ({"a.yaml": "surveys: {a: {name: !!python/object:os.system x}}\n"}, "a.yaml:1:", "tag"),
    "a symbolic link out of the project": ({"a.yaml": None}, "a.yaml", ""),
}


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("command", [("validate",), ("plan",), ("apply", "--auto-approve"), ("pull",)])
def test_it_is_refused_with_its_place(project, proxy, tmp_path, case, command):
    files, place, words = CASES[case]
    project.connect(proxy.url)
    for name, content in files.items():
        path = project.folder / name
        if content is None:
            (tmp_path / "secret.yaml").write_text("surveys: {}\n")
            path.symlink_to(tmp_path / "secret.yaml")
        elif isinstance(content, bytes):
            path.write_bytes(content)
        else:
            path.write_text(content)
    before = {path: path.read_bytes() for path in project.folder.rglob("*") if path.is_file()}
    ended = project.run(*command)
    assert ended.code == 1, ended.out + ended.err
    assert ended.out == ""
    assert place in ended.err
    assert words in ended.err
    assert "Traceback" not in ended.err
    assert proxy.seen == [] or command == ("pull",)
    assert proxy.writes() == []
    assert all(path.read_bytes() == content for path, content in before.items())


def test_all_errors_of_all_files_come_at_once_in_text_and_json(project):
    project.write("a.yaml", "surveys:\n  a: {nam: A}\n")
    project.write("b.yaml", "users:\n  nobody: {name: A}\n")
    assert {line.split(":")[0] for line in project.run("validate").err.splitlines() if ": error[" in line} == {
        "a.yaml",
        "b.yaml",
    }
    ended = project.run("validate", "--format", "json")
    document = json.loads(ended.out)
    assert (ended.code, document["valid"]) == (1, False)
    assert {error["source"]["file"] for error in document["diagnostics"]} == {"a.yaml", "b.yaml"}
    assert all(error["source"]["line"] > 0 and error["source"]["column"] > 0 for error in document["diagnostics"])


def test_a_folder_without_a_project_says_how_to_start_one(project, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    for command in ("validate", "plan", "apply", "destroy"):
        ended = project.run(command, folder=empty)
        assert ended.code == 1
        assert "sdx-state init" in ended.err
    assert list(empty.iterdir()) == []


def test_a_project_that_declares_nothing_is_valid_and_says_so(connected):
    ended = connected.run("validate")
    assert ended.code == 0
    assert "nothing is declared" in ended.err
    assert connected.run("plan").last == "No changes. The tenant matches the configuration."


def test_an_unknown_environment_names_its_neighbour(project):
    project.write("sdx.yaml", "sdx: 1\napi: {host: x.example}\nenvironments: {staging: {}, production: {}}\n")
    ended = project.run("--env", "stagin", "validate")
    assert ended.code == 1
    assert "staging" in ended.err


def test_duplicate_agents_are_a_warning(project):
    project.write("a.yaml", "users:\n  a@x.example: {name: A, agent_id: x}\n  b@x.example: {name: B, agent_id: x}\n")
    ended = project.run("validate")
    assert ended.code == 0
    assert "warning" in ended.err
    assert "agent_id" in ended.err
