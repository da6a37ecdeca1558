"""Output goes to consoles and files of any encoding: characters that it does not have are escaped, none is lost."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

ENCODINGS = ("ascii", "cp1252", "cp437", "utf-8")
TOKEN = "a-token-that-nobody-may-see-3141"
# A line end, which the program shows as a sign, and characters that several encodings do not have.
FILES = """
surveys:
  a:
    name: "Zoë ☃ Ωmega €"
    description: "One\\nTwo ::warning:: %s"
    greeting_text: "你好 %%agent_name%%\\nПривет"
    questions: [{question_label: Q, question_text: "Why\\nnot → ∞?", question_type: text}]
"""


@pytest.fixture
def run(warm):
    def run(project, encoding, *arguments, program=(str(warm),)):
        command = [*program, "-C", str(project.folder), *arguments]
        environ = {**os.environ, "PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"}
        return subprocess.run(command, capture_output=True, env=environ, stdin=subprocess.DEVNULL, check=False)

    return run


def decoded(ended, encoding):
    return ended.stdout.decode(encoding) + ended.stderr.decode(encoding)


@pytest.fixture
def declared(connected):
    connected.write("a.yaml", FILES % "quiet")
    return connected


COMMANDS = (
    ("validate",),
    ("plan",),
    ("plan", "--verbose"),
    ("apply", "--auto-approve"),
    ("state", "list"),
    ("history",),
    ("drift",),
    ("handoff",),
    ("pull",),
    ("explain", "survey.greeting_text"),
    ("--help",),
    ("plan", "--target", "survey.Ω☃"),
)


@pytest.mark.parametrize(
    "encoding",
    [pytest.param("ascii", marks=pytest.mark.soak), "cp1252", pytest.param("cp437", marks=pytest.mark.soak)],
)
def test_every_command_writes_to_a_console_without_its_characters(run, declared, tenant, encoding):
    for arguments in COMMANDS:
        ended = run(declared, encoding, *arguments)
        text = decoded(ended, encoding)
        assert "Traceback" not in text, arguments
        assert "This is a bug" not in text, arguments
        assert ended.returncode in (0, 1, 8), (arguments, text)
        if arguments == ("plan",):
            assert "\\u{2603}" in text
            assert ("Zo\\u{eb}" if encoding == "ascii" else "Zoë") in text
            assert "One\\u{a}Two" in text
            assert re.search(r"\\u\{4f60\}\\u\{597d\} .*\\u\{a\}\\u\{41f\}", text)
        if arguments[0] == "apply":
            assert ended.returncode == 0, text
    assert [row["name"] for row in tenant.store.rows("surveys")] == ["Zoë ☃ Ωmega €"]


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_report_in_a_file_or_a_pipe_is_utf_8_whatever_the_console_is(run, declared, encoding):
    file = declared.folder / "plan.txt"
    ended = run(declared, encoding, "plan", "--format", "markdown", "--format", f"text={file}")
    assert ended.returncode == 0
    for content in (ended.stdout, file.read_bytes()):
        assert "Zoë ☃ Ωmega €" in content.decode("utf-8")
    assert "One⏎Two" in file.read_bytes().decode("utf-8")
    page = run(declared, encoding, "plan", "--format", "html")
    assert "Zoë ☃ Ωmega €" in page.stdout.decode("utf-8")


def test_interpreter_with_another_encoding_escapes_missing_characters(run, declared):
    cold = (sys.executable, "-c", "from sdx_state.cli.main import entry; entry()")
    ended = run(declared, "cp1252", "plan", program=cold)
    assert ended.returncode == 0
    assert "Zoë \\u{2603}" in ended.stdout.decode("cp1252")


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize("form", ["text", "markdown", "html"])
def test_no_encoding_lets_a_credential_through(run, declared, tenant, encoding, form):
    declared.monkeypatch.setenv("SDX_AUTH_TOKEN", TOKEN)
    declared.write("a.yaml", FILES % TOKEN)
    ended = run(declared, encoding, "plan", "--sandbox", "--format", form)
    text = ended.stdout.decode(encoding if form == "text" else "utf-8")
    assert "[redacted]" in text
    assert TOKEN not in text


def test_a_stream_that_only_shows_half_characters_is_written_to_all_the_same():
    import io

    from sdx_state.cli.streams import escaping

    below = io.BytesIO()
    stream = io.TextIOWrapper(below, encoding="utf-8")
    with escaping(stream):
        stream.write("a\ud800b")
        stream.flush()
    assert below.getvalue() == b"a\\u{d800}b"
    with pytest.raises(UnicodeEncodeError):
        stream.write("\ud800")
