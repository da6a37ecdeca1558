"""A resource file against the schemas: that of its plain parts, and that of its templates and blocks."""

from __future__ import annotations

from sdx_state.config.blocks import Parts, parts_of
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Items, Table, prune
from sdx_state.config.verdict import verdict_of
from sdx_state.kinds import KINDS
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.records import dataclass

Keys = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Judged:
    """The result.

    Attributes:
        broken: Section and key of the resources that the schema refuses as a whole.
        parts: The parts of a file with templates or blocks, None for other files.
        diagnostics: Everything that the schemas refuse.
        complete: The refused parts hide no declaration.
    """

    broken: Keys = frozenset()
    parts: Parts | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    complete: bool = True


def judged(root: Table | Items, source: SourceText) -> Judged:
    """Return what the schemas have against the file `root`, which is read from `source`.

    Fields that are refused are taken out of `root`, so that the rest can be looked into.
    """
    parts = parts_of(root) if isinstance(root, Table) else None
    plain = root if parts is None else parts.plain
    of_plain = Judged() if verdict_of("resolved")(plain) else _plain(plain, source)
    if parts is None:
        return of_plain
    of_parts = Judged() if verdict_of("resources")(parts.reused) else _reused(parts.reused, source)
    return Judged(
        of_plain.broken | of_parts.broken,
        parts,
        (*of_plain.diagnostics, *of_parts.diagnostics),
        of_plain.complete and of_parts.complete,
    )


def _plain(root: Table | Items, source: SourceText) -> Judged:
    from sdx_state.config.explain import explain
    from sdx_state.config.merges import with_uses

    violations = with_uses(explain("resolved", root, source), root, source)
    broken = set()
    prunable = {kind.collection for kind in KINDS.values() if not kind.lookup_only}
    for path in (one.path for one in violations):
        if len(path) > 2 and path[0] in prunable:
            prune(root, path)
        elif len(path) > 1:
            broken.add((str(path[0]), str(path[1])))
    # A section of the wrong type, or an unknown one, hides what it declares.
    complete = all(len(one.path) > 1 for one in violations)
    return Judged(frozenset(broken), None, tuple(one.diagnostic for one in violations), complete)


def _reused(root: Table, source: SourceText) -> Judged:
    from sdx_state.config.explain import explain

    violations = explain("resources", root, source)
    broken = frozenset((str(one.path[0]), str(one.path[1])) for one in violations if len(one.path) > 1)
    complete = all(len(one.path) > 1 for one in violations)
    return Judged(broken, None, tuple(one.diagnostic for one in violations), complete)
