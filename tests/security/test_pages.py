"""Every web page that the program makes says what it may load and where its forms and links may lead."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import sdx_state
from tests.parsed import modules

PACKAGE = Path(sdx_state.__file__).parent
PAGES = sorted(
    path
    for path in (*modules(), *PACKAGE.rglob("*.html"))
    if re.search(r"<!doctype html|HTMLResponse\(", path.read_text(encoding="utf-8"), re.IGNORECASE)
)
# These contain a page, and `page_answer` adds the header.
BY_PAGE_ANSWER = {"sandbox/upload.py", "sandbox/oauth.py", "sandbox/templates/admin_base.html"}


def test_all_pages_are_known():
    assert {path.relative_to(PACKAGE).as_posix() for path in PAGES} >= BY_PAGE_ANSWER
    assert len(PAGES) >= 5


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_a_page_has_a_whole_policy(path):
    text = path.read_text(encoding="utf-8")
    if path.relative_to(PACKAGE).as_posix() in BY_PAGE_ANSWER:
        assert "HTMLResponse(" not in text
        assert "page_answer(" in (text if path.suffix == ".py" else (PACKAGE / "sandbox/admin.py").read_text())
        return
    for directive in ("default-src 'none'", "base-uri 'none'", "form-action "):
        assert directive in text, directive
