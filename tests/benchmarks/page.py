"""Measure the HTML page of a plan: its size, the time to write it, and the browser's time to its first paint.

    python -m tests.benchmarks.page [--changes N] [--rounds N] [--browser PROGRAM]

The plan is made in this process. The first paint is measured with Playwright and `--browser`, Chromium on the path
unless given, and left out without them.
"""

from __future__ import annotations

import argparse
import shutil
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from sdx_state.model.address import Address
from sdx_state.model.field_path import FieldPath
from sdx_state.model.plan import Action, Change, FieldChange, Plan
from sdx_state.model.resource import Source
from sdx_state.report.page import plan_html

FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint')[0].startTime / 1000"


def changes(count: int) -> Iterator[Change]:
    """Yield changes, every other one of a question's text, the others of two fields of a user."""
    for number in range(count):
        source = Source("a.yaml", 5 * number + 1, 3)
        if number % 2:
            parent = Address("survey", f"survey-{number // 20}")
            before = f"How do you rate part {number} of our line, from 0 to 10?"
            after = f"How would you rate part {number} of our hotline, from 0 to 10?"
            fields = [FieldChange(FieldPath("question_text"), before, after, "config", source)]
            address, kind = Address("question", f"q{number}", parent), "question"
        else:
            name = FieldChange(FieldPath("name"), f"Agent {number}", f"Agent Number {number}", "config", source)
            zone = FieldChange(FieldPath("timezone"), "Australia/Sydney", "Australia/Perth", "config", source)
            address, kind, fields = Address("user", f"u{number}@example.com"), "user", [name, zone]
        yield Change(address, kind, Action.UPDATE, id=str(number), fields=tuple(fields), via="api", source=source)


def first_paints(page: Path, browser: str, rounds: int) -> list[float]:
    """Return the seconds to the first paint of `page`, once for each round."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        window = driver.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        found = []
        for _ in range(rounds):
            tab = window.new_page()
            tab.goto(page.as_uri(), timeout=300_000)
            found.append(float(tab.evaluate(FIRST_PAINT)))
            tab.close()
        window.close()
    return found


def main() -> None:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--changes", type=int, default=5_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--browser", default=shutil.which("chromium"), metavar="PROGRAM")
    chosen = parser.parse_args()
    plan = Plan("", "", tuple(changes(chosen.changes)))
    times, text = [], ""
    for _ in range(chosen.rounds):
        begun = time.process_time()
        text = plan_html(plan, ())
        times.append(time.process_time() - begun)
    print(
        f"{chosen.changes:,} changes: {len(text.encode()) / 1e6:.1f} MB, written in {statistics.median(times):.2f} s"
    )
    if chosen.browser:
        with tempfile.TemporaryDirectory() as folder:
            page = Path(folder, "plan.html")
            page.write_text(text, encoding="utf-8")
            paints = first_paints(page, chosen.browser, chosen.rounds)
        print(f"first paint after {statistics.median(paints):.2f} s")


if __name__ == "__main__":
    main()
