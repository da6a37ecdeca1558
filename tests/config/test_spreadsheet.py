"""Files of users as people's spreadsheets write them."""

from __future__ import annotations

import csv
import io
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdx_state.config.encodings import decoded
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.numbers import bare_number
from sdx_state.config.switches import switch
from sdx_state.config.users_csv import UsersFile
from sdx_state.config.write import write_resources
from sdx_state.model.formulas import is_formula
from sdx_state.programs import workbook

MADE = Path(__file__).parent / "spreadsheets"
NAMED = "users: {csv: a.csv}\n"
ANA = "user.ana@x.com"


def named(entry: str) -> str:
    return f"users:\n  csv: {entry}\n"


def hints(files: Any) -> list[str | None]:
    return [one.help for one in files.diagnostics()]


@pytest.mark.parametrize("file", sorted(path.name for path in MADE.iterdir() if path.suffix != ".py"))
def test_files_that_libreoffice_writes_are_read_alike(files: Any, file: str) -> None:
    files.write("u.yaml", "users: {csv: %s}\n" % file)  # noqa: UP031 - braces
    files.write(file, (MADE / file).read_bytes())
    loaded = files.load()
    assert loaded.warnings == ()
    assert [(dict(user.values), dict(user.upload)) for user in loaded.resources.values()] == [
        (
            {
                "email": "juergen@example.com",
                "name": "Jürgen Groß",
                "agent_id": "jg1",
                "phone": "+61499000001",
                "timezone": "Australia/Brisbane",
            },
            {"send_password_reset": "TRUE"},
        ),
        (
            {"email": "bo@example.com", "name": 'Lee; "Bo", Jr', "agent_id": "b|1"},
            {"send_password_reset": "FALSE"},
        ),
    ]


@pytest.mark.parametrize("file", ["agents.xlsx", "agents.xls", "agents.ods"])
def test_a_workbook_is_read_whatever_its_name_and_cannot_be_changed(files: Any, file: str) -> None:
    files.write("u.yaml", NAMED)
    content = (MADE / file).read_bytes()
    files.write("a.csv", content)
    user = files.load().resources["user.bo@example.com"]
    assert (user.source.line, user.source_of("agent_id").column) == (3, 4)
    with pytest.raises(ConfigurationError) as failure:
        write_resources(files.folder, [replace(user, values={**user.values, "name": "Bo"})])
    assert str(failure.value) == "a.csv:3:1: a workbook cannot be changed from here"
    assert (files.folder / "a.csv").read_bytes() == content


def test_a_workbook_is_named_as_one_where_the_extra_is_missing(files: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr(workbook, "_READER", "python_calamine_that_is_not_there")
    files.write("u.yaml", NAMED)
    files.write("a.csv", (MADE / "agents.xls").read_bytes())
    assert files.said() == ["u.yaml:1:14: a.csv: this file is a workbook, and not CSV"]
    assert 'pip install "sdx-state[spreadsheets]"' in str(hints(files)[0])


def test_a_workbook_of_a_billion_cells_is_an_error_and_nothing_else(files: Any) -> None:
    sheet = "xl/worksheets/sheet1.xml"
    made = io.BytesIO()
    with zipfile.ZipFile(MADE / "agents.xlsx") as book, zipfile.ZipFile(made, "w") as changed:
        for name in book.namelist():
            data = book.read(name)
            if name == sheet:
                assert data.count(b'r="F3"') == 1
                data = data.replace(b'<row r="3"', b'<row r="1048576"').replace(b'r="F3"', b'r="XFD1048576"')
            changed.writestr(name, data)
    files.write("u.yaml", NAMED)
    files.write("a.csv", made.getvalue())
    [said] = files.said()
    assert said.startswith("u.yaml:1:14: a.csv: this workbook cannot be read: ")


@pytest.mark.parametrize("content", [b"PK\x03\x04" + bytes(100), b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)])
def test_a_broken_workbook_is_an_error(files: Any, content: bytes) -> None:
    files.write("u.yaml", NAMED)
    files.write("a.csv", content)
    [said] = files.said()
    assert said.startswith("u.yaml:1:14: a.csv: this workbook cannot be read: ")


