"""How a person finds a kind in the admin UI, and what to think of first.

Source: the platform's public guides. Exact names of buttons are not known, so pages, fields and values are named and
buttons are not.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Work = Literal["create", "update", "delete"]


@dataclass(frozen=True)
class Page:
    """Where one kind is edited.

    Attributes:
        path: The way through the menus; `{label}`, `{id}` and `{parent}` stand for the resource.
        create: The same for one that does not exist yet.
        note: What helps to find it.
        beware: Work -> what to think of before it is done.
        later: A noun for fields that are set in a step of their own, once all resources of the kind are there, and
            the names of these fields.
    """

    path: str
    create: str
    note: str = ""
    beware: Mapping[Work, tuple[str, ...]] = field(default_factory=dict, hash=False)
    later: tuple[str, tuple[str, ...]] = ("", ())
