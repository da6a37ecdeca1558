"""Look-up of phone numbers, each at most once, because the carrier service is paid."""

from __future__ import annotations

from collections.abc import Mapping

from sdx_state.api.endpoints import Endpoints
from sdx_state.api.errors import NotFoundError
from sdx_state.kinds import PHONE_NUMBER
from sdx_state.model.ledger import Ledger, Lookup
from sdx_state.model.resource import Live
from sdx_state.records import dataclass


@dataclass(frozen=True)
class Numbers:
    """Results for the requested numbers.

    Attributes:
        live: Valid numbers with the answer of the look-up.
        invalid: Numbers that are not valid. They are not stored: the next run looks them up again.
        lookups: All stored answers, including new ones.
    """

    live: tuple[Live, ...]
    invalid: frozenset[str]
    lookups: Mapping[str, Lookup]


def read_numbers(client: Endpoints, wanted: Mapping[str, str], ledger: Ledger, ask_again: bool) -> Numbers:
    """Return the results for `wanted` (E.164 -> country code); look up numbers without a stored answer."""
    live, invalid = [], set()
    for number, country_code in wanted.items():
        answer = None if ask_again else ledger.lookup_of(number)
        if answer is None:
            try:
                raw = client.phone_numbers.lookup(number, country_code)
            except NotFoundError:
                invalid.add(number)
                continue
            answer = Lookup(str(raw.get("country_code") or ""), str(raw.get("phone_type") or ""))
            ledger = ledger.with_lookup(number, answer)
        values = {
            PHONE_NUMBER.natural_key: number,
            "country_code": answer.country_code,
            "phone_type": answer.phone_type,
        }
        live.append(Live(PHONE_NUMBER.name, number, values))
    return Numbers(tuple(live), frozenset(invalid), ledger.lookups)
