"""Write `schemas/resources.schema.json` as the table of kinds has it: python -m tests.config.write_schema"""

from __future__ import annotations

from pathlib import Path

from sdx_state.config.schema import schema_text

PUBLISHED = Path(__file__).parents[2] / "schemas" / "resources.schema.json"

if __name__ == "__main__":
    PUBLISHED.write_text(schema_text("resources"), encoding="utf-8")
