"""The contract of the API as an endpoint."""

from __future__ import annotations

from importlib import resources
from pathlib import Path

from starlette.requests import Request
from starlette.responses import Response

FILE = "sdx-api.openapi.yaml"


def contract_text() -> str:
    """Return the OpenAPI document of the tenant.

    Raises:
        FileNotFoundError: The installation is incomplete.
    """
    packed = resources.files("sdx_state").joinpath("schemas").joinpath(FILE)
    if packed.is_file():
        return packed.read_text(encoding="utf-8")
    # A source checkout has the directory beside the package.
    return (Path(__file__).resolve().parents[2] / "schemas" / FILE).read_text(encoding="utf-8")


async def contract(_request: Request) -> Response:
    """Answer the document."""
    return Response(contract_text(), media_type="application/yaml")
