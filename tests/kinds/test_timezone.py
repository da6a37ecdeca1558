"""Names of time zones: validation and hints."""

from __future__ import annotations

import re
from datetime import datetime
from importlib import resources
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from tzlocal.windows_tz import win_tz

from sdx_state.kinds import USER
from sdx_state.kinds.timezone import check_timezone, doubt_timezone
from sdx_state.kinds.zone_labels import NAMED, zones_named
from sdx_state.kinds.zones import OTHER_NAMES

TZDATA = resources.files("tzdata")
LINKS = {
    line.split()[2]: line.split()[1]
    for line in TZDATA.joinpath("zoneinfo/tzdata.zi").read_text().splitlines()
    if line.startswith("L ")
}
EXPLAINED = [
    ("AEST", "an abbreviation", "`Australia/Brisbane`"),
    ("AEST", "an abbreviation", "`Australia/Sydney`"),
    ("PST", "an abbreviation", "`America/Los_Angeles`"),
    ("IST", "an abbreviation", "`Asia/Kolkata`"),
    ("BST", "an abbreviation", "`Europe/London`"),
    ("UTC+10", "a UTC offset", "`Australia/Brisbane`"),
    ("GMT-3", "a UTC offset", "`America/Argentina/Buenos_Aires`"),
    ("+05:30", "a UTC offset", "`Asia/Kolkata`"),
    ("AUS Eastern Standard Time", "Windows", "write `Australia/Sydney`"),
    ("E. Australia Standard Time", "Windows", "write `Australia/Brisbane`"),
    ("Brisbane", "not a time zone name", "write `Australia/Brisbane`"),
    ("Canberra", "not a time zone name", "write `Australia/Sydney`"),
    ("Calcutta", "not a time zone name", "write `Asia/Kolkata`"),
    ("new york", "not a time zone name", "write `America/New_York`"),
    ("australia/brisbane", "unknown time zone", "did you mean `Australia/Brisbane`?"),
    ("Australia/Brisbain", "unknown time zone", "did you mean `Australia/Brisbane`?"),
]
LABELS = [
    ("(UTC+10:00) Canberra, Melbourne, Sydney", ["Australia/Melbourne", "Australia/Sydney"]),
    ("(UTC+10:00) Brisbane", ["Australia/Brisbane"]),
    ("(GMT+10:00) Australian Eastern Time - Brisbane", ["Australia/Brisbane", "Australia/Hobart"]),
    ("(UTC+09:30) Adelaide", ["Australia/Adelaide"]),
    ("(UTC+12:00) Auckland, Wellington", ["Pacific/Auckland"]),
    ("(UTC+13:00) Auckland, Wellington", ["Pacific/Auckland"]),
    ("(UTC-08:00) Pacific Time (US & Canada)", ["America/Los_Angeles", "America/Vancouver"]),
    ("(UTC\u221205:00) Eastern Time (US & Canada)", ["America/New_York", "America/Toronto"]),
    ("(UTC-07:00) Arizona", ["America/Phoenix"]),
    ("(UTC+01:00) Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna", ["Europe/Berlin", "Europe/Rome"]),
    ("(UTC+05:30) Chennai, Kolkata, Mumbai, New Delhi", ["Asia/Kolkata"]),
    ("(UTC) Coordinated Universal Time", ["Etc/UTC"]),
    ("Sydney (GMT+10)", ["Australia/Sydney"]),
    ("Sydney, Australia", ["Australia/Sydney"]),
    ("Brisbane time", ["Australia/Brisbane"]),
    ("Pacific Time", ["America/Los_Angeles", "America/Vancouver"]),
    ("Eastern", ["America/New_York", "Australia/Brisbane"]),
    ("pacific daylight time", ["America/Los_Angeles"]),
    ("Eastern Time", ["America/New_York", "Australia/Brisbane", "Australia/Sydney"]),
    ("Australian Eastern Standard Time", ["Australia/Brisbane", "Australia/Sydney"]),
    ("AUS Eastern", ["Australia/Sydney"]),
    ("Central European Summer Time", ["Europe/Berlin", "Europe/Paris"]),
    ("British Summer Time", ["Europe/London"]),
]


@pytest.mark.parametrize(("text", "zones"), LABELS)
def test_a_label_that_programs_show_names_the_zones_to_write(text: str, zones: list[str]) -> None:
    complaint = check_timezone(text)
    assert complaint is not None
    assert complaint.message == f"`{text}` is a label of a time zone, not an IANA name"
    assert set(zones) <= set(re.findall("`([^`]*)`", str(complaint.help)))


@pytest.mark.parametrize(
    "text", ["(UTC+10:00) Paris", "(UTC-08:00) Baja California", "(GMT+02:00) Sydney", "(UTC+99:99) Brisbane"]
)
def test_label_with_unknown_place_gets_an_example_instead_of_a_guess(text: str) -> None:
    complaint = check_timezone(text)
    assert complaint is not None
    assert complaint.help == (
        "write the IANA name of the time zone, such as `Australia/Sydney` or `America/Los_Angeles`"
    )


