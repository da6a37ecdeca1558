"""The files of a project at a revision: the same verdicts as on disk, no unsafe names, and only what is asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import unicodedata
from pathlib import Path

import pytest

from sdx_state.config import revision as revision_module
from sdx_state.config.configuration import load_configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Folder
from sdx_state.config.git_tree import RevisionUnreadable
from sdx_state.config.revision import at_revision
from sdx_state.config.sift import Excluded, Unreadable

IDENTITY = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "core.autocrlf=false"]


def git(folder, *arguments, given=None):
    done = subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, check=True, capture_output=True, input=given or b""
    )
    return done.stdout.decode().strip()


def commit(folder):
    git(folder, "init", "-q")
    git(folder, "add", "-fA")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")


def tree(folder, *entries):
    """Write a tree that Git itself would not make; each entry is mode, name and id."""
    content = b"".join(
        mode.encode() + b" " + os.fsencode(name) + b"\0" + bytes.fromhex(one) for mode, name, one in entries
    )
    return git(folder, "hash-object", "-t", "tree", "-w", "--literally", "--stdin", given=content)


def branch(folder, root, name="evil"):
    git(folder, "branch", "-f", name, git(folder, "commit-tree", root, "-m", "x"))
    return name


def blob(folder, content):
    return git(folder, "hash-object", "-w", "--stdin", given=content)


def verdict(files, name):
    try:
        return files.read(name)
    except Unreadable as error:
        return str(error), error.help


UNSAFE = {
    "climbing": "..",
    "absolute": "/outside",
    "nothing but a slash": "/",
    "itself": ".",
    "climbing within a name": "a/../../outside",
    "doubled slash": "a//b.yaml",
    "git": ".git",
    "git in capitals": ".GIT",
    "git on NTFS": "git~1",
    "git on NTFS with a stream": ".git::$INDEX_ALLOCATION",
    "git on NTFS with dots": ".git. .",
    "git on HFS+": ".g\u200cit",
    "git behind a backslash": "a\\.git",
    "climbing by backslash": "..\\outside",
    "a drive": "C:\\outside",
    "a drive with a slash": "C:/outside",
    "a share": "\\\\host\\share",
}


@pytest.mark.parametrize("depth", [0, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("name", UNSAFE.values(), ids=UNSAFE)
def test_a_tree_with_a_name_that_leads_elsewhere_is_refused(project, tmp_path, monkeypatch, name, depth):
    folder = project.folder
    commit(folder)
    inner = tree(folder, ("100644", "outside", blob(folder, b"proof")))
    unsafe = [("40000", name, inner)], [("100644", name, blob(folder, b"surveys: {}"))]
    for entries in unsafe:
        sdx = ("100644", "sdx.yaml", blob(folder, b"sdx: 1\n"))
        root = tree(folder, *(entries if not depth else [("40000", "surveys", tree(folder, *entries))]), sdx)
        temporary = tmp_path / "temporary"
        temporary.mkdir(exist_ok=True)
        monkeypatch.setenv("TMPDIR", str(temporary))
        monkeypatch.setattr("tempfile.tempdir", None)
        ended = project.run("plan", "--sandbox", "--base", branch(folder, root))
        assert (ended.code, ended.out) == (1, "")
        assert "the tree of evil is not used: the name" in ended.err
        assert "is unsafe" in ended.err
        assert list(temporary.iterdir()) == []
        assert not (tmp_path / "outside").exists()
        assert not Path("/outside").exists()


def test_tree_with_a_duplicate_name_is_refused(files):
    commit(files.folder)
    content = blob(files.folder, b"surveys: {}")
    root = tree(files.folder, ("100644", "a.yaml", content), ("100644", "a.yaml", content))
    with (
        pytest.raises(RevisionUnreadable, match="is there twice"),
        at_revision(files.folder, branch(files.folder, root)),
    ):
        pytest.fail("the tree was used")


def test_tree_that_repeats_itself_is_refused(files):
    commit(files.folder)
    one = tree(files.folder, ("100644", "a.yaml", blob(files.folder, b"surveys: {}")))
    for _ in range(9):
        one = tree(files.folder, *(("40000", str(number), one) for number in range(10)))
    with (
        pytest.raises(RevisionUnreadable, match="too many files"),
        at_revision(files.folder, branch(files.folder, one)),
    ):
        pytest.fail("the tree was used")


def test_unusual_names_of_files_that_are_not_opened_by_name_are_fine(files):
    names = [
        "aux.yaml",
        "CON",
        "nul.c",
        "dev-by\\x2duuid.swap",
        ".gitignore",
        ".github/a.yml",
        "git~2",
        "a b.yaml",
        "c:d",
    ]
    names += [".gitmodule/x", "x.git/y.yaml", "neu\u00e4.yaml", "tab\tline\nfeed.yaml", "...", ".. ", "x..y"]
    for name in names:
        files.write(name, "surveys: {}\n")
    commit(files.folder)
    with at_revision(files.folder, "HEAD") as there:
        assert there.find(Excluded()) == Folder(files.folder).find(Excluded())
        assert [there.read(name) for name in names] == [b"surveys: {}\n"] * len(names)


def test_disk_and_revision_agree_on_every_file(tmp_path):
    folder = tmp_path / "repository" / "in" / "project"
    contents = {
        "sdx.yaml": b"sdx: 1\n",
        "a.yaml": b"surveys: {a: {name: A}}\n",
        "B.YML": b"not one",
        "deep/er/c.yml": b"surveys: {}\r\n",
        "deep/sdx.yaml": b"surveys: {}\n",
        "deep/handoff/d.yaml": b"surveys: {}\n",
        "handoff/e.yaml": b"output",
        ".hidden/f.yaml": b"hidden",
        "deep/.hidden.yaml": b"hidden",
        "g.yaml/h.yaml": b"surveys: {}\n",
        "users.csv": b"name,email\r\n",
        "old.yaml.bak": b"surveys: {}\n",
        "deep/inner/sdx.yaml": b"sdx: 1\n",
        ".hidden/sdx.yaml": b"sdx: 1\n",
        "nai\u0308ve.yaml": b"surveys: {}\n",
        "na\u00efve.yaml": b"surveys: {}\n",
        "empty.yaml": b"",
        "bin.yaml": bytes(range(256)),
        "../beside/x.yaml": b"surveys: {}\n",
    }
    for name, content in contents.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    links = {
        "link.yaml": "a.yaml",
        "chain.yaml": "link.yaml",
        "hidden.yaml": ".hidden/f.yaml",
        "over.yaml": "../project/deep/er/../er/c.yml",
        "around.yaml": "../../in/project/a.yaml",
        "deep/up.yaml": "../users.csv",
        "through.yaml": "folder/c.yml",
        "folder": "deep/er",
        "folder.yaml": "deep",
        "root": ".",
        "parent.yaml": "..",
        ".folder": "deep",
        "out.yaml": "../beside/x.yaml",
        "dangling.yaml": "nowhere.yaml",
        "dangling": "nowhere",
        "below.yaml": "a.yaml/x",
        "loop.yaml": "pool.yaml",
        "pool.yaml": "loop.yaml",
        "absolute.yaml": "/etc/hostname",
    }
    for name, target in links.items():
        (folder / name).symlink_to(target)
    (folder / "a.yaml").chmod(0o755)
    commit(tmp_path / "repository")
    disk = Folder(folder)
    with at_revision(folder, "HEAD") as there:
        for excluded in (Excluded(), Excluded(("deep/",)), Excluded(("*.YML", "folder", "er/**", "link*.yaml"))):
            assert there.find(excluded) == disk.find(excluded)
        everything = there.find(Excluded())
        assert everything.projects == ["deep"]
        assert "B.YML" in everything.names
        assert everything.others == ["old.yaml.bak", "users.csv"]
        for name in [
            *contents,
            *links,
            "nowhere.yaml",
            "folder/c.yml",
            ".folder/er/c.yml",
            "deep",
            "a.yaml/b",
            "sdx.yml",
        ]:
            if name.startswith("../"):
                continue
            on_disk, in_git = verdict(disk, name), verdict(there, name)
            if name in ("loop.yaml", "pool.yaml"):  # Python's own words, which differ by version
                assert isinstance(on_disk, tuple)
                assert in_git == ("the file cannot be read: Too many levels of symbolic links", None)
                continue
            assert in_git == on_disk, name


def test_disk_and_revision_agree_on_whether_there_is_a_file(files):
    (files.folder / "link.yaml").symlink_to("sdx.yaml")
    (files.folder / "out.yaml").symlink_to("/")
    commit(files.folder)
    with at_revision(files.folder, "HEAD") as there:
        for name in ("sdx.yaml", "link.yaml", "out.yaml", "nowhere.yaml"):
            assert there.has(name) == Folder(files.folder).has(name)


def test_both_configurations_mean_the_same(files):
    files.write("sdx.yaml", "sdx: 1\n")
    files.write("a.yaml", b"surveys:\r\n  a:\r\n    name: A\r\n    greeting_text: |\r\n      One\r\n      Two\r\n")
    files.write("people/u.yaml", "users: {csv: [lists/one.csv, ../two.csv]}\n")
    files.write("people/lists/one.csv", "name,email\r\nU,u@example.com\r\n")
    files.write("two.csv", "name,email\nV,v@example.com\n")
    commit(files.folder)
    with at_revision(files.folder, "HEAD") as there:
        loaded = load_configuration(files.folder, None, {}, there)
    assert loaded == files.load()
    assert len(loaded.resources) == 3


def test_a_file_named_in_another_unicode_form_or_case_is_found(files):
    files.write("sdx.yaml", "sdx: 1\n")
    files.write("u.yaml", "users: {csv: Liste/na\u00efve.csv}\n")
    files.write(unicodedata.normalize("NFD", "liste/na\u00efve.csv"), "name,email\nU,u@example.com\n")
    commit(files.folder)
    with at_revision(files.folder, "HEAD") as there:
        assert list(load_configuration(files.folder, None, {}, there).resources) == ["user.u@example.com"]


def test_the_same_is_wrong_with_both(files):
    files.write("sdx.yaml", "sdx: 1\n")
    files.write("a.yaml", "surveys: {a: {nam: A}}\n")
    files.write("b.yaml", b"\xff\xfe")
    files.write("c.yaml", "users: {csv: [gone.csv, ../outside.csv]}\n")
    commit(files.folder)
    with at_revision(files.folder, "HEAD") as there, pytest.raises(ConfigurationError) as caught:
        load_configuration(files.folder, None, {}, there)
    assert list(caught.value.diagnostics) == files.diagnostics()


def test_a_link_out_of_the_repository_is_outside(files):
    (files.folder / "out.yaml").symlink_to("../" * 40 + "etc/hostname")
    commit(files.folder)
    with at_revision(files.folder, "HEAD") as there:
        assert verdict(there, "out.yaml")[0] == "the file lies outside the project"


def test_a_folder_that_is_gone_from_disk_is_read_at_the_base(project):
    project.write("surveys/a.yaml", "surveys: {a: {name: A, greeting_text: x}}\n")
    commit(project.folder)
    assert project.apply("--sandbox").code == 0
    (project.folder / "surveys" / "a.yaml").unlink()
    (project.folder / "surveys").rmdir()
    project.write("b.yaml", "surveys: {b: {name: B, greeting_text: x}}\n")
    document = json.loads(project.run("plan", "--sandbox", "--base", "HEAD", "--format", "json").out)
    said = {change["address"]: change["attribution"] for change in document["resource_changes"]}
    assert said == {"survey.a": "branch", "survey.b": "branch"}


@pytest.mark.parametrize("was", ["nothing", "a file", "a link"])
def test_a_base_without_the_folder_of_the_project_declared_nothing(project, was):
    path = project.folder / "inner"
    if was == "a file":
        path.write_text("")
    if was == "a link":
        path.symlink_to(".")
    commit(project.folder)
    path.unlink(missing_ok=True)
    path.mkdir()
    (path / "sdx.yaml").write_text("sdx: 1\napi: {host: demo.surveydynamix.com}\n")
    (path / "a.yaml").write_text("surveys: {a: {name: A, greeting_text: x}}\n")
    ended = project.run("plan", "--sandbox", "--base", "HEAD", "--format", "json", folder=path)
    assert [one["attribution"] for one in json.loads(ended.out)["resource_changes"]] == ["branch"]


MEASURED = """
import resource, sys, tracemalloc
from pathlib import Path
from sdx_state.config.configuration import load_configuration
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.revision import at_revision
tracemalloc.start()
with at_revision(Path.cwd(), "HEAD") as files:
    try:
        load_configuration(Path.cwd(), None, {}, files)
    except ConfigurationError as error:
        print(error)
