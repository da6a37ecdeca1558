"""The declared fields of one resource: references replaced, each value checked where it stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sdx_state.config.checks import check_email, check_label, check_user, doubt_question_type
from sdx_state.config.files import SourceText
from sdx_state.config.numbers import Complaint, canonical
from sdx_state.config.problems import Problem
from sdx_state.config.references import OPEN, References
from sdx_state.config.scalars import Unquoted
from sdx_state.config.tree import Items, Node, Place, Table
from sdx_state.config.zones import doubt_timezone
from sdx_state.kinds import USER, Kind
from sdx_state.kinds.field import FieldType
from sdx_state.model.address import Address
from sdx_state.model.value import Value

Check = Callable[[str], Complaint | None]

_CHECKS: dict[str, Check] = {"question_label": check_label}
_DOUBTS: dict[str, Check] = {"question_type": doubt_question_type, "timezone": doubt_timezone}


@dataclass
class Fields:
    """The fields of one resource.

    Attributes:
        values: By name, references replaced, telephone numbers in E.164.
        depends_on: Addresses that the values name.
        sound: Whether nothing is wrong with any of them.
    """

    values: dict[str, Value] = field(default_factory=dict)
    depends_on: dict[Address, None] = field(default_factory=dict)
    sound: bool = True


class _Places(Protocol):
    """Tells where the value of a field stands."""

    def __getitem__(self, name: str, /) -> Place: ...


@dataclass(frozen=True)
class _ValuePlaces:
    """The places of a table's values, looked up for what is complained about only."""

    node: Table

    def __getitem__(self, name: str, /) -> Place:
        return self.node.value_place(name)


def judge(type_: FieldType, name: str, text: str) -> str | Complaint | None:
    """Return how field `name` keeps `text`, why it cannot be declared there, or None where it is kept as it is."""
    if type_ is FieldType.PHONE:
        return canonical(text)
    if type_ is FieldType.EMAIL:
        return check_user(text) if name == USER.identity else check_email(text)
    return _CHECKS[name](text) if name in _CHECKS else None


class FieldReader:
    """Reads the fields of the resources of one file."""

    def __init__(self, source: SourceText, references: References, report: Callable[[Problem], None]) -> None:
        self.source = source
        self.references = references
        self.report = report

    def read(self, kind: Kind, node: Table) -> Fields:
        """Return the fields of `kind` that `node` declares."""
        fields = Fields()
        known = kind.by_name
        for name, value in node.items():
            if name in known:
                fields.values[name] = self._value(known[name].type, name, value, node, fields)
        return fields

    def text(self, node: Table, key: str, fields: Fields) -> str:
        """Return the text of `key` in `node`, which is there, with its references replaced."""
        return self._text(str(node[key]), node.value_place(key), fields)

    def complain(self, place: Place, complaint: Complaint, fields: Fields) -> None:
        """Report an error at `place`."""
        fields.sound = False
        self.report(self.source.problem(place, complaint.message, complaint.hint))

    def read_cells(
        self, kind: Kind, cells: Mapping[str, str], places: Mapping[str, Place], country_code: str | None
    ) -> Fields:
        """Return the fields of `kind` that `cells` hold, at `places`. A cell has no references.

        Telephone numbers that do not say their country are of `country_code`.
        """
        fields = Fields()
        for name, field_ in kind.by_name.items():
            if name in cells:
                text = cells[name]
                if field_.type is FieldType.PHONE and country_code is not None:
                    number = canonical(text, country_code)
                    if isinstance(number, Complaint):
                        self.complain(places[name], number, fields)
                        continue
                    text = number
                fields.values[name] = self._judged(field_.type, name, text, places, fields)
        return fields

    def _value(self, type_: FieldType, name: str, value: Node, node: Table, fields: Fields) -> Value:
        if isinstance(value, str):
            if isinstance(value, Unquoted):
                if type_ is FieldType.PHONE:
                    self.complain(node.value_place(name), must_be_quoted(name, value), fields)
                    return str(value)
                value = str(value)
            if OPEN in value:
                before = fields.sound
                fields.sound = True
                value = self._text(value, node.value_place(name), fields)
                if not fields.sound:  # a reference is missing, which has been said
                    return value
                fields.sound = before
            return self._judged(type_, name, value, _ValuePlaces(node), fields)
        if isinstance(value, Table):
            return self._texts(value, fields)
        if isinstance(value, Items):
            return [self._option(option, fields) for option in value if isinstance(option, Table)]
        return int(value) if isinstance(value, float) else value  # JSON Schema takes 10.0 for a whole number

    def _texts(self, languages: Table, fields: Fields) -> dict[str, str]:
        # A language without a text is one with an empty text: a map has no null.
        return {
            language: self._text(str(text), languages.value_place(language), fields) if text is not None else ""
            for language, text in languages.items()
        }

    def _option(self, option: Table, fields: Fields) -> Mapping[str, object]:
        values: dict[str, object] = {}
        for name, value in option.items():
            if isinstance(value, Table):
                values[name] = self._texts(value, fields)
            else:
                place = option.value_place(name)
                values[name] = self._text(str(value), place, fields) if value is not None else None
        return values

    def _text(self, text: str, place: Place, fields: Fields) -> str:
        if OPEN not in text:
            return text
        expanded = self.references.expand(text)
        fields.depends_on.update(dict.fromkeys(expanded.depends_on))
        fields.sound = fields.sound and expanded.whole
        for bad in expanded.bad:
            where = self._place_in(place, text, bad.index)
            self.report(self.source.problem(where, bad.message, bad.hint))
        return expanded.text

    def _judged(self, type_: FieldType, name: str, text: str, places: _Places, fields: Fields) -> str:
        """Return `text` as it is kept, with what is wrong or odd about it reported at its place."""
        if not text:
            return text
        verdict = judge(type_, name, text)
        if verdict is None and name in _DOUBTS:
            doubt = _DOUBTS[name](text)
            if doubt is not None:
                self.report(self.source.problem(places[name], doubt.message, doubt.hint, "warning"))
        if isinstance(verdict, Complaint):
            self.complain(places[name], verdict, fields)
            return text
        return verdict or text

    def _place_in(self, place: Place, text: str, index: int) -> Place:
        """Return where character `index` of `text` stands; `place`, where it starts, if that is not plain to see."""
        line = self.source.line(place[0]) or ""
        for quote in (0, 1):
            start = place[1] - 1 + quote
            if line[start : start + len(text)] == text:
                return place[0], start + index + 1
        return place


def must_be_quoted(name: str, text: str) -> Complaint:
    """Return what to say of a number without quotes, which another YAML reader would take for something else."""
    return Complaint(f"`{name}` is text, and `{text[:40]}` reads as a number", f'quote this: "{text[:40]}"')
