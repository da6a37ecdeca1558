"""Advice about an error at the command line: never less than the client gives, in the words of the command line."""

from __future__ import annotations

import pytest

from sdx_state.api import errors as e
from sdx_state.api import sign_in_errors
from sdx_state.apply.outcome import Outcome
from sdx_state.model.plan import Action, Change, Plan
from sdx_state.report.advice import ADVICE, advice_for, advice_on
from sdx_state.report.failed import with_outcomes
from tests.api.errors import ALL, error_of


@pytest.mark.parametrize("kind", ALL, ids=lambda kind: kind.__name__)
def test_every_error_has_advice(kind):
    advice = advice_for(error_of(kind))
    assert advice
    assert "\n" not in advice
    assert "customer_uuid" not in advice, "arguments of Python are of no use at the command line"
    assert "ca_file" not in advice


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        (e.CredentialsError, "SDX_AUTH_TOKEN"),
        (e.CredentialsError, "sdx-state login"),
        (e.InvalidURLError, "`api.host`"),
        (e.UntrustedHostError, "SDX_API_URL=https://x.example/api"),
        (sign_in_errors.SignInError, "sdx-state login"),
        (sign_in_errors.CredentialStoreError, "Move /home/{a}/credentials.json away"),
        (sign_in_errors.KeyringError, "SDX_NO_KEYRING=1"),
        (e.InvalidIdError, "sdx-state state rm ADDRESS"),
        (e.CAFileError, "SDX_CA_FILE"),
        (e.AuthenticationError, "SDX_CUSTOMER_UUID"),
        (e.ReadTimeoutError, "sdx-state plan"),
        (e.ConnectTimeoutError, "Check the host name and the network"),
        (e.RedirectError, "`api.host`"),
        (e.NotFoundError, "Check that it still exists"),
    ],
)
def test_advice_names_what_to_run_or_to_set(kind, said):
    assert said in advice_for(error_of(kind))


def test_advice_for_the_very_case_counts_before_that_of_its_type():
    assert advice_for(error_of(e.ConflictError, advice="Use that one.")) == "Use that one."


def test_every_entry_is_needed():
    for kind, advice in ADVICE.items():
        assert advice != kind.default_advice, kind


def test_an_outcome_carries_the_advice_of_its_error_into_every_report():
    change = Change("survey.a", "survey", Action.CREATE)
    failed = Outcome(change, "failed", "m", error=error_of(e.AuthenticationError))
    assert "SDX_AUTH_TOKEN" in advice_on(failed)
    (found,) = with_outcomes(Plan("", ""), [failed]).diagnostics
    assert "SDX_AUTH_TOKEN" in (found.help or "")
    assert advice_on(Outcome(change, "stale", "m", "run plan again")) == "run plan again"
    assert advice_on(Outcome(change, "not started")) == ""
