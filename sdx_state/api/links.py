"""Links that open an interaction without a login, and its UUID. They are secrets and never shown.

Sources: API reference, "Interactions" (`uuid`, `web_link`); live answers (`weblink_short`, `unsubscribe_link_short`);
the vendor's help pages: `<host>/interaction/<id>` needs a login and may be shown, while
`<host>/interaction_external/<uuid>` needs none.
"""

from __future__ import annotations

import re

from sdx_state.model.redaction import OPEN_PAGES, REDACTED
from sdx_state.patterns import pattern

_SLASH = r"(?:\\*/)"  # JSON may escape the slash.
_NAMED = pattern(
    r"""((?:link|uuid)[\w\]-]*\\*["']?\s*(?:=>|[:=])\s*)"""
    r"""(?:(")(?:[^"\\]|\\.)+|(\\+")[^"\\]+|(')[^']+|(?=[^"'\\])[^\s,;&}\]"']+)""",
    re.IGNORECASE,
)
_PAGES = pattern(rf"((?:{'|'.join(OPEN_PAGES)}){_SLASH})[^\s\"'<>\\]+", re.IGNORECASE)
_UUID = pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)
_URL = pattern(rf"(https?:{_SLASH}{{2}}[^\s/\\\"'<>?#]*)([^\s\"'<>]*)", re.IGNORECASE)
_BEHIND_A_LOGIN = pattern(rf"{_SLASH}?|{_SLASH}interaction{_SLASH}[0-9]{{1,19}}[.,;:)]?", re.IGNORECASE)
_OPEN_PAGE = pattern(rf"(/(?:{'|'.join(OPEN_PAGES)})/)[A-Za-z0-9_-]{{4,}}")


def is_secret(name: str) -> bool:
    """Return True if a field of this name contains a link or the UUID of an interaction."""
    return "link" in name.lower() or name.lower() == "uuid"


def without_secret_fields(document: object) -> object:
    """Return a JSON document with the values of secret fields redacted at any depth."""
    if isinstance(document, dict):
        return {
            name: REDACTED if value and is_secret(name) else without_secret_fields(value)
            for name, value in document.items()
        }
    return [without_secret_fields(one) for one in document] if isinstance(document, list) else document


def without_links(said: str) -> str:
    """Return a text of the server without links and UUIDs.

    Of other URLs only the host is kept, because any of them may be a short link.
    """
    said = _NAMED.sub(lambda found: f"{found[1]}{found[2] or found[3] or found[4] or ''}{REDACTED}", said)
    said = _URL.sub(lambda found: found[0] if _BEHIND_A_LOGIN.fullmatch(found[2]) else f"{found[1]}/{REDACTED}", said)
    return _UUID.sub(REDACTED, _PAGES.sub(rf"\g<1>{REDACTED}", said))


def without_open_pages(text: str) -> str:
    """Return `text` without URLs of pages that open an interaction without a login."""
    return _OPEN_PAGE.sub(rf"\g<1>{REDACTED}", text)
