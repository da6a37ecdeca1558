"""Field paths: field and inner part."""

from __future__ import annotations

import pytest

from sdx_state.model.field_path import FieldPath


@pytest.mark.parametrize(
    ("path", "field", "inner", "language", "in_list", "whole"),
    [
        ("name", "name", "", "", False, True),
        ("greeting_text.fr", "greeting_text", "fr", "fr", False, False),
        ("response_options[2]", "response_options", "[2]", "", True, True),
        ("response_options[2].text.fr", "response_options", "[2].text.fr", "", True, False),
        ("", "", "", "", False, True),
    ],
)
def test_a_path_knows_its_parts(path, field, inner, language, in_list, whole):
    found = FieldPath(path)
    assert (found.field, found.inner, found.language, found.in_list, found.whole) == (
        field,
        inner,
        language,
        in_list,
        whole,
    )
    assert found == path
    assert f"{found}" == path


def test_a_prompt_without_a_language_is_in_the_default_one():
    assert FieldPath("greeting_text").with_language() == "greeting_text.default"
    assert FieldPath.of("greeting_text", "fr").with_language() == "greeting_text.fr"
