"""The table of numbering plans says what the library says."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sdx_state.config.number_plans import is_in_plan
from tests.config.write_number_plans import TABLE, has_these_plans, plans

same_plans = pytest.mark.skipif(not has_these_plans(), reason="the table is of another version of phonenumbers")


@same_plans
def test_the_table_is_as_new_as_the_library():
    """An older table is slow for new numbers, and never wrong: each of its noes goes to the library."""
    assert TABLE.read_text(encoding="ascii") == plans(), "write it: python -m tests.config.write_number_plans"


def library_says(digits: str) -> bool:
    number = phonenumbers.parse(f"+{digits}")
    form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.is_valid_number(number) and form == f"+{digits}"


EXAMPLES = [
    phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164).removeprefix("+")
    for region in sorted(phonenumbers.SUPPORTED_REGIONS)
    if (example := phonenumbers.example_number(region))
]


@same_plans
@given(st.sampled_from(EXAMPLES), st.integers(1, 6), st.text("0123456789", min_size=1, max_size=6))
def test_numbers_near_to_valid_ones_are_in_the_plan_if_the_library_says_so(example, kept, digits):
    number = (example[:-kept] + digits)[:15]
    if len(number) >= 7:
        assert is_in_plan(number) is library_says(number)


@pytest.mark.parametrize("digits", ["", "0", "999", "9991234567", "210123456"])
def test_an_unknown_calling_code_has_no_plan(digits):
    assert is_in_plan(digits) is False
