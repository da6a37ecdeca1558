"""Ways to damage a text: each takes a source of chance and the text, as bytes, and returns another."""

from __future__ import annotations

import random
from collections.abc import Callable

Mutation = Callable[[random.Random, bytes], bytes]

ODD = [
    b"\x00", b"\x07", b"\x1b[31m", b"\x7f", b"\x85", b"\xc2\x85", b"\xe2\x80\xa8", b"\xe2\x80\xae", b"\xe2\x80\x8b",
    b"\xef\xbb\xbf", b"\xff\xfe", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xc0\xaf", b"\xf0\x9f\x98\x80", b"\t",
    b"\r", b"\r\n", b"\xc2\xa0", b"e\xcc\x81",
]  # fmt: skip
TOKENS = [
    b"&a ", b"*a", b"<<: *a", b"!!python/object:os.system ", b"!x ", b"---\n", b"...\n", b"%YAML 1.1\n", b"? ", b": ",
    b"- ", b"[", b"]", b"{", b"}", b",", b"|\n", b">-\n", b"|9\n", b"#", b"'", b'"', b"\\", b"\\u12", b"\\ud800",
    b"@", b"`", b"%", b"${", b"${var.x}", b"$${", b"${phone_numbers.}", b"null", b"~", b"yes", b"true", b"0o17",
    b"1e999", b".inf", b"9" * 400, b"0x", b"1_000", b"12:30", b"2026-01-01", b"surveys:", b"users:", b"questions:",
    b"sdx: 1",
    b"id: 1", b"moved:", b"csv: ../../etc/passwd", b"csv: /dev/zero", b"checks:", b"\n", b"\n\n", b"  ", b"        ",
]  # fmt: skip


def flip_bits(chance: random.Random, text: bytes) -> bytes:
    """Change single bits."""
    changed = bytearray(text)
    for _ in range(chance.randint(1, 4)):
        if changed:
            changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def insert_odd(chance: random.Random, text: bytes) -> bytes:
    """Insert bytes that are not text, or not harmless text."""
    for _ in range(chance.randint(1, 3)):
        text = _insert(chance, text, chance.choice(ODD))
    return text


def insert_tokens(chance: random.Random, text: bytes) -> bytes:
    """Put in what means something in YAML, or in this program."""
    for _ in range(chance.randint(1, 4)):
        text = _insert(chance, text, chance.choice(TOKENS))
    return text


def cut(chance: random.Random, text: bytes) -> bytes:
    """Take out a piece."""
    start = chance.randint(0, len(text))
    return text[:start] + text[start + chance.randint(0, 60) :]


def truncate(chance: random.Random, text: bytes) -> bytes:
    """Cut off the end."""
    return text[: chance.randint(0, len(text))]


def repeat(chance: random.Random, text: bytes) -> bytes:
    """Say a piece many times."""
    start = chance.randint(0, len(text))
    piece = text[start : start + chance.randint(1, 80)]
    return text[:start] + piece * chance.choice((2, 3, 10, 200)) + text[start:]


def move_lines(chance: random.Random, text: bytes) -> bytes:
    """Exchange, drop, double and re-indent lines."""
    lines = text.split(b"\n")
    for _ in range(chance.randint(1, 4)):
        here, there = chance.randrange(len(lines)), chance.randrange(len(lines))
        what = chance.randrange(5)
        if what == 0:
            lines[here], lines[there] = lines[there], lines[here]
        elif what == 1:
            lines.insert(here, lines[there])
        elif what == 2 and len(lines) > 1:
            del lines[here]
        elif what == 3:
            lines[here] = b" " * chance.randint(0, 9) + lines[here].lstrip()
        else:
            lines[here] = lines[here] + lines[there]
    return b"\n".join(lines)


def exchange_words(chance: random.Random, text: bytes) -> bytes:
    """Put words in each other's place: keys become values, and numbers names."""
    words = text.split(b" ")
    for _ in range(chance.randint(1, 5)):
        here, there = chance.randrange(len(words)), chance.randrange(len(words))
        words[here], words[there] = words[there], words[here]
    return b" ".join(words)


def nest(chance: random.Random, text: bytes) -> bytes:
    """Put a piece deep inside of brackets."""
    depth = chance.choice((5, 63, 64, 65, 300, 5000))
    start = chance.randint(0, len(text))
    opened, closed = chance.choice(((b"[", b"]"), (b"{a: ", b"}"), (b"- ", b"")))
    return text[:start] + opened * depth + b"x" + closed * chance.choice((depth, depth - 1, 0)) + text[start:]


def multiply_aliases(chance: random.Random, text: bytes) -> bytes:
    """Make a few bytes expand to many values."""
    width, levels = chance.choice((2, 9, 20)), chance.choice((2, 5, 9))
    lines = [b"x0: &x0 [a, b]"]
    lines += [b"x%d: &x%d [%s]" % (n, n, b", ".join([b"*x%d" % (n - 1)] * width)) for n in range(1, levels)]
    return b"\n".join([*lines, text]) if chance.random() < 0.5 else text + b"\n" + b"\n".join(lines)


def encode_otherwise(chance: random.Random, text: bytes) -> bytes:
    """Write it in another encoding."""
    encoding = chance.choice(("utf-16", "utf-16-le", "utf-32", "latin-1", "utf-7"))
    return text.decode("utf-8", "ignore").encode(encoding, "ignore")


def _insert(chance: random.Random, text: bytes, piece: bytes) -> bytes:
    start = chance.randint(0, len(text))
    return text[:start] + piece + text[start:]


MUTATIONS: dict[str, Mutation] = {
    one.__name__.replace("_", " "): one
    for one in (
        flip_bits, insert_odd, insert_tokens, cut, truncate, repeat, move_lines, exchange_words, nest,
        multiply_aliases, encode_otherwise,
    )
}  # fmt: skip


def damaged(chance: random.Random, texts: list[bytes]) -> tuple[str, bytes]:
    """Return one of `texts`, or two spliced, damaged once to four times, and by what."""
    text = chance.choice(texts)
    if chance.random() < 0.15:
        other = chance.choice(texts)
        text = text[: chance.randint(0, len(text))] + other[chance.randint(0, len(other)) :]
    names = [chance.choice([*MUTATIONS]) for _ in range(chance.choice((1, 1, 1, 1, 2, 3)))]
    for name in names:
        text = MUTATIONS[name](chance, text)
    return names[0], text[:200_000]
