"""Users from the files to the tenant and back, by every address that the definition accepts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from sdx_state.api.address import base_url
from sdx_state.api.credentials import Credentials
from sdx_state.api.endpoints import Connection, Endpoints
from sdx_state.api.errors import GoneError
from sdx_state.kinds.email import identity_of, unaddressable
from sdx_state.model.ledger import Entry, Ledger
from sdx_state.state.codec import from_document, to_document
from sdx_state.state.ledger import new_ledger

LOCAL = st.text("abzAZ09!#$%&'*+-=?^_`{|}~é中ß.", min_size=1, max_size=12) | st.text(min_size=1, max_size=8)
DOMAIN = st.sampled_from(
    ["example.com", "Sub.Example.com", "münchen.example", "xn--mnchen-3ya.example", "corp.local"]
)
ACCEPTED = st.builds(lambda local, domain: f"{local}@{domain}", LOCAL, DOMAIN).filter(
    lambda text: unaddressable(text) is None
)
UNUSUAL = [
    *(
        "o'brien+x=1@x.com",
        "a%2Fb@x.com",
        "a%25@x.com",
        "what?@x.com",
        "#1@x.com",
        "a&b@x.com",
        "*@x.com",
        "{a}@x.com",
    ),
    *("$a@x.com", "`a|b`@x.com", "!~^_-@x.com", "a?b#c%d@x.com", "jos@münchen.example", "josé@x.com", "STRAßE@x.com"),
    *(
        "strasse@x.com",
        "joe@corp.local",
        "中文@例え.example",
        "Joe.Smith@Example.COM",
        "=a@x.com",
        "-a@x.com",
        "+a@x.com",
    ),
]


@pytest.mark.sampled
def test_a_path_reaches_every_accepted_address(tenant: Any) -> None:
    client = Endpoints(Connection(base_url(None, tenant.url), SANDBOX))

    @settings(suppress_health_check=list(HealthCheck))
    @given(ACCEPTED)
    @example("a%2Fb@x.com")
    @example("a?b#c%d@x.com")
    @example("a%2525@x.com")
    def check(address: str) -> None:
        assert client.users.create({"email": address, "name": "A"})["email"] == address
        assert client.users.get(address)["email"] == address
        assert client.users.get(identity_of(address))["email"] == address
        client.users.replace(address, {"email": address, "name": "B"})
        assert [row["name"] for row in client.users.list(email=address)] == ["B"]
        client.users.delete(address)
        with pytest.raises(GoneError):
            client.users.get(address)

    with client:
        check()


SANDBOX = Credentials("sandbox", "00000000-0000-4000-8000-000000000000")


def test_whatever_validate_accepts_is_applied_pulled_and_deleted(connected: Any, tenant: Any) -> None:
    declared = {address: {"name": f"User {number}"} for number, address in enumerate(UNUSUAL)}
    connected.write("users.yaml", json.dumps({"users": declared}, ensure_ascii=False))
    assert connected.run("validate").code == 0
    assert connected.apply().last == f"Apply complete! Resources: {len(UNUSUAL)} added, 0 changed, 0 destroyed."
    assert sorted(row["email"] for row in tenant.store.rows("users")) == sorted(UNUSUAL)
    assert connected.run("plan", "--detailed-exitcode").code == 0
    connected.write("users.yaml", "users: {}\n")
    pulled = connected.run("pull", "--overwrite")
    assert pulled.code == 0, pulled.err
    assert "left out" not in pulled.out + pulled.err
    assert connected.run("plan", "--detailed-exitcode").code == 0
    for path in connected.folder.glob("users*.yaml"):
        path.unlink()
    connected.write("users.yaml", f"users: {{'{UNUSUAL[0].replace(chr(39), chr(39) * 2)}': {{name: User 0}}}}\n")
    gone = connected.apply("--allow-deletes", str(len(UNUSUAL) - 1))
    assert gone.code == 0, gone.err + gone.out
    assert [row["email"] for row in tenant.store.rows("users")] == UNUSUAL[:1]


@pytest.mark.parametrize(
    ("live", "declared"),
    [("strasse@x.com", "straße@x.com"), ("JOSÉ@x.com", "josé@x.com"), ("a@strasse.example", "a@straße.example")],
)
def test_account_of_a_similar_address_is_left_alone(connected: Any, tenant: Any, live: str, declared: str) -> None:
    tenant.store.put_row("users", {"email": live, "name": "Petra"})
    connected.write("users.yaml", f"users:\n  {declared}: {{name: Karl}}\n")
    assert connected.apply().last == "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."
    assert {row["email"]: row["name"] for row in tenant.store.rows("users")} == {live: "Petra", declared: "Karl"}
    assert connected.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize(
    ("live", "declared"),
    [
        ("jos@xn--mnchen-3ya.example", "jos@münchen.example"),
        ("Joe@X.com", "joe@x.COM"),
        ("jos\u00e9@x.com", "jose\u0301@x.com"),
    ],
)
def test_another_spelling_of_an_address_is_imported(connected: Any, tenant: Any, live: str, declared: str) -> None:
    tenant.store.put_row("users", {"email": live, "name": "Jo"})
    connected.write("users.yaml", f"users:\n  {declared}: {{name: Jo}}\n")
    assert connected.run("plan").last == "Plan: 1 to import, 0 to add, 0 to change, 0 to destroy."
    assert connected.apply().code == 0
    assert [row["email"] for row in tenant.store.rows("users")] == [live]


def test_live_users_that_no_request_can_name_concern_themselves_alone(connected: Any, tenant: Any) -> None:
    strange = ["x/y@example.com", "no address", "../a@b.cd"]
    for address in strange:
        tenant.store.put_row("users", {"email": address, "name": "X"})
    connected.write("users.yaml", "users:\n  joe@example.com: {name: Joe}\n")
    applied = connected.apply()
    assert applied.code == 0, applied.err
    assert connected.run("plan", "--detailed-exitcode").code == 0
    pulled = connected.run("pull", "--new")
    assert pulled.code == 0, pulled.err
    said = pulled.out + pulled.err
    assert all(f"user {address} is left out" in said for address in strange)
    assert "x/y" not in "".join(path.read_text() for path in connected.folder.glob("*.yaml"))


def test_user_whose_live_spelling_cannot_be_addressed_is_left_alone(connected: Any, tenant: Any) -> None:
    tenant.store.put_row("users", {"email": "e\u0301" * 40 + "@x.com", "name": "X"})
    connected.write("users.yaml", "users:\n  " + "é" * 40 + "@x.com: {name: Y}\n  joe@x.com: {name: Joe}\n")
    assert connected.apply().last == "Apply complete! Resources: 1 added, 0 changed, 0 destroyed."
    planned = connected.run("plan", "--detailed-exitcode")
    assert planned.code == 0, planned.out
    assert "is not managed: the tenant spells this user" in planned.out + planned.err
    assert tenant.store.rows("users")[0]["name"] == "X"


def test_managed_user_with_an_unusable_id_leaves_the_state_with_advice(connected: Any, tenant: Any) -> None:
    """An earlier version could import it; no plan may end with an error for it, listed or not."""
    connected.write("users.yaml", "users:\n  joe@example.com: {name: Joe}\n")
    assert connected.apply().code == 0
    (state,) = connected.folder.glob(".sdx/*.json")
    for address in ("x/y@example.com", "gone/away@example.com"):
        add_to_state(state, address)
    tenant.store.put_row("users", {"email": "x/y@example.com", "name": "X"})
    planned = connected.run("plan")
    assert planned.code == 0, planned.err
    assert "Delete it in the admin UI" in planned.out
    assert connected.apply().code == 0
    assert {row["email"] for row in tenant.store.rows("users")} == {"joe@example.com", "x/y@example.com"}
    assert connected.run("plan", "--detailed-exitcode").code == 0


def add_to_state(state: Any, address: str) -> None:
    from sdx_state.state.local import LocalStore

    store = LocalStore(state.parent, state.stem, None)
    with store.lock("test"):
        ledger = store.load()
        store.save(Ledger(**{**vars(ledger), "entries": {**ledger.entries, f"user.{address}": Entry(address, {})}}))


def test_administrators_and_operator_must_be_addresses(project: Any) -> None:
    project.write(
        "sdx.yaml",
        "sdx: 1\napi: {host: demo.surveydynamix.com, user: a/b@x.com}\nlimits: {administrators: [a..b@x.com]}\n",
    )
    checked = project.run("validate")
    assert checked.code == 1
    assert "sdx.yaml:2:43: error[unmanageable-user]: `a/b@x.com` cannot be managed" in checked.out + checked.err
    assert "sdx.yaml:3:27: error[invalid-email]: `a..b@x.com` is not an e-mail address" in checked.out + checked.err


@pytest.mark.parametrize("spelled", ["ADMIN@x.com", "admin@X.COM"])
def test_last_administrator_is_kept_in_any_spelling(connected: Any, tenant: Any, spelled: str) -> None:
    connected.write(
        "sdx.yaml", f"sdx: 1\napi: {{host: demo.surveydynamix.com}}\nlimits: {{administrators: [{spelled}]}}\n"
    )
    connected.write("users.yaml", "users:\n  Admin@x.com: {name: A}\n  joe@x.com: {name: J}\n")
    assert connected.apply().code == 0
    connected.write("users.yaml", "users:\n  joe@x.com: {name: J}\n")
    assert connected.run("plan").code == 6


@pytest.mark.parametrize(
    ("before", "id", "after"),
    [
        ("user.strasse@x.com", "straße@x.com", "user.straße@x.com"),
        ("user.jos@münchen.example", "jos@münchen.example", "user.jos@xn--mnchen-3ya.example"),
        ("user.joe@x.com", "Joe@x.com", "user.joe@x.com"),
        ("user.josé@x.com", "josé@x.com", "user.josé@x.com"),
        ("survey.straße", "12", "survey.straße"),
    ],
)
def test_state_of_an_earlier_version_keeps_its_users(before: str, id: str, after: str) -> None:
    document = to_document(new_ledger())
    document["resources"] = {before: {"id": id, "applied": {}}}
    assert {address: entry.id for address, entry in from_document(document).entries.items()} == {after: id}


def test_numeric_ids_are_never_folded() -> None:
    from sdx_state.kinds import KINDS

    for kind in KINDS.values():
        if not kind.named_by_email:
            assert kind.identity_of("12A\u00c9") == "12A\u00c9"
            assert kind.unaddressable("12A") is None
