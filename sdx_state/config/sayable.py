"""Check that a live value can be declared at all. A tenant has values of older versions and other programs."""

from __future__ import annotations

import re
from typing import Any

from sdx_state.config.schema import schema_document
from sdx_state.config.values import judge
from sdx_state.kinds import Kind, cached_by_table
from sdx_state.kinds.complaint import Complaint
from sdx_state.kinds.field import FieldType
from sdx_state.model.value import Value

# Characters that no YAML file may contain, not even escaped, as this program reads YAML.
_UNSAYABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def why_not(kind: Kind, name: str, value: Value) -> str | None:
    """Return why `value` cannot be declared as field `name` of `kind`, None if it can."""
    if isinstance(value, str):
        if _UNSAYABLE.search(value):
            return "it contains control characters"
        field = kind.by_name[name]
        verdict = judge(field, value) if value else None
        if isinstance(verdict, Complaint):
            return verdict.message
        if field.type not in (FieldType.INTEGER, FieldType.BOOLEAN, FieldType.OPTIONS):
            return None
    problem = next(_validator(kind.name).iter_errors({kind.by_name[name].key: value}), None)
    return None if problem is None else "it is of another type than the reference says"


@cached_by_table
def _validator(kind: str) -> Any:
    """Return a validator of single fields of `kind`; jsonschema ships no types for what `evolve` returns."""
    from jsonschema import Draft202012Validator

    document = schema_document("resolved")
    properties = document["$defs"][kind]["properties"]
    return Draft202012Validator({"$defs": document["$defs"], "properties": properties})
