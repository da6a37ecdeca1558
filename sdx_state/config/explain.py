"""Schema violations of a document, each in words and with its place."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from sdx_state.config.blocks import AFTER, BEFORE, EXTENDS, FOR_EACH, OF_BLOCKS, OMIT, OVERRIDES, TEMPLATES
from sdx_state.config.placeholders import spelled
from sdx_state.config.references import OPEN
from sdx_state.config.schema import schema_document, type_words
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Items, Place, Table
from sdx_state.model.alike import closest, did_you_mean
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.records import dataclass

Path = tuple[str | int, ...]
MAX_SHOWN = 80

# Fields that have a meaning in some declarations only.
ONLY_WITH = {
    OMIT: f"`{OMIT}` is for a survey that has `{EXTENDS}`",
    AFTER: f"`{AFTER}` is for a question of a survey that has `{EXTENDS}`",
    BEFORE: f"`{BEFORE}` is for a question of a survey that has `{EXTENDS}`",
    OVERRIDES: f"`{OVERRIDES}` is for a survey that has `{FOR_EACH}`",
}

_DOLLAR = re.compile(r"(?<!\\)\$")
# A plain scalar as it is typed: up to a comment, or what ends it inside brackets.
_TYPED = re.compile(r"""(?:[^\s,\]}#"']|(?<=\S)#)+""")


@dataclass(frozen=True)
class Violation:
    """One violation of the schema, and the path of the value it is about."""

    path: Path
    diagnostic: Diagnostic


@dataclass(frozen=True)
class _Fault:
    """One error of the validator: the value at `path` of `document` breaks a keyword, whose value is `keyword`."""

    path: Path
    instance: Any
    keyword: Any
    schema: Mapping[str, Any]
    message: str
    document: Table | Items | None
    source: SourceText

    @property
    def name(self) -> str:
        """The name of the value in messages."""
        names = [step for step in self.path if isinstance(step, str)]
        if not self.path:
            return "this file"
        last = self.path[-1]
        if isinstance(last, int):
            return f"item {last + 1} of `{_short(names[-1])}`" if names else f"item {last + 1}"
        return f"`{_short(last)}`"

    @property
    def place(self) -> Place:
        """The place of the value."""
        return self._place(lambda table, key: table.value_place(key))

    @property
    def owner_place(self) -> Place:
        """Where the value is named: its key, or the start of the item."""
        return self._place(lambda table, key: table.key_place(key))

    def key_place(self, key: str) -> Place:
        """The place of `key` in the value."""
        value: Any = self.document
        for step in self.path:
            value = value[step]
        return value.key_place(key) if isinstance(value, Table) else self.place

    def _place(self, place_in: Callable[[Table, str], Place]) -> Place:
        value: Any = self.document
        place = value.place if isinstance(value, Table | Items) else (1, 1)
        for step in self.path:
            place = place_in(value, str(step)) if isinstance(value, Table) else value.places[step]
            value = value[step]
        return place


def explain(name: str, document: Table | Items | None, source: SourceText) -> list[Violation]:
    """Return everything that `document`, read from `source`, has against the schema `name`; at least one thing."""
    validator = Draft202012Validator(_exact(schema_document(name)))
    found = [
        violation for error in validator.iter_errors(document) for violation in _violations(error, document, source)
    ]
    return found or [Violation((), source.diagnostic("invalid-value", (1, 1), "this file does not fit the schema"))]


def _exact(schema: Any) -> Any:
    """Return `schema` with patterns whose `$` is the end alone, as it is in the standard, and for the verdict.

    In Python it matches before a line feed at the end too.
    """
    if isinstance(schema, list):
        return [_exact(one) for one in schema]
    if not isinstance(schema, Mapping):
        return schema
    exact = {keyword: _exact(value) for keyword, value in schema.items()}
    if isinstance(schema.get("pattern"), str):
        exact["pattern"] = _DOLLAR.sub(r"\\Z", schema["pattern"])
    if isinstance(schema.get("patternProperties"), Mapping):
        found = exact["patternProperties"]
        exact["patternProperties"] = {_DOLLAR.sub(r"\\Z", pattern): value for pattern, value in found.items()}
    return exact


def _violations(error: ValidationError, document: Table | Items | None, source: SourceText) -> Iterator[Violation]:
    schema = error.schema if isinstance(error.schema, Mapping) else {}
    path: Path = tuple(error.absolute_path)
    fault = _Fault(path, error.instance, error.validator_value, schema, error.message, document, source)
    if "propertyNames" in error.absolute_schema_path:
        key = str(error.instance)
        message = f"`{_short(key)}` cannot be a key here: {schema.get('patternErrorMessage', error.message)}"
        yield Violation((*path, key), source.diagnostic("invalid-key", fault.key_place(key), message))
        return
    explanation = _EXPLAINED.get(str(error.validator))
    if explanation is None:
        yield Violation(path, source.diagnostic("invalid-value", fault.place, _short(error.message)))
        return
    for code, below, place, message, hint in explanation(fault):
        yield Violation((*path, *below), source.diagnostic(code, place, message, hint))


