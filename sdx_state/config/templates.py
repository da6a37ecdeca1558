"""`extends`: what a block takes from its templates, and from other declarations of its kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from sdx_state.config.blocks import EXTENDS, OF_BLOCKS, OMIT, TEMPLATES
from sdx_state.config.layers import Laying, layer_of, size_of, without_identities
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Items, Laid, Place, Table, items, table
from sdx_state.kinds import Kind
from sdx_state.model.alike import did_you_mean
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.records import dataclass

MOST_DEEP = 20  # templates that extend one another
MOST_LAID = 5_000_000  # values that all templates have, with those that they take from others


@dataclass(frozen=True)
class Written:
    """A template, or a declaration that others extend.

    Attributes:
        name: Its name in messages.
        body: As it is written.
        source: Its file.
        place: Its place.
        sound: The schema accepts it.
        is_template: It is a template.
    """

    name: str
    body: Table
    source: SourceText
    place: Place
    sound: bool = True
    is_template: bool = False


class TooManyValues(Exception):
    """The templates of a project have too many values. It has been reported."""


class Templates:
    """The templates of a project, each with what it takes from others.

    Args:
        templates: Those of all files, in their order.
        others: Section -> key -> declarations that can be extended as well.
        report: Told what is wrong.
    """

    def __init__(
        self,
        templates: Sequence[Written],
        others: Mapping[str, Mapping[str, Written]],
        report: Callable[[Diagnostic], None],
    ) -> None:
        self._templates: dict[str, Written] = {}
        self._others = others
        self._report = report
        self._laid: dict[int, Laid | None] = {}
        self._used: set[str] = set()
        self._values = 0
        for one in templates:
            first = self._templates.setdefault(one.name, one)
            if first is not one:
                line, column = first.place
                message = f"`{one.name[:80]}` is declared twice: first at {first.source.name}:{line}:{column}"
                report(one.source.diagnostic("duplicate-key", one.place, message, "remove or rename one of the two"))

    def laid(self, kind: Kind, block: Written, file: str | None) -> Laid | None:
        """Return the fields of `block` laid over those that it extends.

        Args:
            kind: The kind of the declaration.
            block: What is written.
            file: The file that places in `block` name; None where that is the declaration's own.

        Returns:
            The fields; None where something that it extends is missing or wrong, which is reported.
        """
        return self._resolved(kind, block, file, ())

    def unused(self) -> Iterator[Diagnostic]:
        """Yield a warning for each template that nothing extends, also where the declaration could not be made."""
        ahead = [*self._used]
        while ahead:
            one = self._templates.get(ahead.pop())
            found = {name for name, _ in names_of(one.body)} - self._used if one is not None else set()
            self._used |= found
            ahead += found
        for name, one in self._templates.items():
            if name not in self._used:
                message = f"nothing extends the template `{name[:80]}`"
                hint = f"write `{EXTENDS}: {name[:80]}` in a survey, or remove the template"
                yield one.source.diagnostic("unused-template", one.place, message, hint, "warning")

    def _resolved(self, kind: Kind, one: Written, file: str | None, path: tuple[Written, ...]) -> Laid | None:
        sound = one.sound
        path = (*path, one)
        laid: Laid | None = None
        laying = Laying(kind, lambda *said: self._report(one.source.diagnostic(*said)))
        for name, place in names_of(one.body):
            base = self._base(kind, one, name, place, path)
            if base is None:
                sound = False
                continue
            laid = base if laid is None else laying.over(laid, base)
        if not sound:
            return None
        layer = layer_of(one.body, file, OF_BLOCKS)
        if len(path) > 1 and not one.is_template:
            layer = without_identities(kind, layer)
        if laid is None:
            return layer
        omit = one.body.get(OMIT)
        result = laying.over(laid, layer, items(omit) if omit is not None else None)
        result.place = layer.place
        return result

    def _base(self, kind: Kind, one: Written, name: str, place: Place, path: tuple[Written, ...]) -> Laid | None:
        base = self._templates.get(name)
        if base is None:
            base = self._others.get(kind.collection, {}).get(name)
        if base is None:
            known = [*self._templates, *self._others.get(kind.collection, {})]
            message = f"there is no template `{name[:80]}`, and no {kind.noun} of this key"
            hint = did_you_mean(name, known) or f"declare it under `{TEMPLATES}:`"
            self._report(one.source.diagnostic("unknown-template", place, message, hint))
            return None
        if base.is_template:
            self._used.add(name)
        if any(base is before for before in path):
            circle = [*[before.name for before in path[[*map(id, path)].index(id(base)) :]], base.name]
            message = f"templates extend one another in a circle: {' -> '.join(step[:40] for step in circle)}"
            hint = f"remove one of these `{EXTENDS}`"
            self._report(one.source.diagnostic("template-circle", place, message, hint))
            return None
        if len(path) > MOST_DEEP:
            message = f"more than {MOST_DEEP} templates extend one another"
            self._report(one.source.diagnostic("too-large", place, message, "combine some of them"))
            return None
        if id(base) not in self._laid:
            self._laid[id(base)] = None  # one that takes part in a circle is reported once
            laid = self._resolved(kind, base, base.source.name, path)
            if laid is not None:
                self._values += size_of(laid)
                if self._values > MOST_LAID:
                    message = f"the templates of this project have more than {MOST_LAID:,} values"
                    self._report(one.source.diagnostic("too-large", place, message))
                    raise TooManyValues
            self._laid[id(base)] = laid
        return self._laid[id(base)]


def names_of(body: Table) -> Iterator[tuple[str, Place]]:
    """Yield what `body` extends, each with its place."""
    said = body.get(EXTENDS)
    if isinstance(said, Items):
        yield from zip(map(str, said), said.places, strict=True)
    elif said is not None:
        yield str(said), body.value_place(EXTENDS)


def template_bodies(root: Table) -> Iterator[tuple[str, Table, Place]]:
    """Yield name, body and place of each template of a file."""
    section = table(root.get(TEMPLATES))
    for name, body in section.items():
        if isinstance(body, Table):
            yield name, body, section.key_place(name)
