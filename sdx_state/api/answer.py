"""Classification of answers: one table for every request.

The status is checked before the body, the type of the body before its content. A write whose answer does not prove
that it was rejected is *ambiguous*: it may have been processed.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from sdx_state.api.errors import (
    APIStatusError,
    AuthenticationError,
    BadRequestError,
    ConflictError,
    GoneError,
    InternalServerError,
    InvalidResponseError,
    MethodNotAllowedError,
    NonAPIResponseError,
    NotFoundError,
    PermissionDeniedError,
    RateLimitError,
    RedirectError,
    ServiceUnavailableError,
    SurveyDynamixError,
)
from sdx_state.api.exchange import Answer, Request
from sdx_state.api.links import without_links, without_secret_fields
from sdx_state.decoding.strict import NotJson, Questionable, parse
from sdx_state.model.urls import host_of

Row = dict[str, object]
Rows = list[Row]

# Successes with a complete answer of the API. 203 was modified by a proxy, 206 is partial, the API has no 205 and
# 207.
WHOLE = frozenset({200, 201, 202, 204})

_START_FIRST = "Call start_survey first, then submit the response again: this one was not recorded."

EXCERPT = 200  # Characters of the server's message that are shown.

# API reference, "Errors". Each of these proves that a write was not processed.
_REFUSALS: dict[int, tuple[type[SurveyDynamixError], str]] = {
    400: (BadRequestError, "the server rejects the request as malformed"),
    401: (AuthenticationError, "wrong credentials, or missing permission"),
    403: (PermissionDeniedError, "missing permission"),
    404: (NotFoundError, "not found"),
    409: (ConflictError, "conflict with an existing resource"),
    410: (GoneError, "it was deleted"),
    429: (RateLimitError, "too many requests"),
}


def check(request: Request, answer: Answer, redact: Callable[[str], str]) -> None:
    """Return if `answer` is a success that could come from the API.

    Args:
        request: The request.
        answer: The answer.
        redact: Removes the credentials from a text.

    Raises:
        SurveyDynamixError: The status and the type of the body decide its class and `ambiguous`.
    """
    status = answer.status
    if 200 <= status < 300:
        if _is_page(answer):
            raise NonAPIResponseError(
                str(request), "a web page answered instead of the API", status=status, ambiguous=request.writes
            )
        if status not in WHOLE:
            raise _unexpected(request, answer, f"unexpected status {status}: the answer may be partial or modified")
        return
    said = _excerpt(answer, redact)
    if status == 405:
        raise MethodNotAllowedError(
            str(request),
            f"the server does not allow this method here (405){said}",
            status=status,
            advice=None if request.writes else "This address does not serve this API: check the host.",
            allowed=allowed_verbs(answer) or frozenset(),
        )
    if status in _REFUSALS:
        kind, meaning = _REFUSALS[status]
        raise kind(str(request), f"{meaning} ({status}){said}", status=status)
    if 400 <= status < 500:
        raise APIStatusError(
            str(request), f"the server rejects the request ({status}){said}", status=status, ambiguous=request.writes
        )
    if status == 503:
        # A proxy can answer it after the server has processed the request.
        raise ServiceUnavailableError(
            str(request), f"the service is not available (503){said}", status=status, ambiguous=request.writes
        )
    if status >= 500:
        raise InternalServerError(
            str(request), f"the server failed ({status}){said}", status=status, ambiguous=request.writes
        )
    if _leads_to_start(request, answer):
        message = f"the survey of this interaction was not started: the server redirects to start_survey ({status})"
        raise RedirectError(str(request), message, status=status, advice=_START_FIRST)
    raise RedirectError(
        str(request), f"redirected to {_target(answer, redact)} ({status})", status=status, ambiguous=request.writes
    )


def resource_of(request: Request, answer: Answer) -> Row:
    """Return the resource in `answer`, which has passed `check`.

    Raises:
        NonAPIResponseError: Empty, or not JSON.
        InvalidResponseError: Not one JSON object.
    """
    document = _document_of(request, answer)
    if not isinstance(document, dict):
        raise _unexpected(request, answer, f"expected an object, got {_kind(document)}")
    return document


def rows_of(request: Request, answer: Answer) -> Rows:
    """Return the rows in `answer`, which has passed `check`. 204 without a body is the end of a list, as seen live.

    Raises:
        NonAPIResponseError: Empty with another status, or not JSON.
        InvalidResponseError: Not one JSON array of objects.
    """
    if answer.status == 204 and not answer.body:
        return []
    document = _document_of(request, answer)
    if not isinstance(document, list):
        raise _unexpected(request, answer, f"expected an array, got {_kind(document)}")
    for row in document:
        if not isinstance(row, dict):
            raise _unexpected(request, answer, f"expected an array of objects, got {_kind(row)} in it")
    return document


def nothing_of(request: Request, answer: Answer) -> None:
    """Accept `answer`, which has passed `check`, with any body."""


def allowed_verbs(answer: Answer) -> frozenset[str] | None:
    """Return the verbs of the `Allow` header (RFC 9110, section 10.2.1) in upper case, None without one."""
    header = answer.headers.get("Allow")
    if header is None:
        return None
    return frozenset(verb.strip().upper() for verb in header.split(",") if verb.strip())


def _document_of(request: Request, answer: Answer) -> object:
    if not answer.body.strip():
        raise NonAPIResponseError(
            str(request),
            f"expected JSON, got an empty answer ({answer.status})",
            status=answer.status,
            ambiguous=request.writes,
        )
    try:
        return parse(answer.body)
    except NotJson:
        raise NonAPIResponseError(
            str(request),
            "the answer is not JSON, or is incomplete JSON",
            status=answer.status,
            ambiguous=request.writes,
        ) from None
    except Questionable as error:
        raise _unexpected(request, answer, f"the answer is not reliable: {error}") from None


def _unexpected(request: Request, answer: Answer, message: str) -> InvalidResponseError:
    return InvalidResponseError(str(request), message, status=answer.status, ambiguous=request.writes)


def _is_page(answer: Answer) -> bool:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return (
        kind in ("text/html", "application/xhtml+xml") or answer.body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    )


def _kind(value: object) -> str:
    names = {dict: "an object", list: "an array", str: "a string", bool: "a boolean", type(None): "null"}
    return names.get(type(value), "a number")


def _excerpt(answer: Answer, redact: Callable[[str], str]) -> str:
    """Return the server's error message, safe to show; empty for a web page."""
    if not answer.body.strip() or _is_page(answer):
        return ""
    text = answer.body[: EXCERPT * 50].decode("utf-8", "replace")
    try:
        document = parse(answer.body)
    except ValueError:
        document = None
    # Encode it again, so that JSON escapes hide no credential from `redact`, and no name of a secret field.
    if isinstance(document, dict):
        said = (document.get(name) for name in ("message", "error", "detail"))
        text = next((words for words in said if isinstance(words, str)), _rewritten(document))
    elif isinstance(document, str):
        text = document
    elif document is not None:
        text = _rewritten(document)
    return f': "{printable(without_links(redact(text)), EXCERPT)}"'


def _rewritten(document: object) -> str:
    return json.dumps(without_secret_fields(document), ensure_ascii=False)


def printable(text: str, limit: int) -> str:
    """Return `text` on one line, controls and invisible characters as `\\u{...}`, cut after `limit` characters."""
    shown = "".join(
        character if character.isprintable() else f"\\u{{{ord(character):x}}}" for character in text[:limit].strip()
    )
    return shown if len(text) <= limit else f"{shown}... ({len(text)} characters)"


def _leads_to_start(request: Request, answer: Answer) -> bool:
    """Return True for a redirect to `start_survey` of the interaction, as the vendor's sources do."""
    interaction, _, action = request.path.rpartition("/")
    path = answer.headers.get("Location", "").partition("?")[0].partition("#")[0].rstrip("/")
    return action == "submit_response" and path.endswith(f"{interaction}/start_survey")


def _target(answer: Answer, redact: Callable[[str], str]) -> str:
    """Return the host of a redirect, without the path, which may contain secrets."""
    host = host_of(answer.headers.get("Location", ""))
    return printable(redact(host), 100) if host else "another path of the same host"
