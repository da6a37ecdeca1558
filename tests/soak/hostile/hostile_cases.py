"""One case: the texts it draws, what they become in each output, and which of them is to blame."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from tests.soak.hostile.hostile_alike import untold
from tests.soak.hostile.hostile_outputs import OUTPUTS
from tests.soak.hostile.hostile_places import Material, material
from tests.soak.hostile.hostile_values import drawn
from tests.soak.hostile.judge_plain import letters_of, squeezed

_SHORTENED = re.compile(r"\u2026\((\d+)characters,[0-9a-f]{8}\)")
LOOK_ALIKES = "look-alikes"
NAMED = 8  # places named of those to blame
LONG = 300  # characters beyond which most outputs shorten a text
_LEAST_SHOWN = 36  # characters that every output shows of every text, however long that is
_MARKED = re.compile(r"qz[a-z]{3}k")


@dataclass(frozen=True)
class Fault:
    """Something that an output does not keep to.

    Attributes:
        output: Its name.
        kind: What is wrong, in words that are the same for each value.
        what: What is wrong, with the place in the output.
        place: The place whose text cannot be read, if that is what is wrong.
    """

    output: str
    kind: str
    what: str
    place: str = ""


class Case:
    """A hostile text, put into every place at once.

    Each place has a mark behind it, by which the text is found in an output; some cases do without, so that nothing
    comes after the text.

    Attributes:
        value: The text.
        joint: The text between it and a mark.
        marked: Whether there are marks.
    """

    def __init__(self, value: str, joint: str = " ", marked: bool = True) -> None:
        self.value, self.joint, self.marked = value, joint, marked
        self.chance = random.Random(value.encode("utf-8", "surrogatepass"))

    @classmethod
    def of(cls, seed: object) -> Case:
        """Return the case of `seed`."""
        chance = random.Random(f"hostile {seed}")
        return cls(drawn(chance), chance.choice(("", " ", "\n")), chance.random() < 0.75)

    def text_at(self, place: str) -> str:
        """Return the text at `place`."""
        return f"{self.value}{self.joint}{mark(place)}" if self.marked else self.value

    def alone_at(self, place: str) -> Material:
        """Return what reports are made from with the text at `place` alone."""
        return material(lambda one: self.text_at(one) if one == place else mark(one))

    def blamed(self, fault: Fault) -> str:
        """Return the places at which the text alone brings `fault` about."""
        if fault.place or fault.output not in OUTPUTS:
            return fault.place
        harmless = rendered(fault.output, harmless_material())
        found = []
        for place in places():
            text = rendered(fault.output, self.alone_at(place))
            if any(kind_of(what) == fault.kind for what in OUTPUTS[fault.output].faults(text, harmless)):
                found.append(place)
        more = f" and {len(found) - NAMED} more" if len(found) > NAMED else ""
        return (", ".join(found[:NAMED]) or "several together") + more


def faults_of(case: Case, only: str | None = None) -> tuple[list[Fault], list[str]]:
    """Return what is wrong with the outputs of `case`, and the names of those that were judged."""
    filled = material(case.text_at)
    found: list[Fault] = []
    judged = [name for name in OUTPUTS if only in (None, name)]
    for name in judged:
        try:
            text = rendered(name, filled)
            faults = [*OUTPUTS[name].faults(text, rendered(name, harmless_material()))]
            found += [Fault(name, kind_of(what), what) for what in faults]
            if case.marked:
                found += _unread(case, name, text)
        except Exception as error:  # noqa: BLE001 - whatever goes wrong with a hostile text is what is looked for
            found.append(Fault(name, type(error).__name__, f"{type(error).__name__}: {error}"))
    return found, judged


def _unread(case: Case, name: str, text: str) -> list[Fault]:
    """Return the places of `case` that the output `name` shows, and whose text cannot be found in it."""
    shown = shown_places(name)
    found = _missing(case, name, text, shown)
    if shown and (len(case.value) > LONG or case.chance.random() < 0.1):
        # Alone, a place cannot be taken for another one that says how long the same text is.
        place = case.chance.choice(shown)
        found += _missing(case, name, rendered(name, case.alone_at(place)), (place,))
    return found


def _missing(case: Case, name: str, text: str, shown: Sequence[str]) -> list[Fault]:
    """Return which of the places `shown` cannot be read in `text`."""
    output = OUTPUTS[name]
    told = output.read(text)
    seen = "" if output.exact else letters_of(told)
    longest = max((int(one[1]) for one in _SHORTENED.finditer(seen)), default=0)
    found = []
    for place in shown:
        forms = list(_forms(case.text_at(place)))
        if not any(form in told or (not output.exact and _is_read(form, seen, longest)) for form in forms):
            found.append(Fault(name, "unreadable", f"{forms[0]!r:.120} is not found", place))
    return found


def _forms(value: str) -> Iterator[str]:
    """Yield `value` as it may appear in a text: itself, inside a list or mapping, and quoted in a title."""
    yield value
    yield json.dumps(value, ensure_ascii=False)[1:-1]
    yield repr(value)[1:-1]


def _is_read(form: str, seen: str, longest: int) -> bool:
    """Tell whether `seen` has all of a text, or its beginning with its length; in full or line by line.

    Args:
        form: The text.
        seen: What can be read of an output.
        longest: The greatest length of a text that it says to have shortened.
    """
    if squeezed(form) in seen:
        return True
    if "\n" in form and all(_is_read(line, seen, longest) for line in dict.fromkeys(form.split("\n"))):
        return True
    if len(form) <= _LEAST_SHOWN:
        return False
    return longest >= len(form) and squeezed(form[:_LEAST_SHOWN]) in seen


def kind_of(what: str) -> str:
    """Return the words of a fault without the value in them."""
    return re.split(r"[:'\"\[]| that begins| characters", what)[0].strip()


def mark(place: str) -> str:
    """Return the harmless text that identifies `place`: letters that no other text contains."""
    number = _NUMBERS.setdefault(place, len(_NUMBERS))
    return f"qz{chr(97 + number // 676)}{chr(97 + number // 26 % 26)}{chr(97 + number % 26)}k"


_NUMBERS: dict[str, int] = {}


@cache
def harmless_material() -> Material:
    """Return what reports are made from, with a harmless text at each place."""
    return material(mark)


def places() -> list[str]:
    """Return the names of all places."""
    harmless_material()
    return list(_NUMBERS)


def rendered(name: str, filled: Material) -> str:
    """Return the output `name` of `filled`; of harmless texts it is made once."""
    return _harmless(name) if filled is harmless_material() else OUTPUTS[name].render(filled)


@cache
def _harmless(name: str) -> str:
    return OUTPUTS[name].render(harmless_material())


def forget_harmless() -> None:
    """Discard the outputs of harmless texts; they are made again when needed."""
    _harmless.cache_clear()


@cache
def shown_places(name: str) -> tuple[str, ...]:
    """Return the places whose text the output `name` shows, found by their marks."""
    seen = squeezed(OUTPUTS[name].read(_harmless(name)))
    shown = set(_MARKED.findall(seen))
    return tuple(place for place in places() if mark(place) in shown and place not in REWRITTEN)


# Texts of these places are converted first, shown in part, shown only if they are plain, or compared by words.
REWRITTEN = frozenset(
    ("link", "user.email", "tenant", "diagnostic.line", "field.twin", "said.twin", "field.one", "field.other")
)


def alike_faults(case: Case) -> list[Fault]:
    """Return the outputs in which readers cannot distinguish the text of `case` from one that looks like it."""
    return [Fault(LOOK_ALIKES, kind, what) for kind, what in untold(case.value, case.chance)]
