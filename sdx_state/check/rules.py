"""The rules of a project, checked on what is declared."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from fnmatch import translate
from functools import cached_property
from typing import Any

from sdx_state.check.rule_words import broken_paths
from sdx_state.config.configuration import Configuration
from sdx_state.config.rule_keywords import Verdict
from sdx_state.config.rule_schema import SETTINGS, fields_of
from sdx_state.config.rule_verdict import verdict_on, verdict_on_columns
from sdx_state.config.rules import ADDRESS, ProjectRule
from sdx_state.kinds import KINDS, Kind, child_names, children_of
from sdx_state.kinds.field import FieldType
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Desired
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.records import dataclass

Family = Mapping[str, Sequence[Desired]]  # The children of a resource, by the name of their list in YAML.
NO_CHILDREN: Family = {}


def rule_violations(configuration: Configuration) -> list[Diagnostic]:
    """Return every violation of the rules of the project, and a warning for each rule that matches nothing."""
    rules = configuration.project.rules
    if not rules:
        return []
    kinds = dict.fromkeys(rule.kind for rule in rules)
    families = _families(configuration, kinds)
    declared: dict[str, list[Desired]] = {kind: [] for kind in KINDS}
    for desired in configuration.resources.values():
        declared[desired.kind].append(desired)
    found: list[Diagnostic] = []
    for name in kinds:
        groups = _groups([rule for rule in rules if rule.kind == name])
        for group in groups:
            matches = group.matches
            about = declared[name] if matches is None else [one for one in declared[name] if matches(one)]
            group.used = bool(about)
            view = _View.of(KINDS[name], group)
            if view.is_plain and group.is_kept_by(about):
                continue
            verdict = group.verdict
            for desired, instance in zip(about, view.instances(about, families), strict=True):
                if not verdict(instance):
                    found += group.violations(desired, instance, families.get(desired.address, NO_CHILDREN))
        found += [_unused(rule) for group in groups if not group.used for rule in group.rules]
    return found


def _unused(rule: ProjectRule) -> Diagnostic:
    noun = KINDS[rule.kind].noun
    what = f"no declared {noun} matches `match`" if rule.match else f"no {noun} is declared"
    message = f"the rule `{rule.name}` checks nothing: {what}"
    return Diagnostic("unused-rule", "warning", message, rule.source, help="correct `match`, or remove the rule")


@dataclass
class _Group:
    """Rules about the same resources: most of these keep all, which one verdict tells.

    Attributes:
        rules: The rules, in their order.
        matches: Tells whether they are about a resource; None for every one of the kind.
        used: Whether they were about any.
    """

    rules: Sequence[ProjectRule]
    matches: Callable[[Desired], bool] | None
    used: bool = False
    _single: dict[str, Verdict] = field(default_factory=dict)

    @cached_property
    def verdict(self) -> Verdict:
        """Tells whether a resource keeps all of the rules."""
        return verdict_on([rule.schema for rule in self.rules])

    def is_kept_by(self, about: Sequence[Desired]) -> bool:
        """Tell whether all of `about`, whose values rules see as they are, keep the rules; False if in doubt."""
        verdict = verdict_on_columns([rule.schema for rule in self.rules])
        return verdict is not None and verdict([one.values for one in about])

    def violations(self, desired: Desired, instance: Mapping[str, Any], family: Family) -> Iterator[Diagnostic]:
        """Yield what `desired`, which is `instance` to a rule, violates, at the lines that do."""
        for rule in self.rules:
            verdict = self._single.get(rule.name)
            if verdict is None:
                verdict = self._single[rule.name] = verdict_on([rule.schema])
            if verdict(instance):
                continue
            for source, words in broken_paths(rule.schema, instance, desired, family):
                message = f"{desired.address}: {rule.message}"
                yield Diagnostic(rule.name, rule.severity, message, source, desired.address, words)


def _groups(rules: Iterable[ProjectRule]) -> list[_Group]:
    by_match: dict[tuple[tuple[str, str], ...], list[ProjectRule]] = {}
    for rule in rules:
        by_match.setdefault(tuple(sorted(rule.match.items())), []).append(rule)
    return [_Group(same, _matcher(KINDS[same[0].kind], match)) for match, same in by_match.items()]


def _matcher(kind: Kind, match: Iterable[tuple[str, str]]) -> Callable[[Desired], bool] | None:
    tests = [(_reader(kind, name), re.compile(translate(glob)).match) for name, glob in match]
    if not tests:
        return None
    if len(tests) == 1:
        [(read, fits)] = tests
        return lambda desired: fits(read(desired)) is not None
    return lambda desired: all(fits(read(desired)) is not None for read, fits in tests)


def _reader(kind: Kind, name: str) -> Callable[[Desired], str]:
    """Return a function that reads the field `name` as text; a text of several languages in the default one."""
    if name == ADDRESS:
        return lambda desired: desired.address
    if name == "key":
        return lambda desired: desired.key
    if name == "id":
        return lambda desired: desired.id or ""
    known = fields_of(kind)[name].name

    def read(desired: Desired) -> str:
        value = desired.values.get(known)
        if value.__class__ is str:
            return value
        if isinstance(value, Mapping):
            value = value.get(DEFAULT_LANGUAGE)
        if isinstance(value, bool):
            return "true" if value else "false"
        return "" if value is None else str(value)

    return read


# With these, a schema is also about fields that it does not name; so it can be inside of the latter.
_ABOUT_ALL = frozenset({"additionalProperties", "unevaluatedProperties", "patternProperties", "propertyNames"})
_COUNTING = frozenset({"minProperties", "maxProperties"})
_INSIDE = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else", "dependentSchemas", "$ref")


@dataclass(frozen=True)
class _View:
    """How resources look to rules about them. Only what these name is made to look so.

    Attributes:
        prompts: Fields with a text for each language.
        options: Fields with a list of labels and texts.
        names: Name of a field -> its key in YAML, where they differ.
        settings: The keys besides the fields.
        children: Views of what lives in a resource, by the name of the list in YAML.
    """

    prompts: tuple[str, ...]
    options: tuple[str, ...]
    names: Mapping[str, str]
    settings: tuple[str, ...]
    children: Mapping[str, _View]

    @classmethod
    def of(cls, kind: Kind, group: _Group) -> _View:
        """Return the view for the rules of `group`."""
        schemas = [rule.schema for rule in group.rules]
        return cls._about(kind, schemas, any(map(_is_about_all, schemas)))

    @classmethod
    def _about(cls, kind: Kind, schemas: Sequence[Mapping[str, Any]], everything: bool) -> _View:
        said = repr(schemas)

        def named(name: str) -> bool:
            return everything or f"'{name}'" in said

        return cls(
            tuple(one.name for one in kind.fields if one.type is FieldType.PROMPT and named(one.key)),
            tuple(one.name for one in kind.fields if one.type is FieldType.OPTIONS and named(one.key)),
            {one.name: one.key for one in kind.renamed if named(one.key)},
            tuple(name for name in SETTINGS if named(name)),
            {
                one.collection: cls._about(one, schemas, _is_about_all_of(one.collection, schemas))
                for one in children_of(kind.name)
                if named(one.collection)
            },
        )

    @cached_property
    def is_plain(self) -> bool:
        """True if the values look as they are declared."""
        return not (self.prompts or self.options or self.names or self.settings or self.children)

    def instances(self, declared: Sequence[Desired], families: Mapping[Address, Family]) -> list[Mapping[str, Any]]:
        """Return what rules see of each resource: declared values, texts by language, no field that is cleared."""
        seen: list[Mapping[str, Any]] = [
            values if None not in (said := values.values()) and "" not in said else _not_cleared(values)
            for values in (desired.values for desired in declared)
        ]
        if self.is_plain:
            return seen
        pairs = zip(declared, seen, strict=True)
        return [self._instance(one, values, families.get(one.address, NO_CHILDREN)) for one, values in pairs]

    def _instance(self, desired: Desired, values: Mapping[str, Any], family: Family) -> Mapping[str, Any]:
        instance = dict(values)
        for name in self.prompts:
            value = instance.get(name)
            if value.__class__ is str:  # the common case, without a call
                instance[name] = {DEFAULT_LANGUAGE: value}
            elif value is not None:
                instance[name] = _by_language(value)
        for name in self.options:
            if name in instance:
                instance[name] = [_option(one) for one in instance[name]]
        if self.names:
            instance = {self.names.get(name, name): value for name, value in instance.items()}
        for name in self.settings:
            value = _SETTINGS[name](desired)
            if value:
                instance[name] = value
        for section, view in self.children.items():
            instance[section] = view.instances(family.get(section, ()), {})
        return instance


def _is_about_all(schema: Mapping[str, Any]) -> bool:
    """Tell whether `schema` may be about fields of a resource that it does not name."""
    about = _ABOUT_ALL | _COUNTING
    return bool(about & schema.keys()) or any(
        f"'{keyword}'" in repr(schema[outer]) or outer == "$ref"
        for outer in _INSIDE
        if outer in schema
        for keyword in about
    )


def _is_about_all_of(section: str, schemas: Sequence[Mapping[str, Any]]) -> bool:
    """Tell whether `schemas` may be about fields of the items of `section` that they do not name."""
    about = _ABOUT_ALL | _COUNTING | {"$ref"}
    for schema in schemas:
        listed = {keyword: value for keyword, value in schema.items() if keyword not in ("required", "properties")}
        properties = schema.get("properties", {})
        inner = repr(properties[section]) if section in properties else ""
        if f"'{section}'" in repr(listed) or any(f"'{keyword}'" in inner for keyword in about):
            return True
    return False


_SETTINGS: Mapping[str, Callable[[Desired], object]] = {
    "key": lambda desired: desired.key,
    "id": lambda desired: desired.id,
    "protect": lambda desired: desired.protect,
    "ignore": lambda desired: sorted(desired.ignore),
    "csv": lambda desired: dict(desired.upload),
}


def _not_cleared(values: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _by_language(value: object) -> dict[str, str]:
    if isinstance(value, Mapping):
        return {language: text for language, text in value.items() if text}
    return {DEFAULT_LANGUAGE: str(value)}


def _option(option: Mapping[str, object]) -> dict[str, object]:
    return {
        name: _by_language(value) if name == "text" else value
        for name, value in option.items()
        if value is not None and value != ""
    }


def _families(configuration: Configuration, kinds: Iterable[str]) -> dict[Address, dict[str, list[Desired]]]:
    """Return the children of each resource of `kinds`, by the name of their list, in their order."""
    families: dict[Address, dict[str, list[Desired]]] = {}
    children = child_names()
    if not any(children_of(kind) for kind in kinds):
        return families
    for desired in configuration.resources.values():
        if desired.kind in children and desired.parent is not None:
            section = KINDS[desired.kind].collection
            families.setdefault(desired.parent, {}).setdefault(section, []).append(desired)
    return families
