"""Metrics for scheduled jobs: each line is one that OpenMetrics and the older text format allow."""

from __future__ import annotations

import re
from datetime import date

import pytest

from sdx_state.model.accepted import Accepted
from sdx_state.model.address import Address
from sdx_state.model.diagnostic import Diagnostic
from sdx_state.model.resource import Source
from sdx_state.model.whereabouts import Whereabouts
from sdx_state.plan.divergence import Divergence, Verdict
from sdx_state.report.found import Found
from sdx_state.report.metrics import drift_metrics, found_metrics

_LABEL = r'[a-z_]+="(?:[^"\\\n]|\\["\\n])*"'
_LINES = (
    re.compile(r"# TYPE (\w+) gauge"),
    re.compile(r"# HELP (\w+) [^\\\n\"]+\."),
    re.compile(rf"(\w+)\{{{_LABEL}(?:,{_LABEL})*\}} \d+"),
)


def families(text):
    """Return the samples of each family; assert that the lines are in the required order."""
    assert text.endswith("\n# EOF\n")
    assert text.count("# EOF") == 1
    found = {}
    for line in text.splitlines()[:-1]:
        kinds = [number for number, form in enumerate(_LINES) if form.fullmatch(line)]
        assert len(kinds) == 1, line
        name = _LINES[kinds[0]].fullmatch(line)[1]
        if kinds == [0]:
            assert name not in found
            found[name] = []
        assert name == [*found][-1]
        if kinds == [2]:
            found[name].append(line.removeprefix(name))
    assert all(len(set(samples)) == len(samples) > 0 for samples in found.values())
    return found


def divergence(address, path="description", origin="drift"):
    return Divergence(Address(*address.split(".", 1)), path, origin)


@pytest.fixture
def verdict():
    entry = Accepted("survey.a", "*", "agreed", "ops", date(2999, 1, 31), Source(".drift.yaml", 2, 1))
    return Verdict(
        drift=(divergence("survey.a"), divergence("survey.b", "name", "both"), divergence("user.u@example.com")),
        accepted=((divergence("survey.c"), entry),),
        pending=(divergence("survey.d", origin="config"),),
        expired=(entry,),
        idle=(entry, entry),
    )


def test_drift_is_counted_by_kind_and_status(verdict):
    found = Found("drift", "", verdict.diagnostics(strict=True))
    counted = families(drift_metrics(verdict, found, Whereabouts("prod", "au1.surveydynamix.com", "c")))
    assert counted["sdx_state_success"] == ['{command="drift",environment="prod"} 0']
    changes = counted["sdx_state_drift_changes"]
    assert '{environment="prod",kind="survey",status="drifted"} 2' in changes
    assert '{environment="prod",kind="survey",status="accepted"} 1' in changes
    assert '{environment="prod",kind="survey",status="pending"} 1' in changes
    assert '{environment="prod",kind="user",status="drifted"} 1' in changes
    assert '{environment="prod",kind="question",status="drifted"} 0' in changes
    entries = counted["sdx_state_drift_baseline_entries"]
    assert entries == ['{environment="prod",status="expired"} 1', '{environment="prod",status="unused"} 2']
    tenant = counted["sdx_state_drift_tenant"]
    assert tenant == ['{environment="prod",host="au1.surveydynamix.com",tenant="c"} 1']


def test_no_address_of_a_user_is_a_label(verdict):
    found = Found("drift", "", verdict.diagnostics(strict=False))
    assert "example.com" not in drift_metrics(verdict, found, Whereabouts(None, "h"))


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ('a"b', r'environment="a\"b"'),
        ("a\\b", r'environment="a\\b"'),
        ('a"} 1\nfake{x="', 'environment="a\\"} 1⏎fake{x=\\""'),
        ("\x1b[31m", r'environment="\\u{1b}[31m"'),
    ],
)
def test_labels_are_escaped(name, label):
    text = found_metrics(Found("drift", ""), name)
    families(text)
    assert label in text


def test_findings_are_counted_by_severity():
    found = Found("validate", "", (Diagnostic("x", "error", "m"), Diagnostic("y", "warning", "m")))
    assert families(found_metrics(found))["sdx_state_findings"] == [
        '{command="validate",environment="",severity="error"} 1',
        '{command="validate",environment="",severity="warning"} 1',
        '{command="validate",environment="",severity="info"} 0',
    ]
