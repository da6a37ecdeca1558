"""One layout for every YAML file: two spaces a level, one blank line at most. Values and line ends stay."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path

import yaml

from sdx_state.config.comments import comments
from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Folder, read_text, replace_texts
from sdx_state.config.layout import with_ends_like
from sdx_state.config.parse import build
from sdx_state.config.plain_layout import is_formatted
from sdx_state.config.project import excluded_from, found_files
from sdx_state.config.sift import PROJECT_FILE
from sdx_state.config.source_text import SourceText
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source

TRIES = 256  # readings of a file that one rule of layout may take
_BLANKS = re.compile(r"\n(?:[ \t]*\n){2,}")
_TRAILING = re.compile(r"(?<![ \t])[ \t]+$", re.MULTILINE)
_BESIDE = re.compile(r"(?<=[^\s#])(?:\t| [ \t]+)(?=#)")
_ALONE = re.compile(r"^[ \t]*(?=#)", re.MULTILINE)


def format_files(
    folder: Path, paths: Sequence[Path] = (), skip: Callable[[Path], None] = lambda _: None, *, write: bool
) -> list[tuple[str, str, str]]:
    """Lay out YAML files of the project in `folder`; return name, old and new text of those that change.

    Every text is composed before the first file is replaced.

    Args:
        folder: The project's folder.
        paths: The files; all of the project, if there are none.
        skip: Called with each of `paths` that is not a YAML file of the project.
        write: Replace the files; otherwise only say what would change.

    Raises:
        ConfigurationError: A file is not YAML that this program reads, or cannot be laid out without changing it.
        OSError: A file could not be written.
    """
    diagnostics: list[Diagnostic] = []
    files = Folder(folder)
    names = _named(files, paths, skip) if paths else _all(files, diagnostics.append)
    changed = [(name, old, new) for name, old, new in _laid_out(files, names, diagnostics.append) if old != new]
    if diagnostics:
        raise ConfigurationError(diagnostics)
    if write:
        replace_texts(folder, {name: SourceText(name, new) for name, _, new in changed})
    return changed


def _all(files: Folder, report: Callable[[Diagnostic], None]) -> list[str]:
    found = found_files(files)
    for complaint in found.diagnostics:
        report(complaint)
    return [PROJECT_FILE, *found.names] if files.has(PROJECT_FILE) else found.names


def _named(files: Folder, paths: Sequence[Path], skip: Callable[[Path], None]) -> list[str]:
    """Return the names of `paths` in the project. None of its folders is searched."""
    excluded = excluded_from(files)
    top = files.path.resolve()
    names = []
    for path in paths:
        real = path.parent.resolve() / path.name
        name = real.relative_to(top).as_posix() if real.is_relative_to(top) else ""
        if name == PROJECT_FILE or (name and files.would_find(name, excluded)):
            names.append(name)
        else:
            skip(path)
    return sorted(set(names))


def _laid_out(
    files: Folder, names: Sequence[str], report: Callable[[Diagnostic], None]
) -> Iterator[tuple[str, str, str]]:
    for name in names:
        diagnostics: list[Diagnostic] = []
        source = read_text(files, name, diagnostics.append)
        new = None if source is None or is_formatted(source.text) else formatted(source, diagnostics.append)
        for diagnostic in diagnostics:
            report(diagnostic)
        if source is not None and new is not None:
            yield name, source.text, new


def formatted(source: SourceText, report: Callable[[Diagnostic], None]) -> str | None:
    """Return the text of `source` laid out; None where that cannot be done, with the reason for `report`."""
    from ruamel.yaml.error import YAMLError

    from sdx_state.config.edit import laid_out

    diagnostics: list[Diagnostic] = []
    before = build(source, diagnostics.append)
    for diagnostic in diagnostics:
        report(diagnostic)
    if diagnostics:
        return None
    text = source.text.replace("\r\n", "\n")
    if before is None:
        return with_ends_like(_tidied(text, lambda _: True), source.text)

    def same(candidate: str) -> bool:
        wrong: list[Diagnostic] = []
        return build(SourceText(source.name, candidate), wrong.append) == before and not wrong

    try:
        new = laid_out(text)
        kept = same(new) and _comments(new) == _comments(text)
    except (YAMLError, yaml.YAMLError, ValueError, RecursionError):
        kept = False
    if not kept:
        report(
            Diagnostic(
                "cannot-format",
                "error",
                "this file cannot be laid out without changing what it says",
                Source(source.name, 1, 1),
                help="leave it as it is, or put its comments on lines of their own",
            )
        )
        return None
    return with_ends_like(_tidied(new, same), source.text)


def _tidied(text: str, same: Callable[[str], bool]) -> str:
    """Return `text` with blanks, blank lines and comments in their places, where no value has them."""
    for pattern, instead in ((_TRAILING, ""), (_BLANKS, "\n\n"), (_BESIDE, " "), (_ALONE, _indent_of_next)):
        whole = pattern.sub(instead, text)
        if same(whole):
            text = whole
            continue
        places = [
            (found.start(), found.end(), instead if isinstance(instead, str) else instead(found))
            for found in pattern.finditer(text)
        ]
        text = _replaced(text, places, same)
    ended = text.strip("\n") + "\n" if text.strip() else ""
    return ended if same(ended) else text


def _replaced(text: str, places: list[tuple[int, int, str]], same: Callable[[str], bool]) -> str:
    """Return `text` with the parts at `places` (start, end, replacement) replaced wherever that changes no value.

    A half of the places that changes a value is halved again. After `TRIES` readings the rest stays as it is.
    """
    waiting, tries = [places], 0
    while waiting and tries < TRIES:
        last = waiting.pop()  # from the end of the text to its beginning, so that the places stay right
        parts: list[str] = []
        end = 0
        for start, after, instead in last:
            parts += [text[end:start], instead]
            end = after
        candidate = "".join([*parts, text[end:]])
        tries += 1
        if same(candidate):
            text = candidate
        elif len(last) > 1:
            middle = len(last) // 2
            waiting += [last[:middle], last[middle:]]
    return text


def _indent_of_next(comment: re.Match[str]) -> str:
    """Return the indent of the line that a comment is about: the next one that is neither blank nor a comment."""
    indent = _indents(comment.string).get(comment.start())
    return comment[0] if indent is None else indent


@lru_cache(maxsize=1)
def _indents(text: str) -> dict[int, str]:
    """Return, for the place at which each line of `text` begins, the indent of the next line with a value."""
    found: dict[int, str] = {}
    indent: str | None = None
    place = len(text)
    for line in reversed(text.split("\n")):
        place -= len(line)
        if indent is not None:
            found[place] = indent
        if line.strip() and not line.lstrip().startswith("#"):
            indent = line[: len(line) - len(line.lstrip())]
        place -= 1
    return found


def _comments(text: str) -> list[str]:
    """Return every comment of the YAML `text` with its blanks alike, in its order."""
    return [" ".join(found[0].split()) for found in comments(text)]
