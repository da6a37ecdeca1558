"""Templates and `for_each`: from blocks as they are written to the declarations that they make.

A stage of its own between the YAML files and their resources. A file without blocks is not looked into.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain

from sdx_state.config.blocks import FOR_EACH, OMIT, OVERRIDES, TEMPLATES
from sdx_state.config.files import ProjectFiles
from sdx_state.config.for_each import Cells, Reader, Rows
from sdx_state.config.layers import Laying, layer_of
from sdx_state.config.placeholders import Body, Item, Unfilled, filled, names_in
from sdx_state.config.resources import Document
from sdx_state.config.source_text import SourceText
from sdx_state.config.templates import Templates, TooManyValues, Written, template_bodies
from sdx_state.config.tree import Laid, Place, Table, copied, items, prune, table
from sdx_state.config.using_text import UsingText
from sdx_state.config.verdict import verdict_of
from sdx_state.kinds import KINDS, Kind, parent_names
from sdx_state.model.address import KEY_RULE, is_key, slug
from sdx_state.model.alike import did_you_mean
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Use
from sdx_state.records import dataclass, replace

MOST_VALUES = 10_000_000  # in all declarations that blocks make


@dataclass(frozen=True)
class Origin:
    """The block, and the item, that a declaration is made of.

    Attributes:
        file: The file of the block.
        section: The section of the block.
        block: The key of the block.
        item: The item, None without `for_each`.
        cells: The CSV file of the items, None where they are written in the block.
        body: The fields that are filled in for the item, None if something is wrong with them.
    """

    file: str
    section: str
    block: str
    item: Item | None = None
    cells: Cells | None = None
    body: Body | None = None


@dataclass(frozen=True)
class Made:
    """A declaration that a block makes.

    Attributes:
        key: Its key.
        body: Its fields, None if something is wrong with them.
        place: Its place, in `source`.
        source: The file of that place, and those of its parts.
        origin: What it is made of.
    """

    key: str
    body: Laid | None
    place: Place
    source: UsingText
    origin: Origin


class Expansion:
    """The declarations that the blocks of a project make.

    Args:
        documents: Every file.
        files: The files of the project.
        sources: The texts of all files, by name.
        report: Told what is wrong.
        took: Told each CSV file that is read, with its text unless it cannot be read.

    Attributes:
        complete: Every item could be read: if not, any key may be declared.
    """

    def __init__(
        self,
        documents: Sequence[Document],
        files: ProjectFiles,
        sources: Mapping[str, SourceText],
        report: Callable[[Diagnostic], None],
        took: Callable[[str, SourceText | None], None],
    ) -> None:
        self.complete = True
        self._sources = sources
        self._report = report
        self._reader = Reader(files, report, took)
        self._left = MOST_VALUES
        templates = []
        others: dict[str, dict[str, Written]] = {}
        for document in documents:
            for name, body, place in template_bodies(document.root):
                sound = (TEMPLATES, name) not in document.broken
                templates.append(Written(name, body, document.source, place, sound, is_template=True))
            for kind in map(KINDS.__getitem__, parent_names()):
                for key, written in table(document.root.get(kind.collection)).items():
                    if isinstance(written, Table):
                        others.setdefault(kind.collection, {}).setdefault(key, _written(kind, key, document))
        self._templates = Templates(templates, others, report)

    def close(self) -> None:
        """Report templates that nothing extends, once everything is made."""
        for one in self._templates.unused():
            self._report(one)

    def made(self, kind: Kind, document: Document) -> Iterator[Made]:
        """Yield the declarations of `kind` that the blocks of `document` make."""
        for section, key in document.blocks:
            if section == kind.collection:
                try:
                    yield from self._made(kind, _written(kind, key, document))
                except TooManyValues:
                    self.complete = False
                    return

    def _made(self, kind: Kind, block: Written) -> Iterator[Made]:
        source = block.source
        each = FOR_EACH in block.body
        laid = self._templates.laid(kind, block, source.name if each else None)
        if not each:
            using = self._using(source, block.place, block.name)
            origin = Origin(source.name, kind.collection, block.name)
            yield self._checked(kind, Made(block.name, laid, block.place, using, origin))
            return
        used = names_in(laid) if laid is not None else {}
        overrides = table(block.body.get(OVERRIDES))
        rows = self._reader.read(block.body, source, (*used, *names_in(overrides))) if block.sound else None
        if rows is None:
            self.complete = False
            return
        bodies = self._bodies(kind, block, laid, overrides, rows) if laid is not None else None
        if bodies is not None:
            self._require_room(block, bodies[None].size, rows)
        unknown = set(overrides)
        for item in rows.items:
            unknown.discard(item.key)
            key = item.key if kind.keyed_by_identity else f"{block.name}-{item.key}"
            using = self._using(rows.source, item.place, item.key)
            if not kind.keyed_by_identity and not is_key(key):
                hint = f"`{slug(item.key)}` would make one" if slug(item.key) else None
                message = f"the item `{item.key[:80]}` makes no key: {KEY_RULE}"
                self._report(using.diagnostic("invalid-key", item.place, message, hint))
                continue
            body = (bodies.get(item.key) or bodies[None]) if bodies is not None else None
            laid_out = self._filled(kind, block, body, item, using) if body is not None else None
            origin = Origin(source.name, kind.collection, block.name, item, rows.cells, body)
            yield self._checked(kind, Made(key, laid_out, item.place, using, origin))
        for key in sorted(unknown):
            message = f"`{OVERRIDES}` names no item: there is no `{key[:80]}`"
            self._report(source.diagnostic("unresolved-reference", overrides.key_place(key), message))

    def _using(self, source: SourceText, place: Place, key: str) -> UsingText:
        use = Use(source.name, *place, key)
        return UsingText(source.name, source.text, source.encoding, self._sources, use)

    def _bodies(
        self, kind: Kind, block: Written, laid: Laid, overrides: Table, rows: Rows
    ) -> dict[str | None, Body] | None:
        """Return what is filled in: for an item with overrides under its key, for others under None."""
        name = block.source.name
        using = self._using(block.source, block.place, block.name)
        laying = Laying(kind, lambda *said: self._report(using.diagnostic(*said)))
        bodies: dict[str | None, Body] = {None: Body.of(laid)}
        for key, override in overrides.items():
            if isinstance(override, Table):
                omit = override.get(OMIT)
                layer = layer_of(override, name, (OMIT,))
                bodies[key] = Body.of(laying.over(laid, layer, items(omit) if omit is not None else None))
        sound = True
        known = set(rows.names)
        reported: set[str] = set()
        for used, place in chain.from_iterable(body.names.items() for body in bodies.values()):
            if used not in known and used not in reported:
                reported.add(used)
                hint = did_you_mean(used, known)
                message = f"no item of `{block.name[:80]}` has `{used[:80]}`"
                self._report(using.diagnostic("unresolved-reference", place, message, hint))
                sound = False
        return bodies if sound else None

    def _require_room(self, block: Written, size: int, rows: Rows) -> None:
        """Report a block that makes too many values before the first of them is made.

        Raises:
            TooManyValues: It does.
        """
        if size * rows.at_most > self._left and size * rows.count() > self._left:
            message = (
                f"`{block.name[:80]}` makes {rows.count():,} declarations of {size:,} values each: the blocks of a "
                f"project can make {MOST_VALUES:,} values"
            )
            self._report(block.source.diagnostic("too-large", block.place, message, "split the project"))
            raise TooManyValues

    def _filled(self, kind: Kind, block: Written, body: Body, item: Item, using: UsingText) -> Laid | None:
        self._left -= body.size
        if self._left < 0:
            message = f"blocks make more than {MOST_VALUES:,} values"
            self._report(block.source.diagnostic("too-large", block.place, message))
            raise TooManyValues
        try:
            return filled(kind, body, item)
        except Unfilled as error:
            self._report(using.diagnostic("unresolved-reference", error.place, str(error), error.help))
            return None

    def _checked(self, kind: Kind, made: Made) -> Made:
        """Return `made`; without its body, or what is wrong in it, if the schema refuses it."""
        body = made.body
        if body is None or verdict_of("resolved")({kind.collection: {made.key: body}}):
            return made
        from sdx_state.config.explain import explain

        root, section = Table((1, 1)), Table((1, 1))
        own = copied(body)  # its parts are those of others too
        section[made.key], root[kind.collection] = own, section
        section.marks[made.key] = (*made.place, *made.place)
        root.marks[kind.collection] = (1, 1, 1, 1)
        violations = explain("resolved", root, made.source)
        for one in violations:
            self._report(one.diagnostic)
        if any(len(one.path) < 3 for one in violations) or kind.lookup_only:
            return replace(made, body=None)
        for one in violations:
            prune(root, one.path)
        return replace(made, body=own)


def _written(kind: Kind, key: str, document: Document) -> Written:
    """Return the declaration of `key` of `kind` in `document`."""
    section = table(document.root.get(kind.collection))
    sound = (kind.collection, key) not in document.broken
    return Written(key, table(section.get(key)), document.source, section.key_place(key), sound)
