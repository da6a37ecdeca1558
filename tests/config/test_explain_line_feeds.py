"""A key or a value that ends in a line feed: what the verdict refuses is explained at its place."""

from __future__ import annotations

import pytest

from sdx_state.config.explain import explain
from sdx_state.config.parse import build
from sdx_state.config.source_text import SourceText
from sdx_state.config.verdict import verdict_of

DOCUMENTS = {
    "a key of a survey": ("resources", 'surveys:\n  "a\\n": {name: A}\n', (2, 3)),
    "a language": ("resources", 'surveys:\n  a:\n    name: A\n    greeting_text: {"de-default\\n": x}\n', (4, 21)),
    "a code of a country": ("resources", 'phone_numbers:\n  a: {number: "1", country_code: "AU\\n"}\n', (2, 34)),
    "a name of a variable": ("project", 'sdx: 1\nvariables: {"a\\n": x}\n', (2, 13)),
    "a host": ("project", 'sdx: 1\napi: {host: "a.example.com\\n"}\n', (2, 13)),
    "a tenant": ("project", 'sdx: 1\ntenant: "5f0c0d5e-0000-4000-8000-000000000000\\n"\n', (2, 9)),
}


@pytest.mark.parametrize(("name", "text", "place"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_line_feed_at_the_end_is_refused_and_explained_at_its_place(name, text, place):
    source = SourceText("a.yaml", text)
    document = build(source, pytest.fail)
    assert verdict_of(name)(document) is False
    found = explain(name, document, source)
    assert [(one.diagnostic.source.line, one.diagnostic.source.column) for one in found] == [place]
    whole = build(SourceText("a.yaml", text.replace("\\n", "")), pytest.fail)
    assert verdict_of(name)(whole) is True
