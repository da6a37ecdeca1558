"""Answers that are refused, each by its name, and files that are refused as a whole."""

from __future__ import annotations

import io
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.translations.translator import MOSTLY_ONE, SUFFIX, answered

HEAD = "sdx: 1\napi: {host: demo.surveydynamix.com}\n"
SURVEY = """\
surveys:
  a:
    name: A
    greeting_text: Hello %agent_name%
    closing_text: Goodbye
    instructions_text: Press <b>one</b>
    sms_number: "+61488000001"
"""


def exported(project: Any, form: str, *options: str) -> Path:
    file = Path(project.folder, f"out.{form}")
    arguments = ["--language", "de", "--format", form, "--out", str(file), *options]
    ended = project.run("translations", "export", *arguments)
    assert ended.code == 0, ended.err
    return file


def edited(project: Any, form: str, *changes: tuple[str, str]) -> Path:
    """Return an answered file with `changes` in it, of old to new texts."""
    project.write("sdx.yaml", HEAD)
    project.write("a.yaml", SURVEY)
    file = exported(project, form)
    text = answered(file.read_bytes(), form).decode()
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    file.write_bytes(text.encode())
    return file


REFUSED = {
    "a lost placeholder": (("Hello %agent_name% ü", "Hallo"), "translation-placeholder", "lost %agent_name%"),
    "an added reference": (("Goodbye ü", "Ende ${var.secret}"), "translation-placeholder", "added ${var.secret}"),
    "a lost tag": (("Press <b>one</b> ü", "<b>Eins"), "translation-placeholder", "lost </b>"),
    "an added script": (("Goodbye ü", "<script>x</script>"), "translation-placeholder", "added <script> </script>"),
    "a long text": (("Goodbye ü", "ł" * 202), "translation-too-long", "needs 4 text messages (UCS-2)"),
}


@pytest.mark.parametrize(("change", "code", "message"), REFUSED.values(), ids=REFUSED.keys())
def test_a_refused_answer_does_not_stop_the_others(project, change, code, message):
    ended = project.run("translations", "import", str(edited(project, "po", change)))
    assert ended.code == 1
    assert f"error[{code}]: survey.a " in ended.err
    assert message in ended.err
    assert ended.out == "2 translations into de written, 0 unchanged.\n"
    assert Path(project.folder, "a.yaml").read_text("utf-8").count(SUFFIX) == 2


@pytest.mark.parametrize("form", MOSTLY_ONE)
def test_an_answer_to_a_text_that_changed_is_refused_by_its_name(project, form):
    project.write("sdx.yaml", HEAD)
    project.write("a.yaml", SURVEY)
    file = exported(project, form)
    file.write_bytes(answered(file.read_bytes(), form))
    project.write("a.yaml", SURVEY.replace("Goodbye", "Bye for now"))
    ended = project.run("translations", "import", str(file))
    assert ended.code == 1
    assert "error[translation-outdated]: survey.a closing_text: the text changed after the export" in ended.err
    assert Path(project.folder, "a.yaml").read_text("utf-8").count(SUFFIX) == 2


@pytest.mark.parametrize("form", MOSTLY_ONE)
def test_a_changed_text_is_outdated_until_its_translation_is_replaced(project, form):
    file = edited(project, "po")
    assert project.run("translations", "import", str(file)).code == 0
    path = Path(project.folder, "a.yaml")
    path.write_text(path.read_text("utf-8").replace("default: Goodbye\n", "default: Bye for now\n"), "utf-8")
    assert project.run("translations", "status").out.splitlines()[1].split() == ["de", "2", "0", "1"]
    file = exported(project, form, "--todo")
    ended = project.run("translations", "import", str(file))  # as it was exported, without an answer
    assert ended.out.startswith("0 translations into de written, 0 unchanged.")
    file.write_bytes(answered(file.read_bytes(), form))
    assert project.run("translations", "import", str(file)).out.startswith("1 translation into de written")
    assert "de-default: Bye for now ü" in path.read_text("utf-8")
    assert project.run("translations", "status").out.splitlines()[1].split() == ["de", "3", "0", "0"]


