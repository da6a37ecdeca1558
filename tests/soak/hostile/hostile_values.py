"""Draws hostile texts: from the corpus, joined, mutated, of any characters, and very long ones."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.soak.hostile.hostile_corpus import CORPUS, GROUPS

LONG = 10_000
_JOINTS = ("", "", " ", "\n", "\n\n", "\r\n", "x", "`", "|", "\u200b", "\t", "  ", ": ")
_CHARACTERS = "`~*_#@!|<>&\"'\\[](){}:;,=+-$%./\x00\x07\x08\t\n\r\x1b\x7f\x85\x9b\u200b\u202e\u2028\ud800\ufeff x0"


def drawn(chance: random.Random) -> str:
    """Return a hostile text, never an empty one."""
    kind = chance.random()
    if kind < 0.35:
        text = chance.choice(CORPUS)
    elif kind < 0.70:
        text = _joined(chance, chance.randint(2, 4))
    elif kind < 0.85:
        text = _joined(chance, chance.randint(1, 3))
        for _ in range(chance.randint(1, 4)):
            text = chance.choice(_MUTATIONS)(chance, text)
    elif kind < 0.98:
        text = "".join(_character(chance) for _ in range(chance.randint(1, 60)))
    elif kind < 0.99:
        text = (chance.choice(CORPUS) + chance.choice(_JOINTS) + "x") * LONG
    else:
        text = chance.choice(("a" * LONG, "word " * LONG, "`" * 600, "\x1b" * 700)) + chance.choice(CORPUS)
    # Two halves of a surrogate pair become one character, as in readers of JSON and UTF-16.
    return text[:LONG].encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass") or "x"


def _joined(chance: random.Random, count: int) -> str:
    """Return `count` texts in one; the groups have the same chance, however large they are."""
    parts = [chance.choice(chance.choice(GROUPS)) for _ in range(count)]
    return "".join(part + chance.choice(_JOINTS) for part in parts[:-1]) + parts[-1]


def _character(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.6:
        return chance.choice(_CHARACTERS)
    return chr(chance.randrange(0x250 if kind < 0.8 else 0x3000 if kind < 0.95 else 0x110000))


def _inserted(chance: random.Random, text: str) -> str:
    place = chance.randint(0, len(text))
    return text[:place] + _character(chance) * chance.choice((1, 1, 2, 3, 7)) + text[place:]


def _without(chance: random.Random, text: str) -> str:
    place = chance.randrange(len(text)) if text else 0
    return text[:place] + text[place + chance.randint(1, 3) :]


def _repeated(chance: random.Random, text: str) -> str:
    return text * chance.randint(2, 5)


def _shifted(chance: random.Random, text: str) -> str:
    """Move the text along a line, so that every fold falls at some time before what matters in it."""
    return "w" * chance.randint(1, 9) + " word" * chance.randint(0, 22) + " " + text


def _recased(chance: random.Random, text: str) -> str:
    return text.swapcase()


_MUTATIONS: tuple[Callable[[random.Random, str], str], ...] = (_inserted, _without, _repeated, _shifted, _recased)
