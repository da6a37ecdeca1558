"""`for_each`: the items of a block, written beside it or as the rows of a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from sdx_state.config.blocks import FOR_EACH
from sdx_state.config.files import ProjectFiles
from sdx_state.config.layers import wrapped
from sdx_state.config.placeholders import Item, names_in
from sdx_state.config.source_text import SourceText
from sdx_state.config.spreadsheet import BLANKS, NotRows, Record, Sheet
from sdx_state.config.tree import Items, Node, Place, Table
from sdx_state.config.users_files import name_in_project, read_named_sheet
from sdx_state.model.alike import did_you_mean
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.texts import normalized
from sdx_state.records import dataclass

KEY = "key"
_CODE = "invalid-for-each"
_FORMS = "write `KEY: {NAME: VALUE}` for each item, a list of keys, or `{csv: FILE, key: COLUMN}`"


@dataclass(frozen=True)
class Cells:
    """The CSV file that has the items of a block.

    Attributes:
        sheet: Its rows.
        columns: The names of its columns in their order, one without a name as an empty text.
        key: The column whose cells are the keys of the items.
        encoding: Its encoding, where the block names it.
    """

    sheet: Sheet
    columns: Sequence[str]
    key: str
    encoding: str | None = None


@dataclass(frozen=True)
class Rows:
    """The items of a block.

    Attributes:
        source: The file that they are written in.
        names: Their names, except those that only some of them have.
        items: Each of them, read once.
        at_most: How many there are at most.
        cells: The CSV file, None where they are written in the block.
    """

    source: SourceText
    names: Collection[str]
    items: Iterator[Item]
    at_most: int
    cells: Cells | None = None

    def count(self) -> int:
        """Return how many items there are: `at_most` counts lines, and a row may have several."""
        if self.cells is None:
            return self.at_most
        try:
            return sum(1 for _ in self.cells.sheet.records()) - 1
        except NotRows:
            return self.at_most


@dataclass(frozen=True)
class Reader:
    """Reads the items of blocks.

    Attributes:
        files: The files of the project.
        report: Told what is wrong.
        took: Told each CSV file that is read.
    """

    files: ProjectFiles
    report: Callable[[Diagnostic], None]
    took: Callable[[str, SourceText | None], None]

    def read(self, block: Table, source: SourceText, used: Collection[str]) -> Rows | None:
        """Return the items of `block`, which is in `source`; None where it has none that can be read.

        Args:
            block: A mapping with `for_each`.
            source: Its file.
            used: The names that its texts use: columns of a CSV file.
        """
        said, place = block[FOR_EACH], block.value_place(FOR_EACH)
        if isinstance(said, Table) and isinstance(said.get("csv"), str):
            return self._csv(said, source, used)
        if isinstance(said, Table | Items):
            return self._written(said, source)
        message = f"`{FOR_EACH}` must be a mapping or a list, and this is neither"
        self.report(source.diagnostic(_CODE, place, message, _FORMS))
        return None

    def _written(self, said: Table | Items, source: SourceText) -> Rows | None:
        """Return the items that are written in the block."""
        if not said:
            message = "there is nothing here to make a declaration for"
            self.report(source.diagnostic("nothing-declared", said.place, message, _FORMS, "warning"))
        found = list(self._of_list(said, source) if isinstance(said, Items) else self._of_table(said, source))
        if any(item is None for item in found):
            return None
        items = [item for item in found if item is not None]
        names = {KEY: None}
        for item in items:
            names.update(dict.fromkeys(item.values))
        return Rows(source, tuple(names), iter(items), len(items))

    def _of_list(self, said: Items, source: SourceText) -> Iterator[Item | None]:
        first: dict[str, Place] = {}
        for key, place in zip(said, said.places, strict=True):
            if not isinstance(key, str) or not key:
                message = "an item of a list must be a text"
                self.report(source.diagnostic(_CODE, place, message, _FORMS))
                yield None
            elif first.setdefault(key, place) is not place:
                self._twice(source, key, place, first[key])
                yield None
            else:
                yield Item(str(key), {KEY: key}, place)

    def _of_table(self, said: Table, source: SourceText) -> Iterator[Item | None]:
        for key, written in said.items():
            place = said.key_place(key)
            values = Table(place) if written is None else written
            if not isinstance(values, Table):
                message = f"item `{key[:80]}` must be a mapping"
                self.report(source.diagnostic(_CODE, said.value_place(key), message, _FORMS))
                yield None
                continue
            if KEY in values and values[KEY] != key:
                message = f"`{KEY}` is the key of the item, `{key[:80]}`, and cannot be another value"
                self.report(source.diagnostic(_CODE, values.key_place(KEY), message, "choose another name"))
                yield None
                continue
            used = names_in(values)
            if used:
                name, where = next(iter(used.items()))
                message = f"an item cannot refer to `each.{name[:80]}`"
                self.report(source.diagnostic(_CODE, where, message, "write the text, or refer to a variable"))
                yield None
                continue
            laid: Mapping[str, Node] = {name: wrapped(value, source.name) for name, value in values.items()}
            yield Item(key, {**laid, KEY: key}, place)

    def _csv(self, said: Table, source: SourceText, used: Collection[str]) -> Rows | None:
        """Return the rows of a CSV file."""
        for name in said:
            if name not in ("csv", KEY, "encoding"):
                hint = did_you_mean(name, ("csv", KEY, "encoding"))
                self.report(
                    source.diagnostic("unknown-key", said.key_place(name), f"unknown field `{name[:80]}`", hint)
                )
                return None
        column, encoding = said.get(KEY), said.get("encoding")
        if not isinstance(column, str) or not column or not isinstance(encoding, str | None):
            message = f"`{FOR_EACH}` with `csv` needs `{KEY}`: the column whose cells are the keys of the items"
            self.report(source.diagnostic(_CODE, said.place, message, "write `{csv: FILE, key: COLUMN}`"))
            return None
        place = said.value_place("csv")
        name_ = name_in_project(source, str(said["csv"]), place, self.report)
        if name_ is None:
            return None
        wanted = {_folded(one) for one in (*used, column)}
        sheet = read_named_sheet(
            self.files, name_, place, encoding, lambda cell: _folded(cell) in wanted, source, self.report
        )
        self.took(name_, sheet.source if sheet is not None else None)
        columns = self._columns(sheet, name_, said, source, column) if sheet is not None else None
        if sheet is None or columns is None:
            return None
        names = tuple(name for name in columns if name)
        cells = Cells(sheet, columns, _folded(column), encoding)
        at_most = len(sheet.rows) or len(sheet.source.lines)
        return Rows(sheet.source, (KEY, *names), self._rows(sheet, columns, cells.key), at_most, cells)

    def _columns(self, sheet: Sheet, name: str, said: Table, source: SourceText, key: str) -> list[str] | None:
        """Return the names of the columns in their order, one without a name as an empty text."""
        try:
            header = next(sheet.records(), None)
        except NotRows:
            header = None
        if header is None:
            message = f"{name} has no header"
            self.report(source.diagnostic("invalid-csv", said.value_place("csv"), message))
            return None
        columns = [_folded(cell) for cell in header.cells]
        if _folded(key) not in columns:
            message = f"{name} has no column `{key[:80]}`"
            hint = did_you_mean(key, filter(None, columns))
            self.report(source.diagnostic(_CODE, said.value_place(KEY), message, hint))
            return None
        twice = next((one for index, one in enumerate(columns) if one and one in columns[:index]), None)
        if twice is not None:
            message = f"the column `{twice[:80]}` is declared twice"
            at = sheet.place(header.line, columns.index(twice, columns.index(twice) + 1))
            self.report(sheet.source.diagnostic("invalid-csv", at, message, "remove or rename one of the two"))
            return None
        if KEY in columns and _folded(key) != KEY:
            message = f"the column `{KEY}` is not the one that has the keys of the items, `{key[:80]}`"
            at = sheet.place(header.line, columns.index(KEY))
            self.report(sheet.source.diagnostic(_CODE, at, message, "rename the column, or name it in `for_each`"))
            return None
        return columns

    def _rows(self, sheet: Sheet, columns: list[str], key: str) -> Iterator[Item]:
        first: dict[str, int] = {}
        records = sheet.records()
        header = next(records)
        at = columns.index(key)
        empty = True
        try:
            for record in records:
                empty = False
                item = self._row(sheet, columns, at, record, first)
                if item is not None:
                    yield item
        except NotRows as error:
            diagnostic = sheet.source.diagnostic
            hint = "double a quote inside quotes"
            self.report(diagnostic("invalid-csv", (error.line, 1), f"this is not CSV: {error}", hint))
        if empty:
            message, hint = "this file has a header and no rows: it declares nothing", "is a save missing?"
            self.report(sheet.source.diagnostic("nothing-declared", (header.line, 1), message, hint, "warning"))

    def _row(self, sheet: Sheet, columns: list[str], at: int, record: Record, first: dict[str, int]) -> Item | None:
        line, cells = record
        diagnostic = sheet.source.diagnostic
        if len(cells) > len(columns) and any(cell.strip(BLANKS) for cell in cells[len(columns) :]):
            message = f"this row has {len(cells)} cells, and the header {len(columns)} columns"
            hint = "put a text that contains the separator in double quotes"
            self.report(diagnostic("invalid-csv", (line, 1), message, hint))
            return None
        texts = [cell.strip(BLANKS) for cell in cells]
        values = dict(zip(columns, [*texts, *[""] * (len(columns) - len(texts))], strict=False))
        key = values[columns[at]]
        if not key:
            self.report(diagnostic("missing-field", sheet.place(line, at), f"`{columns[at]}` is empty in this row"))
            return None
        if key in first:
            self._twice(sheet.source, key, sheet.place(line, at), sheet.place(first[key], at))
            return None
        first[key] = line
        values[KEY] = key
        return Item(key, values, (line, 1), literal=True)

    def _twice(self, source: SourceText, key: str, place: Place, first: Place) -> None:
        message = f"the item `{key[:80]}` is declared twice: first at {source.name}:{first[0]}:{first[1]}"
        self.report(source.diagnostic("duplicate-key", place, message, "remove or rename one of the two"))


def _folded(header: str) -> str:
    """Return the name of the column whose header is `header`."""
    return normalized("NFC", header.strip(BLANKS))
