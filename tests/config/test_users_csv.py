"""Users in the platform's own upload format."""

from __future__ import annotations

from typing import Any

import pytest

from sdx_state.model.resource import Source

HEADER = "name,email,phone,permissions,agent_id,timezone,team,visible,visibility_level,send_password_reset\n"


def test_a_file_of_users_is_read_beside_those_written_out(files: Any) -> None:
    files.write("people/u.yaml", "users:\n  csv: agents.csv\n  zoe@x.com: {name: Zoe}\n")
    files.write(
        "people/agents.csv",
        HEADER
        + "Ana Lee,Ana.Lee@x.com,+61 499 000 001,Agent,alee,Australia/Brisbane,Blue,TRUE,2,FALSE\n\n"
        + '"Bo, Jr",bo@x.com,,,,,,,,\n',
    )
    loaded = files.load()
    assert loaded.warnings == ()
    assert loaded.files == ("people/agents.csv", "people/u.yaml")
    assert list(loaded.resources) == ["user.zoe@x.com", "user.ana.lee@x.com", "user.bo@x.com"]
    _, ana, bo = loaded.resources.values()
    assert ana.values == {
        "email": "Ana.Lee@x.com",
        "name": "Ana Lee",
        "agent_id": "alee",
        "phone": "+61499000001",
        "timezone": "Australia/Brisbane",
    }
    assert ana.upload == {
        "permissions": "Agent",
        "team": "Blue",
        "visible": "TRUE",
        "visibility_level": "2",
        "send_password_reset": "FALSE",
    }
    assert ana.source == Source("people/agents.csv", 2, 1)
    assert ana.source_of("phone") == Source("people/agents.csv", 2, 23)
    assert set(ana.positions) >= set(ana.values)
    assert bo.values == {"email": "bo@x.com", "name": "Bo, Jr"}
    assert bo.source == Source("people/agents.csv", 4, 1)


def test_several_files_a_byte_order_mark_dos_line_ends_and_any_order_of_columns_are_fine(files: Any) -> None:
    files.write("u.yaml", "users: {csv: [a.csv, deep/b.csv]}\n")
    files.write("a.csv", b"\xef\xbb\xbfEmail, Name\r\na@x.com,A\r\n")
    files.write("deep/b.csv", 'name,email\n"Two\nlines",b@x.com\nC,c@x.com')
    resources = files.load().resources
    assert list(resources) == ["user.a@x.com", "user.b@x.com", "user.c@x.com"]
    assert resources["user.b@x.com"].values["name"] == "Two\nlines"
    assert resources["user.c@x.com"].source.line == 4


def test_cells_are_read_literally(files: Any) -> None:
    files.write("u.yaml", "users: {csv: a.csv}\n")
    files.write("a.csv", "name,email,agent_id\n${var.company},a@x.com,$${x}\n")
    user = files.load().resources["user.a@x.com"]
    assert user.values == {"email": "a@x.com", "name": "${var.company}", "agent_id": "$${x}"}