READ = [
    "name;email;agent_id\nAna;ana@x.com;a,1\n",
    "name\temail\tagent_id\nAna\tana@x.com\ta,1\n",
    "name|email|agent_id\nAna|ana@x.com|a,1\n",
    "sep=;\nname;email;agent_id\nAna;ana@x.com;a,1\n",
    'SEP=^\r\nname^email^agent_id\r\nAna^ana@x.com^"a,1"\r\n',
    '"sep=,"\rname,email,agent_id\rAna,ana@x.com,"a,1"\r',
    "name;email;agent_id;;\nAna;ana@x.com;a,1;;\n;;;;\n  ; \u00a0;;;\n",
    "name;email;agent_id;;\nAna;ana@x.com;a,1\n",
    "name;email;agent_id\nAna;ana@x.com;a,1;;;\n",
    "agent_id;email;name;phone\na,1;ana@x.com;Ana\n",
    "\n;;\nName; EMAIL ;Agent_Id\nAna;ana@x.com;a,1\n",
]


@pytest.mark.parametrize("text", READ)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_dialect_and_encoding_is_read(files: Any, text: str, encoding: str) -> None:
    files.write("u.yaml", NAMED)
    files.write("a.csv", text.encode(encoding))
    loaded = files.load()
    assert loaded.warnings == ()
    assert loaded.resources[ANA].values == {"email": "ana@x.com", "name": "Ana", "agent_id": "a,1"}


WRONG = [
    ("name;email\nA,a@x.com\n", "a.csv:2:1: this row separates cells by a comma, and the header does not"),
    ("name;email,phone\nA;a@x.com\n", "a.csv:1:1: the header separates columns by a comma and by a semicolon"),
    (
        "name^email~phone\nA^a@x.com\n",
        "a.csv:1:1: this file is not in the format of the user upload: its first line has none of the columns",
    ),
    ("", "a.csv:1:1: this file has no header"),
    ("\n;;\n", "a.csv:1:1: this file has no header"),
    ("name;email;;x\nA;a@x.com;;y\n", "a.csv:1:13: unknown column `x`"),
    ("name;email;\nA;a@x.com;7\n", "a.csv:2:11: this cell is in a column without a header"),
    ("name;email\nA;a@x.com;;7\n", "a.csv:2:1: this row has 4 cells, and the header 2 columns"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_errors_of_a_dialect_are_reported_at_their_place(files: Any, text: str, said: str) -> None:
    files.write("u.yaml", NAMED)
    files.write("a.csv", text)
    diagnostics = [str(one) for one in files.diagnostics() if one.severity == "error"]
    assert diagnostics == [said]


def test_header_alone_declares_no_users(files: Any) -> None:
    files.write("u.yaml", NAMED)
    files.write("a.csv", "name;email\n")
    loaded = files.load()
    assert loaded.resources == {}
    assert [one.message for one in loaded.warnings] == [
        "this file has a header and no rows: it declares no users",
        "nothing is declared",
    ]


def test_blanks_around_cells_are_omitted_and_reported_once(files: Any) -> None:
    files.write("u.yaml", NAMED)
    files.write("a.csv", "name,email,agent_id\nA, a@x.com,\u00a0a1\u202f\n Lee Bo ,b@x.com,\n")
    loaded = files.load()
    assert [dict(user.values) for user in loaded.resources.values()] == [
        {"email": "a@x.com", "name": "A", "agent_id": "a1"},
        {"email": "b@x.com", "name": "Lee Bo"},
    ]
    assert [str(one) for one in loaded.warnings] == [
        "a.csv:2:3: the blanks around 3 cells are left out, the first of them here"
    ]


ENCODED = [
    ("cp1252", "Jürgen Groß, Müller", "cp1252"),
    ("cp1252", "Hélène Lefèvre, François", "cp1252"),
    ("cp1252", "Søren Kjær, Åse", "cp1252"),
    ("cp1252", "José Muñoz", "cp1252"),
    ("cp1252", "Renée O’Brien", "cp1252"),
    ("cp1250", "Kamiński", None),
    ("cp1250", "Dvořák Černý", None),
    ("cp1250", "Wałęsa Łukasz", None),
    ("cp1251", "Иванов Пётр", None),
    ("cp1253", "Γιώργος", None),
    ("cp1254", "Şükrü Işık", None),
    ("cp1257", "Jānis Bērziņš", None),
    ("mac_roman", "Jürgen Groß", None),
    ("mac_roman", "García", None),
    ("cp850", "Jürgen Groß", None),
    ("shift_jis", "山田", None),
]


@pytest.mark.parametrize(("encoding", "names", "read_as"), ENCODED)
def test_an_old_encoding_is_read_only_where_one_reading_makes_sense(
    files: Any, encoding: str, names: str, read_as: str | None
) -> None:
    content = f"name;email\n{names};a@x.com\n".encode(encoding)
    files.write("u.yaml", NAMED)
    files.write("a.csv", content)
    if read_as is None:
        [said] = files.said()
        assert said.startswith("u.yaml:1:14: a.csv: this file is not UTF-8")
        assert 'save it as "CSV UTF-8"' in str(hints(files)[0])
    else:
        assert files.load().resources["user.a@x.com"].values["name"] == names


def test_the_encoding_can_be_named(files: Any) -> None:
    files.write("u.yaml", named("{file: a.csv, encoding: cp1250}"))
    files.write("a.csv", "name;email\nKamiński;a@x.com\n".encode("cp1250"))
    assert files.load().resources["user.a@x.com"].values["name"] == "Kamiński"


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=40))
def test_utf_8_is_read_as_utf_8(text: str) -> None:
    if not text.startswith("\ufeff") and "\0" not in text:
        assert getattr(decoded(text.encode("utf-8")), "text", None) == text


