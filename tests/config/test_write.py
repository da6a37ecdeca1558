"""Writing into files that people keep: comments, style and references stay; what does not change is not touched."""

from __future__ import annotations

import resource
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sdx_state.config.configuration import load_configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.write import write_resources
from sdx_state.kinds import KINDS
from sdx_state.model.resource import Desired, Source

NOWHERE = Source("", 0, 0)

KEPT = """\
# the surveys of the support team
surveys:
    # first
    csat: # the main one
        name: Support CSAT   # found by this
        greeting_text: Thanks for calling ${var.company}.

        # said last
        closing_text:
            default: Goodbye. # default
            de-default: Tschüss
        questions:                # in the order asked
        - question_label: NPS     # zero to ten
          question_text: >-
            How likely are you
            to recommend ${var.company}?
          max_response: 10

        # why
        - question_label: Reason
          question_text: "Why?"
          question_type: text   # free
    # second
    pilot: {name: Pilot, description: "a 'pilot'"} # inline

# the people
users:
    joe@x.com:
        name: 'Joe'
        agent_id: "007"
"""


def survey(files: Any, key: str, **values: Any) -> Desired:
    """The declared survey with some values changed."""
    now = files.load().resources[f"survey.{key}"]
    return replace(now, values={**now.values, **values})


def question(files: Any, key: str, **values: Any) -> Desired:
    now = files.load().resources[f"question.{key}"]
    return replace(now, values={**now.values, **values})


def comments(text: str) -> list[str]:
    return sorted(line.partition("#")[2].strip() for line in text.splitlines() if "#" in line)


def diff(before: str, after: str) -> tuple[list[str], list[str]]:
    """Lines that went and lines that came."""
    old, new = before.splitlines(), after.splitlines()
    return [line for line in old if line not in new], [line for line in new if line not in old]


@pytest.fixture
def kept(files: Any) -> Any:
    files.write("a.yaml", KEPT)
    return files


def test_unchanged_fields_are_not_written(kept: Any) -> None:
    before = (kept.folder / "a.yaml").stat()
    assert write_resources(kept.folder, list(kept.load().resources.values())) == []
    after = (kept.folder / "a.yaml").stat()
    assert (before.st_mtime_ns, before.st_ino) == (after.st_mtime_ns, after.st_ino)


def test_a_changed_field_changes_one_line(kept: Any) -> None:
    written = write_resources(kept.folder, [survey(kept, "csat", name="Support")])
    assert written == [kept.folder / "a.yaml"]
    assert diff(KEPT, kept.text("a.yaml")) == (
        ["        name: Support CSAT   # found by this"],
        ["        name: Support        # found by this"],
    )


def test_references_that_come_out_as_wanted_stay(kept: Any) -> None:
    write_resources(kept.folder, [survey(kept, "csat", greeting_text="Thanks for calling Acme.", name="S")])
    assert "Thanks for calling ${var.company}." in kept.text("a.yaml")
    write_resources(kept.folder, [survey(kept, "csat", greeting_text="Thanks for calling Acme!")])
    assert "Thanks for calling ${var.company}!" in kept.text("a.yaml")


def test_the_variables_given_decide_what_a_reference_comes_out_as(kept: Any) -> None:
    changed = survey(kept, "csat", greeting_text="Thanks for calling Demo.")
    assert write_resources(kept.folder, [changed], {"company": "Demo"}) == []
    assert kept.text("a.yaml") == KEPT


def test_one_language_changes_and_the_other_stays(kept: Any) -> None:
    texts = {"default": "Bye.", "de-default": "Tschüss", "fr-CA": "Au revoir"}
    write_resources(kept.folder, [survey(kept, "csat", closing_text=texts)])
    gone, come = diff(KEPT, kept.text("a.yaml"))
    assert gone == ["            default: Goodbye. # default"]
    assert [line.split() for line in come] == [["default:", "Bye.", "#", "default"], ["fr-CA:", "Au", "revoir"]]
    assert kept.load().resources["survey.csat"].values["closing_text"] == texts


def test_a_question_changes_within_its_survey(kept: Any) -> None:
    write_resources(kept.folder, [question(kept, "csat.reason", question_text="Why that score?", compulsory=True)])
    text = kept.text("a.yaml")
    assert diff(KEPT, text) == (
        ['          question_text: "Why?"'],
        ["          question_text: Why that score?", "          compulsory: true"],
    )
    assert comments(text) == comments(KEPT)