@pytest.mark.parametrize(
    "text", ["Paris, Texas", "Mars", "Time", "", "(", "()", "Sydney, Nova Scotia", "North", "," * 999]
)
def test_unknown_place_gets_no_hint(text: str) -> None:
    complaint = check_timezone(text)
    assert complaint is not None
    assert complaint.help is None


def test_every_name_that_people_use_leads_to_zones_that_countries_use() -> None:
    own = {
        line.split("\t")[2] for line in TZDATA.joinpath("zoneinfo/zone.tab").read_text().splitlines() if "\t" in line
    }
    for name, zones in NAMED.items():
        assert set(zones) <= {*own, "Etc/UTC", "Etc/GMT"}, name
        for season in ("", "standard ", "daylight ", "summer "):
            called = name.replace("time", f"{season}time")
            assert zones_named(called) == zones


def test_an_offset_that_one_island_always_has_names_the_others_too() -> None:
    complaint = check_timezone("(UTC-8)")
    assert complaint is not None
    assert "is a UTC offset" in complaint.message
    assert "`America/Los_Angeles`" in str(complaint.help)


@pytest.mark.parametrize(("text", "said", "hint"), EXPLAINED)
def test_other_names_of_zones_are_explained(text: str, said: str, hint: str) -> None:
    complaint = check_timezone(text)
    assert complaint is not None
    assert said in complaint.message
    assert hint in str(complaint.help)


def test_a_user_with_an_abbreviation_is_warned_with_the_zones_that_use_it(files: Any) -> None:
    files.write("a.yaml", "users: {a@x.com: {name: A, timezone: AEST}}\n")
    [warning] = files.diagnostics()
    assert warning.severity == "warning"
    assert str(warning) == "a.yaml:1:38: `AEST` is an abbreviation that several time zones use"
    assert "`Australia/Brisbane`" in str(warning.help)


def test_hints_never_change_the_meaning() -> None:
    for text in ("AEST", "AEDT", "PST", "PDT", "UTC+10", "UTC+1", "GMT+12", "IST", "CST", "JST", "Etc/GMT+15", "MEZ"):
        complaint = check_timezone(text)
        assert complaint is not None
        offered = re.findall("`([^`]*)`", str(complaint.help))
        assert "EST" not in offered
        assert "MST" not in offered
        assert "did you mean" not in str(complaint.help)


def test_every_windows_name_is_known() -> None:
    for name, zone in win_tz.items():
        complaint = check_timezone(name)
        assert complaint is None or complaint.help in (f"write `{zone}`", f"did you mean `{zone}`?")


def test_a_place_that_only_the_platform_may_know_is_a_warning_for_a_user_and_an_error_for_a_freeze(
    files: Any,
) -> None:
    files.write("a.yaml", "users: {a@x.com: {name: A, timezone: Antarctica/Concordia}}\n")
    [warning] = files.diagnostics()
    assert (warning.severity, warning.source.line) == ("warning", 1)
    assert (
        str(warning)
        == "a.yaml:1:38: `Antarctica/Concordia` is not an IANA time zone; the platform may still accept it"
    )
    assert files.load().resources["user.a@x.com"].values["timezone"] == "Antarctica/Concordia"
    assert doubt_timezone("Australia/Brisbane") is None
    assert check_timezone("Antarctica/Concordia") is not None


def test_only_names_of_the_same_zone_are_equal() -> None:
    field = USER.by_name["timezone"]
    assert field.means_the_same("Europe/Kiev", "Europe/Kyiv")
    assert field.means_the_same("UTC", "Etc/UTC")
    assert field.means_the_same("Iceland", "Atlantic/Reykjavik")
    assert not field.means_the_same("Iceland", "Africa/Abidjan")
    assert not field.means_the_same("EST", "America/Panama")
    assert field.means_the_same("Australia/ACT", "Australia/NSW")
    assert not field.means_the_same("Europe/Amsterdam", "Europe/Brussels")
    assert not field.means_the_same("Australia/Brisbane", "Australia/Sydney")
    assert not USER.by_name["name"].means_the_same("Europe/Kiev", "Europe/Kyiv")


def test_other_names_are_links_of_tzdata() -> None:
    assert OTHER_NAMES
    for name, zone in OTHER_NAMES.items():
        target = name
        while target in LINKS and target != zone:
            target = LINKS[target]
        assert target == zone or LINKS.get(zone) == target
        for season in (datetime(2026, 1, 15), datetime(2026, 7, 15)):
            assert ZoneInfo(name).utcoffset(season) == ZoneInfo(zone).utcoffset(season)
        assert zone not in OTHER_NAMES
