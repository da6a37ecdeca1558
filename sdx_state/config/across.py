"""Faults between resources: two with one name, a text message from a landline, an address that leads nowhere."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

from sdx_state.config.numbers import line_type
from sdx_state.config.resources import Document
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Place, Table, items
from sdx_state.kinds import KINDS, Kind
from sdx_state.kinds.addresses import parse_address
from sdx_state.kinds.field import Field
from sdx_state.kinds.moves import Routes
from sdx_state.model.address import Address
from sdx_state.model.alike import closest
from sdx_state.model.diagnostic import Diagnostic, Severity
from sdx_state.model.resource import Desired, Moved, Removed, Source
from sdx_state.records import dataclass, replace


@dataclass(frozen=True)
class Reporter:
    """Reports a diagnostic with a resource at the place of one of its fields.

    Attributes:
        sources: The texts of all files, by name.
        report: Where diagnostics go.
    """

    sources: Mapping[str, SourceText]
    report: Callable[[Diagnostic], None]

    def at(
        self, code: str, source: Source, message: str, help: str | None = None, severity: Severity = "error"
    ) -> None:
        """Report `message` at `source`, with the declaration that uses what is there."""
        text = self.sources[source.file]
        found = text.diagnostic(code, (source.line, source.column), message, help, severity)
        self.report(found if source.use is None else replace(found, source=source))


def check_across(resources: Mapping[Address, Desired], reporter: Reporter) -> None:
    """Report what is wrong between `resources`."""
    groups: dict[tuple[str, Address | None], list[Desired]] = {}
    for resource in resources.values():
        groups.setdefault((resource.kind, resource.parent), []).append(resource)
    for (name, _), members in groups.items():
        kind = KINDS[name]
        if kind.lookup_only:
            _said_once(kind, members, reporter)
        elif not kind.keyed_by_identity:
            _unique(kind, members, reporter)
            _unique_ids(members, reporter)
        for field in kind.fields:
            if field.shared:
                _shared(field, members, reporter)
            if field.texting:
                for one in members:
                    _sender_of_texts(field, one, resources, reporter)


def _unique(kind: Kind, resources: Iterable[Desired], reporter: Reporter) -> None:
    """Two resources found by one name would take each other's place, unless both are pinned to their ids."""
    first: dict[str, Desired] = {}
    name = kind.natural_key
    for resource in resources:
        key = kind.natural_key_of(resource.values.get(name))
        other = first.setdefault(key, resource) if key else resource
        if other is not resource and not (other.id and resource.id):
            message = (
                f"two {kind.noun}s have the {name} `{key[:80]}`: the other is {other.address}, at {other.source}"
            )
            hint = "give them different ones, or pin both with `id:`"
            reporter.at("duplicate-name", resource.source_of(name), message, hint)


def _unique_ids(resources: Iterable[Desired], reporter: Reporter) -> None:
    first: dict[str, Desired] = {}
    for resource in resources:
        if resource.id and first.setdefault(resource.id, resource) is not resource:
            other = first[resource.id]
            message = f"id {resource.id} is pinned twice: {other.address} has it too, at {other.source}"
            reporter.at("duplicate-id", resource.source_of("id"), message, "one live resource has one address")


def _said_once(kind: Kind, resources: Iterable[Desired], reporter: Reporter) -> None:
    first: dict[object, Desired] = {}
    name = kind.natural_key
    for one in resources:
        other = first.setdefault(one.values[name], one)
        if other is not one:
            key = kind.by_name[name].key
            message = f"this is the {key} of {other.address} too, at {other.source}"
            reporter.at("duplicate-value", one.source_of(name), message, f"declare a {key} once, and refer to it")


def _shared(field: Field, resources: Iterable[Desired], reporter: Reporter) -> None:
    first: dict[object, Desired] = {}
    for resource in resources:
        value = resource.values.get(field.name)
        other = first.setdefault(value, resource) if value else resource
        if other is not resource:
            message = f"{field.key} `{str(value)[:80]}` is that of {other.address} too, at {other.source}"
            reporter.at("shared-value", resource.source_of(field.name), message, field.shared, "warning")


def _sender_of_texts(field: Field, sender: Desired, resources: Mapping[Address, Desired], reporter: Reporter) -> None:
    """Source: "Phone numbers": a landline cannot send text messages."""
    number = sender.values.get(field.name)
    if not isinstance(number, str) or not number:
        return
    declared = [resources[address] for address in sender.depends_on if KINDS[address.kind].lookup_only]
    types = {one.values[KINDS[one.kind].natural_key]: one.values.get("phone_type") for one in declared}
    if (types.get(number) or line_type(number)) == "landline":
        message = f"{number} is a landline, which cannot send text messages"
        reporter.at("landline-sender", sender.source_of(field.name), message, "use a mobile number")