def test_new_questions_are_added_and_all_are_in_order(kept: Any) -> None:
    nps = question(kept, "csat.nps")
    why = question(kept, "csat.reason")
    new = Desired(
        "question.csat.first", "question", "first", {"question_label": "1st"}, NOWHERE, parent="survey.csat"
    )
    after = [replace(one, position=index) for index, one in enumerate([new, why, nps])]
    write_resources(kept.folder, after)
    loaded = [one for one in kept.load().resources.values() if one.kind == "question"]
    assert [(one.key, one.position) for one in loaded] == [("first", 0), ("reason", 1), ("nps", 2)]
    assert "key: first" in kept.text("a.yaml")
    assert comments(kept.text("a.yaml")) == comments(KEPT)
    assert "to recommend ${var.company}?" in kept.text("a.yaml")


def test_a_declared_question_that_is_not_written_stays_behind_the_one_before_it(kept: Any) -> None:
    new = Desired("question.csat.new", "question", "new", {"question_label": "New"}, NOWHERE, parent="survey.csat")
    write_resources(kept.folder, [question(kept, "csat.nps"), replace(new, position=1)])
    loaded = [one.key for one in kept.load().resources.values() if one.kind == "question"]
    assert loaded == ["nps", "reason", "new"]


def test_a_resource_written_inline_stays_inline(kept: Any) -> None:
    write_resources(kept.folder, [survey(kept, "pilot", description="it's\nover")])
    gone, come = diff(KEPT, kept.text("a.yaml"))
    assert len(gone) == len(come) == 1
    assert come[0].strip().startswith('pilot: {name: Pilot, description: "it')
    assert come[0].endswith("# inline")
    assert kept.load().resources["survey.pilot"].values["description"] == "it's\nover"


def test_a_pinned_id_is_added_and_fields_that_are_not_given_stay(kept: Any) -> None:
    now = kept.load().resources["user.joe@x.com"]
    write_resources(kept.folder, [replace(now, values={"email": "joe@x.com", "name": "Joseph"})])
    assert kept.text("a.yaml").endswith('        name: Joseph\n        agent_id: "007"\n')
    write_resources(kept.folder, [replace(survey(kept, "pilot"), id="52")])
    assert kept.load().resources["survey.pilot"].id == "52"


def test_dos_line_ends_a_byte_order_mark_and_the_mode_of_a_file_are_kept(files: Any) -> None:
    path = files.write("a.yaml", b"\xef\xbb\xbf" + KEPT.replace("\n", "\r\n").encode())
    path.chmod(0o640)
    write_resources(files.folder, [survey(files, "csat", name="S", description="a\nb\n")])
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf# the surveys")
    assert content.count(b"\n") == content.count(b"\r\n")
    assert path.stat().st_mode & 0o777 == 0o640
    assert files.load().resources["survey.csat"].values["description"] == "a\nb\n"


def test_a_link_is_written_through(files: Any) -> None:
    files.write("real/a.txt", KEPT)
    (files.folder / "a.yaml").symlink_to("real/a.txt")
    write_resources(files.folder, [survey(files, "pilot", name="P")])
    assert (files.folder / "a.yaml").is_symlink()
    assert "name: P," in files.text("real/a.txt")


def test_values_that_other_readers_would_change_are_left_as_they_are_typed(files: Any) -> None:
    fields = "    description: 010\n    logo_text: 2024-01-01\n    redirect_timeout: 5\n    redirect_text: yes\n"
    text = f"surveys:\n  s:\n    name: S\n{fields}"
    files.write("a.yaml", text)
    write_resources(files.folder, [survey(files, "s", name="T")])
    assert files.text("a.yaml") == text.replace("name: S", "name: T")


def test_aliases_and_anchors_survive_a_change_elsewhere(files: Any) -> None:
    files.write(
        "a.yaml",
        "surveys:\n  a:\n    name: A\n    closing_text: &bye {default: Bye}\n  b: {name: B, closing_text: *bye}\n",
    )
    write_resources(files.folder, [survey(files, "b", name="C")])
    assert "&bye" in files.text("a.yaml")
    assert "*bye" in files.text("a.yaml")
    assert files.load().resources["survey.b"].values == {"name": "C", "closing_text": {"default": "Bye"}}


