"""Rules of a project: `rules:` in the project file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import field
from typing import Any

from sdx_state.config.codes import built_in_codes
from sdx_state.config.rule_schema import CODE, fields_of, place_in, schema_complaints
from sdx_state.config.sift import PROJECT_FILE
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Table, table
from sdx_state.kinds import KINDS, Kind
from sdx_state.model.alike import did_you_mean
from sdx_state.model.diagnostic import SEVERITIES, Diagnostic, Severity
from sdx_state.model.resource import Source
from sdx_state.records import dataclass

ADDRESS = "address"  # A name in `match` besides the fields of a resource.


@dataclass(frozen=True)
class ProjectRule:
    """One rule of a project: every declared resource of a kind that matches fits a JSON Schema.

    Attributes:
        name: Its name, which is the code of what it finds.
        kind: The kind of the resources.
        match: Globs by field; a resource matches if every one of these fields does.
        schema: The JSON Schema.
        severity: How bad a violation is.
        message: What is violated, in a sentence.
        source: Place of the rule.
    """

    name: str
    kind: str
    match: Mapping[str, str]
    schema: Mapping[str, Any] = field(hash=False)
    severity: Severity
    message: str
    source: Source


def read_rules(layers: Iterable[Table]) -> Iterator[ProjectRule]:
    """Yield the rules in `layers` of the project file, which have no complaints; a later layer replaces by name."""
    declared = {name: (table(node), layer.key_place(name)) for layer in layers for name, node in layer.items()}
    for name, (entry, place) in declared.items():
        severity = entry.get("severity")
        yield ProjectRule(
            name=name,
            kind=str(entry["kind"]),
            match={str(key): str(glob) for key, glob in table(entry.get("match")).items()},
            schema=table(entry["schema"]),
            severity=next((one for one in SEVERITIES if one == severity), "error"),
            message=str(entry["message"]).rstrip("."),
            source=Source(PROJECT_FILE, *place),
        )


def rule_diagnostics(layers: Iterable[Table], source: SourceText) -> Iterator[Diagnostic]:
    """Yield what is wrong with the rules in `layers` of the project file `source`, which fits its schema."""
    for layer in layers:
        declared = table(layer.get("rules"))
        for name, node in declared.items():
            if name in built_in_codes():
                message = f"`{name}` is the code of a built-in diagnostic"
                hint = "give the rule another name, such as `acme-" + name + "`"
                yield source.diagnostic(CODE, declared.key_place(name), message, hint)
            yield from _of_entry(table(node), source)


def _of_entry(entry: Table, source: SourceText) -> Iterator[Diagnostic]:
    name = str(entry["kind"])
    kind = KINDS.get(name)
    if kind is None:
        yield source.diagnostic(
            CODE, entry.value_place("kind"), f"there is no kind `{name[:80]}`", did_you_mean(name, KINDS)
        )
        return
    yield from _of_match(kind, table(entry.get("match")), source)
    schema = table(entry["schema"])
    for path, complaint in schema_complaints(kind, schema):
        place = place_in(schema, path, entry.value_place("schema"))
        yield source.diagnostic(complaint.code, place, complaint.message, complaint.help)


def _of_match(kind: Kind, match: Table, source: SourceText) -> Iterator[Diagnostic]:
    known = [ADDRESS, "key", "id", *fields_of(kind)]
    for name in match:
        if name not in known:
            message = f"`match` compares fields of a {kind.noun}, and `{name[:80]}` is none"
            yield source.diagnostic(CODE, match.key_place(name), message, did_you_mean(name, known))
