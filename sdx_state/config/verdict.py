"""Fast verdicts on whether a document matches a schema. `jsonschema` explains errors; these only decide."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache

from sdx_state.config.schema import schema_document
from sdx_state.decoding.strict import parse
from sdx_state.decoding.typed import record
from sdx_state.kinds import cached_by_table

# Keywords whose values map names to schemas, and keywords that say nothing about what is valid.
_NAMED = frozenset({"properties", "patternProperties", "$defs"})
_ANNOTATIONS = frozenset({"description", "title", "examples", "default", "patternErrorMessage"})


@cached_by_table
def verdict_of(name: str) -> Callable[[object], bool]:
    """Return a function that tells whether a document matches the schema `name`, "project" or "resources"."""
    # The compiler would take the identifier for an address to resolve references against.
    document = {key: value for key, value in schema_document(name).items() if key != "$id"}
    return _compiled(json.dumps(_bare(document)))


@lru_cache(maxsize=4)
def _compiled(schema: str) -> Callable[[object], bool]:
    import fastjsonschema

    validate = fastjsonschema.compile(record(parse(schema)), use_default=False, detailed_exceptions=False)

    def verdict(value: object) -> bool:
        try:
            validate(value)
        except fastjsonschema.JsonSchemaValueException:
            return False
        return True

    return verdict


def _bare(schema: object) -> object:
    """Return `schema` without annotations, which the compiler would repeat in its code: three times the start-up."""
    if isinstance(schema, list):
        return [_bare(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    bare: dict[str, object] = {}
    for keyword, value in schema.items():
        if keyword == "const":  # The compiler fails on it where exceptions have no details.
            bare["enum"] = [value]
        elif keyword in _NAMED:
            bare[keyword] = {name: _bare(one) for name, one in value.items()}
        elif keyword not in _ANNOTATIONS:
            bare[keyword] = _bare(value)
    return bare
