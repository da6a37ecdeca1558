"""Thirteen operations (six creates, four updates, three deletes), said twice: as configuration, and as rows."""

from __future__ import annotations

import tempfile
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

from sdx_state.app.declared import intention_of
from sdx_state.config.configuration import load_configuration
from sdx_state.model.plan import Action
from tests.soak.faults.tenant import LABEL, Row, Tenant

BEFORE = """
surveys:
  a:
    name: A
    description: One
    questions:
      - {question_label: P, question_text: "First?", question_type: text}
      - {question_label: Q, question_text: "Second?", question_type: text}
  b: {name: B}
  gone: {name: Gone}
users:
  u@example.com: {name: U}
  v@example.com: {name: V}
  gone@example.com: {name: Gone}
"""
AFTER = """
surveys:
  a:
    name: A
    description: Two
    questions:
      - {question_label: R, question_text: "New?", question_type: text}
      - {question_label: P, question_text: "First!", question_type: text}
      - {question_label: V, question_text: "Last?", question_type: text}
  b: {name: B, description: New}
  c:
    name: C
    questions:
      - {question_label: S, question_text: "Newest?", question_type: nps, max_response: 10}
users:
  u@example.com: {name: W}
  v@example.com: {name: V}
  x@example.com: {name: X}
  y@example.com: {name: Y}
"""
OPERATIONS = {Action.CREATE: 6, Action.UPDATE: 4, Action.DELETE: 3}
# The same as a table: address -> the values that the tenant must have.
DECLARED: dict[str, dict[str, Any]] = {
    "survey.a": {"name": "A", "description": "Two"},
    "survey.b": {"name": "B", "description": "New"},
    "survey.c": {"name": "C"},
    "question.a.r": {"question_label": "R", "question_text": "New?", "question_type": "text"},
    "question.a.p": {"question_label": "P", "question_text": "First!", "question_type": "text"},
    "question.a.v": {"question_label": "V", "question_text": "Last?", "question_type": "text"},
    "question.c.s": {
        "question_label": "S",
        "question_text": "Newest?",
        "question_type": "nps",
        "max_response": 10,
    },
    "user.u@example.com": {"email": "u@example.com", "name": "W"},
    "user.v@example.com": {"email": "v@example.com", "name": "V"},
    "user.x@example.com": {"email": "x@example.com", "name": "X"},
    "user.y@example.com": {"email": "y@example.com", "name": "Y"},
}
ORDERS = {"A": ["R", "P", "V"], "C": ["S"]}
LEAVING = {"surveys": {"Gone"}, "questions": {"Q"}, "users": {"gone@example.com"}}
OWNED_LABELS = {"surveys": set("ABC") | {"Gone"}, "questions": set("PQRSV")}


@cache
def intention(text: str) -> Any:
    """Return what `text` asks for, as the product reads it."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "sdx.yaml").write_text("sdx: 1\napi: {host: x.example}\n")
        (Path(folder) / "a.yaml").write_text(text)
        return intention_of(load_configuration(Path(folder), None, {}))


def row_of(tenant: Tenant, address: str, id: str | None = None) -> Row | None:
    """Return the row that is `address`: by id, else the first of its name."""
    kind, _, key = str(address).partition(".")  # as text: the product's addresses cannot be taken apart
    label = LABEL[f"{kind}s"]
    rows = tenant.rows[f"{kind}s"]
    if id is not None:
        return rows.get(id.lower())
    wanted = DECLARED[address]
    found = [row for row in rows.values() if row[label] == wanted[label]]
    if kind == "question":
        survey = row_of(tenant, f"survey.{key.partition('.')[0]}") or {}
        found = [row for row in found if row["survey_id"] == survey.get("id")]
    return found[0] if found else None


def is_stranger(collection: str, row: Row) -> bool:
    """Tell whether `row` is not declared."""
    label = str(row[LABEL[collection]])
    return label.startswith(("Theirs", "them", "T", "Another")) and label != "text"


def address_of(tenant: Tenant, collection: str, form: Any) -> str | None:
    """Return the address of the resource that a create with `form` creates."""
    label = str(form[LABEL[collection]])
    kind = collection[:-1]
    if kind == "question":
        survey = tenant.rows["surveys"].get(str(form["survey_id"]), {}).get("name", "?")
        return f"question.{survey}.{label}".lower()
    return f"{kind}.{label}".lower()


def not_as_declared(tenant: Tenant) -> list[str]:
    """Return what of the tenant is not as it must be."""
    wrong = []
    for address, wanted in DECLARED.items():
        live = row_of(tenant, address) or {}
        different = {name: live.get(name) for name in wanted if live.get(name) != wanted[name]}
        if different:
            wrong.append(f"{address} is not as declared: {different}")
    for collection, leaving in LEAVING.items():
        label = LABEL[collection]
        places = Counter((row[label], row.get("survey_id")) for row in tenant.rows[collection].values())
        wrong += [f"duplicate: {count} {collection} {place}" for place, count in places.items() if count > 1]
        wrong += [f"{name} is still there" for name, _ in places if name in leaving]
    for survey in [*tenant.rows["surveys"].values()]:
        if survey["name"] in ORDERS:
            labels = [row["question_label"] for row in tenant.questions_of(survey["id"])]
            ours = [label for label in labels if label in OWNED_LABELS["questions"]]
            if ours != ORDERS[survey["name"]]:
                wrong.append(f"the questions of {survey['name']} are asked in the order {ours}")
    return wrong
