"""Violations of a rule's schema, each at its line and in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sdx_state.config.rule_verdict import validator_of
from sdx_state.config.schema import type_words
from sdx_state.model.resource import Desired, Source

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

MOST_WORDS = 3  # Reasons that one violation names.
LONGEST = 200  # Characters of a reason.

Path = tuple[str | int, ...]


def broken_paths(
    schema: Mapping[str, Any],
    instance: Mapping[str, Any],
    desired: Desired,
    family: Mapping[str, Sequence[Desired]],
) -> Iterator[tuple[Source, str]]:
    """Yield the places at which `instance` violates `schema`, each once and with its reasons in words.

    Args:
        schema: The schema of a rule.
        instance: What the rule sees of the resource.
        desired: The resource.
        family: Its children, by the name of their list in YAML.
    """
    places: dict[Source, list[str]] = {}
    for error in validator_of(schema).iter_errors(instance):
        path = tuple(error.absolute_path)
        words = _words(error)
        name = _name(path)
        reasons = places.setdefault(_source(path, desired, family), [])
        reasons.append(f"`{name}` {words}" if name else words)
    for source, reasons in places.items():
        several = list(dict.fromkeys(reasons))
        more = f"; and {len(several) - MOST_WORDS} more" if len(several) > MOST_WORDS else ""
        yield source, "; ".join(several[:MOST_WORDS]) + more


def _source(path: Path, desired: Desired, family: Mapping[str, Sequence[Desired]]) -> Source:
    """Return the line of the value at `path`, or of the part around it that has one."""
    if len(path) > 1 and path[0] in family and isinstance(path[1], int):
        return _source(path[2:], family[str(path[0])][path[1]], {})
    if not path:
        return desired.source
    names = [str(step) for step in path if isinstance(step, str)]
    return desired.source_of(".".join(names[:2]))


def _name(path: Path) -> str:
    return ".".join(f"{step + 1}" if isinstance(step, int) else step for step in path)


def _words(error: ValidationError) -> str:
    said = _WORDS.get(str(error.validator))
    words = said(error.validator_value, error.instance, error.message) if said else str(error.message)
    words = " ".join(words.split())
    return words if len(words) <= LONGEST else f"{words[: LONGEST - 3]}..."


def _missing(wanted: Any, value: Any, message: str) -> str:
    # The validator reports each missing name apart, and says which only in its message.
    names = [str(name) for name in wanted if name not in value and message.startswith(repr(str(name)))]
    return f"has no {' and no '.join(f'`{name}`' for name in names)}"


def _listed(values: Any) -> str:
    return " or ".join(str(one).lower() if isinstance(one, bool) else f"`{one}`" for one in values)


_WORDS: Mapping[str, Callable[[Any, Any, str], str]] = {
    "required": _missing,
    "type": lambda wanted, _, __: f"must be {type_words(wanted) or _listed([wanted])}",
    "enum": lambda wanted, _, __: f"must be {_listed(wanted)}",
    "const": lambda wanted, _, __: f"must be {_listed([wanted])}",
    "pattern": lambda wanted, _, __: f"does not match `{wanted}`",
    "maxLength": lambda wanted, value, _: f"has {len(value)} characters, over the limit of {wanted}",
    "minLength": lambda wanted, value, _: f"has {len(value)} characters, and needs {wanted}",
    "maximum": lambda wanted, value, _: f"is {value}, over the limit of {wanted}",
    "minimum": lambda wanted, value, _: f"is {value}, and must be at least {wanted}",
    "maxItems": lambda wanted, value, _: f"has {len(value)} items, over the limit of {wanted}",
    "minItems": lambda wanted, value, _: f"has {len(value)} items, and needs {wanted}",
    "maxProperties": lambda wanted, value, _: f"has {len(value)} entries, over the limit of {wanted}",
    "minProperties": lambda wanted, value, _: f"has {len(value)} entries, and needs {wanted}",
    "contains": lambda _, __, ___: "has no item that fits",
    "not": lambda _, __, ___: "is what the rule forbids",
    "anyOf": lambda _, __, ___: "fits none of the alternatives",
    "oneOf": lambda _, __, ___: "must fit exactly one of the alternatives",
}
