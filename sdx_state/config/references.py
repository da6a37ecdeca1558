"""References inside texts: `${var.NAME}`, `${phone_numbers.KEY}`, and `$${` for a literal `${`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from difflib import SequenceMatcher

from sdx_state.model.address import Address
from sdx_state.model.alike import did_you_mean
from sdx_state.patterns import pattern
from sdx_state.records import dataclass

OPEN = "${"
MAX_COMPARED = 4_000_000  # characters of one text, times those of the other
MOST_OF_ONE = 1_000_000  # characters that references may add to one text: no prompt is as long
MOST_IN_ALL = 128 * 1024 * 1024  # characters of all texts with references: four times the largest file
MOST_BAD = 20  # references of one text that are reported
TOKEN = pattern(r"\$\$\{|\$\{([^{}\n]*)\}?")
_INDEXED = pattern(r"phone_numbers\[\s*var\.([^\]]*)\]")


@dataclass
class Room:
    """The length that the references of one project can still add, over all its texts.

    Attributes:
        left: Characters.
    """

    left: int = MOST_IN_ALL


@dataclass(frozen=True)
class BadReference:
    """A reference that leads nowhere: the code of the rule, where in the text, why, and what to do."""

    code: str
    index: int
    message: str
    help: str | None = None


@dataclass(frozen=True)
class Expanded:
    """A text with its references replaced.

    Attributes:
        text: The text; what could not be replaced is left out.
        depends_on: Addresses of the resources that it names.
        bad: The references that lead nowhere.
        whole: Whether every reference was replaced.
    """

    text: str
    depends_on: tuple[Address, ...] = ()
    bad: tuple[BadReference, ...] = ()
    whole: bool = True


@dataclass(frozen=True)
class References:
    """Targets of references in texts.

    Attributes:
        variables: Texts by name; None where the project file could not be read, and any name may be right.
        numbers: E.164 by key of `phone_numbers`, None for one that is declared and invalid; None in place of all
            where numbers may not be referred to.
        complete: Whether every file could be read: if not, an unknown number may be declared in one of the others.
        room: What all texts of the project share.
    """

    variables: Mapping[str, str] | None
    numbers: Mapping[str, str | None] | None = field(default_factory=dict)
    complete: bool = True
    room: Room = field(default_factory=Room)

    def expand(self, text: str) -> Expanded:
        """Return `text` with its references replaced, once: the replacement is not expanded again."""
        parts: list[str] = []
        depends_on: dict[Address, None] = {}
        bad: list[BadReference] = []
        whole = True
        end = size = 0
        for token in TOKEN.finditer(text):
            if len(bad) >= MOST_BAD:
                break
            parts.append(text[end : token.start()])
            end = token.end()
            name: str | None = token[1]
            if name is None:
                parts.append(OPEN)
                continue
            if not token[0].endswith("}"):
                hint = "close it with `}`; write `$${` for a literal `${`"
                bad.append(
                    BadReference(
                        "unresolved-reference", token.start(), "a reference is opened here and never closed", hint
                    )
                )
                continue
            found, address, diagnostic = self._look_up(name.strip())
            if diagnostic is not None:
                bad.append(BadReference("unresolved-reference", token.start(), *diagnostic))
            elif found is None:
                whole = False
            else:
                parts.append(found)
                size += len(found)
                if size > MOST_OF_ONE or len(text) + size > self.room.left:
                    over = (
                        []
                        if self.room.left < 0
                        else [BadReference("too-large", token.start(), *_too_large(size > MOST_OF_ONE))]
                    )
                    self.room.left = -1 if size <= MOST_OF_ONE else self.room.left
                    return Expanded("", tuple(depends_on), (*bad, *over), whole=False)
            if address is not None:
                depends_on[address] = None
        parts.append(text[end:])
        self.room.left -= len(text) + size
        return Expanded("".join(parts), tuple(depends_on), tuple(bad), whole and not bad)

    def kept(self, template: str, wanted: str) -> str:
        """Return a template of `wanted`, with each reference of `template` whose value is still there."""
        spans: list[tuple[int, int, str]] = []  # start and end of each reference in the text, and the reference
        length = end = 0
        for token in TOKEN.finditer(template):
            length += token.start() - end
            value = self.expand(token[0]).text
            if token[1] is not None and value:
                spans.append((length, length + len(value), token[0]))
            length += len(value)
            end = token.end()
        before = self.expand(template)
        plain = escape(wanted)
        if not spans or not before.whole or len(before.text) * len(wanted) > MAX_COMPARED:
            return plain
        blocks = SequenceMatcher(None, before.text, wanted, autojunk=False).get_matching_blocks()
        parts: list[str] = []
        at = 0
        for start, stop, reference in spans:
            block = next((one for one in blocks if one.a <= start and stop <= one.a + one.size), None)
            if block is None:
                continue
            first, last = block.b + start - block.a, block.b + stop - block.a
            if first >= at and _is_whole(wanted, first, last):
                parts += [escape(wanted[at:first]), reference]
                at = last
        kept = "".join([*parts, escape(wanted[at:])])
        return kept if self.expand(kept).text == wanted else plain

    def _look_up(self, name: str) -> tuple[str | None, Address | None, tuple[str, str | None] | None]:
        """Return the replacement, the address it is of, and what is wrong, as message and hint."""
        section, dot, key = name.partition(".")
        if section == "var" and dot:
            if self.variables is None or key in self.variables:
                return (self.variables or {}).get(key), None, None
            hint = (
                did_you_mean(key, self.variables)
                or f"declare it under `variables:` in sdx.yaml, or set SDX_VAR_{key}"
            )
            return None, None, (f"there is no variable `{key[:80]}`", hint)
        if section == "phone_numbers" and dot:
            return self._look_up_number(key)
        indexed = _INDEXED.fullmatch(name)
        if indexed is not None:
            text, _, wrong = self._look_up(f"var.{indexed[1].strip()}")
            return self._look_up_number(text) if text is not None else (None, None, wrong)
        if section == "each" and dot:
            return None, None, (f"`${{{name[:80]}}}` is for a declaration with `for_each`", None)
        hint = "write ${var.NAME} or ${phone_numbers.KEY}; `$${` is a literal `${`"
        return None, None, (f"`${{{name[:80]}}}` refers to nothing", hint)

    def _look_up_number(self, key: str) -> tuple[str | None, Address | None, tuple[str, str | None] | None]:
        if self.numbers is None:
            return None, None, ("a telephone number cannot be declared by another one", "write the number")
        if key in self.numbers:
            return self.numbers[key], Address("phone_number", key), None
        if not self.complete:
            return None, None, None
        hint = did_you_mean(key, self.numbers) or "declare it under `phone_numbers:`"
        return None, None, (f"there is no phone number `{key[:80]}`", hint)


def _too_large(one: bool) -> tuple[str, str]:
    """Return message and hint for a text that references make too large; for `one`, or for all together."""
    hint = "shorten the variables, or refer to them less often"
    if one:
        return f"references make this text longer than {MOST_OF_ONE:,} characters", hint
    return f"references make the texts of this project longer than {MOST_IN_ALL:,} characters in all", hint


NOTHING = References({})


def _is_whole(text: str, start: int, end: int) -> bool:
    """Tell whether `text` from `start` to `end` is not a part of a word."""
    return not (text[max(start - 1, 0) : start].isalnum() and text[start].isalnum()) and not (
        text[end : end + 1].isalnum() and text[end - 1].isalnum()
    )


def escape(text: str) -> str:
    """Return `text` so that `expand` gives it back as it is."""
    return text.replace(OPEN, "$" + OPEN)
