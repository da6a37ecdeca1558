"""Findings of a scheduled command, in the OpenMetrics text format (version 1.0), for alerts.

Prometheus, the textfile collector of node_exporter and the Pushgateway read it too: to the older text format, `# EOF`
is a comment. Only counts are written: a resource would be a series of its own, and users' addresses are personal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from sdx_state.kinds import KINDS
from sdx_state.model.diagnostic import SEVERITIES
from sdx_state.model.whereabouts import Whereabouts
from sdx_state.plan.divergence import Divergence, Verdict
from sdx_state.records import dataclass
from sdx_state.report.escape import escape
from sdx_state.report.found import Found

PREFIX = "sdx_state"


@dataclass(frozen=True)
class Family:
    """Measurements of one name.

    Attributes:
        name: What follows the prefix.
        help: What is measured, in one line.
        samples: Labels and value of each measurement.
    """

    name: str
    help: str
    samples: tuple[tuple[Mapping[str, str], int], ...]

    def lines(self) -> Iterator[str]:
        """Yield the family's lines."""
        name = f"{PREFIX}_{self.name}"
        yield f"# TYPE {name} gauge"
        yield f"# HELP {name} {self.help}"
        for labels, value in self.samples:
            shown = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
            yield f"{name}{{{shown}}} {value}"


def found_metrics(found: Found, environment: str | None = None) -> str:
    """Return how many findings `found` has, and whether the command ended well, with a line end."""
    return _text(_of_command(found, environment))


def drift_metrics(verdict: Verdict, found: Found, where: Whereabouts) -> str:
    """Return how much of the tenant of `where` drifted, with a line end.

    Every kind and every status has a sample, also where nothing drifted: an alert on a missing one would never end.
    """
    environment = {"environment": where.environment or ""}
    statuses: dict[str, Iterable[Divergence]] = {
        "drifted": verdict.drift,
        "accepted": [one for one, _ in verdict.accepted],
        "pending": verdict.pending,
    }
    counted = {status: Counter(one.address.kind for one in ones) for status, ones in statuses.items()}
    changes = tuple(
        ({**environment, "kind": kind, "status": status}, counts[kind])
        for kind in KINDS
        for status, counts in counted.items()
    )
    entries = {"expired": verdict.expired, "unused": verdict.idle}
    tenant = {**environment, "host": where.host or "", "tenant": where.local or where.customer or ""}
    families = [
        *_of_command(found, where.environment),
        Family("drift_changes", "Differences between tenant and configuration.", changes),
        Family(
            "drift_baseline_entries",
            "Entries of the baseline that accept nothing now.",
            tuple(({**environment, "status": status}, len(ones)) for status, ones in entries.items()),
        ),
        Family("drift_tenant", "The tenant that was compared. The value is always 1.", ((tenant, 1),)),
    ]
    return _text(families)


def _of_command(found: Found, environment: str | None) -> list[Family]:
    labels = {"command": found.command, "environment": environment or ""}
    counts = Counter(one.severity for one in found.diagnostics)
    findings = tuple(({**labels, "severity": severity}, counts[severity]) for severity in SEVERITIES)
    return [
        Family("success", "1 if the command ended without an error, else 0.", ((labels, int(found.successful)),)),
        Family("findings", "Findings of the command.", findings),
    ]


def _text(families: Iterable[Family]) -> str:
    lines = [line for family in families for line in family.lines()]
    return "\n".join([*lines, "# EOF", ""])


def _escaped(text: str) -> str:
    """Return `text` as the value of a label: a backslash, a quote and a line end must be escaped."""
    return escape(text).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
