"""The fast check of telephone numbers never says yes where the library says no."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sdx_state.config.numbers import _is_plainly_valid, canonical, line_type
from sdx_state.kinds.complaint import Complaint
from tests.config.write_number_plans import has_these_plans

codes = st.sampled_from(sorted(phonenumbers.COUNTRY_CODE_TO_REGION_CODE))
nearly = st.builds(lambda code, digits: f"+{code}{digits}", codes, st.from_regex(r"[0-9]{4,13}", fullmatch=True))


def library_says(text: str) -> bool:
    try:
        number = phonenumbers.parse(text)
    except phonenumbers.NumberParseException:
        return False
    canonical_form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return phonenumbers.is_valid_number(number) and canonical_form == text


@settings(max_examples=10 * settings.default.max_examples)
@given(nearly)
def test_a_fast_yes_is_a_yes(text: str) -> None:
    if _is_plainly_valid(text):
        assert library_says(text)
    assert (canonical(text) == text) is library_says(text)


def test_the_example_numbers_of_every_country_are_valid() -> None:
    regions = sorted(phonenumbers.SUPPORTED_REGIONS)
    assert len(regions) > 200
    for region in regions:
        example = phonenumbers.example_number(region)
        text = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.E164)
        national = phonenumbers.format_number(example, phonenumbers.PhoneNumberFormat.NATIONAL)
        assert canonical(text) == text, region
        assert canonical(national, region) == text, region


def test_most_numbers_take_the_fast_way() -> None:
    examples = [phonenumbers.example_number(region) for region in sorted(phonenumbers.SUPPORTED_REGIONS)]
    texts = [phonenumbers.format_number(one, phonenumbers.PhoneNumberFormat.E164) for one in examples]
    assert sum(map(_is_plainly_valid, texts)) >= len(texts) * (1.0 if has_these_plans() else 0.9)


@pytest.mark.parametrize(
    ("number", "kind"), [("+61488888888", "mobile"), ("+61730000001", "landline"), ("+12015550123", None)]
)
def test_line_is_named_where_it_is_known(number: str, kind: str | None) -> None:
    assert line_type(number) == kind


def test_punctuation_is_dropped() -> None:
    assert canonical("+61 (0)488-888.888") == "+61488888888" or isinstance(canonical("+61 (0)488-888.888"), Complaint)
    assert canonical("+61 488-888.888") == "+61488888888"
    assert canonical("(07) 3000 0001", "AU") == "+61730000001"