CONFIRMED = {
    "xliff": ("needs-review-translation", "final"),
    "xliff2": ('state="initial"', 'state="final"'),
    "po": ("#, fuzzy\n", ""),
    "csv": (",outdated,", ",done,"),
}


@pytest.mark.parametrize("form", CONFIRMED)
def test_a_translation_that_still_fits_is_confirmed_in_its_file(project, form):
    assert project.run("translations", "import", str(edited(project, "po"))).code == 0
    path = Path(project.folder, "a.yaml")
    path.write_text(path.read_text("utf-8").replace("default: Goodbye\n", "default: Goodbye.\n"), "utf-8")
    before = path.read_bytes()
    file = exported(project, form, "--todo")
    file.write_text(file.read_text("utf-8").replace(*CONFIRMED[form]), "utf-8")
    assert project.run("translations", "import", str(file)).out == "0 translations into de written, 1 unchanged.\n"
    assert project.run("translations", "status").out.splitlines()[1].split() == ["de", "3", "0", "0"]
    assert path.read_bytes() == before


def test_a_fuzzy_translation_is_not_written(project):
    file = edited(project, "po", ("msgctxt", "#, fuzzy\nmsgctxt"))
    ended = project.run("translations", "import", str(file))
    assert ended.out == "0 translations into de written, 0 unchanged. Omitted: 3 unfinished.\n"
    assert Path(project.folder, "a.yaml").read_text("utf-8") == SURVEY


def test_two_translations_of_one_text_are_refused(project):
    file = edited(project, "csv")
    lines = file.read_text("utf-8-sig").splitlines()
    copy = next(line for line in lines if "Goodbye" in line).replace("Goodbye ü", "Ende")
    file.write_text("\n".join([*lines, copy]), "utf-8")
    ended = project.run("translations", "import", str(file))
    assert "error[translation-repeated]: survey.a closing_text" in ended.err
    assert Path(project.folder, "a.yaml").read_text("utf-8").count(SUFFIX) == 2


def whole(project: Any, file: Path, *options: str) -> str:
    """Return why the whole of `file` is refused."""
    before = Path(project.folder, "a.yaml").read_bytes()
    ended = project.run("translations", "import", str(file), *options)
    assert (ended.code, ended.out) == (1, "")
    assert "Nothing was changed." in ended.err
    assert Path(project.folder, "a.yaml").read_bytes() == before
    return ended.err


@pytest.mark.parametrize("form", MOSTLY_ONE)
def test_a_file_of_another_project_or_language_is_refused(project, form):
    project.write("sdx.yaml", HEAD)
    project.write("a.yaml", SURVEY)
    file = exported(project, form)
    file.write_bytes(answered(file.read_bytes(), form))
    assert "is for the language de, and not for fr" in whole(project, file, "--language", "fr")
    project.write("sdx.yaml", HEAD.replace("demo", "au1"))
    assert "exported from another project" in whole(project, file)


@pytest.mark.parametrize(
    ("settings", "survey"),
    [
        (HEAD + "scope: {surveys: [B*]}\n", SURVEY.replace("name: A", "name: B")),
        (HEAD, SURVEY.replace("  a:", "  b:")),
    ],
    ids=["another scope", "other addresses"],
)
def test_a_file_of_another_project_on_the_same_tenant_is_refused(project, settings, survey):
    project.write("sdx.yaml", HEAD)
    project.write("a.yaml", SURVEY)
    file = exported(project, "xliff")
    file.write_bytes(answered(file.read_bytes(), "xliff"))
    project.write("sdx.yaml", settings)
    project.write("a.yaml", survey.replace("Hello", "Good morning"))
    assert "exported from another project" in whole(project, file)


def test_a_file_is_imported_after_its_only_survey_moved(project):
    project.write("sdx.yaml", HEAD)
    project.write("a.yaml", SURVEY)
    file = exported(project, "csv")
    file.write_bytes(answered(file.read_bytes(), "csv"))
    project.write("a.yaml", SURVEY.replace("  a:", "  b:"))
    assert project.run("translations", "import", str(file)).code == 0


