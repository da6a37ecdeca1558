"""The sections of the resource files -> `Desired`, each address once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sdx_state.config.blocks import Parts
from sdx_state.config.references import References, Room
from sdx_state.config.source_text import SourceText
from sdx_state.config.switches import switch
from sdx_state.config.tree import MERGE, Laid, Node, Place, Table, items, places_of, table
from sdx_state.config.values import FieldReader, Fields
from sdx_state.kinds import Kind, children_of
from sdx_state.kinds.complaint import Complaint
from sdx_state.kinds.user import UPLOAD_BESIDE_TEAM, UPLOAD_SWITCHES
from sdx_state.model.address import Address, readable_key
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Desired, Source, Use
from sdx_state.records import dataclass

if TYPE_CHECKING:
    from sdx_state.config.expansion import Made
    from sdx_state.config.users_csv import Row
    from sdx_state.config.using_text import UsingText

Report = Callable[[Diagnostic], None]
_NONE: frozenset[str] = frozenset()  # one object for all resources: an empty set takes 200 bytes
_NO_COLUMNS: Mapping[str, str] = {}
_NO_SETTINGS: Mapping[str, Node] = {}


@dataclass(frozen=True)
class Document:
    """One resource file.

    Attributes:
        source: Its text.
        root: Its sections.
        broken: Section and key of the resources that the schema refuses: declared, and not to be looked into.
        parts: Its parts, if it has templates or blocks.
    """

    source: SourceText
    root: Table
    broken: frozenset[tuple[str, str]]
    parts: Parts | None = None

    @property
    def blocks(self) -> tuple[tuple[str, str], ...]:
        """Section and key of its blocks."""
        return self.parts.blocks if self.parts is not None else ()

    def entries(self, kind: Kind) -> Iterator[tuple[str, Table | None]]:
        """Yield key and body of each resource in the section of `kind`; no body for what the schema refuses."""
        made = {key for section, key in self.blocks if section == kind.collection}
        broken = {key for section, key in self.broken if section == kind.collection}
        for key, body in table(self.root.get(kind.collection)).items():
            if key in made:
                continue
            if key in broken:
                yield key, None
            elif isinstance(body, Table) and key not in kind.section_keys:
                yield key, body


class Declarations:
    """Everything that is declared, from all files.

    Attributes:
        resources: By address, in the order of the table of kinds, children behind their parents.
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
        self._first: dict[str, tuple[str, Source]] = {}

    def add(self, kind: Kind, document: Document) -> None:
        """Declare the resources of `kind` in `document`, and what lives in them.

        Kinds come in the order of the table, each from all documents: texts refer to those before.
        """
        references = References(self.variables, None, room=self.room) if kind.lookup_only else self.references
        reader = FieldReader(document.source, references, self.report)
        section = table(document.root.get(kind.collection))
        may_merge = MERGE in document.source.text
        for key, body in document.entries(kind):
            place = section.key_place(key)
            merged = _merged(document.source, key, place, body) if body is not None and may_merge else None
            if merged is None:
                self._add_entry(kind, key, body, place, reader)
            else:
                laid, source = merged
                using = FieldReader(source, references, self.report)
                self._add_entry(kind, key, laid, place, using, source.use)

    def add_made(self, kind: Kind, made: Made) -> None:
        """Declare the resource of `kind` that a block makes, and what lives in it."""
        references = References(self.variables, None, room=self.room) if kind.lookup_only else self.references
        reader = FieldReader(made.source, references, self.report)
        self._add_entry(kind, made.key, made.body, made.place, reader, made.source.use)

    def _add_entry(
        self, kind: Kind, key: str, body: Table | None, place: Place, reader: FieldReader, use: Use | None = None
    ) -> None:
        address = kind.address(key)
        source = reader.source.at(place)
        if not self._claim(kind, address, key, reader.source, place, source):
            return
        if kind.lookup_only:
            self.numbers[key] = None
        if body is None:
            return
        keyed = kind.keyed_by_identity
        fields = reader.read(kind, body, {kind.identity: key}) if keyed else reader.read(kind, body)
        if keyed:
            self._check_identity(kind, key, place, reader, fields)
        elif not kind.required:
            message = f"missing required field `{kind.natural_key}` in the {kind.noun} `{key}`"
            self._needs(kind, body, fields, reader, place, message)
        if kind.lookup_only and fields.sound:
            self.numbers[key] = str(fields.values[kind.natural_key])
        upload = self._upload(body, reader, fields) if kind.upload and "csv" in body else {}
        self._keep(address, kind, key, body, fields, source, _places(kind, body), upload=upload, use=use)
        for child in children_of(kind.name):
            children = items(body.get(child.collection))
            for position, one in enumerate(children):
                if isinstance(one, Table):
                    self._add_child(child, address, one, children.places[position], position, reader, use)

    def _add_child(
        self,
        kind: Kind,
        parent: Address,
        body: Table,
        place: Place,
        position: int,
        reader: FieldReader,
        use: Use | None = None,
    ) -> None:
        name = kind.natural_key
        fields = reader.read(kind, body)
        label = fields.values.get(name)
        key = str(body["key"]) if "key" in body else readable_key(str(label or ""))
        if not key and len(body.marks) > len(body):
            return  # the schema refused what may be the key
        if not key:
            hint = "add `key:`" if label else f"add `{name}:`"
            message = "no key can be made of this label" if label else f"this {kind.noun} has neither label nor key"
            reader.complain(
                body.value_place(name) if label else place, Complaint("missing-field", message, hint), fields
            )
            return
        address = kind.address(key, parent)
        source = reader.source.at(place)
        if not self._claim(kind, address, key, reader.source, place, source):
            return
        self._needs(kind, body, fields, reader, place, f"missing required field `{name}` in the {kind.noun} `{key}`")
        places = _places(kind, body)
        self._keep(address, kind, key, body, fields, source, places, parent=parent, position=position, use=use)

    def _check_identity(self, kind: Kind, key: str, place: Place, reader: FieldReader, fields: Fields) -> None:
        """Report what is wrong with the key, which identifies the resource."""
        identity = kind.by_name[kind.identity]
        complaint = identity.check(key) if identity.check is not None else None
        if complaint is not None and key.isprintable():
            reader.complain(place, complaint, fields)

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

    def add_row(
        self, kind: Kind, source: SourceText, row: Row, reader: FieldReader, country_code: str | None
    ) -> None:
        """Declare the resource of `kind` in `row` of the upload file `source`, which `reader` reads."""
        key = row.cells[kind.identity]
        address = kind.address(key)
        at = source.at(row.place)
        if not self._claim(kind, address, key, source, row.place, at):
            return
        fields = reader.read_cells(kind, row.cells, row.places, country_code)
        upload = {column: row.cells[column] for column in kind.upload if column in row.cells}
        self._warn_of_team(upload, source, row.place)
        self._keep(address, kind, key, _NO_SETTINGS, fields, at, row.places, upload=upload)

    def _warn_of_team(self, upload: Mapping[str, str], source: SourceText, place: Place) -> None:
        missing = [column for column in UPLOAD_BESIDE_TEAM if column not in upload]
        if "team" in upload and missing:
            message = f"the platform's upload requires {' and '.join(missing)} beside team"
            self.report(source.diagnostic("incomplete-upload", place, message, severity="warning"))

    @property
    def references(self) -> References:
        """Targets of references, once the numbers of all documents are declared."""
        if self._references is None:
            self._references = References(self.variables, self.numbers, self.complete, self.room)
        return self._references

    def _needs(
        self, kind: Kind, body: Table, fields: Fields, reader: FieldReader, place: Place, message: str
    ) -> None:
        """A resource is found by its natural key unless it is pinned to an id."""
        if fields.values.get(kind.natural_key) or "id" in body or not fields.sound:
            return
        if len(body.marks) == len(body):  # else the schema refused a field, and has said so
            reader.complain(
                place, Complaint("missing-field", message, f"add `{kind.natural_key}:`, or pin it with `id:`"), fields
            )

    def _claim(self, kind: Kind, address: Address, key: str, source: SourceText, place: Place, at: Source) -> bool:
        """Take `address` for what `key` at `place` of `source` declares; report it and say no if it is taken."""
        self.declared.add(address)
        if not key.isprintable():
            self.report(
                source.diagnostic("invalid-character", place, "this key contains an invisible character", "retype it")
            )
        # An address that is made of an identity is folded already; other keys name files, which some systems fold.
        folded = address if kind.keyed_by_identity else address.casefold()
        first = self._first.setdefault(folded, (key, at))
        if first[1] is at:
            return True
        other, before = first
        where = f"{before}{f', for {before.use}' if before.use is not None else ''}"
        if other == key:
            message = f"`{key[:80]}` is declared twice: first at {where}"
        elif key.casefold() == other.casefold():
            message = f"`{key[:80]}` differs by case only from `{other[:80]}`, declared at {where}"
        else:
            message = f"`{key[:80]}` and `{other[:80]}`, declared at {where}, are one address"
        self.report(source.diagnostic("duplicate-key", place, message, "remove or rename one of the two"))
        return False

    def _keep(
        self,
        address: Address,
        kind: Kind,
        key: str,
        settings: Mapping[str, Node],
        fields: Fields,
        source: Source,
        positions: Mapping[str, Place],
        *,
        parent: Address | None = None,
        position: int = 0,
        upload: Mapping[str, str] | None = None,
        use: Use | None = None,
    ) -> None:
        if not fields.sound:
            return
        pinned, ignore = settings.get("id"), settings.get("ignore")
        self.resources[address] = Desired(
            address=address,
            kind=kind.name,
            key=key,
            values=fields.values,
            source=source,
            positions=positions,
            id=str(pinned) if pinned is not None else None,
            ignore=frozenset(map(str, items(ignore))) if ignore else _NONE,
            protect=settings.get("protect") is True,
            parent=parent,
            position=position,
            depends_on=tuple(fields.depends_on),
            upload=upload or _NO_COLUMNS,
            use=use,
        )


def _merged(source: SourceText, key: str, place: Place, body: Table) -> tuple[Laid, UsingText] | None:
    from sdx_state.config.merges import laid_with_merges

    return laid_with_merges(source, key, place, body)


def _places(kind: Kind, body: Table) -> Mapping[str, Place]:
    """Return the place of each field, under its own name if its key in YAML differs."""
    places = places_of(body)
    if not kind.renamed:
        return places
    return {**places, **{field.name: places[field.key] for field in kind.renamed if field.key in body}}
