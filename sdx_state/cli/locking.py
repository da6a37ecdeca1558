"""`--lock-timeout`: how long a command waits for a state that another run has locked."""

from __future__ import annotations

import re

import click

from sdx_state.records import replace

_DURATION = re.compile(r"([0-9]{1,5})(s|m|h)")
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def seconds_of(text: str) -> float:
    """Return the seconds of a duration such as `90s`, `5m` or `1h`.

    Raises:
        BadParameter: It is not a duration.
    """
    found = _DURATION.fullmatch(text)
    if found is None:
        raise click.BadParameter(f"{text!r} is not a duration. Use seconds, minutes or hours: 90s, 5m, 1h.")
    return float(int(found[1]) * _SECONDS[found[2]])


def _wait_for_lock(ctx: click.Context, _parameter: click.Parameter, text: str | None) -> None:
    if text is not None:
        ctx.obj = replace(ctx.obj, lock_timeout=seconds_of(text))


lock_option = click.option(
    "--lock-timeout",
    metavar="DURATION",
    expose_value=False,
    callback=_wait_for_lock,
    help="Wait this long for a locked state: 90s, 5m.",
)
