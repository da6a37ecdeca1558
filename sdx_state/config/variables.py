"""Variables: their declarations in the project file, and the values that they get, in Terraform's order.

The default, `variables:` of the chosen environment, `SDX_VAR_NAME`, then `--var` and `--var-file` as they are given:
each wins over those before it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from sdx_state.config.errors import ConfigurationError
from sdx_state.config.files import Folder, read_text
from sdx_state.config.parse import build
from sdx_state.config.scalars import resolve
from sdx_state.config.sift import PROJECT_FILE
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Node, Place, Table, table
from sdx_state.model.alike import did_you_mean
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.records import dataclass

PREFIX = "SDX_VAR_"
# The command line gives its values beside the process environment, under names that no shell can set.
BY_OPTION, BY_FILE = "--var ", "--var-file "
_WORDS = {"string": "a text", "number": "a number", "bool": "true or false"}


@dataclass(frozen=True)
class Variable:
    """A variable as the project file declares it.

    Attributes:
        name: Its name.
        type: `string`, `number` or `bool`.
        default: Its value if nothing gives another one, None for none.
        required: Something must give it a value.
        place: Where it is declared.
        default_place: Where its default is declared.
    """

    name: str
    type: str
    default: str | None
    required: bool
    place: Place
    default_place: Place


def declared_in(settings: Table) -> dict[str, Variable]:
    """Return the variables that the project file declares, by name."""
    section = table(settings.get("variables"))
    return {name: _variable(name, value, section) for name, value in section.items()}


def _variable(name: str, value: Node, section: Table) -> Variable:
    place, at = section.key_place(name), section.value_place(name)
    if not isinstance(value, Table):
        return Variable(name, "string", spelled(value), False, place, at)
    default = value.get("default")
    text = spelled(default) if default is not None else None
    required = value.get("required")
    return Variable(
        name,
        str(value.get("type", "string")),
        "" if text is None and required is False else text,
        required is True or (text is None and required is not False),
        place,
        value.value_place("default") if "default" in value else at,
    )


def complaints(settings: Table, source: SourceText) -> Iterator[Diagnostic]:
    """Yield what is wrong with the declarations themselves."""
    for one in declared_in(settings).values():
        if one.default is not None and one.required:
            message = f"`{one.name[:80]}` is required and has a default, which nothing would use"
            yield source.diagnostic("conflicting-settings", one.default_place, message, "remove one of the two")
        elif one.default and not _fits(one, one.default):
            message = f"the default of `{one.name[:80]}` must be {_WORDS[one.type]}, got `{one.default[:80]}`"
            yield source.diagnostic("invalid-variable", one.default_place, message)


def values_of(
    settings: Table,
    overlay: Mapping[str, Node],
    environ: Mapping[str, str],
    report: Callable[[Diagnostic], None],
) -> dict[str, str]:
    """Return the value of each variable.

    Args:
        settings: The project file.
        overlay: The chosen environment.
        environ: The process environment, with the values of the command line.
        report: Told what is wrong.
    """
    declared = declared_in(settings)
    values = {name: one.default for name, one in declared.items() if one.default is not None and not one.required}
    given = _given(table(overlay.get("variables")), environ, declared)
    for name, (value, origin) in given.items():
        values[name] = value
        one = declared.get(name)
        if one is not None and not _fits(one, value):
            message = f"`{name[:80]}` must be {_WORDS[one.type]}, got `{value[:80]}` from {origin}"
            report(Diagnostic("invalid-variable", "error", message, Source(PROJECT_FILE, *one.place)))
    for name, one in declared.items():
        if one.required and name not in given:
            hint = f"give it one: --var {name}=VALUE, --var-file FILE, SDX_VAR_{name}, or in an environment"
            message = f"the variable `{name[:80]}` has no value"
            report(Diagnostic("invalid-variable", "error", message, Source(PROJECT_FILE, *one.place), help=hint))
    for diagnostic in _unknown(settings, environ, {*declared, *values}):
        report(diagnostic)
    return values


def _given(
    of_environment: Table, environ: Mapping[str, str], declared: Mapping[str, Variable]
) -> dict[str, tuple[str, str]]:
    """Return the values that something gives, each with that."""
    given = {name: (spelled(value), "the environment's `variables:`") for name, value in of_environment.items()}
    for prefix in (PREFIX, BY_FILE, BY_OPTION):
        for key, value in environ.items():
            name = key.removeprefix(prefix)
            # A file of values can be for several projects.
            if key.startswith(prefix) and name and (prefix != BY_FILE or name in declared or name in given):
                given[name] = value, f"{PREFIX}{name}" if prefix == PREFIX else prefix.strip()
    return given


def _unknown(settings: Table, environ: Mapping[str, str], known: set[str]) -> Iterator[Diagnostic]:
    place = Source(PROJECT_FILE, *settings.key_place("variables"))
    names = {*table(settings.get("variables"))}
    for key in environ:
        name = key.removeprefix(BY_OPTION)
        if key.startswith(BY_OPTION) and name not in names:
            hint = did_you_mean(name, names) or "declare it under `variables:`"
            yield Diagnostic("unknown-variable", "error", f"there is no variable `{name[:80]}`", place, help=hint)
        name = key.removeprefix(BY_FILE)
        if key.startswith(BY_FILE) and name not in known:
            message = f"the file of --var-file has a variable `{name[:80]}` that is not declared"
            yield Diagnostic("unknown-variable", "warning", message, place, help=did_you_mean(name, names))


def read_values(path: Path) -> dict[str, str]:
    """Return the values in the YAML file `path`, by the names of variables.

    Raises:
        ConfigurationError: The file cannot be read, or has anything else than texts, numbers and booleans.
    """
    found: list[Diagnostic] = []
    source = read_text(Folder(path.parent), path.name, found.append)
    root = build(source, found.append) if source is not None else None
    if source is not None and root is not None and not isinstance(root, Table):
        found.append(source.diagnostic("wrong-type", root.place, "this file must be a mapping: `NAME: VALUE`"))
    values = {}
    for name, value in table(root).items():
        if source is not None and (value is None or isinstance(value, Table | list)):
            message = f"`{name[:80]}` must be a text, a number, or true or false"
            found.append(source.diagnostic("wrong-type", table(root).value_place(name), message))
        values[name] = spelled(value)
    if found:
        raise ConfigurationError(found)
    return values


def spelled(value: Node) -> str:
    """Return the value of a variable as text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _fits(variable: Variable, text: str) -> bool:
    if variable.type == "string":
        return True
    value = resolve(text)
    if variable.type == "bool":
        return isinstance(value, bool)
    return isinstance(value, int | float) and not isinstance(value, bool)