HOSTILE = {
    "a document type": '<!DOCTYPE xliff SYSTEM "http://127.0.0.1:9/x.dtd">\n<xliff',
    "an external entity": '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>\n<xliff',
    "a bomb": '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;">]>\n<xliff',
}


@pytest.mark.parametrize("declaration", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("form", ["xliff", "xliff2"])
def test_xliff_with_a_document_type_or_entities_is_refused(project, form, encoding, declaration):
    file = edited(project, form)
    text = file.read_text("utf-8").replace("<xliff", declaration, 1).replace("UTF-8", encoding, 1)
    file.write_bytes(text.encode(encoding))
    assert "document type or entities, which is not allowed" in whole(project, file)


def test_a_workbook_with_a_document_type_or_one_that_is_too_large_is_refused(project, monkeypatch):
    project.write("sdx.yaml", HEAD)
    project.write("a.yaml", SURVEY)
    file = exported(project, "xlsx")
    plain = file.read_bytes()
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("xl/more.xml", '<!DOCTYPE x [<!ENTITY a "b">]><x/>'.encode("utf-16"))
    assert "declares a document type" in whole(project, file)
    monkeypatch.setattr("sdx_state.translations.xlsx.MOST_BYTES", 10_000)
    packed = io.BytesIO(plain)
    with zipfile.ZipFile(packed, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/more.bin", b"0" * 20_000)
    file.write_bytes(packed.getvalue())
    assert "too large unpacked" in whole(project, file)


DAMAGED = {
    "nothing of ours": (b"\x00\x01\x02", "none of XLIFF, PO, CSV and XLSX"),
    "half of an XLIFF file": (b'<xliff xmlns="urn:oasis:names:tc:xliff:document:1.2">', "not valid XML"),
    "another vocabulary": (b"<html/>", "not XLIFF 1.2"),
    "half of a workbook": (b"PK\x03\x04", "not a workbook"),
    "a CSV without ids": (b"text,translation\na,b\n", "no column `id`"),
    "a CSV whose ids are gone": (b"id,translation\n,b\n", "line 2 has a translation and no id"),
    "a damaged PO file": (b'msgid "a"\nmsgstr "b"\n<<<<<<< HEAD\n', "not valid PO"),
}


@pytest.mark.parametrize(("data", "message"), DAMAGED.values(), ids=DAMAGED.keys())
def test_a_damaged_file_is_refused(project, data, message):
    project.write("a.yaml", SURVEY)
    file = Path(project.folder, "in.any")
    file.write_bytes(data)
    assert message in whole(project, file)


@pytest.mark.parametrize(
    ("form", "library"), [("xliff", "lxml"), ("xliff2", "lxml"), ("po", "babel.messages"), ("xlsx", "openpyxl")]
)
def test_a_missing_library_is_an_error_that_names_the_extra(project, monkeypatch, form, library):
    project.write("a.yaml", SURVEY)
    monkeypatch.setitem(sys.modules, library, None)
    out = str(Path(project.folder, "out.any"))
    ended = project.run("translations", "export", "--language", "de", "--format", form, "--out", out)
    assert ended.code == 1
    assert f"the format {form} needs {library.partition('.')[0]}, which is not installed" in ended.err
    assert "pip install 'sdx-state[translations]'" in ended.err


@pytest.mark.parametrize("language", ["german", "de_", "d", "default", "../x"])
def test_a_language_that_no_text_can_have_is_refused(project, language):
    project.write("a.yaml", SURVEY)
    ended = project.run("translations", "export", "--language", language, "--format", "csv")
    assert (ended.code, ended.out) == (1, "")
    assert "is not a language that a text can have" in ended.err


def test_a_damaged_memory_is_an_error_at_its_line(project):
    project.write("a.yaml", SURVEY)
    project.write("translations.lock", "# head\nde-default nonsense\n")
    ended = project.run("translations", "status", "--language", "de")
    assert ended.code == 1
    assert "translations.lock:2: expected a language and two hashes" in ended.err
