"""Fields that cannot be declared are listed with their live values."""

from __future__ import annotations

from sdx_state.model.resource import Live
from sdx_state.model.snapshot import Snapshot
from sdx_state.plan.describe import describe


def test_a_value_that_is_left_out_is_named_as_it_is_in_the_tenant():
    raw = {"id": 1, "name": "A", "description": "Cafe\u0301\r\nbar "}
    snapshot = Snapshot({"survey": [Live("survey", "1", raw)]}, frozenset({"survey"}))

    def why_not(_kind, name, value):
        return f"{value!r} cannot be declared" if name == "description" else None

    (diagnostic,) = describe(snapshot, {}, {}, why_not).left_out
    assert repr(raw["description"]) in diagnostic.message
