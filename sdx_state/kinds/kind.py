"""What a kind of resource is, as one record that every other room reads."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from sdx_state.kinds import email
from sdx_state.kinds.field import Field, FieldType
from sdx_state.model.texts import normalise_text

Verb = Literal["POST", "PUT", "DELETE"]
VERBS: tuple[Verb, ...] = ("POST", "PUT", "DELETE")


@dataclass(frozen=True)
class Kind:
    """One kind of resource.

    Attributes:
        name: Singular: the first part of an address and the form field of a PUT.
        collection: Plural: the path under the API's base and the section in YAML.
        identity: The wire field that identifies a live resource and stands in its path.
        natural_key: The field by which a declared resource finds a live one it has never met.
        fields: Every field that YAML may declare and a diff may compare.
        parent: Name of the kind that this one lives under, if any.
        parent_field: The wire field that holds the parent's id.
        order_field: The wire field that holds the position among siblings.
        lookup_only: The API answers look-ups of it, and there is nothing to create.
        upload: Columns that only the platform's upload format knows; rendered, never compared.
        noun: What a person calls it in a sentence.
    """

    name: str
    collection: str
    identity: str
    natural_key: str
    fields: tuple[Field, ...]
    noun: str
    parent: str | None = None
    parent_field: str | None = None
    order_field: str | None = None
    lookup_only: bool = False
    upload: tuple[str, ...] = ()

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields, by their YAML name."""
        return {field.name: field for field in self.fields}

    @cached_property
    def named_by_email(self) -> bool:
        """Whether an e-mail address identifies a live resource; a number does otherwise."""
        known = self.by_name.get(self.identity)
        return known is not None and known.type is FieldType.EMAIL

    def identity_of(self, id: str) -> str:
        """Return the form in which live ids are compared."""
        return email.identity_of(id) if self.named_by_email else id

    def unaddressable(self, id: str) -> str | None:
        """Return why no request can be about the live `id`, None if one can."""
        return email.unaddressable(id) if self.named_by_email else None

    def natural_key_of(self, value: object) -> str:
        """Return the form in which natural keys are matched: NFC, trimmed; "" is no key. See `email.identity_of`."""
        if isinstance(value, str) and self.by_name[self.natural_key].type is FieldType.EMAIL:
            return email.identity_of(value)
        text = normalise_text("" if value is None else value)
        return (text if isinstance(text, str) else str(text)).strip()