print(tracemalloc.get_traced_memory()[1])
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
"""


@pytest.mark.soak
def test_large_files_are_neither_read_nor_held_in_memory(files, tmp_path):
    size = 100 * 1024 * 1024  # three times what a file may have
    big = tmp_path.parent / f"{tmp_path.name}-big"
    with big.open("wb") as file:
        file.truncate(size)
    files.write("sdx.yaml", "sdx: 1\n")
    files.write("a.yaml", "surveys: {a: {name: A}}\n")
    commit(files.folder)
    content = git(files.folder, "-c", "core.compression=1", "hash-object", "-w", str(big))
    big.unlink()
    for name in ("big.bin", "big.yaml"):
        git(files.folder, "update-index", "--add", "--cacheinfo", f"100644,{content},{name}")
    git(files.folder, "commit", "-qm", "big")
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", MEASURED],
        cwd=files.folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    said, ours, of_git = ended.stdout.splitlines()
    assert said == "big.yaml:1:1: the file is larger than 32 MiB"
    assert int(ours) < size / 2  # 32 MiB are read before the file is refused
    assert int(of_git) < size / 2


def test_all_files_together_are_bounded(files, monkeypatch):
    for name in ("a", "b", "c"):
        files.write(f"{name}.yaml", f"surveys: {{{name}: {{name: {name}}}}}\n")
    commit(files.folder)
    monkeypatch.setattr(revision_module, "MAX_TOTAL", 70)
    with at_revision(files.folder, "HEAD") as there, pytest.raises(RevisionUnreadable, match="together"):
        load_configuration(files.folder, None, {}, there)


def test_nothing_is_read_that_is_not_asked_for(files, monkeypatch):
    files.write("sdx.yaml", "sdx: 1\n")
    files.write("a.yaml", "users: {csv: named.csv}\n")
    for name in ("named.csv", "other.csv"):
        files.write(name, "name,email\nU,u@example.com\n" + "\n" * len(name))
    files.write("notes.txt", "x")
    commit(files.folder)
    asked = []
    read = revision_module.Revision.read
    monkeypatch.setattr(revision_module.Revision, "read", lambda there, name: asked.append(name) or read(there, name))
    with at_revision(files.folder, "HEAD") as there:
        load_configuration(files.folder, None, {}, there)
    assert asked == ["sdx.yaml", "a.yaml", "named.csv"]
