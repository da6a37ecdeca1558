"""Parts of every endpoint: authentication, list parameters, form bodies and errors."""

from __future__ import annotations

import base64
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from sdx_state.sandbox.options import SandboxOptions

MOST, DEFAULT = 1000, 10
DEPTH = 64  # Depth of nesting in a resource.
_ID = re.compile("0|[1-9][0-9]{0,18}")
READ = ("GET", "HEAD", "OPTIONS")
YES = ("1", "true")


class ErrorStatus(Exception):
    """An error status with its reason."""

    def __init__(self, status: int, reason: str, allow: Sequence[str] = ()) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason
        self.allow = allow


@dataclass(frozen=True)
class Window:
    """The requested part of a list. Source: API reference, "Lists"."""

    limit: int
    offset: int
    descending: bool


def json_answer(text: str, status: int = 200) -> Response:
    """Return `text`, which is JSON."""
    return Response(text, status, media_type="application/json")


def page_answer(html: str, status: int = 200, forms: str = "'self'") -> HTMLResponse:
    """Return a web page that loads no resources, and whose forms go to `forms`."""
    policy = f"default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action {forms}"
    # With `no-referrer` a browser does not say from which page a form comes, and `require_own_page` would refuse it.
    headers = {"Content-Security-Policy": f"{policy}; frame-ancestors 'none'", "Referrer-Policy": "same-origin"}
    return HTMLResponse(html, status, headers)


def object_answer(row: Mapping[str, object], status: int = 200) -> Response:
    """Return `row` as JSON."""
    return json_answer(json.dumps(row), status)


def list_answer(texts: Sequence[str], *, nothing: bool) -> Response:
    """Return a list of JSON texts, or 204 without a body for `nothing`.

    Public clients got 204 past the end of a list, and for an empty period.
    """
    if nothing and not texts:
        return Response(status_code=204)
    return json_answer("[" + ", ".join(texts) + "]")


def error_answer(refusal: ErrorStatus) -> Response:
    """Return the error answer of a status."""
    answer = object_answer({"error": refusal.reason}, refusal.status)
    if refusal.allow:
        answer.headers["Allow"] = ", ".join(refusal.allow)
    if refusal.status == 401:
        answer.headers["WWW-Authenticate"] = 'Basic realm="Survey Dynamix"'
    return answer


def authenticate(request: Request, options: SandboxOptions, given_out: Callable[[str], bool]) -> None:
    """Raise unless a request has the credentials of the tenant, Basic or Bearer, or an issued token.

    Raises:
        ErrorStatus: 401.
    """
    scheme, _, value = request.headers.get("authorization", "").partition(" ")
    given = value.strip()
    expected = options.auth_token
    if scheme.lower() == "basic":
        expected = f"{options.customer_uuid}:{options.auth_token}"
        try:
            given = base64.b64decode(given, validate=True).decode()
        except ValueError:
            given = ""
    elif scheme.lower() != "bearer":
        given = ""
    elif given_out(given):
        return
    if not hmac.compare_digest(given.encode(), expected.encode()):
        raise ErrorStatus(401, "wrong credentials or no permission")


def window_of(request: Request, *, known: Sequence[str] = ()) -> Window:
    """Return the part of a list that the query requests.

    Args:
        request: The request.
        known: Other parameters with an underscore that this list has.

    Raises:
        ErrorStatus: 400 for a value out of range, or a parameter with an underscore that does not exist.
    """
    query = request.query_params
    for name in query:
        if name.startswith("_") and name not in ("_limit", "_offset", "_order", *known):
            raise ErrorStatus(400, f"unknown parameter {name}")
    order = query.get("_order", "DESC")
    if order not in ("ASC", "DESC"):
        raise ErrorStatus(400, "_order must be ASC or DESC")
    return Window(
        limit=_number(query.get("_limit"), "_limit", DEFAULT, 1, MOST),
        offset=_number(query.get("_offset"), "_offset", 0, 0, 2**53),
        descending=order == "DESC",
    )


def number_in(query: Mapping[str, str | None], name: str) -> None:
    """Raise if `name` in `query` is not an id.

    Raises:
        ErrorStatus: 400.
    """
    value = query.get(name)
    if value is not None and not _ID.fullmatch(value):
        raise ErrorStatus(400, f"{name} must be a number")


def flag_in(query: Mapping[str, str], name: str) -> bool:
    """Return True if `name` is true in `query`, in any case: public clients also write `True` and `TRUE`.

    Raises:
        ErrorStatus: 400 if it is not a boolean.
    """
    value = query.get(name, "0").lower()
    if value not in ("0", "1", "false", "true"):
        raise ErrorStatus(400, f"{name} must be 1 or 0")
    return value in YES


async def form_of(request: Request) -> dict[str, str]:
    """Return the form fields of a request.

    Raises:
        ErrorStatus: 400 if the body is not a form, or has a duplicate field.
    """
    body = await request.body()
    if body and "application/x-www-form-urlencoded" not in request.headers.get("content-type", ""):
        raise ErrorStatus(400, "the body must be a form")
    try:
        pairs = parse_qsl(body.decode("utf-8"), keep_blank_values=True, strict_parsing=bool(body), errors="strict")
    except ValueError as error:
        raise ErrorStatus(400, "the form cannot be read") from error
    form = dict(pairs)
    if len(form) != len(pairs):
        raise ErrorStatus(400, "duplicate form field")
    return form


def require_own_page(request: Request) -> None:
    """Refuse a form that another site's page sends: a browser sends the credentials along that it knows.

    Raises:
        ErrorStatus: 403.
    """
    origin = request.headers.get("origin")
    if origin is not None and origin.lower() != f"http://{request.headers['host']}".lower():
        raise ErrorStatus(403, "this form was sent from another site")


def resource_in(
    form: Mapping[str, str], field: str, identity: str, expected: str, alike: Callable[[str], str] = str
) -> dict[str, object]:
    """Return the resource of a PUT: JSON in one form field with the name of the kind.

    Raises:
        ErrorStatus: 400 for another form, or an identity that differs from the URI.
    """
    if list(form) != [field]:
        raise ErrorStatus(400, f"expected one form field {field}")
    try:
        resource = json.loads(form[field])
        json.dumps(resource, allow_nan=False)
    except (ValueError, RecursionError) as error:
        raise ErrorStatus(400, f"{field} is not JSON") from error
    if not isinstance(resource, dict) or _is_deep(resource):
        raise ErrorStatus(400, f"{field} is not an object, or nested too deeply")
    if alike(str(resource.get(identity))) != alike(expected):
        raise ErrorStatus(400, f"{identity} differs from the URI")
    return resource


def item_or_refusal(item: str | None, deleted: Callable[[], bool], what: str) -> str:
    """Return `item`.

    Raises:
        ErrorStatus: 410 if it was deleted, 404 if it never existed.
    """
    if item is not None:
        return item
    raise ErrorStatus(410, f"this {what} was deleted") if deleted() else ErrorStatus(404, f"no such {what}")


def _is_deep(document: object) -> bool:
    level = [document]
    for _ in range(DEPTH):
        level = [
            inner
            for outer in level
            if isinstance(outer, dict | list)
            for inner in (outer.values() if isinstance(outer, dict) else outer)
        ]
    return bool(level)


def _number(text: str | None, name: str, default: int, least: int, most: int) -> int:
    if text is None:
        return default
    if not _ID.fullmatch(text) or not least <= int(text) <= most:
        raise ErrorStatus(400, f"{name} must be a number from {least} to {most}")
    return int(text)
