"""The picture of the README: the plan of a changed quickstart as a page, photographed.

`python -m tests.browser.picture` makes `examples/plan.png` again. It needs Chromium and the extra `sandbox`.
"""

from __future__ import annotations

import contextlib
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.browser.chromium import CHROMIUM
from tests.cli.guides import ROOT, Block, blocks_of, walk

PICTURE = ROOT / "examples" / "plan.png"
SIZE = "900,760"


def main() -> None:
    """Make the picture.

    Raises:
        RuntimeError: There is no Chromium.
    """
    if CHROMIUM is None:
        raise RuntimeError("Chromium is missing")
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## What the API can")[0]
    with tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder = Path(name)
        walked = stack.enter_context(walk(text, folder, stack.enter_context(pytest.MonkeyPatch.context())))
        for block in blocks_of(text):
            if block.kind == "diff":
                walked.run(block)
        walked.run(Block("console", "$ sdx-state plan --format html=plan.html\n", 0))
        page = walked.folder / "plan.html"
        flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={SIZE}"]
        subprocess.run([CHROMIUM, *flags, f"--screenshot={PICTURE}", page.as_uri()], check=True, timeout=120)


if __name__ == "__main__":
    main()
