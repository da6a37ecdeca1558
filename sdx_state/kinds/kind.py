"""`Kind`: the definition of a kind of resource, which all rooms read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from functools import cached_property
from typing import Any, Literal

from sdx_state.kinds import email
from sdx_state.kinds.field import Field, FieldType
from sdx_state.kinds.page import Page
from sdx_state.model.address import Address
from sdx_state.model.field_path import ORDER_PATH, FieldPath
from sdx_state.model.texts import normalise_text
from sdx_state.records import dataclass

Verb = Literal["POST", "PUT", "DELETE"]
VERBS: tuple[Verb, ...] = ("POST", "PUT", "DELETE")


@dataclass(frozen=True, eq=False)
class Kind:
    """One kind of resource.

    Attributes:
        name: Singular: the first part of an address and the form field of a PUT.
        collection: Plural: the path under the API's base and the section in YAML.
        identity: The wire field that identifies a live resource and is part of its path.
        natural_key: The field that matches a declared resource to a live one that is not managed yet.
        fields: Every field that YAML may declare and a diff may compare.
        noun: Its noun in a sentence.
        title: Heading of a list of them.
        about: Description that `explain` prints.
        section: Description of the section in YAML, which editors show.
        parent: Name of the parent kind, if any.
        parent_field: The wire field with the parent's id.
        order_field: The wire field with the position among siblings.
        lookup_only: The API only supports look-ups; resources cannot be created.
        file: File for new declarations; `{key}` is replaced. Children are declared with their parent.
        required: YAML names of required fields.
        page: Its page in the admin UI.
        upload: Columns that only the CSV upload has. Rendered, never compared.
        settings: JSON Schema of keys besides the fields.
        section_keys: JSON Schema of keys of the section that do not declare a resource.
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
        """The fields below a resource's key, by their keys in YAML."""
        keyed = self.identity if self.keyed_by_identity else None
        return {field.key: field for field in self.fields if field.name != keyed}

    @cached_property
    def keyed_by_identity(self) -> bool:
        """True if the key in YAML identifies the resource in the tenant, so that another key is another resource."""
        return self.identity == self.natural_key and not self.lookup_only

    @cached_property
    def named_by_email(self) -> bool:
        """True if an e-mail address identifies a live resource, False if a number does."""
        known = self.by_name.get(self.identity)
        return known is not None and known.type is FieldType.EMAIL

    @property
    def numbered(self) -> bool:
        """True if the live id is a number that the address does not contain."""
        return self.identity != self.natural_key

    @cached_property
    def has_shapes(self) -> bool:
        """True if the fields have two wire shapes."""
        return any(field.nested or not field.flat for field in self.fields)

    @cached_property
    def nested_only(self) -> frozenset[str]:
        """The fields that only the nested wire shape has."""
        return frozenset(field.name for field in self.fields if not field.flat)

    @cached_property
    def renamed(self) -> tuple[Field, ...]:
        """The fields whose names in YAML and on the wire differ."""
        return tuple(field for field in self.fields if field.key != field.name)

    @cached_property
    def references(self) -> tuple[Field, ...]:
        """The fields that refer to a resource."""
        return tuple(field for field in self.fields if field.refers_to)

    @cached_property
    def personal(self) -> frozenset[str]:
        """The personal fields: they identify a person or say how to reach them."""
        return frozenset(field.name for field in self.fields if field.personal)

    def identity_of(self, id: str) -> str:
        """Return the form in which live ids are compared."""
        return email.identity_of(id) if self.named_by_email else id

    def identities_of(self, ids: Sequence[str]) -> Sequence[str]:
        """Return the form in which live ids are compared, for each of `ids`."""
        return email.identities_of(ids) if self.named_by_email else ids

    def is_same(self, id: str, other: str) -> bool:
        """True if the live ids `id` and `other` are one."""
        return id == other or self.identity_of(id) == self.identity_of(other)

    def unaddressable(self, id: str) -> str | None:
        """Return why a request cannot name the live `id`, None if it can."""
        return email.unaddressable(id) if self.named_by_email else None

    def natural_key_of(self, value: object) -> str:
        """Return the form in which natural keys are matched: NFC, trimmed; "" for no key. See `email.identity_of`."""
        if isinstance(value, str) and self.by_name[self.natural_key].type is FieldType.EMAIL:
            return email.identity_of(value)
        text = normalise_text("" if value is None else value)
        return (text if isinstance(text, str) else str(text)).strip()

    def address(self, key: str, parent: Address | None = None) -> Address:
        """Return the address of the resource declared as `key`: the same for all spellings of an identity."""
        return Address(self.name, self.identity_of(key) if self.keyed_by_identity else key, parent)

    def label_of(self, path: FieldPath) -> str:
        """Return the label of the field at `path`; a language or a place inside it follows in brackets."""
        known = self.by_name.get(path.field)
        if path.field == ORDER_PATH:
            shown = f"Position in the {self.parent}" if self.parent else "Position"
        else:
            shown = (known.label if known else "") or path.field
        return f"{shown} ({path.inner})" if path.inner else shown

    @cached_property
    def admin_page(self) -> Page:
        """Its page in the admin UI; a guess from the title if none is declared."""
        return self.page or Page(f"{self.title} > {{label}}", f"{self.title} > new {self.noun}")

    @cached_property
    def home(self) -> str:
        """The file for new declarations; `{key}` is replaced."""
        return self.file or f"{self.collection}.yaml"