SWITCHES = [(one, True) for one in ("TRUE", "true", "1", "yes", "WAHR", "VRAI", "Verdadero", "oui", "ja")]
SWITCHES += [(one, False) for one in ("FALSE", "0", "no", "FALSCH", "FAUX", "Falso", "non", "nein")]


@pytest.mark.parametrize(("text", "meant"), SWITCHES)
@pytest.mark.parametrize("column", ["visible", "send_password_reset"])
def test_truth_values_of_every_spreadsheet_become_true_and_false(
    files: Any, column: str, text: str, meant: bool
) -> None:
    files.write("u.yaml", f"users:\n  csv: a.csv\n  z@x.com: {{name: Z, csv: {{{column}: '{text}'}}}}\n")
    files.write("a.csv", f"name;email;{column}\nA;a@x.com;{text}\n")
    loaded = files.load().resources
    assert {user.upload[column] for user in loaded.values()} == {str(meant).upper()}
    assert len(loaded) == 2


def test_other_truth_values_are_refused_at_their_place(files: Any) -> None:
    files.write("u.yaml", "users:\n  csv: a.csv\n  z@x.com: {name: Z, csv: {visible: maybe}}\n")
    files.write("a.csv", "name;email;send_password_reset\nA;a@x.com;later\n")
    assert files.said() == [
        "a.csv:2:11: `send_password_reset` must be TRUE or FALSE, got `later`",
        "u.yaml:3:37: `visible` must be TRUE or FALSE, got `maybe`",
    ]


@given(st.text(max_size=8))
def test_a_switch_is_true_or_false_or_refused(text: str) -> None:
    assert switch("visible", text) in ("TRUE", "FALSE") or "TRUE or FALSE" in getattr(
        switch("visible", text), "message", ""
    )


PHONES = [
    "+61 499 000 001",
    "'+61499000001",
    "tel:+61499000001",
    "TEL: +61 499 000 001",
    "\u202a+61499000001\u202c",
    "\u200e+61\u202f499\u00a0000\u2009001",
    "\uff0b61499000001",
    "\uff0b\uff16\uff11499000001",
    "\u2019+61-499-000-001",
]


@pytest.mark.parametrize("text", PHONES)
def test_telephone_cells_lose_what_spreadsheets_and_address_books_add(files: Any, text: str) -> None:
    assert bare_number(text).startswith("+61")
    files.write("u.yaml", NAMED)
    files.write("a.csv", f"name;email;phone\nAna;ana@x.com;{text}\n")
    assert files.load().resources[ANA].values["phone"] == "+61499000001"


@pytest.mark.parametrize("text", ["6.14E+10", "6,14E+10", "6.14e10", "+6.14E+10"])
def test_scientific_notation_is_named_as_lost_digits(files: Any, text: str) -> None:
    files.write("u.yaml", named("{file: a.csv, country_code: AU}"))
    files.write("a.csv", f"name;email;phone\nAna;ana@x.com;{text}\n")
    assert files.said() == [f"a.csv:2:15: `{text}` is not a number any more: the spreadsheet has lost digits"]
    assert "format the column as text" in str(hints(files)[0])