# The code of the rule, the path below the fault's, the place, the message and the help.
Explanation = tuple[str, Path, Place, str, str | None]


def _additional(fault: _Fault) -> Iterator[Explanation]:
    known = list(fault.schema.get("properties", ()))
    patterns = [re.compile(pattern) for pattern in fault.schema.get("patternProperties", ())]
    for key in fault.instance:
        if key in known or any(pattern.search(key) for pattern in patterns):
            continue
        by_email = "@" in fault.schema.get("patternProperties", ())
        hint = closest(key, known) if by_email else _hint(key, known, fault)
        if by_email:
            code, message = "invalid-email", f"`{_short(key)}` is not an e-mail address"
        else:
            code, message = "unknown-key", f"unknown {'field' if fault.path else 'section'} `{_short(key)}`"
        yield code, (key,), fault.key_place(key), message, hint


def _hint(key: str, known: list[str], fault: _Fault) -> str | None:
    if key in ONLY_WITH and key not in known:
        return ONLY_WITH[key]
    of_reuse = {0: (TEMPLATES,), 2: OF_BLOCKS}.get(len(fault.path), ())
    return closest(key, (*known, *of_reuse)) or did_you_mean(key, known)


def _required(fault: _Fault) -> Iterator[Explanation]:
    # The validator tells each missing name apart, and says which only in its message.
    for name in fault.keyword:
        if name not in fault.instance and fault.message.startswith(repr(name)):
            yield "missing-field", (), fault.owner_place, f"missing required field `{name}` in {fault.name}", None


def _type(fault: _Fault) -> Iterator[Explanation]:
    value = fault.instance
    allowed = fault.keyword if isinstance(fault.keyword, list) else [fault.keyword]
    if "string" in allowed and isinstance(value, bool | int | float):
        typed = _typed(fault.source, fault.place)
        what = "this"
        if not typed or OPEN in typed:  # a reference in quotes, to a value of an item
            typed, what = spelled(value), "the value of the item"
        message = f"{fault.name} must be a string, got `{typed}`"
        yield "wrong-type", (), fault.place, message, f'quote {what}: "{typed}"'
        return
    wanted = type_words(allowed)
    article = "" if wanted.startswith(("true", "text")) else "a "
    hint = None
    if isinstance(value, str):
        if "boolean" in allowed:
            hint = _BOOLEAN_HINTS.get(value.lower())
        elif "integer" in allowed and re.fullmatch("[0-9]{1,18}", value):
            hint = f"write `{int(value)}` without quotes"
    yield (
        "wrong-type",
        (),
        fault.place,
        f"{fault.name} must be {article}{wanted}, and this is {_kind_of(value)}",
        hint,
    )


_BOOLEAN_HINTS = {
    **dict.fromkeys(("yes", "y", "on", "1", "true"), "write `true`"),
    **dict.fromkeys(("no", "n", "off", "0", "false"), "write `false`"),
}


def _enum(fault: _Fault) -> Iterator[Explanation]:
    value = _short(str(fault.instance)) if isinstance(fault.instance, str | int) else _kind_of(fault.instance)
    hint = did_you_mean(value, [str(allowed) for allowed in fault.keyword])
    yield "invalid-value", (), fault.place, f"{fault.name} cannot be `{value}`", hint


def _pattern(fault: _Fault) -> Iterator[Explanation]:
    message = f"{fault.name} cannot be `{_short(str(fault.instance))}`"
    yield "invalid-value", (), fault.place, message, fault.schema.get("patternErrorMessage")


def _must_be(words: str) -> Callable[[_Fault], Iterator[Explanation]]:
    def explanation(fault: _Fault) -> Iterator[Explanation]:
        yield "invalid-value", (), fault.place, f"{fault.name} must be {words.format(fault.keyword)}", None

    return explanation


_EXPLAINED: dict[str, Callable[[_Fault], Iterator[Explanation]]] = {
    "additionalProperties": _additional,
    "required": _required,
    "type": _type,
    "enum": _enum,
    "pattern": _pattern,
    "minimum": _must_be("at least {}"),
    "maximum": _must_be("at most {}"),
    "const": _must_be("{}"),
    "minLength": _must_be("at least {} character long"),
    "maxLength": _must_be("at most {} characters long"),
    "minProperties": _must_be("a mapping with at least {} entry"),
    "uniqueItems": _must_be("a list that names nothing twice"),
}


def _kind_of(value: object) -> str:
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, dict):
        return "a mapping"
    if isinstance(value, list):
        return "a list"
    return f"`{_short(value)}`" if isinstance(value, str) else "a number"


def _short(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else text[: MAX_SHOWN - 3] + "..."


def _typed(source: SourceText, place: Place) -> str:
    found = _TYPED.match(source.line_at(place) or "", place[1] - 1)
    return _short(found[0]) if found else ""
