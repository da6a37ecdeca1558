"""The kinds of resources: survey, question, user, phone number. No I/O.

To add a kind, write its file and register it here.
"""

from sdx_state.kinds.kind import Kind
from sdx_state.kinds.phone_number import PHONE_NUMBER
from sdx_state.kinds.question import QUESTION
from sdx_state.kinds.survey import SURVEY
from sdx_state.kinds.table import (
    KINDS,
    cached_by_table,
    child_names,
    children_of,
    in_reading_order,
    parent_names,
    register,
    registered,
    veiled_kinds,
    veils_of,
    written_names,
)
from sdx_state.kinds.user import USER

# In the order of writes: a kind comes before those that refer to it.
for _kind in (PHONE_NUMBER, SURVEY, QUESTION, USER):
    register(_kind)

__all__ = [
    "KINDS",
    "PHONE_NUMBER",
    "QUESTION",
    "SURVEY",
    "USER",
    "Kind",
    "cached_by_table",
    "child_names",
    "children_of",
    "in_reading_order",
    "parent_names",
    "register",
    "registered",
    "veiled_kinds",
    "veils_of",
    "written_names",
]
