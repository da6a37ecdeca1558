"""All error classes of the client, with an instance of each."""

from __future__ import annotations

from typing import Any

from sdx_state.api import errors, sign_in_errors

ALL = sorted(
    {
        one
        for module in (errors, sign_in_errors)
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, errors.SurveyDynamixError)
    },
    key=lambda kind: kind.__name__,
)


def error_of(kind: type[errors.SurveyDynamixError], **given: Any) -> errors.SurveyDynamixError:
    """Return an error of `kind`, with those of `given` that it accepts."""
    if kind is errors.UntrustedHostError:
        return errors.UntrustedHostError("", "m", url="https://x.example/api")
    if kind is sign_in_errors.CredentialStoreError:
        return sign_in_errors.CredentialStoreError("", "m", path="/home/{a}/credentials.json")
    return kind("GET /surveys", "m", **given)
