"""Everything that is declared as plain YAML: templates, `for_each`, variables and files of users replaced."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase

from sdx_state.config.emit import STEP, block, body_of, key_of
from sdx_state.config.references import OPEN
from sdx_state.kinds import KINDS
from sdx_state.model.address import Address
from sdx_state.model.resource import Desired


def expanded_text(resources: Mapping[Address, Desired], globs: Sequence[str] = ()) -> str:
    """Return YAML that declares `resources`, each section once, with a line end.

    Read again it declares the same: references to phone numbers stay, so that what depends on them still does.

    Args:
        resources: By address, children behind their parents.
        globs: Those of the addresses that are wanted, with their children; all without any.

    Raises:
        ValueError: A text cannot be written as YAML.
    """
    children: dict[Address, list[Desired]] = {}
    for one in resources.values():
        if one.parent is not None:
            children.setdefault(one.parent, []).append(one)
    lines: list[str] = []
    for kind in KINDS.values():
        entries = {}
        for one in resources.values():
            if one.kind == kind.name and one.parent is None and _is_wanted(one, children, globs):
                below = sorted(children.get(one.address, ()), key=lambda child: child.position)
                numbers = dict(_numbers((one, *below), resources))
                entries[key_of(one)] = _referring(body_of(one, below), numbers)
        if entries:
            lines += [f"{kind.collection}:", *block(entries, STEP)]
    return "".join(f"{line}\n" for line in lines)


def _is_wanted(one: Desired, children: Mapping[Address, Sequence[Desired]], globs: Sequence[str]) -> bool:
    addresses = (one.address, *(child.address for child in children.get(one.address, ())))
    return not globs or any(fnmatchcase(address, glob) for glob in globs for address in addresses)


def _numbers(members: Sequence[Desired], resources: Mapping[Address, Desired]) -> Iterator[tuple[str, str]]:
    """Yield each number that `members` refer to, with the reference."""
    for member in members:
        for address in member.depends_on:
            kind = KINDS[address.kind]
            found = resources.get(address)
            if kind.lookup_only and found is not None:
                yield str(found.values[kind.natural_key]), f"{OPEN}{kind.collection}.{found.key}}}"


def _referring(value: object, numbers: Mapping[str, str]) -> object:
    """Return the YAML `value` with references in place of the numbers that they are of."""
    if isinstance(value, str):
        for number, reference in numbers.items():
            before, found, behind = value.partition(number)
            if found and not before.endswith("$"):  # where a reference would not be one
                return f"{before}{reference}{_referring(behind, numbers)}"
        return value
    if isinstance(value, Mapping):
        return {key: _referring(one, numbers) for key, one in value.items()}
    return [_referring(one, numbers) for one in value] if isinstance(value, Sequence) else value
