"""What a survey, a question, a user and a phone number are. No I/O.

To add a kind, write its file and list it here.
"""

from sdx_state.kinds.kind import Kind
from sdx_state.kinds.phone_number import PHONE_NUMBER
from sdx_state.kinds.question import QUESTION
from sdx_state.kinds.survey import SURVEY
from sdx_state.kinds.user import USER

# In the order of writes: what others name comes first.
ALL_KINDS: tuple[Kind, ...] = (PHONE_NUMBER, SURVEY, QUESTION, USER)
KINDS: dict[str, Kind] = {kind.name: kind for kind in ALL_KINDS}

__all__ = ["ALL_KINDS", "KINDS", "PHONE_NUMBER", "QUESTION", "SURVEY", "USER", "Kind"]
