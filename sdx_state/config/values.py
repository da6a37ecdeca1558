"""The declared fields of one resource: references replaced, each value checked at its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sdx_state.config.numbers import canonical
from sdx_state.config.references import OPEN, References
from sdx_state.config.scalars import Unquoted
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Items, Node, Place, Table, at_column
from sdx_state.kinds import KINDS, Kind, cached_by_table
from sdx_state.kinds.addresses import NoAddress, parse_address
from sdx_state.kinds.complaint import Complaint
from sdx_state.kinds.email import check_email
from sdx_state.kinds.field import Field, FieldType
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.value import Value

_NOTHING: Mapping[str, Value] = {}


class Fields:
    """The fields of one resource.

    Args:
        values: What is known already.

    Attributes:
        values: By name, references replaced, telephone numbers in E.164.
        depends_on: Addresses that the values name.
        sound: Whether nothing is wrong with any of them.
    """

    __slots__ = ("depends_on", "sound", "values")

    def __init__(self, values: dict[str, Value]) -> None:
        self.values = values
        self.depends_on: dict[Address, None] = {}
        self.sound = True


PlaceOf = Callable[[str], Place]  # the place of the value of a field


Judge = Callable[[str], "str | Complaint | None"]


def judge_of(field: Field) -> Judge | None:
    """Return what tells how `field` keeps a text, or why it cannot be declared there; None where all are kept."""
    if field.type is FieldType.PHONE:
        return canonical
    return field.check or (check_email if field.type is FieldType.EMAIL else None)


@cached_by_table
def _plain_judges(kind: Kind) -> Mapping[str, tuple[str, Judge | None]]:
    """Return key in YAML -> name and judge, of the fields of which a text needs no more than that."""
    return {
        key: (field.name, judge_of(field))
        for key, field in kind.by_key.items()
        if not (field.doubt or field.refers_to or field.national)
    }


def judge(field: Field, text: str) -> str | Complaint | None:
    """Return how `field` keeps `text`, why it cannot be declared there, or None where it is kept as it is."""
    judge_ = judge_of(field)
    return judge_(text) if judge_ is not None else None


class FieldReader:
    """Reads the fields of the resources of one file."""

    def __init__(self, source: SourceText, references: References, report: Callable[[Diagnostic], None]) -> None:
        self.source = source
        self.references = references
        self.report = report

    def read(self, kind: Kind, node: Table, identity: Mapping[str, Value] = _NOTHING) -> Fields:
        """Return the fields of `kind` that `node` declares, behind `identity`, which its key declares."""
        fields = Fields({**identity})
        known, plain = kind.by_key, _plain_judges(kind)
        places, values = node.value_place, fields.values
        national = None
        for key, value in node.items():
            if (
                value.__class__ is str and key in plain and OPEN not in value
            ):  # the common case, with one call or none
                name, judge_ = plain[key]
                verdict = judge_(value) if judge_ is not None and value else None
                if not isinstance(verdict, Complaint):
                    values[name] = verdict or value
                    continue
            if key in known:
                field_ = known[key]
                if field_.national:
                    national = field_
                else:
                    values[field_.name] = self._value(field_, value, places, fields)
        if national is not None:
            self._read_national(national, node, fields)
        return fields

    def _read_national(self, field_: Field, node: Table, fields: Fields) -> None:
        """Read a number that may be written as it is dialled in the country that another field says."""
        written = node[field_.key]
        country_code = fields.values.get(field_.national)
        number: str | Complaint = must_be_quoted(field_.key, written) if isinstance(written, Unquoted) else ""
        if not isinstance(number, Complaint):
            text = self.text(node, field_.key, fields)
            number = canonical(text, str(country_code) if country_code else None) if fields.sound else ""
        if isinstance(number, Complaint):
            self.complain(node.value_place(field_.key), number, fields)
        elif fields.sound:
            fields.values = {field_.name: number, **fields.values}

    def text(self, node: Table, key: str, fields: Fields) -> str:
        """Return the text of `key` in `node`, which is there, with its references replaced."""
        return self._text(str(node[key]), node.value_place(key), fields)

    def complain(self, place: Place, complaint: Complaint, fields: Fields) -> None:
        """Report an error at `place`."""
        fields.sound = False
        self.report(self.source.diagnostic(complaint.code, place, complaint.message, complaint.help))

    def read_cells(
        self, kind: Kind, cells: Mapping[str, str], places: Mapping[str, Place], country_code: str | None
    ) -> Fields:
        """Return the fields of `kind` in `cells`, at `places`. A cell has no references.

        Telephone numbers that do not say their country are of `country_code`.
        """
        fields = Fields({})
        for name, field_ in kind.by_name.items():
            if name in cells:
                text = cells[name]
                if field_.type is FieldType.PHONE and country_code is not None:
                    number = canonical(text, country_code)
                    if isinstance(number, Complaint):
                        self.complain(places[name], number, fields)
                        continue
                    text = number
                fields.values[name] = self._judged(field_, text, places.__getitem__, fields)
        return fields

    def _value(self, field_: Field, value: Node, places: PlaceOf, fields: Fields) -> Value:
        if isinstance(value, str):
            if isinstance(value, Unquoted):
                if field_.type is FieldType.PHONE:
                    self.complain(places(field_.key), must_be_quoted(field_.key, value), fields)
                    return str(value)
                value = str(value)
            if OPEN in value:
                before = fields.sound
                fields.sound = True
                value = self._text(value, places(field_.key), fields)
                if not fields.sound:  # a reference is missing, which has been said
                    return value
                fields.sound = before
            return self._judged(field_, value, places, fields)
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
            self.report(self.source.diagnostic(bad.code, where, bad.message, bad.help))
        return expanded.text

    def _judged(self, field_: Field, text: str, places: PlaceOf, fields: Fields) -> str:
        """Return `text` as it is kept, with errors and warnings about it reported at its place."""
        if not text:
            return text
        if field_.refers_to:
            return self._referred(field_, text, places(field_.key), fields)
        verdict = judge(field_, text)
        if verdict is None and field_.doubt is not None:
            doubt = field_.doubt(text)
            if doubt is not None:
                self.report(
                    self.source.diagnostic(doubt.code, places(field_.key), doubt.message, doubt.help, "warning")
                )
        if isinstance(verdict, Complaint):
            self.complain(places(field_.key), verdict, fields)
            return text
        return verdict or text

    def _referred(self, field_: Field, text: str, place: Place, fields: Fields) -> str:
        """Return the identity of the resource whose address is `text`; whether that is declared is seen later."""
        try:
            address = parse_address(text)
        except NoAddress:
            address = None
        if address is None or address.kind != field_.refers_to:
            noun = KINDS[field_.refers_to].noun
            message = f"`{field_.key}` names a {noun} by its address, and `{text[:80]}` is none"
            self.complain(place, Complaint("unresolved-reference", message, f"write {field_.refers_to}.KEY"), fields)
            return text
        fields.depends_on[KINDS[address.kind].address(address.key)] = None
        return address.key

    def _place_in(self, place: Place, text: str, index: int) -> Place:
        """Return the place of character `index` of `text`; `place`, where it starts, if that cannot be determined."""
        line = self.source.line_at(place) or ""
        for quote in (0, 1):
            start = place[1] - 1 + quote
            if line[start : start + len(text)] == text:
                return at_column(place, start + index + 1)
        return place


def must_be_quoted(name: str, text: str) -> Complaint:
    """Return what to say of a number without quotes, which another YAML reader would take for something else."""
    return Complaint(
        "unquoted-number", f"`{name}` is text, and `{text[:40]}` looks like a number", f'quote this: "{text[:40]}"'
    )
