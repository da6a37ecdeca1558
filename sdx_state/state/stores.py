"""The shared stores by name: which options each needs, and how it is opened. Only that imports their packages."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sdx_state.programs.machine import Machine
from sdx_state.records import dataclass
from sdx_state.state.store import Store

Opener = Callable[[Mapping[str, object], Mapping[str, str], Machine], Store]


@dataclass(frozen=True)
class Kind:
    """A kind of shared store.

    Attributes:
        needs: Options without which it cannot be found.
        takes: Options that it may have beside them.
        connect: Opens it, with its options, the environment variables and a machine.
    """

    needs: tuple[str, ...]
    takes: tuple[str, ...]
    connect: Opener


def _s3(options: Mapping[str, object], environ: Mapping[str, str], _machine: Machine) -> Store:
    from sdx_state.state.object_store import s3_store

    return s3_store(options, environ)


def _gcs(options: Mapping[str, object], environ: Mapping[str, str], _machine: Machine) -> Store:
    from sdx_state.state.object_store import gcs_store

    return gcs_store(options, environ)


def _azure(options: Mapping[str, object], environ: Mapping[str, str], _machine: Machine) -> Store:
    from sdx_state.state.object_store import azure_store

    return azure_store(options, environ)


def _postgres(options: Mapping[str, object], environ: Mapping[str, str], machine: Machine) -> Store:
    from sdx_state.state.postgres import DSN, PostgresStore

    return PostgresStore(environ.get(DSN, ""), str(options.get("schema") or "sdx_state"), machine)


def _http(options: Mapping[str, object], environ: Mapping[str, str], _machine: Machine) -> Store:
    from sdx_state.state.http_requests import http_settings, sender
    from sdx_state.state.http_store import HttpStore

    settings = http_settings(options, environ)
    return HttpStore(settings, sender(settings))


STORES: Mapping[str, Kind] = {
    "s3": Kind(("bucket",), ("prefix", "region", "endpoint", "kms_key"), _s3),
    "gcs": Kind(("bucket",), ("prefix", "endpoint"), _gcs),
    "azure": Kind(("account", "container"), ("prefix", "endpoint"), _azure),
    "postgres": Kind((), ("schema",), _postgres),
    "http": Kind((), ("address",), _http),
}
LINEAGE = "lineage"  # an option of every kind: the state must be of this lineage
OPTIONS = frozenset({LINEAGE, *(name for kind in STORES.values() for name in (*kind.needs, *kind.takes))})