WRONG = [
    ("name,email,agentid\n", "1:12: unknown column `agentid`", "did you mean `agent_id`?"),
    ("name,email,name\n", "1:12: duplicate column `name`", None),
    ("name\n", "1:1: the column `email` is missing: the platform's upload requires it", None),
    ("", "1:1: this file has no header", "start it with: name,email"),
    ("name,email\nA\n", "2:3: `email` is empty: the platform's upload requires it", None),
    ("name,email\nA,a@x.com\nLee, Jr,b@x.com\n", "3:1: this row has 3 cells, and the header 2 columns", None),
    ("name,email\nA,\n", "2:3: `email` is empty: the platform's upload requires it", None),
    ("name,email\n,a@x.com\n", "2:1: `name` is empty: the platform's upload requires it", None),
    (
        "name,email\nA,x/y@b.com\n",
        "2:3: `x/y@b.com` cannot be managed: the API cannot address a user whose e-mail address contains `/`",
        "manage this user in the admin UI, and remove it here",
    ),
    ("name,email\nA,nobody\n", "2:3: `nobody` is not an e-mail address: an email address must have an @-sign", None),
    ("name,email\nA,a@x.com\n\nB,A@x.com\n", "4:1: `A@x.com` differs by case only from `a@x.com`, declared at "
     "a.csv:2:1", None),
    ("name,email,phone\nA,a@x.com,0488888888\n", "2:11: `0488888888` does not say its country", None),
    ('name,email\n"A,a@x.com\n', "2:1: this is not CSV: unexpected end of data", None),
    ('name,email\nA,"a"b@x.com\n', "2:1: this is not CSV: ',' expected after '\"'", None),
    ("name,email\nA,a\0@x.com\n", "2:4: a NUL character: this is not a text file", None),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said", "hint"), WRONG)
def test_errors_are_reported_at_their_line(files: Any, text: str, said: str, hint: str | None) -> None:
    files.write("u.yaml", "users: {csv: a.csv}\n")
    files.write("a.csv", text)
    diagnostics = [one for one in files.diagnostics() if one.severity == "error"]
    assert [str(one) for one in diagnostics] == [f"a.csv:{said}"]
    if hint is not None:
        assert diagnostics[0].help == hint


@pytest.mark.parametrize("path", ["../a.csv", "/etc/passwd", "x/../../a.csv", "..", "..\\a.csv", "C:\\a.csv"])
def test_a_path_out_of_the_project_is_refused(files: Any, path: str) -> None:
    files.write("u.yaml", f"users: {{csv: '{path}'}}\n")
    assert files.said()[0] == f"u.yaml:1:14: `{path}` is not inside the project"


def test_missing_file_or_link_out_is_reported_where_it_is_named(files: Any, tmp_path: Any) -> None:
    outside = tmp_path.parent / f"{tmp_path.name}.csv"
    outside.write_text("name,email\nA,a@x.com\n")
    (files.folder / "link.csv").symlink_to(outside)
    files.write("u.yaml", "users: {csv: [nope.csv, link.csv]}\n")
    assert files.said() == [
        "u.yaml:1:15: nope.csv: the file cannot be read: No such file or directory",
        "u.yaml:1:25: link.csv: the file lies outside the project",
    ]


def test_a_user_in_a_file_and_one_written_out_are_one_too_many(files: Any) -> None:
    files.write("u.yaml", "users: {csv: a.csv, a@x.com: {}}\n")
    files.write("a.csv", "name,email\nA,a@x.com\n")
    assert files.said() == ["a.csv:2:1: `a@x.com` is declared twice: first at u.yaml:1:21"]


def test_a_time_zone_that_only_the_platform_knows_is_a_warning(files: Any) -> None:
    files.write("u.yaml", "users: {csv: a.csv, b@x.com: {name: B, timezone: 'Australia/Brisbain'}}\n")
    files.write("a.csv", "name,email,timezone\nA,a@x.com,Antarctica/Concordia\n")
    said = [(str(one), one.severity, one.help) for one in files.diagnostics()]
    assert said == [
        (
            "a.csv:2:11: `Antarctica/Concordia` is not an IANA time zone; the platform may still accept it",
            "warning",
            None,
        ),
        (
            "u.yaml:1:50: `Australia/Brisbain` is not an IANA time zone; the platform may still accept it",
            "warning",
            "did you mean `Australia/Brisbane`?",
        ),
    ]


@pytest.mark.parametrize(
    ("header", "separator"), [("name#email", "#"), ("Name^Email^Phone", "^"), ("email:name", ":")]
)
def test_a_separator_that_is_not_read_is_named_with_the_ways_out(files: Any, header: str, separator: str) -> None:
    files.write("u.yaml", "users: {csv: u.csv}\n")
    files.write("u.csv", f"{header}\n")
    (said,) = files.diagnostics()
    assert said.message == f"this file separates columns by `{separator}`"
    files.write("u.csv", f"sep={separator}\n{header}\nx@x.com{separator}x@x.com{separator}\n")
    assert [one for one in files.said() if "separates" in one] == []


@pytest.mark.parametrize("rows", ["", "\n", ",,\n  ,\n"])
def test_a_header_without_rows_is_a_warning(files: Any, rows: str) -> None:
    files.write("u.yaml", "users: {csv: u.csv}\n")
    files.write("s.yaml", "surveys: {s: {name: S}}\n")
    files.write("u.csv", f"name,email\n{rows}")
    (said,) = files.diagnostics()
    assert (said.source.file, said.severity) == ("u.csv", "warning")
    assert said.message == "this file has a header and no rows: it declares no users"