def test_numbers_without_a_country_are_one_message_and_take_the_country_of_the_file(files: Any) -> None:
    rows = "".join(f"A{n};a{n}@x.com;0488 888 8{n:02}\n" for n in range(20))
    files.write("a.csv", f"name;email;phone\n{rows}")
    files.write("u.yaml", NAMED)
    assert files.said() == [
        "a.csv:2:13: `0488 888 800` does not say its country "
        "(and 19 more alike, at lines 3, 4, 5, 6, 7, 8, 9, 10, 11, 12 and others)"
    ]
    files.write("u.yaml", named("{file: a.csv, country_code: AU}"))
    loaded = files.load().resources
    assert loaded["user.a7@x.com"].values["phone"] == "+61488888807"
    files.write("a.csv", "name;email;phone\nA;a@x.com;61488888888\nB;b@x.com;+49 30 901820\nC;c@x.com;12\n")
    assert files.said() == ["a.csv:4:11: `12` is not a valid telephone number in AU"]


def test_common_headers_are_suggested_as_the_entry_that_reads_the_file(files: Any) -> None:
    files.write("u.yaml", NAMED)
    files.write("a.csv", "First Name;Last Name;Email Address;Phone Number;Notes\nAna;Lee;ana@x.com;+61499000001;hi\n")
    assert files.said() == [
        "a.csv:1:1: unknown columns `First Name`, `Last Name`, `Email Address`, `Phone Number`, `Notes`"
    ]
    hint = str(hints(files)[0])
    assert hint == (
        'name it so: csv: {file: a.csv, columns: {"First Name": name, "Last Name": name, "Email Address": email, '
        '"Phone Number": phone}, ignore: [Notes]}'
    )
    files.write("u.yaml", named(hint.removeprefix("name it so: csv: ")))
    loaded = files.load()
    assert loaded.warnings == ()
    assert loaded.resources[ANA].values == {"email": "ana@x.com", "name": "Ana Lee", "phone": "+61499000001"}


def test_several_names_are_joined_in_the_order_in_which_they_are_declared(files: Any) -> None:
    files.write("u.yaml", named("[{file: a.csv, columns: {given: name, FAMILY: name, Mail: email}}]"))
    files.write("a.csv", "Family;Given; mail\nLee;Ana;ana@x.com\n;Bo;bo@x.com\n")
    users = files.load().resources
    assert [user.values["name"] for user in users.values()] == ["Ana Lee", "Bo"]


def test_wrong_columns_are_reported(files: Any) -> None:
    files.write("u.yaml", named("{file: a.csv, columns: {Email Adress: email}}"))
    files.write("a.csv", "name;Email Address\nA;a@x.com\n")
    assert "a.csv:1:1: there is no column `Email Adress` here" in files.said()
    assert "did you mean `Email Address`?" in hints(files)
    files.write("u.yaml", named("{file: a.csv, columns: {Mail: email}}"))
    files.write("a.csv", "name;email;mail\nA;a@x.com;b@x.com\n")
    assert files.said() == ["a.csv:1:12: duplicate column `email`"]
    files.write("u.yaml", named("{file: a.csv, columns: {Mail: emial}, country_code: au, more: 1}"))
    assert [one for one in files.said() if "unknown column" not in one] == [
        "u.yaml:2:38: `Mail` cannot be `emial`",
        "u.yaml:2:60: `country_code` cannot be `au`",
        "u.yaml:2:64: unknown field `more`",
    ]
    files.write("u.yaml", named("{columns: {Mail: email}}"))
    assert "u.yaml:2:3: missing required field `file` in `csv`" in files.said()


def test_many_rows_are_read_each_with_its_line(files: Any, quick: bool) -> None:
    many = 10_000 if quick else 100_000
    rows = [f"N{n};u{n}@x.com;a{n}" for n in range(many)]
    files.write("u.yaml", NAMED)
    files.write("a.csv", "name;email;agent_id\r\n" + "\r\n".join(rows))
    loaded = files.load().resources
    assert len(loaded) == many
    last = loaded[f"user.u{many - 1}@x.com"]
    assert last.source.line == many + 1


