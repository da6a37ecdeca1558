"""Labels of time zones in other programs: `(UTC+10:00) Canberra, Melbourne, Sydney`, `Pacific Time (US & Canada)`.

Sources: the labels of Windows and of Ruby on Rails, and the English names of the Unicode CLDR.
"""

from __future__ import annotations

import re
from datetime import timedelta

from sdx_state.patterns import pattern
from sdx_state.records import dataclass

_OFFSET = pattern(r"(?:UTC|GMT|Z)?\s{0,4}([+\u2212-])\s{0,4}([0-9]{1,2})(?::?([0-9]{2}))?", re.IGNORECASE)
_LONGEST = 200  # Characters; the longest label of Windows has 70.
_SEASON = {"standard", "daylight", "summer"}

# A name without `Standard`, `Daylight` and `Summer` -> its zones, in all parts of the world that use it.
_NAMES = """\
alaska time: America/Anchorage
arizona time: America/Phoenix
atlantic time: America/Halifax America/Puerto_Rico Atlantic/Bermuda
australian central time: Australia/Adelaide Australia/Darwin
australian eastern time: Australia/Brisbane Australia/Hobart Australia/Melbourne Australia/Sydney
australian western time: Australia/Perth
british time: Europe/London
uk time: Europe/London
central european time: Europe/Berlin Europe/Madrid Europe/Paris Europe/Rome Europe/Vienna Europe/Zurich
central time: America/Chicago America/Mexico_City America/Winnipeg Australia/Adelaide Australia/Darwin
china time: Asia/Shanghai
coordinated universal time: Etc/UTC
eastern european time: Europe/Athens Europe/Bucharest Europe/Helsinki Europe/Kyiv Europe/Sofia
eastern time: America/New_York America/Toronto Australia/Brisbane Australia/Melbourne Australia/Sydney
greenwich mean time: Africa/Accra Atlantic/Reykjavik Etc/GMT Europe/London
hawaii time: Pacific/Honolulu
hawaii-aleutian time: America/Adak Pacific/Honolulu
hong kong time: Asia/Hong_Kong
india time: Asia/Kolkata
irish time: Europe/Dublin
japan time: Asia/Tokyo
korea time: Asia/Seoul
korean time: Asia/Seoul
moscow time: Europe/Moscow
mountain time: America/Denver America/Edmonton America/Phoenix
new zealand time: Pacific/Auckland
newfoundland time: America/St_Johns
pacific time: America/Los_Angeles America/Tijuana America/Vancouver
philippine time: Asia/Manila
singapore time: Asia/Singapore
south africa time: Africa/Johannesburg
western european time: Atlantic/Canary Europe/Lisbon
"""
NAMED = {name: zones.split() for name, _, zones in (line.partition(": ") for line in _NAMES.splitlines())}


@dataclass(frozen=True)
class Label:
    """The parts of a label.

    Attributes:
        offset: Its offset from UTC, None if it has none.
        names: The places or names of zones in it, in lower case.
    """

    offset: timedelta | None
    names: tuple[str, ...]


def offset_of(text: str) -> timedelta | None:
    """Return `text` as an offset, such as `UTC+10` or `(-03:30)`; None if it is something else."""
    found = _OFFSET.fullmatch(text.strip().removeprefix("(").removesuffix(")").strip())
    if found is None:
        return None
    minutes = int(found[2]) * 60 + int(found[3] or 0)
    return timedelta(minutes=minutes if found[1] == "+" else -minutes)


def label_of(text: str) -> Label:
    """Return the parts of a label. Text without an offset is a label of its names."""
    plain = text.strip()[:_LONGEST]
    if plain.startswith("("):
        said, _, names = plain.partition(")")
    else:
        names, _, said = plain.rpartition("(")
    zero = said.strip("() ").upper() in ("UTC", "GMT")
    offset = timedelta(0) if zero else offset_of(said)
    if offset is None or not names:
        return Label(None, _names(plain))
    return Label(offset, _names(names))


def zones_named(name: str) -> list[str]:
    """Return the zones with the common name `name`, in lower case: `pacific daylight time`."""
    words = [word for word in name.split() if word not in _SEASON]
    return NAMED.get(" ".join(words), [])


def _names(text: str) -> tuple[str, ...]:
    without = re.sub(r"\([^()]*\)", "", text.casefold())  # `Pacific Time (US & Canada)`
    parts = (" ".join(part.split()) for part in re.split(r",|;|\s-\s", without))
    return tuple(part for part in parts if part)
