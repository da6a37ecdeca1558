"""Names of time zones: known under every name, explained, never guessed."""

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
    ("UTC+10", "an offset", "`Australia/Brisbane`"),
    ("GMT-3", "an offset", "`America/Argentina/Buenos_Aires`"),
    ("+05:30", "an offset", "`Asia/Kolkata`"),
    ("AUS Eastern Standard Time", "Windows", "write `Australia/Sydney`"),
    ("E. Australia Standard Time", "Windows", "write `Australia/Brisbane`"),
    ("Brisbane", "no name", "write `Australia/Brisbane`"),
    ("new york", "no name", "write `America/New_York`"),
    ("australia/brisbane", "no time zone", "did you mean `Australia/Brisbane`?"),
    ("Australia/Brisbain", "no time zone", "did you mean `Australia/Brisbane`?"),
]


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
    assert str(warning) == "a.yaml:1:38: `AEST` is an abbreviation, which several zones use"
    assert "`Australia/Brisbane`" in str(warning.help)


def test_no_hint_names_a_zone_of_another_meaning() -> None:
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
    assert str(warning) == "a.yaml:1:38: IANA has no time zone `Antarctica/Concordia`; the platform may"
    assert files.load().resources["user.a@x.com"].values["timezone"] == "Antarctica/Concordia"
    assert doubt_timezone("Australia/Brisbane") is None
    assert check_timezone("Antarctica/Concordia") is not None


def test_two_names_of_one_zone_are_equal_and_no_others() -> None:
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
