"""What is wrong with a single value, beyond its type."""

from __future__ import annotations

from sdx_state.config.numbers import Complaint
from sdx_state.config.problems import did_you_mean
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
