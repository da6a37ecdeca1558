"""Differences between one declared resource and the live one: declared fields only, equality first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import cast

from sdx_state.kinds import KINDS
from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.wire import can_carry, read_field, shape_of
from sdx_state.model.field_path import FieldPath
from sdx_state.model.resource import Desired, Live, Shape
from sdx_state.model.value import DEFAULT_LANGUAGE, Value

# path, before, after
Difference = tuple[FieldPath, Value, Value]

_SCALARS = frozenset({str, int, bool})


def differences(desired: Desired, live: Live, tenant_shape: Shape | None) -> list[Difference]:
    """Return the declared fields in which `live` differs from `desired`, in the kind's order of fields.

    Fields that the live resource's shape does not have are omitted: they can neither be read nor written there.
    """
    raw = live.raw
    found: list[Difference] = []
    if says_the_same(desired.values, raw):
        return found
    for name, value in desired.values.items():
        if raw.get(name) == value or value is None or name in desired.ignore:
            continue
        kind = KINDS[desired.kind]
        field = kind.by_name[name]
        shape = shape_of(kind, raw) or tenant_shape
        found.extend(_field_differences(field, read_field(field, raw), value, shape))
    return found


def says_the_same(values: Mapping[str, Value], raw: Mapping[str, object]) -> bool:
    """Return True if `raw` has literally all `values`. It decides the common case without a loop."""
    return values.items() <= raw.items()


def not_carried(desired: Desired, shape: Shape | None) -> list[FieldPath]:
    """Return the paths of declared values that a tenant of `shape` does not have."""
    if shape != "flat":
        return []
    kind = KINDS[desired.kind]
    if kind.nested_only.isdisjoint(desired.values) and are_scalars(desired.values):
        return []
    fields = kind.by_name
    missing: list[FieldPath] = []
    for name, value in desired.values.items():
        if name in desired.ignore or value is None:
            continue
        if not fields[name].flat:
            missing.append(FieldPath(name))
        elif isinstance(value, Mapping):
            missing.extend(FieldPath.of(name, language) for language in value if language != DEFAULT_LANGUAGE)
    return missing


def are_scalars(values: Mapping[str, Value]) -> bool:
    """Return True if every value is one text, number or boolean: nearly all are, and need no closer look."""
    return _SCALARS.issuperset(map(type, values.values()))


def managed_values(desired: Desired, live: Live | None) -> dict[str, Value]:
    """Return the live values (inner form) of the fields that `desired` declares."""
    if live is None:
        return {}
    fields = KINDS[desired.kind].by_name
    return {
        name: read_field(fields[name], live.raw)
        for name, value in desired.values.items()
        if value is not None and name not in desired.ignore
    }


def flattened(desired: Desired) -> Iterator[tuple[FieldPath, Value]]:
    """Yield path and value of everything that `desired` manages; a language map a path per language.

    A field that is null in YAML has no value there: it is not managed.
    """
    for name, value in desired.values.items():
        if name in desired.ignore or value is None:
            continue
        if isinstance(value, Mapping):
            for language, text in value.items():
                yield FieldPath.of(name, language), text
        else:
            yield FieldPath(name), value


def _field_differences(field: Field, before: Value, after: Value, shape: Shape | None) -> Iterator[Difference]:
    if field.type is FieldType.PROMPT and (isinstance(after, Mapping) or isinstance(before, Mapping)):
        yield from _prompt_differences(field, before, after, shape)
        return
    wanted = cast(Value, field.normalise(after))
    if field.means_the_same(before, wanted) or not can_carry(field, shape):
        return
    if field.type is FieldType.OPTIONS and isinstance(before, Sequence) and isinstance(wanted, Sequence):
        yield from _inner_differences(field.name, before, wanted)
    else:
        yield FieldPath(field.name), before, wanted


def _prompt_differences(field: Field, before: Value, after: Value, shape: Shape | None) -> Iterator[Difference]:
    live = before if isinstance(before, Mapping) else {DEFAULT_LANGUAGE: before}
    if not isinstance(after, Mapping):
        wanted = field.normalise(after)
        if field.normalise(live.get(DEFAULT_LANGUAGE)) != wanted:
            yield FieldPath(field.name), live.get(DEFAULT_LANGUAGE), cast(Value, wanted)
        return
    for language, text in after.items():
        was, wanted = field.normalise(live.get(language)), field.normalise(text)
        if was != wanted and can_carry(field, shape, language):
            yield FieldPath.of(field.name, language), cast(Value, was), cast(Value, wanted)


def _inner_differences(name: str, before: object, after: object) -> Iterator[Difference]:
    """Name the exact places inside a structured value; DeepDiff is loaded for what differs only."""
    from deepdiff import DeepDiff
    from deepdiff.helper import notpresent

    found = DeepDiff(before, after, view="tree", verbose_level=2)
    for kind_of_difference in found.values():
        for item in kind_of_difference:
            path = FieldPath(name + re.sub(r"\['([^']*)'\]", r".\1", item.path().removeprefix("root")))
            # The mark is one object, whose text may also be that of a label.
            was = None if item.t1 is notpresent else item.t1
            becomes = None if item.t2 is notpresent else item.t2
            yield path, was, becomes
