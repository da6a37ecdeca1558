"""A quick look that tells most formatted files from all others, without reading and writing them as YAML.

It knows a subset of YAML: mappings and lists in blocks, two spaces a level, dashes two in from their key; scalars and
brackets on one line; literal blocks; comments. It says yes only where `format.formatted` would return the same text
and report nothing, and no wherever it does not know.
"""

from __future__ import annotations

import re
from unicodedata import is_normalized

import yaml

from sdx_state.config.builder import MAX_NODES, PAIR_ESCAPED
from sdx_state.config.emit import quoted
from sdx_state.config.scalars import SURROGATE

_MAX_LINE = 100_000  # characters; the writer wraps far beyond that
_MAX_KEY = 100  # characters; the writer puts a `?` before a key of 128
_MAX_LEVELS = 24  # the reader takes 64
_MAX_BRACKETS = 8  # levels

_QUOTED = r"'(?:[^']|'')*'|\"(?:[^\"\\]|\\.)*\""
# A letter first, or a number with an at sign behind it, as in an e-mail address: text to every reader. Its parts are
# no longer than a key may be, so that no look for one reads the rest of a long text.
_UP_TO = f"{{1,{_MAX_KEY}}}"
_KEY = rf"(?:[^\W\d_]|\d[\w.+-]{{0,{_MAX_KEY}}}(?=@))[\w@.+-]{{0,{_MAX_KEY}}}|'[^'\\]{_UP_TO}'|\"[^\"\\]{_UP_TO}\""
_PLAIN = r"(?:[^\W_]|[$(/+]|\./|-(?=\d))[^:#]*(?:(?:(?<! )#|:(?! |$))[^:#]*)*(?<! )"
_LINE = re.compile(
    rf"(- )?(?:({_KEY}):(?= |$))?(?:(?(2) |)(?:({_PLAIN})|({_QUOTED})|(\|-?)|([\[{{].*[\]}}])))?(?: #.*)?"
)
# PyYAML without libyaml ends a text in brackets at a question mark.
_QUESTION = r"\??" if yaml.__with_libyaml__ else ""
_PLAIN_INSIDE = re.compile(rf"[^\W_](?:[\w@.+/() -]*[\w@.+/()-])?{_QUESTION}|{_QUOTED}")
_KEY_INSIDE = re.compile(rf"({_KEY}): ")
_ESCAPE = re.compile(r"\\(?:[\"\\nrt0]|u[0-9a-f]{4}|U00(?:0[0-9a-f]|10)[0-9a-f]{4})")
_ESCAPED = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}
_NO_TEXTS = frozenset(("true", "false", "null"))


def is_formatted(text: str) -> bool:
    """Return True if formatting `text` certainly changes and reports nothing; False where only trying can tell."""
    if "\r" in text:
        ends = text.count("\r\n")
        if ends != text.count("\n") or ends != text.count("\r"):
            return False
        text = text.replace("\r\n", "\n")
    if not text.replace("\n", "").isprintable() or " \n" in text or not text.endswith("\n"):
        return False
    if PAIR_ESCAPED.search(text):
        return False
    values = 2 * (text.count("\n") + text.count("[") + text.count("{")) + text.count(",")  # or fewer
    return values < MAX_NODES and _are_formatted(text[:-1].split("\n"))


def _are_formatted(lines: list[str]) -> bool:
    """Tell whether `lines`, without their ends, are formatted and contain a value."""
    levels = _Levels()
    after_blank = True  # a file does not begin with a blank line
    comments: int | None = None  # the indent of the comments above, if there are any
    at = 0
    while at < len(lines):
        line = lines[at]
        at += 1
        bare = line.lstrip(" ")
        if not bare:
            if after_blank:
                return False
            after_blank = True
            continue
        after_blank = False
        indent = len(line) - len(bare)
        if "  #" in bare or (comments is not None and comments != indent):
            return False
        if bare[0] == "#":
            comments = indent
            continue
        comments = None
        found = _LINE.fullmatch(bare) if len(line) <= _MAX_LINE else None
        if found is None or not levels.take(indent, found):
            return False
        if found[5]:
            at = _end_of_literal(lines, at, "  " * len(levels.keys))
            if not at:
                return False
    return bool(levels.keys) and not after_blank and not comments