def test_a_list_that_two_surveys_share_is_written_once(files: Any) -> None:
    files.write(
        "a.yaml",
        "surveys:\n  a:\n    name: A\n    questions: &both\n      - question_label: Q\n        question_type: nps\n"
        "  b:\n    name: B\n    questions: *both\n",
    )
    asked = [one for one in files.load().resources.values() if one.kind == "question"]
    changed = [replace(one, values={**one.values, "question_type": "text"}) for one in asked]
    write_resources(files.folder, changed)
    after = [one for one in files.load().resources.values() if one.kind == "question"]
    assert [one.values["question_type"] for one in after] == ["text", "text"]
    assert files.text("a.yaml").count("question_type") == 1


SHARED = """\
surveys:
  a:
    name: A
    questions: &both # asked by both
      - question_label: Q # the first
        question_type: nps
      - &r {question_label: R}
  b: {name: B, questions: *both}
  c:
    name: C
    questions:
      - *r
      - question_label: S
"""


@pytest.mark.parametrize("changed", ["a", "b", "c"])
@pytest.mark.parametrize("label", ["q", "r"])
def test_a_change_through_an_alias_changes_nothing_else(files: Any, changed: str, label: str) -> None:
    files.write("a.yaml", SHARED)
    before = files.load().resources
    address = f"question.{changed}.{label}"
    if address not in before:
        return
    wanted = replace(before[address], values={**before[address].values, "question_type": "text"})
    write_resources(files.folder, [wanted])
    after = files.load().resources
    assert {one: found.values for one, found in after.items()} == {
        one: wanted.values if one == address else found.values for one, found in before.items()
    }
    text = files.text("a.yaml")
    assert [one for one in comments(SHARED) if one not in comments(text)] == []
    assert write_resources(files.folder, list(after.values())) == []
    if changed == "c":
        assert "questions: *both" in text


MERGED = """\
x-common: &common # for all
  description: D # said once
  closing_text: {default: Bye}
surveys:
  a: &a
    <<: *common
    name: A
  b:
    <<: [*a, *common] # as a
    name: B
    questions: [{question_label: Q}]
  c: {<<: *common, name: C, description: E}
"""


@pytest.mark.parametrize("key", ["a", "b", "c"])
@pytest.mark.parametrize(
    "values", [{"description": "new"}, {"closing_text": {"default": "Bye", "de-default": "Ade"}}, {"name": "N"}]
)
def test_a_change_of_what_a_merge_key_gives_changes_nothing_else(
    files: Any, key: str, values: dict[str, Any]
) -> None:
    files.write("a.yaml", MERGED)
    before = files.load().resources
    wanted = survey(files, key, **values)
    write_resources(files.folder, [wanted])
    after = files.load().resources
    assert {one: found.values for one, found in after.items()} == {
        one: wanted.values if one == wanted.address else found.values for one, found in before.items()
    }
    text = files.text("a.yaml")
    assert [one for one in comments(MERGED) if one not in comments(text)] == []
    assert text.count("<<:") == 3
    assert text.count("Bye") == 1 + ("closing_text" in values) * (1 + (key == "a"))  # b was as a, and stays so


def test_a_new_field_is_not_given_to_others_by_a_merge_key(files: Any) -> None:
    files.write("a.yaml", MERGED)
    before = files.load().resources
    wanted = survey(files, "a", logo_text="L")
    write_resources(files.folder, [wanted])
    after = files.load().resources
    assert after["survey.a"].values == wanted.values
    assert [after[f"survey.{key}"].values for key in "bc"] == [before[f"survey.{key}"].values for key in "bc"]


def test_a_new_question_joins_one_of_two_surveys_that_share_a_list(files: Any) -> None:
    files.write("a.yaml", SHARED)
    before = files.load().resources
    for survey in ("a", "b"):
        new = Desired(
            f"question.{survey}.n", "question", "n", {"question_label": "N"}, NOWHERE, parent=f"survey.{survey}"
        )
        asked = [one for one in files.load().resources.values() if one.parent == f"survey.{survey}"]
        write_resources(files.folder, [*asked, replace(new, position=9)])
        assert f"question.{survey}.n" in files.load().resources
    assert {one: found.values for one, found in files.load().resources.items() if not one.endswith(".n")} == {
        one: found.values for one, found in before.items()
    }
    assert "question.c.n" not in files.load().resources


