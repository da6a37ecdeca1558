"""`scope` of the project file: the part of the tenant that a project manages, and what is declared outside of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sdx_state.config.across import Reporter
from sdx_state.config.source_text import SourceText
from sdx_state.config.tree import Node, Table, items, table
from sdx_state.kinds import KINDS, Kind
from sdx_state.kinds.tenant_scope import WHOLE_TENANT, TenantScope
from sdx_state.model.alike import did_you_mean
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Desired

SCOPE = "scope"


def read_scope(settings: Table, overlay: Mapping[str, Node]) -> TenantScope:
    """Return the scope of a project; the globs of an environment replace those of the project, kind by kind."""
    if SCOPE not in settings and SCOPE not in overlay:
        return WHOLE_TENANT
    found = {**table(settings.get(SCOPE)), **table(overlay.get(SCOPE))}
    return TenantScope(
        {kind.name: tuple(map(str, items(found[kind.collection]))) for kind in _scoped() if kind.collection in found}
    )


def unknown_kinds(layer: Table, source: SourceText) -> Iterable[Diagnostic]:
    """Return an error for each key of a scope that is not the section of a kind that can be in scope."""
    scope = table(layer.get(SCOPE))
    known = [kind.collection for kind in _scoped()]
    for name in scope:
        kind = next((kind for kind in KINDS.values() if kind.collection == name), None)
        if name in known:
            continue
        hint = did_you_mean(name, known) or f"known: {', '.join(known)}"
        message = f"`{name[:80]}` cannot be in `scope`"
        if kind is not None and kind.parent is not None:
            hint = f"name the {KINDS[kind.parent].collection}: their {name} come with them"
        elif kind is not None:
            hint = f"remove the line: {name} are only looked up, so they are always in scope"
        yield source.diagnostic("unknown-key", scope.key_place(name), message, hint)


def check_scope(resources: Iterable[Desired], scope: TenantScope, reporter: Reporter) -> None:
    """Report each of `resources` that is declared outside of `scope`, at its name."""
    if scope.is_whole:
        return
    for one in resources:
        kind = KINDS[one.kind]
        key = one.values.get(kind.natural_key)
        if kind.parent is not None or key is None or scope.covers(kind, key):
            continue
        reason = f"no glob under `{kind.collection}` matches the {kind.natural_key} `{str(key)[:80]}`"
        if not scope.has(kind):
            reason = f"it has no `{kind.collection}`"
        hint = "add a glob for it to `scope` in sdx.yaml, or declare it in the project that manages it"
        message = f"{one.address} is outside `scope`: {reason}"
        reporter.at("outside-scope", one.source_of(kind.natural_key), message, hint)


def _scoped() -> list[Kind]:
    return [kind for kind in KINDS.values() if kind.parent is None and not kind.lookup_only]
