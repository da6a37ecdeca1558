"""Addresses of users in other texts are replaced, with any text around them, in bounded work."""

from __future__ import annotations

import pytest

from sdx_state.app.pseudonyms import Pseudonyms
from sdx_state.kinds import Kind, registered
from sdx_state.kinds.field import Field, FieldType

SALT = "00" * 16


@pytest.mark.parametrize(
    "address", ["joe@x.com", "o'brien@x.com", "a%b@x.com", "joe+1@x.com", "josé@münchen.example"]
)
@pytest.mark.parametrize("text", ["{}", "write to {}.", "'{}'", "<{}>", "mailto:{}?", "x/{}", "a={}!", "({}), or"])
def test_address_in_a_text_is_replaced(address: str, text: str) -> None:
    pseudonym = Pseudonyms(SALT, []).of("email", address)
    names = Pseudonyms(SALT, [{"email": pseudonym}])
    assert names.elsewhere(text.format(address)) == text.format(pseudonym)


def test_part_of_another_address_is_not_replaced() -> None:
    names = Pseudonyms(SALT, [{"email": Pseudonyms(SALT, []).of("email", "joe@x.com")}])
    assert names.elsewhere("bob.joe@x.com") == "bob.joe@x.com"


def test_long_text_without_an_address_is_read_in_linear_work(quick: bool) -> None:
    names = Pseudonyms(SALT, [{"email": "user-x@pseudonym.invalid"}])
    text = "a" * (200_000 if quick else 2_000_000)
    assert names.elsewhere(text) == text


def test_personal_fields_of_any_kind_are_replaced() -> None:
    contact = Kind(
        name="contact",
        collection="contacts",
        identity="id",
        natural_key="title",
        noun="contact",
        title="Contacts",
        about="A contact.",
        section="Contacts.",
        fields=(
            Field("title"),
            Field("mail", FieldType.EMAIL, personal=True),
            Field("mobile", FieldType.PHONE, personal=True),
            Field("known_as", personal=True),
            Field("agent", FieldType.EMAIL, refers_to="user"),
        ),
    )
    row = {"id": 1, "title": "A", "mail": "j@x.com", "mobile": "+61400000000", "known_as": "Jo", "agent": "J@x.com"}
    names = Pseudonyms(SALT, [])
    with registered(contact):
        veiled = names.resource("contact", row)
    assert (veiled["id"], veiled["title"]) == (1, "A")
    assert veiled["mail"] == veiled["agent"] == names.of("email", "j@x.com") != "j@x.com"
    assert veiled["mobile"] == names.of("phone", "+61400000000")
    assert veiled["known_as"] == names.of("name", "Jo")