def test_an_option_list_that_is_shared_is_copied_for_the_one_that_changes(files: Any) -> None:
    files.write(
        "a.yaml",
        "surveys:\n  s:\n    name: S\n    questions:\n"
        "      - {question_label: A, question_type: text, response_options: &o [{label: Yes}, {label: No}]}\n"
        "      - {question_label: B, question_type: text, response_options: *o}\n",
    )
    write_resources(files.folder, [question(files, "s.a", response_options=[{"label": "Ja"}])])
    after = files.load().resources
    assert after["question.s.a"].values["response_options"] == [{"label": "Ja"}]
    assert after["question.s.b"].values["response_options"] == [{"label": "Yes"}, {"label": "No"}]


@pytest.mark.parametrize(
    ("declared", "live", "kept"),
    [
        ("Thanks for calling ${var.company}.", "Thanks for calling Acme!", "Thanks for calling ${var.company}!"),
        ("${var.company}: hello", "Hello from Acme", "Hello from ${var.company}"),
        ("${var.company} and ${var.company}", "Acme or Acme", "${var.company} or ${var.company}"),
        ("${var.company} and ${var.company}", "Acme only", "${var.company} only"),
        ("By ${var.company}", "By Acmeshop", "By Acmeshop"),
        ("By ${var.company}", "By Ames", "By Ames"),
        ("By ${var.company}", "By $Acme", "By $Acme"),
        ("By ${var.company} $${x}", "By Acme ${y}", "By ${var.company} $${y}"),
        ("A${var.company}", "", ""),
    ],
)
def test_a_variable_stays_where_its_value_still_fits(files: Any, declared: str, live: str, kept: str) -> None:
    files.write("a.yaml", f"surveys:\n  s:\n    name: S\n    greeting_text: '{declared}'\n")
    write_resources(files.folder, [survey(files, "s", greeting_text=live)])
    assert files.load().resources["survey.s"].values["greeting_text"] == live
    assert kept in files.text("a.yaml")


def test_variables_stay_within_languages_and_options(files: Any) -> None:
    files.write(
        "a.yaml",
        "surveys:\n  s:\n    name: S\n    greeting_text: {default: 'I am ${var.company}', "
        "de-default: 'Hier ${var.company}'}\n"
        "    questions:\n      - {question_label: A, question_type: text,\n"
        "         response_options: [{label: 'At ${var.company}'}, {label: No}]}\n",
    )
    texts = {"default": "I am Acme!", "de-default": "Hier Acme"}
    options = [{"label": "By Acme"}, {"label": "Never"}]
    write_resources(files.folder, [survey(files, "s", greeting_text=texts)])
    write_resources(files.folder, [question(files, "s.a", response_options=options)])
    after = files.load().resources
    assert after["survey.s"].values["greeting_text"] == texts
    assert after["question.s.a"].values["response_options"] == options
    assert files.text("a.yaml").count("${var.company}") == 3


def test_new_resources_go_to_their_files(files: Any) -> None:
    new = [
        Desired("phone_number.main", "phone_number", "main", {"phone_number": "+61488888888", "country_code": "AU"},
                NOWHERE),
        Desired("survey.s", "survey", "s", {"name": "S: one", "greeting_text": "a\nb\n", "closing_text": "${x}"},
                NOWHERE),
        Desired("question.s.q-1", "question", "q-1", {"question_label": "Q 1", "max_response": 10}, NOWHERE,
                parent="survey.s"),
        Desired("user.joe@x.com", "user", "joe@x.com", {"email": "Joe@x.com", "phone": "+61488888888"}, NOWHERE),
    ]  # fmt: skip
    written = write_resources(files.folder, new)
    assert [path.relative_to(files.folder).as_posix() for path in written] == [
        "phone_numbers.yaml",
        "surveys/s.yaml",
        "users.yaml",
    ]
    assert files.text("phone_numbers.yaml") == (
        'phone_numbers:\n  main:\n    number: "+61488888888"\n    country_code: AU\n'
    )
    assert files.text("surveys/s.yaml") == (
        'surveys:\n  s:\n    name: "S: one"\n    greeting_text: |\n      a\n      b\n    closing_text: "$${x}"\n'
        "    questions:\n      - question_label: Q 1\n        max_response: 10\n"
    )
    assert files.text("users.yaml") == 'users:\n  "Joe@x.com":\n    phone: "+61488888888"\n'.replace(
        '"Joe@x.com"', "Joe@x.com"
    )


