"""`Field`: type, wire paths and normalization of one field of a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from enum import Enum
from functools import cached_property
from typing import Any, Literal

from sdx_state.kinds.complaint import Complaint
from sdx_state.kinds.email import identity_of
from sdx_state.kinds.phone import without_separators
from sdx_state.model.texts import normalise_text
from sdx_state.model.value import DEFAULT_LANGUAGE
from sdx_state.records import dataclass


class FieldType(Enum):
    """Type of a field: it decides how values are read, compared and written."""

    TEXT = "text"
    PROMPT = "prompt"  # a text for each language; a plain string is in the default language
    INTEGER = "integer"
    BOOLEAN = "boolean"
    PHONE = "phone"
    EMAIL = "email"
    OPTIONS = "options"  # a question's response options: label and prompt


Sort = Literal["", "email", "name", "phone", "agent_id"]
Judge = Callable[[str], Complaint | None]


@dataclass(frozen=True, eq=False)
class Field:
    """One field of a kind.

    Attributes:
        name: Name in the flat shape of the API if it has one, else the name in YAML.
        type: Type of the values.
        nested: Path of the value in the nested wire shape; empty when it is `name` there too.
        flat: The flat shape of API 1.0.0 has the field.
        closed: Its values come from a short list, so that they do not distinguish resources.
        other_names: Value -> its canonical name.
        label: Label in the admin UI.
        about: Description that `explain` prints.
        yaml: Key in YAML, if it is not `name`.
        schema: JSON Schema keywords for its values besides the type.
        national: Name of the field with the country of a number in national format.
        refers_to: Kind of the resource that it refers to. The wire has the identity, YAML the address.
        personal: It identifies a person, or says how to reach them.
        pseudonym: Type of the pseudonym that replaces it in a stored tenant. For a personal field it follows from
            the type.
        shared: Reason of the warning about two resources with the same value; empty for no warning.
        texting: It is the sender number of text messages.
        check: Returns an error for a text that cannot be declared.
        doubt: Returns a warning for a text that can be declared.
    """

    name: str
    type: FieldType = FieldType.TEXT
    nested: tuple[str, ...] = ()
    flat: bool = True
    closed: bool = False
    other_names: Mapping[str, str] = field(default_factory=dict)
    label: str = ""
    about: str = ""
    yaml: str = ""
    schema: Mapping[str, Any] = field(default_factory=dict)
    national: str = ""
    refers_to: str = ""
    personal: bool = False
    pseudonym: Sort = ""
    shared: str = ""
    texting: bool = False
    check: Judge | None = None
    doubt: Judge | None = None

    @property
    def key(self) -> str:
        """The key in YAML."""
        return self.yaml or self.name

    @property
    def veil(self) -> Sort:
        """Type of the pseudonym that replaces it in a stored tenant; empty if it is not personal."""
        if self.pseudonym or not self.personal:
            return self.pseudonym
        return "email" if self.type is FieldType.EMAIL else "phone" if self.type is FieldType.PHONE else "name"

    @property
    def translated(self) -> bool:
        """True if it has a text for each language, which respondents see or hear; a recording is not a text."""
        return self.type is FieldType.PROMPT and self.nested[-1:] != ("sound_files",)

    def normalise(self, value: object) -> object:
        """Return the form in which two values of this field are compared.

        Absent, `null` and `""` are equal; 0/1 are booleans, `"10"` is 10, CRLF is LF, texts are NFC, phone
        numbers have no punctuation, e-mail addresses are identities. A value of an unexpected type is kept.
        """
        if value is None or value == "":
            return None
        return self._normaliser(value)

    @cached_property
    def _normaliser(self) -> Callable[[object], object]:
        return _NORMALISERS[self.type]

    def means_the_same(self, one: object, other: object) -> bool:
        """Return True if two values are equal, or names of the same thing."""
        mine, theirs = self.normalise(one), self.normalise(other)
        return mine == theirs or (bool(self.other_names) and self._name(mine) == self._name(theirs))

    def _name(self, value: object) -> object:
        return self.other_names.get(value, value) if isinstance(value, str) else value


def _normalise_prompt(value: object) -> object:
    if not isinstance(value, Mapping):
        return normalise_text(value)
    texts = {str(language): normalise_text(text) for language, text in value.items() if text not in (None, "")}
    if not texts:
        return None
    return texts[DEFAULT_LANGUAGE] if list(texts) == [DEFAULT_LANGUAGE] else texts


def _normalise_integer(value: object) -> object:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, str) and len(value) <= 20:
        digits = value.strip()
        if digits.removeprefix("-").isdecimal() and digits.isascii():
            return int(digits)
    return value


def _normalise_boolean(value: object) -> object:
    if isinstance(value, bool):
        return value
    if value in (0, "0", "false"):
        return False
    if value in (1, "1", "true"):
        return True
    return value


def _normalise_phone(value: object) -> object:
    text = normalise_text(value)
    return without_separators(text) or None if isinstance(text, str) else text


def _normalise_email(value: object) -> object:
    return identity_of(value) if isinstance(value, str) else normalise_text(value)


def _normalise_options(value: object) -> object:
    if not isinstance(value, Sequence) or isinstance(value, str):
        return value
    options = []
    for option in value:
        if not isinstance(option, Mapping):
            return value
        options.append({"label": normalise_text(option.get("label")), "text": _normalise_prompt(option.get("text"))})
    return options or None


_NORMALISERS = {
    FieldType.TEXT: normalise_text,
    FieldType.PROMPT: _normalise_prompt,
    FieldType.INTEGER: _normalise_integer,
    FieldType.BOOLEAN: _normalise_boolean,
    FieldType.PHONE: _normalise_phone,
    FieldType.EMAIL: _normalise_email,
    FieldType.OPTIONS: _normalise_options,
}
