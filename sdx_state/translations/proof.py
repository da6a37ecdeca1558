"""Proof that writing translations changes nothing else: the declarations before and after it, compared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sdx_state.config.references import OPEN
from sdx_state.kinds import KINDS
from sdx_state.kinds.field import FieldType
from sdx_state.model.address import Address
from sdx_state.model.field_path import FieldPath
from sdx_state.model.resource import Desired
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.translations.collect import OPTION_TEXT
from sdx_state.translations.placing import Expected

Resources = Mapping[Address, Desired]


def unexpected(before: Resources, after: Resources, language: str, expected: Expected) -> list[str]:
    """Return what `after` says otherwise than `before`, but for the texts that are `expected` in `language`."""
    if before.keys() != after.keys():
        return ["another resource is declared"]
    return [
        f"{address} {path}"
        for address, desired in before.items()
        if desired.values != after[address].values or any((address, path) in expected for path in _paths(desired))
        for path in _wrong(desired, after[address], language, expected)
    ]


def _wrong(before: Desired, after: Desired, language: str, expected: Expected) -> Iterator[str]:
    was, now = dict(_values(before)), dict(_values(after))
    for path in was.keys() | now.keys():
        wanted = expected.get((before.address, path))
        old, new = was.get(path), now.get(path)
        if wanted is None or not isinstance(old, dict) or not isinstance(new, dict):
            if old != new or wanted is not None:
                yield path
            continue
        others = [{key: text for key, text in one.items() if key != language} for one in (old, new)]
        # A reference is replaced by its value.
        is_written = new.get(language) == wanted or OPEN in wanted
        if others[0] != others[1] or not is_written:
            yield path


def _paths(desired: Desired) -> Iterator[FieldPath]:
    yield from (path for path, _ in _values(desired))


def _values(desired: Desired) -> Iterator[tuple[FieldPath, object]]:
    """Yield every value of `desired`, texts for languages as maps, and the text of each option apart."""
    fields = KINDS[desired.kind].by_name
    for name, value in desired.values.items():
        field = fields[name]
        if field.translated:
            yield FieldPath(name), _by_language(value)
        elif field.type is FieldType.OPTIONS and isinstance(value, Sequence) and not isinstance(value, str):
            for index, option in enumerate(value):
                yield FieldPath(f"{name}[{index}].{OPTION_TEXT}"), _by_language(option.get(OPTION_TEXT))
                yield FieldPath(f"{name}[{index}]"), {key: one for key, one in option.items() if key != OPTION_TEXT}
        else:
            yield FieldPath(name), value


def _by_language(value: object) -> dict[str, object]:
    return dict(value) if isinstance(value, Mapping) else {DEFAULT_LANGUAGE: value}