def _end_of_literal(lines: list[str], at: int, indent: str) -> int:
    """Return the index behind the last line of the literal block that begins at `at`; 0 if that is in doubt."""
    end = 0
    while at < len(lines) and (not lines[at] or lines[at].startswith(indent)):
        if not end and not lines[at][len(indent) : len(indent) + 1].strip():
            return 0
        at += 1
        if lines[at - 1]:
            end = at
    return end


class _Levels:
    """The levels of blocks that a line is in.

    Attributes:
        keys: The keys so far of the mapping on each level; None for a list.
    """

    def __init__(self) -> None:
        self.keys: list[set[str] | None] = []
        self._opened = True  # the line before is a key with nothing beside it
        self._texts: dict[str, str] = {}

    def take(self, indent: int, line: re.Match[str]) -> bool:
        """Take a line, found without its indent; return False if it does not certainly belong where it is."""
        dash, key, plain, in_quotes, literal, brackets = line.groups()
        keys = self.keys
        level, odd = divmod(indent, 2)
        if odd or level > len(keys) or level > _MAX_LEVELS:
            return False
        if level < len(keys):
            if (keys[level] is None) != bool(dash):
                return False
            del keys[level + 1 :]
        elif not self._opened or (dash and not level):
            return False
        else:
            keys.append(None if dash else set())
        if in_quotes and "\\" in in_quotes and not _is_escaped_alike(in_quotes):
            return False
        if brackets and not _Brackets(brackets).are_formatted():
            return False
        beside = plain or in_quotes or literal or brackets
        self._opened = not beside
        if not key:
            return bool(dash and beside and not literal)
        text = self._texts.get(key)
        if text is None:
            if not _is_sound_key(key):
                return False
            text = self._texts[key] = _text_of(key)
        if dash:
            keys.append(set())
        here = keys[-1]
        if here is None or text in here:
            return False
        here.add(text)
        return True


def _is_sound_key(key: str) -> bool:
    """Tell whether `key` is a text, and is written as it is here."""
    return len(key) <= _MAX_KEY and is_normalized("NFC", key) and key.lower() not in _NO_TEXTS


def _text_of(key: str) -> str:
    return key[1:-1] if key[0] in "'\"" else key


def _is_escaped_alike(text: str) -> bool:
    """Tell whether the quoted scalar `text` has no escapes but those that the writer would use."""
    if text[0] == "'":
        return True
    inner = text[1:-1]
    if "\\" in _ESCAPE.sub("", inner):
        return False
    said = _ESCAPE.sub(_character, inner)
    return not SURROGATE.search(said) and quoted(said) == text


def _character(escape: re.Match[str]) -> str:
    code = escape[0][2:]
    return chr(int(code, 16)) if code else _ESCAPED.get(escape[0][1], escape[0][1])


class _Brackets:
    """The text of a mapping or a list in brackets on one line."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def are_formatted(self) -> bool:
        """Tell whether the whole text is one such mapping or list, written as the writer would write it."""
        return self._is_value(0) and self._at == len(self._text)

    def _is_value(self, depth: int) -> bool:
        """Go behind the value that begins here, and tell whether there is one."""
        opening = self._text[self._at : self._at + 1]
        if opening not in ("{", "["):
            found = _PLAIN_INSIDE.match(self._text, self._at)
            if found is None:
                return False
            self._at = found.end()
            return "\\" not in found[0] or _is_escaped_alike(found[0])
        closing = "}" if opening == "{" else "]"
        keys: set[str] = set()
        self._at += 1
        if self._text.startswith(closing, self._at):
            self._at += 1
            return True
        while depth < _MAX_BRACKETS:
            if opening == "{" and not self._is_key(keys):
                return False
            if not self._is_value(depth + 1):
                return False
            if self._text.startswith(closing, self._at):
                self._at += 1
                return True
            if not self._text.startswith(", ", self._at):
                return False
            self._at += 2
        return False

    def _is_key(self, keys: set[str]) -> bool:
        """Go behind the key that begins here, and tell whether there is one that is not among `keys` yet."""
        found = _KEY_INSIDE.match(self._text, self._at)
        if found is None or not _is_sound_key(found[1]):
            return False
        text = _text_of(found[1])
        if text in keys:
            return False
        keys.add(text)
        self._at = found.end()
        return True
