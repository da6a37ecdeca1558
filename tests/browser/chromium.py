"""The real browser of these tests, and what several of them ask it.

They need Chromium and the extra `browser`. Where one of them is missing they are skipped, and with
SDX_REQUIRE_BROWSER=1 they fail.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def missing() -> str | None:
    """Return what is missing."""
    try:
        import playwright  # noqa: F401 - whether it is there
    except ImportError:
        return "playwright (pip install '.[browser]')"
    return None if CHROMIUM is not None else "Chromium"


def require_browser() -> None:
    """Skip the module that calls this where there is no browser."""
    if (what := missing()) is None:
        return
    if os.environ.get("SDX_REQUIRE_BROWSER"):
        raise RuntimeError(f"{what} is missing, and SDX_REQUIRE_BROWSER is set")
    pytest.skip(f"{what} is missing", allow_module_level=True)


@contextmanager
def launched() -> Iterator[Any]:
    """Run Chromium while the block runs."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield chromium
        chromium.close()


# Returns the texts of a page that contrast too little with what is behind them.
CONTRAST = """() => {
  const rgb = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
  const linear = (v) => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  const light = ([r, g, b]) => [r, g, b].map((v) => linear(v / 255))
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const under = (one) => {
    for (let e = one; e; e = e.parentElement) {
      const [r, g, b, a = 1] = rgb(getComputedStyle(e).backgroundColor);
      if (a > 0) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const judged = [], poor = [];
  for (const one of document.querySelectorAll("body *")) {
    const said = [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
    if (!(said || one.tagName === "INPUT") || one.tagName === "SCRIPT" || !one.checkVisibility()) continue;
    for (const pseudo of [null, "::before", "::placeholder"]) {
      const style = getComputedStyle(one, pseudo);
      const [ink, paper] = [light(rgb(style.color)), light(under(one))];
      const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      judged.push(one);
      if (ratio >= 4.5 && style.opacity === "1") continue;
      poor.push(`${one.outerHTML.slice(0, 80)} ${pseudo} ${ratio.toFixed(2)}`);
    }
  }
  return [judged.length, poor];
}"""
