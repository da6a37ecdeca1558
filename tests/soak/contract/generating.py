"""Requests that schemathesis generates from the contract and sends to a tenant, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from sdx_state.sandbox import SandboxServer

CONTRACT = Path(__file__).parents[3] / "schemas" / "sdx-api.openapi.yaml"
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)
ALLOWED = "allow_header_conformance"  # of a tenant that takes every write
# A wrong request for a row deleted meanwhile is answered with 410, which rejects it as well.
CONFIGURATION = f"""
hooks = '{Path(__file__).with_name("whole_resources.py")}'
[checks.negative_data_rejection]
expected-statuses = ["400", "401", "404", "405", "409", "410"]
[cache]
enabled = false
# The one operation that works on nothing but what another has begun.
[[operations]]
include-name = "POST /interactions/{{id}}/submit_response"
parameters = {{ "path.id" = 29 }}
"""


def generate(
    server: SandboxServer, folder: Path, *arguments: str, checks: tuple[str, ...] = CHECKS, url: str | None = None
) -> tuple[dict[str, Any], str]:
    """Run schemathesis against a tenant; return its report and what it printed."""
    configuration, report = folder / "schemathesis.toml", folder / "report.json"
    configuration.write_text(CONFIGURATION)
    command = [sys.executable, "-m", "schemathesis.cli", "--config-file", str(configuration), "run", str(CONTRACT)]
    command += ["--url", url or server.url, "--auth", f"{server.options.customer_uuid}:{server.options.auth_token}"]
    command += ["--checks", ",".join(checks), "--generation-deterministic", "--workers", "1", "--no-color"]
    command += ["--report", "json", "--report-json-path", str(report), *arguments]
    environment = {**os.environ, "NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONHASHSEED": "0"}
    ended = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=200, check=False
    )
    assert report.exists(), ended.stdout + ended.stderr
    return json.loads(report.read_text()), ended.stdout