DIALECTS = st.tuples(
    st.sampled_from([",", ";", "\t", "|"]),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]),
    st.booleans(),
    st.booleans(),
)
CELLS = (
    st.text(st.sampled_from('abZ9;,|"\t\n äß-'), min_size=1, max_size=8)
    .filter(lambda one: one.strip() == one)
    .filter(lambda one: not is_formula(one))  # which is not written
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(DIALECTS, st.lists(st.tuples(CELLS, CELLS), min_size=1, max_size=4), st.data())
def test_a_changed_cell_changes_nothing_else_in_any_dialect(files: Any, dialect: Any, rows: Any, data: Any) -> None:
    separator, end, encoding, quoting, says, whole = dialect
    if quoting == csv.QUOTE_MINIMAL:  # with which csv leaves line ends of other systems unquoted
        rows = [(one.replace("\n", "9"), two.replace("\n", "9")) for one, two in rows]
    made = io.StringIO(newline="")
    writer = csv.writer(made, delimiter=separator, lineterminator=end, quoting=quoting)
    table = [["agent_id", "email", "name"], *([one, f"u{n}@x.com", two] for n, (one, two) in enumerate(rows))]
    writer.writerows(table)
    text = (f"sep={separator}{end}" if says else "") + made.getvalue()
    text = text if whole else text.removesuffix(end)
    files.write("u.yaml", named("{file: a.csv, encoding: cp1252}") if encoding == "cp1252" else NAMED)
    path = files.write("a.csv", text.encode(encoding))
    before = files.load().resources
    index = data.draw(st.integers(0, len(rows) - 1))
    new = data.draw(CELLS.filter(lambda one: one != rows[index][1] and not is_formula(one)))
    user = before[f"user.u{index}@x.com"]
    write_resources(files.folder, [replace(user, values={**user.values, "name": new})])
    after = path.read_bytes().decode(encoding)
    assert files.load().resources[f"user.u{index}@x.com"].values == {**user.values, "name": new}
    table[index + 1][2] = new
    rest = io.StringIO(after.removeprefix(f"sep={separator}{end}"), newline="")
    assert list(csv.reader(rest, delimiter=separator)) == table
    kept, cut = _common(text, after)
    assert len(text) - kept - cut <= len(rows[index][1]) * 2 + 2
    assert after.endswith(end) == whole or new.endswith(end)
    if encoding in ("utf-8-sig", "utf-16"):
        assert path.read_bytes()[:2] == text.encode(encoding)[:2]


def _common(before: str, after: str) -> tuple[int, int]:
    """How many characters two texts have in common at their beginning and, behind that, at their end."""
    most = min(len(before), len(after))
    start = next((n for n in range(most) if before[n] != after[n]), most)
    end = next((n for n in range(most - start) if before[-1 - n] != after[-1 - n]), most - start)
    return start, end


def test_cell_that_the_file_cannot_contain_changes_nothing(files: Any) -> None:
    files.write("u.yaml", named("{file: a.csv, encoding: cp1252, columns: {First: name, Last: name}}"))
    content = "First;Last;email;agent_id\nJörg;Lee;ana@x.com;1\n".encode("cp1252")
    path = files.write("a.csv", content)
    user = files.load().resources[ANA]
    for values, said in (
        ({"agent_id": "日"}, "a.csv:2:1: this file is in cp1252, which has no `日`"),
        ({"agent_id": " 1 "}, "a.csv:2:20: this cell cannot contain ` 1 `: the blanks around it would be left out"),
        ({"agent_id": "=1+1"}, "a.csv:2:20: this cell cannot contain `=1+1`: a spreadsheet would execute it"),
        ({"name": "X"}, "a.csv:2:1: `name` combines several columns, and `X` cannot be split into them"),
    ):
        with pytest.raises(ConfigurationError) as failure:
            write_resources(files.folder, [replace(user, values={**user.values, **values})])
        assert str(failure.value) == said
        assert path.read_bytes() == content


def test_rows_and_numbers_that_do_not_change_stay_as_they_are_written(files: Any) -> None:
    files.write("u.yaml", named("{file: a.csv, country_code: AU}"))
    files.write("a.csv", "name;email;phone;;\nAna;ana@x.com;0499 000 001\n;;;;\nBo;bo@x.com;\n")
    user = files.load().resources[ANA]
    write_resources(files.folder, [replace(user, values={**user.values, "name": "Eva"})])
    assert files.text("a.csv") == "name;email;phone;;\nEva;ana@x.com;0499 000 001\n;;;;\nBo;bo@x.com;\n"
    write_resources(files.folder, [replace(user, values={**user.values, "name": "Eva", "agent_id": "7"})])
    assert files.load().resources[ANA].values["agent_id"] == "7"
    assert files.text("a.csv").startswith("name;email;phone;;;agent_id\nEva;ana@x.com;0499 000 001;;;7\n;;;;\n")


def test_suggested_headers_are_columns() -> None:
    from sdx_state.config.headers import ALIASES
    from sdx_state.kinds.user import UPLOAD_COLUMNS

    assert set(ALIASES.values()) <= set(UPLOAD_COLUMNS)
    assert not set(ALIASES) & set(UPLOAD_COLUMNS)
    assert all(UsersFile("a.csv", (1, 1)).is_known(one.title()) for one in (*ALIASES, *UPLOAD_COLUMNS))
