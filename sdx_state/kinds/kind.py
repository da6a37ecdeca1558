"""What a kind of resource is, as one record that every other room reads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

from sdx_state.kinds import email
from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.page import Page
from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH, FieldPath
from sdx_state.model.texts import normalise_text

Verb = Literal["POST", "PUT", "DELETE"]
VERBS: tuple[Verb, ...] = ("POST", "PUT", "DELETE")


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of resource.

    Attributes:
        name: Singular: the first part of an address and the form field of a PUT.
        collection: Plural: the path under the API's base and the section in YAML.
        identity: The wire field that identifies a live resource and stands in its path.
        natural_key: The field by which a declared resource finds a live one it has never met.
        fields: Every field that YAML may declare and a diff may compare.
        noun: What a person calls it in a sentence.
        title: The heading of several.
        about: What one is, as `explain` prints it.
        section: What the section in YAML holds, as editors show it.
        parent: Name of the kind that this one lives under, if any.
        parent_field: The wire field that holds the parent's id.
        order_field: The wire field that holds the position among siblings.
        lookup_only: The API answers look-ups of it, and there is nothing to create.
        file: The file that a new one is declared in; `{key}` stands for its key. Children are with their parent.
        required: YAML names of fields that have to be declared.
        page: Where the admin UI shows it.
        upload: Columns that only the platform's upload format knows; rendered, never compared.
        settings: JSON Schema of further keys beside the fields.
        section_keys: JSON Schema of keys of the section that declare no resource.
        definitions: JSON Schemas that these refer to.
    """

    name: str
    collection: str
    identity: str
    natural_key: str
    fields: tuple[Field, ...]
    noun: str
    title: str
    about: str
    section: str
    parent: str | None = None
    parent_field: str | None = None
    order_field: str | None = None
    lookup_only: bool = False
    file: str = ""
    required: tuple[str, ...] = ()
    page: Page | None = None
    upload: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)
    section_keys: Mapping[str, Any] = field(default_factory=dict)
    definitions: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def by_name(self) -> dict[str, Field]:
        """The fields, by their names on the wire."""
        return {field.name: field for field in self.fields}

    @cached_property
    def by_key(self) -> dict[str, Field]:
        """The fields that are declared below a resource's key, by their keys in YAML."""
        keyed = self.identity if self.keyed_by_identity else None
        return {field.key: field for field in self.fields if field.name != keyed}

    @cached_property
    def keyed_by_identity(self) -> bool:
        """Whether the key in YAML is what identifies it in the tenant, so that another key is another resource."""
        return self.identity == self.natural_key and not self.lookup_only

    @cached_property
    def named_by_email(self) -> bool:
        """Whether an e-mail address identifies a live resource; a number does otherwise."""
        known = self.by_name.get(self.identity)
        return known is not None and known.type is FieldType.EMAIL

    @property
    def numbered(self) -> bool:
        """Whether its live id is a number that its address does not say."""
        return self.identity != self.natural_key

    @cached_property
    def has_shapes(self) -> bool:
        """Whether its fields are written in two ways on the wire."""
        return any(field.nested or not field.flat for field in self.fields)

    @cached_property
    def renamed(self) -> tuple[Field, ...]:
        """The fields that YAML calls otherwise than the wire."""
        return tuple(field for field in self.fields if field.key != field.name)

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """The fields that name a resource."""
        return tuple(field for field in self.fields if field.refers_to)

    @cached_property
    def personal(self) -> frozenset[str]:
        """The fields that say who somebody is, and how to reach them."""
        return frozenset(field.name for field in self.fields if field.personal)

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

    def address(self, key: str, parent: Address | None = None) -> Address:
        """Return the address of what is declared as `key`: one address for all spellings of an identity."""
        return Address(self.name, self.identity_of(key) if self.keyed_by_identity else key, parent)

    def label_of(self, path: FieldPath) -> str:
        """Return what a person calls the field at `path`; a language or a place inside it follows in brackets."""
        known = self.by_name.get(path.field)
        if path.field == ORDER_PATH:
            shown = f"Position in the {self.parent}" if self.parent else "Position"
        else:
            shown = (known.label if known else "") or path.field
        return f"{shown} ({path.inner})" if path.inner else shown

    @cached_property
    def admin_page(self) -> Page:
        """Where the admin UI shows it, as far as that is known."""
        return self.page or Page(f"{self.title} > {{label}}", f"{self.title} > new {self.noun}")

    @cached_property
    def home(self) -> str:
        """The file that a new one is declared in; `{key}` stands for its key."""
        return self.file or f"{self.collection}.yaml"
