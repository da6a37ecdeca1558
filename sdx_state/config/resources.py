"""The sections of the resource files -> `Desired`, each address once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from sdx_state.config.checks import check_user
from sdx_state.config.files import SourceText
from sdx_state.config.numbers import Complaint, canonical
from sdx_state.config.problems import Problem
from sdx_state.config.references import References, Room
from sdx_state.config.scalars import Unquoted
from sdx_state.config.switches import switch
from sdx_state.config.tree import KeyPlaces, Node, Place, Table, items, table
from sdx_state.config.users_csv import Row
from sdx_state.config.values import FieldReader, Fields, must_be_quoted
from sdx_state.kinds import PHONE_NUMBER, QUESTION, SURVEY, USER, Kind
from sdx_state.kinds.user import UPLOAD_BESIDE_TEAM, UPLOAD_SWITCHES
from sdx_state.model.address import Address, slug
from sdx_state.model.resource import Desired, Source

Report = Callable[[Problem], None]


@dataclass(frozen=True)
class Document:
    """One resource file.

    Attributes:
        source: Its text.
        root: Its sections.
        broken: Section and key of the resources that the schema refuses: declared, and not to be looked into.
    """

    source: SourceText
    root: Table
    broken: frozenset[tuple[str, str]]

    def entries(self, kind: Kind) -> Iterator[tuple[str, Table | None]]:
        """Yield key and body of each resource in the section of `kind`; no body for what the schema refuses."""
        for key, body in table(self.root.get(kind.collection)).items():
            if (kind.collection, key) in self.broken:
                yield key, None
            elif isinstance(body, Table) and (kind is not USER or key != "csv"):
                yield key, body


class Declarations:
    """Everything that is declared, from all files.

    Attributes:
        resources: By address: numbers, then surveys with their questions, then users.
        declared: Addresses that are declared, those of resources that something is wrong with included.
        numbers: E.164 by key; None for a number that is declared and wrong.
    """

    def __init__(self, variables: Mapping[str, str] | None, complete: bool, report: Report) -> None:
        self.variables = variables
        self.complete = complete
        self.report = report
        self.room = Room()
        self.resources: dict[Address, Desired] = {}
        self.declared: set[Address] = set()
        self.numbers: dict[str, str | None] = {}
        self._references: References | None = None
        self._first: dict[str, tuple[str, str, Place]] = {}

    def add_numbers(self, document: Document) -> None:
        """Declare the telephone numbers of `document`; those of all documents come before anything else."""
        reader = FieldReader(document.source, References(self.variables, None, room=self.room), self.report)
        places = table(document.root.get(PHONE_NUMBER.collection))
        for key, body in document.entries(PHONE_NUMBER):
            address = Address(PHONE_NUMBER.name, key)
            if not self._claim(address, key, document.source, places.key_place(key)):
                continue
            self.numbers[key] = None
            if body is not None:
                self._add_number(address, key, body, reader, places.key_place(key))

    def _add_number(self, address: Address, key: str, body: Table, reader: FieldReader, place: Place) -> None:
        fields = reader.read(PHONE_NUMBER, body)
        written = body["number"]
        number: str | Complaint = must_be_quoted("number", written) if isinstance(written, Unquoted) else ""
        if not isinstance(number, Complaint):
            text = reader.text(body, "number", fields)
            country_code = fields.values.get("country_code")
            number = canonical(text, str(country_code) if country_code else None) if fields.sound else ""
        if isinstance(number, Complaint):
            reader.complain(body.value_place("number"), number, fields)
        elif fields.sound:
            self.numbers[key] = number
        if fields.sound and isinstance(number, str):
            fields.values = {PHONE_NUMBER.natural_key: number, **fields.values}
            places = {**KeyPlaces(body), PHONE_NUMBER.natural_key: body.key_place("number")}
            self._keep(address, PHONE_NUMBER, key, body, fields, reader.source, place, positions=places)

    def add_surveys(self, document: Document) -> None:
        """Declare the surveys of `document` and their questions; all numbers have been declared."""
        reader = FieldReader(document.source, self.references, self.report)
        section = table(document.root.get(SURVEY.collection))
        for key, body in document.entries(SURVEY):
            address, place = Address(SURVEY.name, key), section.key_place(key)
            if not self._claim(address, key, document.source, place) or body is None:
                continue
            fields = reader.read(SURVEY, body)
            self._needs(SURVEY, body, fields, reader, place, f"the survey `{key}` lacks `name`")
            self._keep(address, SURVEY, key, body, fields, document.source, place)
            questions = items(body.get("questions"))
            for position, question in enumerate(questions):
                if isinstance(question, Table):
                    self._add_question(key, question, questions.places[position], position, reader)

    def _add_question(self, survey: str, body: Table, place: Place, position: int, reader: FieldReader) -> None:
        fields = reader.read(QUESTION, body)
        label = fields.values.get("question_label")
        key = str(body["key"]) if "key" in body else slug(str(label or ""))
        if not key and len(body.marks) > len(body):
            return  # the schema refused what may be the key
        if not key:
            hint = "add `key:`" if label else "add `question_label:`"
            message = "no key can be made of this label" if label else "this question has neither label nor key"
            reader.complain(body.value_place("question_label") if label else place, Complaint(message, hint), fields)
            return
        parent = Address(SURVEY.name, survey)
        address = Address(QUESTION.name, key, parent)
        if not self._claim(address, key, reader.source, place):
            return
        self._needs(QUESTION, body, fields, reader, place, f"the question `{key}` lacks `question_label`")
        self._keep(address, QUESTION, key, body, fields, reader.source, place, parent=parent, position=position)

    def add_users(self, document: Document) -> None:
        """Declare the users that `document` writes out; all numbers have been declared."""
        reader = FieldReader(document.source, self.references, self.report)
        section = table(document.root.get(USER.collection))
        for email, body in document.entries(USER):
            address, place = Address(USER.name, USER.identity_of(email)), section.key_place(email)
            if not self._claim(address, email, document.source, place) or body is None:
                continue
            fields = reader.read(USER, body)
            fields.values = {USER.identity: email, **fields.values}
            complaint = check_user(email)
            if complaint is not None and email.isprintable():
                reader.complain(place, complaint, fields)
            upload = self._upload(body, reader, fields) if "csv" in body else {}
            self._keep(address, USER, email, body, fields, document.source, place, upload=upload)

    def _upload(self, body: Table, reader: FieldReader, fields: Fields) -> dict[str, str]:
        columns = table(body["csv"])
        upload = {}
        for column, value in columns.items():
            if isinstance(value, bool):
                upload[column] = str(value).upper()
            elif value is not None:
                upload[column] = reader.text(columns, column, fields)
                verdict = switch(column, upload[column]) if column in UPLOAD_SWITCHES and upload[column] else ""
                if isinstance(verdict, Complaint):
                    reader.complain(columns.value_place(column), verdict, fields)
                else:
                    upload[column] = verdict or upload[column]
        self._warn_of_team(upload, reader.source, columns.key_place("team"))
        return upload

    @contextmanager
    def reporting_to(self, report: Report) -> Iterator[None]:
        """Tell `report` what is wrong with what the block declares."""
        before, self.report = self.report, report
        try:
            yield
        finally:
            self.report = before

    def add_row(self, source: SourceText, row: Row, reader: FieldReader, country_code: str | None) -> None:
        """Declare the user in `row` of the upload file `source`, which `reader` reads."""
        email = row.cells[USER.identity]
        address = Address(USER.name, USER.identity_of(email))
        if not self._claim(address, email, source, row.place):
            return
        fields = reader.read_cells(USER, row.cells, row.places, country_code)
        upload = {column: row.cells[column] for column in USER.upload if column in row.cells}
        self._warn_of_team(upload, source, row.place)
        self._keep(address, USER, email, None, fields, source, row.place, positions=row.places, upload=upload)

    def _warn_of_team(self, upload: Mapping[str, str], source: SourceText, place: Place) -> None:
        missing = [column for column in UPLOAD_BESIDE_TEAM if column not in upload]
        if "team" in upload and missing:
            message = f"the platform's upload requires {' and '.join(missing)} beside team"
            self.report(source.problem(place, message, severity="warning"))

    @property
    def references(self) -> References:
        """What texts may refer to, once the numbers of all documents have been declared."""
        if self._references is None:
            self._references = References(self.variables, self.numbers, self.complete, self.room)
        return self._references

    def _needs(
        self, kind: Kind, body: Table, fields: Fields, reader: FieldReader, place: Place, message: str
    ) -> None:
        """A resource is found by its natural key unless it is pinned to an id."""
        refused = len(body.marks) > len(body)  # by the schema, which has said so
        if not fields.values.get(kind.natural_key) and "id" not in body and fields.sound and not refused:
            reader.complain(place, Complaint(message, f"add `{kind.natural_key}:`, or pin it with `id:`"), fields)

    def _claim(self, address: Address, key: str, source: SourceText, place: Place) -> bool:
        """Take `address` for what `key` at `place` declares; report it and say no if it is taken."""
        self.declared.add(address)
        if not key.isprintable():
            self.report(source.problem(place, "this key holds a character that cannot be seen", "retype it"))
        # An address of a user is an identity already; keys of other kinds name files, which some systems fold.
        folded = address if address.kind == USER.name else address.casefold()
        first = self._first.setdefault(folded, (key, source.name, place))
        if first == (key, source.name, place):
            return True
        other, file, (line, column) = first
        if other == key:
            message = f"`{key[:80]}` is declared twice: first at {file}:{line}:{column}"
        elif key.casefold() == other.casefold():
            message = f"`{key[:80]}` differs by case only from `{other[:80]}`, declared at {file}:{line}:{column}"
        else:
            message = f"`{key[:80]}` and `{other[:80]}`, declared at {file}:{line}:{column}, are one address"
        self.report(source.problem(place, message, "remove or rename one of the two"))
        return False

    def _keep(
        self,
        address: Address,
        kind: Kind,
        key: str,
        body: Table | None,
        fields: Fields,
        source: SourceText,
        place: Place,
        *,
        positions: Mapping[str, Place] | None = None,
        parent: Address | None = None,
        position: int = 0,
        upload: Mapping[str, str] | None = None,
    ) -> None:
        if not fields.sound:
            return
        settings: Mapping[str, Node] = body if body is not None else {}
        pinned = settings.get("id")
        ignore = settings.get("ignore")
        self.resources[address] = Desired(
            address=address,
            kind=kind.name,
            key=key,
            values=fields.values,
            source=Source(source.name, *place),
            positions=positions if positions is not None else KeyPlaces(table(body)),
            id=str(pinned) if pinned is not None else None,
            ignore=frozenset(map(str, items(ignore))) if ignore else frozenset(),
            protect=settings.get("protect") is True,
            parent=parent,
            position=position,
            depends_on=tuple(fields.depends_on),
            upload=upload or {},
        )
