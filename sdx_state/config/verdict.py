"""Fast verdicts on whether a document matches a schema. `jsonschema` explains errors; these only decide."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

from sdx_state.decoding.strict import parse
from sdx_state.decoding.typed import record
from sdx_state.kinds import KINDS, PHONE_NUMBER, QUESTION, SURVEY, USER, cached_by_table

# Keywords whose values map names to schemas, and keywords that say nothing about what is valid.
_NAMED = frozenset({"properties", "patternProperties", "$defs"})
_ANNOTATIONS = frozenset({"description", "title", "examples", "default", "patternErrorMessage"})


# The kinds of the schemas that the wheel has as code.
_SHIPPED = (PHONE_NUMBER, SURVEY, QUESTION, USER)


@cached_by_table
def verdict_of(name: str) -> Callable[[object], bool]:
    """Return a function that tells whether a document matches the schema `name`, "project" or "resources"."""
    made = _made_with_wheel(name) if tuple(KINDS.values()) == _SHIPPED else None
    return made or _compiled(json.dumps(bare_schema(name)))


def compiled_module(name: str) -> str:
    """Return the name of the module of a wheel that has the schema `name` as code."""
    return f"sdx_state.config.compiled_{name}"


def bare_schema(name: str) -> dict[str, object]:
    """Return the schema `name` without annotations, as the compiler takes it."""
    from sdx_state.config.schema import schema_document  # which a wheel has as code

    # The compiler would take the identifier for an address to resolve references against.
    return record(_bare({key: value for key, value in schema_document(name).items() if key != "$id"}))


def _made_with_wheel(name: str) -> Callable[[object], bool] | None:
    """Return the verdict that was compiled when the wheel was built; None in a checkout."""
    try:
        module: Any = importlib.import_module(compiled_module(name))
    except ModuleNotFoundError:
        return None
    return _verdict(module.validate, module.Refused)


@lru_cache(maxsize=4)
def _compiled(schema: str) -> Callable[[object], bool]:
    import fastjsonschema

    validate = fastjsonschema.compile(record(parse(schema)), use_default=False, detailed_exceptions=False)
    return _verdict(validate, fastjsonschema.JsonSchemaValueException)


def _verdict(validate: Callable[[object], object], refused: type[Exception]) -> Callable[[object], bool]:
    def verdict(value: object) -> bool:
        try:
            validate(value)
        except refused:
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
