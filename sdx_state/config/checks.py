"""What is wrong with a single value, beyond its type."""

from __future__ import annotations

from functools import cache
from importlib import resources

from sdx_state.config.numbers import Complaint
from sdx_state.config.problems import closest, did_you_mean
from sdx_state.kinds import email
from sdx_state.kinds.question import LABEL_LENGTH, QUESTION_TYPES


def check_email(text: str) -> Complaint | None:
    """Return why `text` is not an e-mail address."""
    reason = email.malformed(text)
    return Complaint(f"`{text[:80]}` is not an e-mail address: {reason}") if reason else None


def check_user(text: str) -> Complaint | None:
    """Return why `text` is not an e-mail address under which a user can be managed."""
    reason = email.unaddressable(text)
    if reason is None:
        return None
    hint = "manage this user in the admin UI, and remove it here"
    return check_email(text) or Complaint(f"`{text[:80]}` cannot be managed: {reason}", hint)


def check_timezone(text: str) -> Complaint | None:
    """Return why `text` is not the name of a time zone. Names are IANA's and matched to the letter."""
    zones = _timezones()
    return None if text in zones else Complaint(f"there is no time zone `{text[:80]}`", closest(text, zones))


def doubt_timezone(text: str) -> Complaint | None:
    """Return what is odd about the time zone `text` of a user. The platform has its own list, which is not IANA's."""
    zones = _timezones()
    if text in zones:
        return None
    near = closest(text, zones)
    return Complaint(f"IANA has no time zone `{text[:80]}`; the platform may", near)


@cache
def _timezones() -> frozenset[str]:
    # The list of the tzdata package, not of the machine: a configuration is valid everywhere or nowhere.
    return frozenset(resources.files("tzdata").joinpath("zones").read_text(encoding="utf-8").split())


def check_label(text: str) -> Complaint | None:
    """Return why `text` cannot be the label of a question."""
    if len(text) <= LABEL_LENGTH:
        return None
    return Complaint(f"a question's label has at most {LABEL_LENGTH} characters, and this one has {len(text)}")


def doubt_question_type(text: str) -> Complaint | None:
    """Return what is odd about the question type `text`. Tenants may know further types than the reference."""
    if text in QUESTION_TYPES:
        return None
    return Complaint(f"the API's reference knows no question type `{text[:80]}`", did_you_mean(text, QUESTION_TYPES))
