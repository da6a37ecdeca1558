"""Decoders that state, journal, plans and snapshots share."""

from __future__ import annotations

from sdx_state.decoding.typed import Decode, Malformed, member, member_or, natural, one_of, record, text
from sdx_state.kinds import KINDS, cached_by_table
from sdx_state.kinds.addresses import NoAddress, parse_address
from sdx_state.model.address import Address
from sdx_state.model.resource import Source, Use


def kind_name(value: object) -> str:
    """Return the name of a known kind."""
    return _kind_name()(value)


@cached_by_table
def _kind_name() -> Decode[str]:
    return one_of(tuple(KINDS))


def address(value: object) -> Address:
    """Return the address of a resource of a known kind."""
    try:
        if type(value) is str:
            return parse_address(value)
    except NoAddress:
        pass
    raise Malformed("an address such as survey.support-csat", value)


def source(value: object) -> Source:
    """Return a place in a file."""
    place = record(value)
    file, line, column = member(place, "file", text), member(place, "line", natural), member(place, "column", natural)
    return Source(file, line, column, member_or(place, "use", _use, None))


def _use(value: object) -> Use:
    place = record(value)
    file, line, column = member(place, "file", text), member(place, "line", natural), member(place, "column", natural)
    return Use(file, line, column, member(place, "key", text), member_or(place, "others", natural, 0))