BASES = [
    "users:\n  a@x.com: {name: A}\n",
    "users:\n    a@x.com:\n        name: A\n\n# the end\n",
    "users: {a@x.com: {name: A}}\n",
    "{users: {a@x.com: {name: A}}}\n",
    "users:\n  a@x.com: {name: A}   # no line end",
    "users:\n  a@x.com:\n    name: |+\n      A\n\n\nsurveys: {}\n",
    "# nothing yet\n",
    "",
    "users:\n",
    "---\nusers:\n  a@x.com: {name: A}\n...\n",
    "surveys: {s: {name: S}}\n",
    "---\nsurveys: {s: {name: S}}\n...\n",
    "users:\n  ? a@x.com\n  : {name: A}\n",
]


@pytest.mark.parametrize("base", BASES)
def test_a_new_user_joins_whatever_is_in_the_file(files: Any, base: str) -> None:
    files.write("users.yaml", base)
    before = files.load().resources
    new = Desired("user.z@x.com", "user", "z@x.com", {"email": "z@x.com", "name": "Zoe: 1"}, NOWHERE)
    write_resources(files.folder, [new])
    after = files.load().resources
    assert after["user.z@x.com"].values == new.values
    assert {address: one.values for address, one in before.items()} == {
        address: one.values for address, one in after.items() if address != "user.z@x.com"
    }
    assert comments(base) == [one for one in comments(files.text("users.yaml")) if one != '1"']


@pytest.mark.parametrize("base", [one for one in BASES if "a@x.com" in one])
def test_a_changed_user_is_changed_whatever_the_style(files: Any, base: str) -> None:
    files.write("users.yaml", base)
    before = files.load().resources
    write_resources(files.folder, [replace(before["user.a@x.com"], values={"name": "B: b", "agent_id": "7"})])
    after = files.load().resources
    assert after["user.a@x.com"].values == {"email": "a@x.com", "name": "B: b", "agent_id": "7"}
    assert len(after) == len(before)
    assert comments(base) == comments(files.text("users.yaml"))


def test_a_user_of_an_upload_file_is_changed_there_and_other_rows_stay(files: Any) -> None:
    files.write("u.yaml", "users: {csv: a.csv}\n")
    files.write("a.csv", 'name,email,agent_id\r\n"Ana",a@x.com,1\r\n\r\n"Bo",b@x.com,2\r\n')
    now = files.load().resources["user.b@x.com"]
    write_resources(files.folder, [replace(now, values={**now.values, "name": 'Bo "B", Jr', "agent_id": ""})])
    assert files.text("a.csv") == 'name,email,agent_id\r\n"Ana",a@x.com,1\r\n\r\n"Bo ""B"", Jr",b@x.com,\r\n'
    now = files.load().resources["user.b@x.com"]
    write_resources(files.folder, [replace(now, values={**now.values, "timezone": "UTC"})])
    assert files.text("a.csv").splitlines()[0] == "name,email,agent_id,timezone"
    assert files.load().resources["user.b@x.com"].values["timezone"] == "UTC"
    assert files.load().resources["user.a@x.com"].values == {"email": "a@x.com", "name": "Ana", "agent_id": "1"}


def test_key_unusable_as_file_name_is_refused_and_nothing_is_written(files: Any) -> None:
    for key in ("../evil", "a/b", ".hidden", "", "a\0b", "a\u202eb"):
        bad = Desired(f"survey.{key}", "survey", key, {"name": "S"}, NOWHERE)
        good = Desired("user.a@x.com", "user", "a@x.com", {"email": "a@x.com"}, NOWHERE)
        with pytest.raises(ValueError, match="cannot be the name of a file"):
            write_resources(files.folder, [good, bad])
    assert sorted(path.name for path in files.folder.rglob("*")) == ["sdx.yaml"]


