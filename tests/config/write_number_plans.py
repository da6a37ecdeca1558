"""Write the table of numbering plans from `phonenumbers`: python -m tests.config.write_number_plans"""

from __future__ import annotations

from pathlib import Path

import phonenumbers

from sdx_state.config import number_plans

TABLE = Path(number_plans.__file__).with_name(number_plans.FILE)
LINES = (
    "mobile",
    "fixed_line",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "personal_number",
    "voip",
    "pager",
    "uan",
    "voicemail",
)


def has_these_plans() -> bool:
    """Return True if the table is made from the installed version: another one may know other numbers."""
    return phonenumbers.__version__ in TABLE.read_text(encoding="ascii").partition("\n")[0].split()


def plans() -> str:
    """Return the text of the table."""
    lines = [f"# Made from phonenumbers {phonenumbers.__version__} by `python -m tests.config.write_number_plans`."]
    for code, regions in sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items()):
        patterns: dict[str, None] = {}
        found = [phonenumbers.PhoneMetadata.metadata_for_region_or_calling_code(code, region) for region in regions]
        for line in LINES:
            for metadata in found:
                description = getattr(metadata, line)
                if description is not None and description.national_number_pattern:
                    patterns[description.national_number_pattern] = None
        if patterns:
            lines.append(" ".join((str(code), *patterns)))
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    TABLE.write_text(plans(), encoding="ascii")
