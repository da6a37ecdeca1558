"""What an answer means: the one table that every request goes by.

A status is judged before the body, the body's kind before its content. A write whose answer does not say for certain
that it was refused is *ambiguous*: it may have been carried out.
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

# Successes with a whole answer of the API itself. 203 was altered on the way, 206 is a part, 205 and 207 are neither.
WHOLE = frozenset({200, 201, 202, 204})

_START_FIRST = "Call start_survey first, then submit the response again: this one was not taken."

EXCERPT = 200  # characters of a server's own words that are worth a person's time

# API reference, "Errors". Each of these says for certain that a write was not carried out.
_REFUSALS: dict[int, tuple[type[SurveyDynamixError], str]] = {
    400: (BadRequestError, "the server finds the request malformed"),
    401: (AuthenticationError, "wrong credentials, or no permission for this"),
    403: (PermissionDeniedError, "no permission for this"),
    404: (NotFoundError, "not found"),
    409: (ConflictError, "in conflict with what is there"),
    410: (GoneError, "it was deleted"),
    429: (RateLimitError, "too many requests"),
}


def check(request: Request, answer: Answer, redact: Callable[[str], str]) -> None:
    """Return if `answer` is a success that could come from the API.

    Args:
        request: What was asked.
        answer: What came back.
        redact: Takes the credentials out of a text.

    Raises:
        SurveyDynamixError: The type, and whether it is ambiguous, follow the status and the kind of body.
    """
    status = answer.status
    if 200 <= status < 300:
        if _is_page(answer):
            raise NonAPIResponseError(
                str(request), "a web page answered instead of the API", status=status, ambiguous=request.writes
            )
        if status not in WHOLE:
            raise _unexpected(request, answer, f"the API does not answer with {status}: it may be a part, or altered")
        return
    said = _excerpt(answer, redact)
    if status == 405:
        raise MethodNotAllowedError(
            str(request),
            f"the server does not allow this verb here (405){said}",
            status=status,
            advice=None if request.writes else "This address does not serve this API: check the host.",
            allowed=allowed_verbs(answer) or frozenset(),
        )
    if status in _REFUSALS:
        kind, meaning = _REFUSALS[status]
        raise kind(str(request), f"{meaning} ({status}){said}", status=status)
    if 400 <= status < 500:
        raise APIStatusError(
            str(request), f"the server refuses it with {status}{said}", status=status, ambiguous=request.writes
        )
    if status == 503:
        # A proxy can say so after the work was done.
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
    """Return the one resource in `answer`, which `check` let pass.

    Raises:
        NonAPIResponseError: Empty, or no JSON.
        InvalidResponseError: Not one JSON object.
    """
    document = _document_of(request, answer)
    if not isinstance(document, dict):
        raise _unexpected(request, answer, f"an object is due, and {_kind(document)} came")
    return document


def rows_of(request: Request, answer: Answer) -> Rows:
    """Return the rows in `answer`, which `check` let pass. 204 without a body is the end of a list, as seen live.

    Raises:
        NonAPIResponseError: Empty with another status, or no JSON.
        InvalidResponseError: Not one JSON array of objects.
    """
    if answer.status == 204 and not answer.body:
        return []
    document = _document_of(request, answer)
    if not isinstance(document, list):
        raise _unexpected(request, answer, f"a list is due, and {_kind(document)} came")
    for row in document:
        if not isinstance(row, dict):
            raise _unexpected(request, answer, f"the list holds {_kind(row)} where an object is due")
    return document


def nothing_of(request: Request, answer: Answer) -> None:
    """Accept `answer`, which `check` let pass, whatever its body says: any 2xx will do."""


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
            f"the answer is empty where JSON is due ({answer.status})",
            status=answer.status,
            ambiguous=request.writes,
        )
    try:
        return parse(answer.body)
    except NotJson:
        raise NonAPIResponseError(
            str(request),
            "the answer is not JSON, or only a part of it",
            status=answer.status,
            ambiguous=request.writes,
        ) from None
    except Questionable as error:
        raise _unexpected(request, answer, f"the answer cannot be relied upon: {error}") from None


def _unexpected(request: Request, answer: Answer, message: str) -> InvalidResponseError:
    return InvalidResponseError(str(request), message, status=answer.status, ambiguous=request.writes)


def _is_page(answer: Answer) -> bool:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return (
        kind in ("text/html", "application/xhtml+xml") or answer.body[:64].lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"
    )


def _kind(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "a truth value", type(None): "null"}
    return names.get(type(value), "a number")


def _excerpt(answer: Answer, redact: Callable[[str], str]) -> str:
    """Return what the server says about its refusal, fit to stand in a message; a page says nothing."""
    if not answer.body.strip() or _is_page(answer):
        return ""
    text = answer.body[: EXCERPT * 50].decode("utf-8", "replace")
    try:
        document = parse(answer.body)
    except ValueError:
        document = None
    # Written anew, so that no escape of JSON hides a credential from `redact`, or the name of a secret field.
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
    """Tell whether a response is redirected to `start_survey` of its interaction, as the vendor's own sources do."""
    interaction, _, action = request.path.rpartition("/")
    path = answer.headers.get("Location", "").partition("?")[0].partition("#")[0].rstrip("/")
    return action == "submit_response" and path.endswith(f"{interaction}/start_survey")


def _target(answer: Answer, redact: Callable[[str], str]) -> str:
    """Return the host that a redirect names. Its path may hold secrets and is left out."""
    host = host_of(answer.headers.get("Location", ""))
    return printable(redact(host), 100) if host else "another path of the same host"
