"""`Page`: the place of a kind in the admin UI, with warnings.

Source: the platform's public guides. The exact names of buttons are unknown, so it names pages, fields and values
only.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from sdx_state.records import dataclass

Work = Literal["create", "update", "delete"]


@dataclass(frozen=True)
class Page:
    """The page that edits one kind.

    Attributes:
        path: Path through the menus; `{label}`, `{id}` and `{parent}` are replaced.
        create: The same for a new resource.
        note: Help for finding it.
        beware: Work -> warnings before it.
        later: A noun for the fields that are set in a step of their own, after all resources of the kind exist, and
            the names of these fields.
    """

    path: str
    create: str
    note: str = ""
    beware: Mapping[Work, tuple[str, ...]] = field(default_factory=dict, hash=False)
    later: tuple[str, tuple[str, ...]] = ("", ())