def test_every_file_can_be_had_on_windows_and_macos(files: Any) -> None:
    files.write("surveys/Taken.yaml", "surveys: {other: {name: Other}}\n")
    keys = ("con", "Com1", "taken", "maße", "plain")
    write_resources(files.folder, [Desired(f"survey.{key}", "survey", key, {"name": key}, NOWHERE) for key in keys])
    written = sorted(path.name for path in (files.folder / "surveys").iterdir())
    assert written == sorted(
        [
            "Taken.yaml",
            "survey-con.yaml",
            "survey-Com1.yaml",
            "taken-2.yaml",
            "maße.yaml",
            "plain.yaml",
        ]
    )
    assert {f"survey.{key}" for key in (*keys, "other")} == {*files.load().resources}


def test_half_a_surrogate_pair_is_refused_and_nothing_is_written(kept: Any) -> None:
    with pytest.raises(ValueError, match="surrogate"):
        write_resources(kept.folder, [survey(kept, "csat", name="\ud800")])
    assert kept.text("a.yaml") == KEPT


def test_invalid_files_are_not_written_into(files: Any) -> None:
    files.write("a.yaml", "surveys: {s: {name: S, nope: 1}}\n")
    with pytest.raises(ConfigurationError):
        write_resources(files.folder, [Desired("survey.t", "survey", "t", {"name": "T"}, NOWHERE)])


def test_when_the_disk_is_full_the_old_file_is_whole_and_nothing_is_left_behind(kept: Any) -> None:
    changed = survey(kept, "csat", name="S")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, hard))
    try:
        with pytest.raises(OSError, match="File too large"):
            write_resources(kept.folder, [changed])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert kept.text("a.yaml") == KEPT
    assert sorted(path.name for path in kept.folder.iterdir()) == ["a.yaml", "sdx.yaml"]


def test_no_temporary_file_is_left_behind(kept: Any) -> None:
    write_resources(kept.folder, [survey(kept, "csat", name="S")])
    assert sorted(path.name for path in kept.folder.iterdir()) == ["a.yaml", "sdx.yaml"]


texts = st.one_of(
    st.sampled_from(
        ["a\nb", "a\nb\n", "# x", "a # b", "null", "yes", "", "- x", "a: b", "|", "x\n# y\nz", "\n", " a", "${a}"]
    ),
    st.text(max_size=20),
).map(lambda text: text.encode("utf-8", "ignore").decode("utf-8"))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_whatever_changes_the_comments_stay_and_the_values_are_right(tmp_path: Path, data: st.DataObject) -> None:
    (tmp_path / "sdx.yaml").write_text("sdx: 1\nvariables: {company: Acme}\n")
    (tmp_path / "a.yaml").write_text(KEPT, encoding="utf-8")
    before = load_configuration(tmp_path, None, {}).resources
    changed = []
    for now in before.values():
        names = data.draw(st.sets(st.sampled_from(FIELDS[now.kind])))
        values = dict.fromkeys(sorted(names), "") | {name: data.draw(texts) for name in sorted(names)}
        if "closing_text" in values:
            values["closing_text"] = {"default": values["closing_text"], "de-default": data.draw(texts)}
        changed.append(replace(now, values={**now.values, **values}))
    write_resources(tmp_path, changed)
    after = load_configuration(tmp_path, None, {}).resources
    for wanted in changed:
        # Line ends, Unicode forms and empty values make no difference to a plan, and stay unchanged.
        fields = KINDS[wanted.kind].by_name
        found = after[wanted.address].values
        for name, value in wanted.values.items():
            assert fields[name].normalise(found.get(name)) == fields[name].normalise(value), (wanted.address, name)
    assert write_resources(tmp_path, changed) == []
    kept_comments = (tmp_path / "a.yaml").read_text(encoding="utf-8")
    for comment in comments(KEPT):
        assert f"# {comment}" in kept_comments


FIELDS = {
    "survey": ["description", "greeting_text", "closing_text", "logo_text"],
    "question": ["question_text", "question_type", "scale_label_min_text"],
    "user": ["name", "agent_id"],
}


def test_a_copy_of_a_block_list_inside_brackets_is_written_in_brackets(files: Any) -> None:
    files.write(
        "a.yaml",
        "surveys:\n  a:\n    name: A\n    questions: &q\n      - question_label: One\n        question_type: text\n"
        "  b: {name: B, questions: *q} # x\n",
    )
    write_resources(files.folder, [question(files, "b.one", question_text="New")])
    after = files.load().resources
    assert after["question.b.one"].values["question_text"] == "New"
    assert "question_text" not in after["question.a.one"].values