def check_references(
    resources: Mapping[Address, Desired], declared: Collection[Address], complete: bool, reporter: Reporter
) -> None:
    """Report the fields that name an undeclared resource.

    Args:
        resources: What is declared.
        declared: All addresses that are declared, those of resources that something is wrong with included.
        complete: Whether every file could be read; if not, what is not declared may be in one of the others.
        reporter: Where diagnostics go.
    """
    naming = {kind.name: kind.references for kind in KINDS.values() if kind.references}
    if not naming or not complete:
        return
    for resource in resources.values():
        for field in naming.get(resource.kind, ()):
            value = resource.values.get(field.name)
            address = KINDS[field.refers_to].address(str(value)) if value else None
            if address is not None and address not in declared:
                hint = closest(address, _of_kind(declared, address.kind)) or "declare it"
                reporter.at(
                    "unresolved-reference", resource.source_of(field.name), f"{address} is not declared", hint
                )


def read_moved(document: Document) -> list[Moved]:
    """Return the changes of address in `document`."""
    name = document.source.name
    return [
        Moved(_address(entry, "from"), _address(entry, "to"), Source(name, *place), _ends(entry, name))
        for place, entry in _entries(document, "moved")
    ]


def check_moved(moved: Sequence[Moved], declared: Collection[Address], complete: bool, reporter: Reporter) -> None:
    """Report the changes of address that cannot be.

    Args:
        moved: Those of all files.
        declared: All addresses that are declared.
        complete: Whether every file could be read; if not, what is not declared may be in one of the others.
        reporter: Where diagnostics go.
    """
    routes = Routes(moved, declared)
    arriving = {routes.today(move.after) for move in moved}
    for move in moved:
        before, after = routes.today(move.before), routes.today(move.after)
        at_before, at_after = move.places or (move.source, move.source)
        if before.kind != after.kind:
            message = f"a {KINDS[before.kind].noun} cannot become a {KINDS[after.kind].noun}"
            reporter.at("invalid-move", at_after, message)
        elif move.before == move.after and KINDS[before.kind].keyed_by_identity:
            continue  # spelled in two ways, of one identity
        elif move.before == move.after:
            reporter.at("invalid-move", at_after, f"{move.before} moves to itself", "remove the entry")
        elif before in declared and before not in arriving:
            hint = "remove it here, or remove what is declared under it"
            reporter.at("invalid-move", at_before, f"{before} is still declared, so it has not moved", hint)
        elif after not in declared and routes.final(after) not in declared and complete:
            if after in routes.to:
                message = f"{after} moves on, to {routes.final(after)}, and nothing on the way is declared"
                reporter.at("invalid-move", at_after, message, "declare the address that it has today")
                continue
            hint = closest(after, _of_kind(declared, after.kind)) or "declare it"
            reporter.at("invalid-move", at_after, f"{after} is not declared, so nothing can move there", hint)


def _ends(entry: Table, name: str) -> tuple[Source, Source]:
    return Source(name, *entry.value_place("from")), Source(name, *entry.value_place("to"))


def read_removed(document: Document, declared: Collection[Address], reporter: Reporter) -> list[Removed]:
    """Return the addresses that `document` removes; those that are still declared are reported."""
    found = []
    for place, entry in _entries(document, "removed"):
        address = _address(entry, "address")
        name = document.source.name
        if address in declared:
            message = f"{address} is still declared, so it is not removed"
            reporter.at(
                "still-declared", Source(name, *entry.value_place("address")), message, "remove the one or the other"
            )
        found.append(Removed(address, entry.get("destroy") is True, Source(name, *place)))
    return found


def check_departures(
    moved: Sequence[Moved], removed: Iterable[Removed], declared: Collection[Address], reporter: Reporter
) -> None:
    """Report addresses that leave, or arrive, twice."""
    routes = Routes(moved, declared)
    leaving: dict[Address, Source] = {}
    arriving: dict[Address, Source] = {}
    for move in moved:
        _once(leaving, routes.today(move.before), move.source, "leaves", reporter)
        _once(arriving, routes.today(move.after), move.source, "is moved to", reporter)
    for one in removed:
        _once(leaving, one.address, one.source, "leaves", reporter)


def _once(seen: dict[Address, Source], address: Address, source: Source, what: str, reporter: Reporter) -> None:
    first = seen.setdefault(address, source)
    if first is not source:
        reporter.at("invalid-move", source, f"{address} {what} twice: first at {first}", "remove one of the two")


def _entries(document: Document, section: str) -> Iterator[tuple[Place, Table]]:
    entries = items(document.root.get(section))
    for index, (place, entry) in enumerate(zip(entries.places, entries, strict=True)):
        if isinstance(entry, Table) and (section, str(index)) not in document.broken:
            yield place, entry


def _address(entry: Table, key: str) -> Address:
    """Return the address as the resources spell theirs: that of an identity without case."""
    address = parse_address(str(entry[key]))
    return KINDS[address.kind].address(address.key, address.parent)


def _of_kind(addresses: Iterable[Address], kind: str) -> list[Address]:
    return [address for address in addresses if address.kind == kind]
