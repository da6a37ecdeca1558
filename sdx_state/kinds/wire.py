"""Both wire shapes to one inner form, and back.

The inner form of a field is that of YAML: a string for the default language or a map of languages for a
prompt, integers, booleans, and `None` for absent, null or empty values.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence

from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.kind import Kind
from sdx_state.model.resource import Shape
from sdx_state.model.value import DEFAULT_LANGUAGE, Value


def shape_of(kind: Kind, raw: Mapping[str, object]) -> Shape | None:
    """Return the wire shape of `raw`, None if it has signs of neither."""
    for field in kind.fields:
        if field.nested and field.nested[0] in raw:
            return "nested"
    for field in kind.fields:
        if not field.flat and field.name in raw:
            return "nested"
    for field in kind.fields:
        if field.nested and field.name in raw:
            return "flat"
    return None


def can_carry(field: Field, shape: Shape | None, language: str = DEFAULT_LANGUAGE) -> bool:
    """Return True if `shape` can contain `field` in `language`. True for an unknown shape."""
    return shape != "flat" or (field.flat and language == DEFAULT_LANGUAGE)


def read_field(field: Field, raw: Mapping[str, object]) -> Value:
    """Return the inner form of `field` in `raw`, in any shape. Never raises on unexpected types."""
    value: object = None
    if field.nested and field.nested[0] in raw:
        value = _follow(raw, field.nested)
    if value is None:
        value = raw.get(field.name)
    if value is None:
        return None
    if field.type is FieldType.OPTIONS:
        value = _options_from_wire(value)
    # `normalise` returns the inner form. An unexpected wire type stays unchanged, so that it differs.
    return field.normalise(value)  # type: ignore[return-value]  # Hostile answers can have any type.


def lay_over(kind: Kind, raw: Mapping[str, object], changes: Mapping[str, Value], shape: Shape) -> dict[str, object]:
    """Return a copy of `raw` with `changes` (YAML name -> inner form) written in `shape`; the rest is unchanged.

    A prompt given as a map replaces those languages only; one given as a string replaces the default language.
    """
    result: dict[str, object] = copy.deepcopy(dict(raw))
    for name, value in changes.items():
        field = kind.by_name.get(name)
        if field is None:
            result[name] = value
        elif shape == "nested" and field.nested:
            _write_nested(result, field, value)
        elif can_carry(field, shape):
            result[name] = _to_wire(field, value)
    return result


def form_fields(kind: Kind, values: Mapping[str, Value]) -> dict[str, str]:
    """Return the flat form fields of a create: the default language of 1.0.0, nothing empty."""
    form: dict[str, str] = {}
    for name, value in values.items():
        field = kind.by_name[name]
        if not field.flat:
            continue
        wire = _to_wire(field, value)
        if wire not in (None, ""):
            form[name] = str(wire)
    return form


def needs_nested(kind: Kind, values: Mapping[str, Value]) -> bool:
    """Return True if `values` contain anything that the flat fields of a create cannot express."""
    for name, value in values.items():
        field = kind.by_name[name]
        if not field.flat or (isinstance(value, Mapping) and any(key != DEFAULT_LANGUAGE for key in value)):
            return True
    return False


def _follow(raw: Mapping[str, object], path: Sequence[str]) -> object:
    value: object = raw
    for step in path:
        if not isinstance(value, Mapping):
            return None
        value = value.get(step)
    return value


def _options_from_wire(value: object) -> object:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return value
    options: list[object] = []
    for option in value:
        if not isinstance(option, Mapping):
            return value
        prompt = option.get("prompt")
        text = prompt.get("text") if isinstance(prompt, Mapping) else option.get("text")
        options.append({"label": option.get("label"), "text": text})
    return options


def _write_nested(result: dict[str, object], field: Field, value: Value) -> None:
    *path, last = field.nested
    inner = result
    for step in path:
        child = inner.get(step)
        inner[step] = child = dict(child) if isinstance(child, Mapping) else {}
        inner = child
    if field.type is not FieldType.PROMPT:
        inner[last] = _to_wire(field, value)
        return
    languages = inner.get(last)
    texts = dict(languages) if isinstance(languages, Mapping) else {}
    texts.update(value if isinstance(value, Mapping) else {DEFAULT_LANGUAGE: value or ""})
    inner[last] = texts


def _to_wire(field: Field, value: Value) -> object:
    if field.type is FieldType.PROMPT and isinstance(value, Mapping):
        return value.get(DEFAULT_LANGUAGE, "")
    if isinstance(value, bool):
        return int(value)
    if field.type is FieldType.OPTIONS and isinstance(value, Sequence) and not isinstance(value, str):
        return [_option_to_wire(option) for option in value]
    return "" if value is None else value


def _option_to_wire(option: Mapping[str, object]) -> dict[str, object]:
    text = option.get("text")
    return {
        "label": option.get("label"),
        "prompt": {"text": dict(text) if isinstance(text, Mapping) else {DEFAULT_LANGUAGE: text or ""}},
    }
