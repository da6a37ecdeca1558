"""The YAML parser's complaints in plain words."""

from __future__ import annotations

import yaml

from sdx_state.config.source_text import SourceText
from sdx_state.model.diagnostic import Diagnostic

MAX_DEPTH = 64
TOO_DEEP = f"this is nested more than {MAX_DEPTH} levels deep"

# Messages of both parsers of PyYAML start with or contain the first text; the others are our message and hint.
_WORDS: tuple[tuple[str, str, str | None], ...] = (
    (
        "violates indentation",
        "a tab cannot indent",
        "indent with spaces",
    ),
    (
        "mapping values are not allowed",
        "a colon that belongs to no key",
        "quote the text if the colon is part of it; a key has a space after its colon, and the indentation of its "
        "neighbours",
    ),
    (
        "sequence entries are not allowed",
        "a list cannot start here",
        "put the first `- ` on a line of its own, indented; quote the text if the hyphen is part of it",
    ),
    ("expected ':'", "a key without a colon", "write `key: value`; quote a text that runs over several lines"),
    ("unknown escape character", "a backslash that escapes nothing", "double it, or use single quotes"),
    ("escape sequence of", "a backslash escape that is too short", "double the backslash, or use single quotes"),
    ("Unicode character escape", "a backslash escape that is not a character", None),
    ("document separator", "a `---` line inside a quoted text", "close the quotes before it"),
    ("alphabetic or numeric", "a name must follow `&` or `*`", "quote the text if it starts with `&` or `*`"),
    ("'-'", "a key among the items of a list", "indent it, or start it with `- `"),
    ("node content", "a value is missing before this", "quote it if it is part of the text"),
    ("expected the node content", "a value is missing before this", "quote it if it is part of the text"),
    (
        "comment or line break",
        "text on the line of a `|` or `>`",
        "start the text on the next line, indented; quote it if it begins with `|` or `>`",
    ),
    (
        "chomping or indentation",
        "text on the line of a `|` or `>`",
        "start the text on the next line, indented; quote it if it begins with `|` or `>`",
    ),
    (
        "a comment or a line break",
        "text on the line of a `|` or `>`",
        "start the text on the next line, indented; quote it if it begins with `|` or `>`",
    ),
    ("directive", "a line that starts with `%` is a YAML directive", "quote or indent the text"),
    ("incompatible YAML document", "this YAML version is not supported", "remove the `%YAML` line"),
    ("tag handle", "an unknown tag", "remove it; quote a text that starts with `!`"),
    (
        "expected key",
        "this is neither a key nor the end of the block above",
        "check the indentation, and the quotes of the line above: '' is one apostrophe inside single quotes",
    ),
    (
        "<block end>",
        "this is neither a key nor the end of the block above",
        "check the indentation, and the quotes of the line above: '' is one apostrophe inside single quotes",
    ),
)
_CANNOT_START = {
    "\t": ("a tab cannot indent", "indent with spaces"),
    "%": ("a text that starts with `%` must be quoted", None),
    "@": ("a text that starts with `@` must be quoted", None),
    "`": ("a text that starts with a backtick must be quoted", None),
}


def syntax_diagnostic(source: SourceText, error: yaml.YAMLError) -> Diagnostic:
    """Return what `error` says about `source`, in words that say what to do."""
    said = str(getattr(error, "problem", None) or "not valid YAML")
    context = str(getattr(error, "context", None) or "")
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    opened = getattr(error, "context_mark", None)
    if mark is None:
        return source.diagnostic("invalid-yaml", (1, 1), "this file is not valid YAML")
    place = (mark.line + 1, mark.column + 1)
    if "cannot start any token" in said:
        character = (source.line(place[0]) or "")[mark.column : mark.column + 1]
        if character in _CANNOT_START:
            message, hint = _CANNOT_START[character]
            return source.diagnostic("invalid-yaml", place, message, hint or _quoted(source, place))
    if "nesting depth" in said:  # libyaml has its own limit since 0.2.6, above `MAX_DEPTH`
        return source.diagnostic("too-large", place, TOO_DEEP)
    if opened is not None and "flow" in context:
        return _flow_diagnostic(source, place, (opened.line + 1, opened.column + 1))
    if opened is not None and "end of stream" in said:
        return source.diagnostic(
            "invalid-yaml", (opened.line + 1, opened.column + 1), "a quote is opened here and never closed"
        )
    for words, message, hint in _WORDS:
        if words in said:
            return source.diagnostic("invalid-yaml", place, message, hint)
    return source.diagnostic("invalid-yaml", place, "this is not valid YAML", f"the parser says: {said[:200]}")


def _flow_diagnostic(source: SourceText, place: tuple[int, int], opened: tuple[int, int]) -> Diagnostic:
    bracket = (source.line(opened[0]) or "")[opened[1] - 1 : opened[1]]
    closing = {"{": "}", "[": "]"}.get(bracket, "}")
    line = source.line(place[0]) or ""
    if line[: place[1]].endswith("${"):
        hint = 'inside { } and [ ] a value that contains ${...} must be quoted: "${...}"'
        return source.diagnostic("invalid-yaml", (place[0], place[1] - 1), "a reference that is not quoted", hint)
    message = f"a comma or a `{closing}` is missing: the `{bracket}` was opened at line {opened[0]}"
    return source.diagnostic(
        "invalid-yaml", place, message, f"close it with `{closing}`, and quote texts that contain commas or brackets"
    )


def _quoted(source: SourceText, place: tuple[int, int]) -> str:
    rest = (source.line(place[0]) or "")[place[1] - 1 :].strip()
    if len(rest) > 60 or '"' in rest or "\\" in rest:
        return "put it in quotes"
    return f'write "{rest}"'
