"""`preview` makes a page from the files alone."""

from __future__ import annotations

import pytest

from sdx_state.cli.context import Context
from sdx_state.cli.preview import served_page
from sdx_state.programs.machine import THIS_MACHINE

SURVEY = """\
surveys:
  csat:
    name: Support CSAT
    greeting_text: {default: Hello., de-default: Hallo.}
    questions: [{question_label: A, question_text: Why?, question_type: text}]
"""


@pytest.fixture
def declared(project):
    project.write("a.yaml", SURVEY)
    return project


def test_page_is_printed_without_a_tenant(declared):
    ended = declared.run("preview", "csat")
    assert (ended.code, ended.err) == (0, "")
    assert ended.out.startswith("<!doctype html>")
    assert ended.out.count("Hallo.") == 3


def test_page_is_written_to_a_file_that_is_none_of_the_project(declared):
    ended = declared.run("preview", "survey.csat", "--out", str(declared.folder / "p.html"))
    assert (ended.code, ended.out) == (0, "")
    assert "Hallo." in (declared.folder / "p.html").read_text("utf-8")
    assert declared.run("preview", "csat", "--out", str(declared.folder / "p.yaml")).code == 2
    assert declared.run("preview", "csat", "--out", str(declared.folder / "a.yaml")).code == 2
    assert (declared.folder / "a.yaml").read_text("utf-8") == SURVEY


def test_options_narrow_the_page(declared):
    page = declared.run("preview", "csat", "--language", "de", "--channel", "sms").out
    assert "Hello." not in page
    assert page.count("Hallo.") == 1
    assert "read aloud" not in page


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("nothing",), 1, "survey.nothing is not declared"),
        (("csta",), 1, "Did you mean `csat`?"),
        (("csat", "--language", "fr"), 1, "survey.csat has no text in the language fr"),
        (("csat", "--channel", "fax"), 2, "'fax' is not one of"),
        (("csat", "--serve", "--out", "x.html"), 2, "--serve and --out cannot be combined"),
        (("csat", "--port", "80"), 2, "--port and --no-browser are for --serve"),
        ((), 2, "Missing argument 'SURVEY'"),
    ],
)
def test_wrong_use_is_an_error_without_output(declared, arguments, code, said):
    ended = declared.run("preview", *arguments)
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


def test_broken_configuration_is_an_error_with_its_place(declared):
    declared.write("b.yaml", "surveys: {csat: {name: Twice}}\n")
    ended = declared.run("preview", "csat")
    assert (ended.code, ended.out) == (1, "")
    assert "b.yaml:1:" in ended.err


def test_served_page_is_that_of_the_files_as_they_are_or_of_what_is_wrong_with_them(declared):
    context = Context(declared.folder, None, {}, THIS_MACHINE)
    assert "Support CSAT: preview" in served_page(context, "csat", None, None)("1")
    declared.write("a.yaml", "surveys: {csat: {nmae: x}}\n")
    page = served_page(context, "csat", None, None)("1")
    assert "The configuration is invalid" in page
    assert "a.yaml:1:18" in page
    declared.write("a.yaml", "surveys: {other: {name: x}}\n")
    assert "survey.csat is not declared" in served_page(context, "csat", None, None)("1")


def test_port_in_use_is_an_error_with_a_way_on(declared):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        ended = declared.run("preview", "csat", "--serve", "--no-browser", "--port", str(port))
    assert ended.code == 1
    assert f"port {port} cannot be used" in ended.err


def test_serving_ends_with_ctrl_c(declared, monkeypatch):
    def interrupted(_seconds):
        raise KeyboardInterrupt

    monkeypatch.setattr("time.sleep", interrupted)
    opened = []
    monkeypatch.setattr("sdx_state.programs.browser.open_browser", lambda url: not opened.append(url))
    ended = declared.run("preview", "csat", "--serve")
    assert (ended.code, ended.out) == (0, "")
    assert opened[0].startswith("http://127.0.0.1:")
    assert f"Opened {opened[0]}" in ended.err
    assert "Stopped." in ended.err
