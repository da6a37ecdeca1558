"""`scope` of the project file: the part of the tenant that a project manages, and what is declared outside of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sdx_state.config.across import Reporter
from sdx_state.config.tree import Node, Table, items, table
from sdx_state.kinds import KINDS
from sdx_state.kinds.tenant_scope import WHOLE_TENANT, TenantScope
from sdx_state.model.resource import Desired

SCOPE = "scope"


def read_scope(settings: Table, overlay: Mapping[str, Node]) -> TenantScope:
    """Return the scope of a project; the globs of an environment replace those of the project, kind by kind."""
    if SCOPE not in settings and SCOPE not in overlay:
        return WHOLE_TENANT
    found = {**table(settings.get(SCOPE)), **table(overlay.get(SCOPE))}
    kinds = [kind for kind in KINDS.values() if kind.collection in found]
    return TenantScope({kind.name: tuple(map(str, items(found[kind.collection]))) for kind in kinds})


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
