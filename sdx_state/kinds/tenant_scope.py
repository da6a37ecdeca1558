"""The part of a tenant that a project manages, by globs of names: `scope` in `sdx.yaml`."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cached_property

from sdx_state.kinds import email
from sdx_state.kinds.kind import Kind
from sdx_state.kinds.table import KINDS
from sdx_state.records import dataclass


@dataclass(frozen=True)
class TenantScope:
    """The part of a tenant that a project manages.

    A child is in scope if its parent is. Numbers that are only looked up are always in scope.

    Attributes:
        globs: Kind -> globs of natural keys. A kind without globs is not in scope. None for the whole tenant.
    """

    globs: Mapping[str, tuple[str, ...]] | None = None

    @property
    def is_whole(self) -> bool:
        """True if the whole tenant is in scope."""
        return self.globs is None

    def has(self, kind: Kind) -> bool:
        """True if resources of `kind` can be in scope."""
        return self.globs is None or kind.lookup_only or (kind.parent or kind.name) in self.globs

    def covers(self, kind: Kind, natural_key: object) -> bool:
        """True if the resource of `kind`, a kind without a parent, with this natural key is in scope."""
        if self.globs is None or kind.lookup_only:
            return True
        key = kind.natural_key_of(natural_key)
        return any(fnmatchcase(key, glob) for glob in self._normalized.get(kind.name, ()))

    def without(self, kinds: frozenset[str]) -> TenantScope:
        """Return this scope with all resources of `kinds` in it, as far as it has any of them."""
        if self.globs is None:
            return self
        return TenantScope({name: ("*",) if name in kinds else globs for name, globs in self.globs.items()})

    @cached_property
    def _normalized(self) -> dict[str, tuple[str, ...]]:
        return {
            name: tuple(_like_keys(KINDS[name], glob) for glob in globs) for name, globs in (self.globs or {}).items()
        }


WHOLE_TENANT = TenantScope()


def _like_keys(kind: Kind, glob: str) -> str:
    """Return `glob` in the form of the natural keys of `kind`."""
    return email.glob_of(glob) if kind.named_by_email else kind.natural_key_of(glob)
