"""Time zones of users and freezes: IANA names, and hints for other names.

A hint gives the zone with the same meaning, or lists the candidates. It never guesses: `AEST` is not `EST`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from sdx_state.kinds.complaint import Complaint
from sdx_state.kinds.zone_labels import Label, label_of, offset_of, zones_named
from sdx_state.kinds.zones import OTHER_NAMES
from sdx_state.model.alike import nearest

MAX_NAMED = 6
_EXAMPLE = "write the IANA name of the time zone, such as `Australia/Sydney` or `America/Los_Angeles`"
# Last parts of names such as `Australia/North` and `US/Eastern`, which have other meanings elsewhere.
_NO_PLACES = {
    "atlantic",
    "central",
    "east",
    "eastern",
    "general",
    "mountain",
    "north",
    "pacific",
    "south",
    "west",
    "western",
}
_SEASONS = (datetime(2026, 1, 15), datetime(2026, 7, 15))  # local time of each zone
_TYPO = 0.87  # Accepts two wrong letters, as in `Australia/Brisbain`; no two real places are as similar.


def doubt_timezone(text: str) -> Complaint | None:
    """Return a warning about the time zone `text` of a user. The platform has its own list, which is not IANA's."""
    complaint = check_timezone(text)
    if complaint is None:
        return None
    if complaint.message != _unknown(text):
        return Complaint("unknown-timezone", complaint.message, complaint.help)
    return Complaint(
        "unknown-timezone",
        f"`{text[:80]}` is not an IANA time zone; the platform may still accept it",
        complaint.help,
    )


def check_timezone(text: str) -> Complaint | None:
    """Return an error if `text` is not exactly the name of an IANA time zone."""
    zones = _zones()
    if text in zones:
        return None
    shown = text[:80]
    plain = text.strip().casefold()
    same = [one for one in zones if one.casefold() == plain.replace(" ", "_")]
    if same:
        return Complaint("invalid-timezone", _unknown(text), f"did you mean `{same[0]}`?")
    windows = _windows().get(plain)
    if windows is not None:
        return Complaint(
            "invalid-timezone", f"`{shown}` is a Windows time zone name, not an IANA name", f"write `{windows}`"
        )
    sought = offset_of(text)
    if sought is not None:
        message = f"`{shown}` is a UTC offset, not a time zone: many places have another offset in summer"
        return Complaint("invalid-timezone", message, _one_of(_at_offset(sought)))
    places = _of_place(plain)
    if places:
        return Complaint("invalid-timezone", f"`{shown}` is not a time zone name", _one_of(places))
    users = _by_abbreviation().get(text.strip().upper())
    if users:
        return Complaint(
            "invalid-timezone", f"`{shown}` is an abbreviation that several time zones use", _one_of(users)
        )
    label = label_of(text)
    labeled = _labeled(label)
    if labeled or label.offset is not None:
        message = f"`{shown}` is a label of a time zone, not an IANA name"
        return Complaint("invalid-timezone", message, _one_of(labeled) or _EXAMPLE)
    return Complaint("invalid-timezone", _unknown(text), _typed(text))


def _unknown(text: str) -> str:
    return f"unknown time zone `{text[:80]}`"


def _typed(text: str) -> str | None:
    """Return a hint if `text` is a zone with a typing error. None if it has digits, which distinguish zones."""
    if "/" not in text or re.search("[0-9]", text):
        return None
    near = nearest(text, sorted(_zones()), _TYPO)
    return f"did you mean `{near}`?" if near else None


def _labeled(label: Label) -> list[str]:
    """Return the zones that a label such as `(UTC+10:00) Canberra, Melbourne, Sydney` can mean."""
    known = [_zones_called(name) for name in label.names]
    zones = {zone for found in known for zone in found}
    if label.offset is not None:
        return [zone for zone in zones if label.offset in _offsets(zone)]
    # `Sydney, Australia` is in Australia; `Paris, Texas` is not in Europe.
    areas = {zone.partition("/")[0].casefold() for zone in zones}
    certain = all(found or name in areas for name, found in zip(label.names, known, strict=True))
    return list(zones) if certain else []


def _zones_called(name: str) -> list[str]:
    """Return the zones of a place, of a name that people use, or of one of Windows; `name` is in lower case."""
    used = zones_named(name) or zones_named(f"{name} time")
    if used:
        return used
    for one in (name, f"{name} standard time"):
        if one in _windows():
            return [_windows()[one]]
    return _of_place(name.removesuffix(" time"))


def _of_place(name: str) -> list[str]:
    """Return the zones that have the name of the place; `Canberra` is another name of the one of Sydney."""
    place = name.replace(" ", "_")
    own = [one for one in _own() if one.rpartition("/")[2].casefold() == place]
    if place in _NO_PLACES:
        return own
    others = {zone for one, zone in OTHER_NAMES.items() if one.rpartition("/")[2].casefold() == place}
    return own or sorted(others)


def _one_of(zones: Iterable[str]) -> str | None:
    names = sorted(zones)
    if not names:
        return None
    if len(names) == 1:
        return f"write `{names[0]}`"
    shown = ", ".join(f"`{one}`" for one in names[:MAX_NAMED])
    more = f" or {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return f"write one of: {shown}{more}"


@cache
def _zones() -> frozenset[str]:
    # The list comes from the tzdata package, so that a configuration is valid on all machines or on none.
    return frozenset(_file("zones").split())


@cache
def _own() -> tuple[str, ...]:
    """Return the zones of countries (`zone.tab`), without alternative names."""
    lines = _file("zoneinfo/zone.tab").splitlines()
    return tuple(sorted(line.split("\t")[2] for line in lines if line and not line.startswith("#")))


def _file(name: str) -> str:
    import tzdata  # type: ignore[import-untyped]  # it has data only

    return Path(tzdata.__file__).parent.joinpath(name).read_text(encoding="utf-8")


@cache
def _windows() -> dict[str, str]:
    from tzlocal.windows_tz import win_tz

    return {name.casefold(): zone for name, zone in win_tz.items()}


@cache
def _by_abbreviation() -> dict[str, list[str]]:
    """Return abbreviation -> the zones that use it in winter or summer."""
    from zoneinfo import ZoneInfo

    found: dict[str, list[str]] = {}
    for name in _own():
        zone = ZoneInfo(name)
        for abbreviation in {zone.tzname(season) for season in _SEASONS}:
            if abbreviation and abbreviation.isalpha():
                found.setdefault(abbreviation, []).append(name)
    return found


def _at_offset(offset: timedelta) -> list[str]:
    """Return the zones that have `offset` in winter or summer, or those that always have it if there are several."""
    found = {name: _offsets(name) for name in _own()}
    always = [name for name, offsets in found.items() if offsets == {offset}]
    # Only Pitcairn is always at UTC-8, and users rarely mean it.
    return always if len(always) > 1 else [name for name, offsets in found.items() if offset in offsets]


def _offsets(name: str) -> set[timedelta | None]:
    """Return the offsets of a zone from UTC, in winter and in summer."""
    from zoneinfo import ZoneInfo

    return {ZoneInfo(name).utcoffset(season) for season in _SEASONS}
