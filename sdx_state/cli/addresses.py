"""Addresses as arguments of commands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from sdx_state.model.address import Address


def an_address(_ctx: click.Context, _parameter: click.Parameter, value: str) -> Address:
    """Return the address that the argument is.

    Raises:
        BadParameter: It is none: its kind is not known, or it has no key.
    """
    from sdx_state.kinds import KINDS
    from sdx_state.kinds.addresses import NoAddress, parse_address

    try:
        address = parse_address(value)
    except NoAddress as error:
        raise click.BadParameter(f"{error}. An address is such as survey.support-csat") from error
    return KINDS[address.kind].address(address.key, address.parent)
