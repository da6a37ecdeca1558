"""One collection of the API, and the look-up of telephone numbers."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import islice

from sdx_state.api.answer import Row, Rows, allowed_verbs, nothing_of, resource_of, rows_of
from sdx_state.api.errors import InvalidResponseError, SurveyDynamixError
from sdx_state.api.exchange import Answer, Request
from sdx_state.api.filters import NOBODY, Filters, Heard
from sdx_state.api.identity import Identity, check_country, check_texts, telephone_segment
from sdx_state.api.paging import LIMIT, Listing, PageSizes, iterate
from sdx_state.api.retry import Sender
from sdx_state.model.urls import encoded
from sdx_state.records import replace

MOST_LISTED = 500_000  # Rows of a list that is read as a whole: five times the questions of the largest tenant.
_ENDLESS = (
    "This list was not used. Check the host and the proxies. If the tenant really is that large, "
    "report it so that this limit can be raised."
)


class Endpoint:
    """The verbs on one collection. Thread-safe.

    Every method raises a `SurveyDynamixError`; where one is `ambiguous`, the write may have been processed.
    """

    def __init__(self, sender: Sender, sizes: PageSizes, collection: str, singular: str, identity: str) -> None:
        self._sender = sender
        self._sizes = sizes
        self._path = f"/{collection}"
        self._singular = singular
        self._identity = Identity(identity)
        self._heard = Heard(sender)

    def list(self, **filters: str | int | None) -> Rows:
        """Return all rows that pass `filters`, by ascending id. See `iterate`, which keeps no list in memory.

        Raises:
            InvalidResponseError: Also if there are more than `MOST_LISTED`, so that a list without end ends.
        """
        rows = [*islice(self.iterate(**filters), MOST_LISTED + 1)]
        if len(rows) > MOST_LISTED:
            message = (
                f"the list has more than {MOST_LISTED:,} rows, more than any tenant has: the server may never end it"
            )
            raise InvalidResponseError(f"GET {self._path}", message, status=200, advice=_ENDLESS)
        return rows

    def iterate(self, **filters: str | int | None) -> Listing:
        """Return the rows that pass `filters` (the API's own names), by ascending id. See `select`."""
        return self.select(filters)

    def select(
        self,
        filters: Mapping[str, str | int | None],
        *,
        including: Sequence[str] = (),
        of: tuple[Endpoint, str] | None = None,
        known: Callable[[Row], bool] = lambda _: False,
        compared_by_caller: Collection[str] = (),
        probe: bool = False,
    ) -> Listing:
        """Return the rows that pass `filters` (the API's own names), by ascending id, read a page at a time.

        The result proves that the server applied the filters: see `filters`.

        Args:
            filters: By name.
            including: Parts that a list leaves out unless asked for, such as `responses`.
            of: The collection and the id of whose sub-list this is.
            known: Returns True for a row without a parent field that is known to belong to the parent.
            compared_by_caller: Filters that the caller applies to the rows again, so the server may ignore them.
            probe: The server may reject it; see `Request`.

        Raises:
            ValueError: A filter has no value, which would list everything, or is one of the paging parameters.
            InvalidValueError: A text among them cannot be sent.
            InvalidResponseError: The list cannot be read as a whole, or the server ignored a filter.
        """
        if any(value in (None, "") or name.startswith("_") for name, value in filters.items()):
            raise ValueError(f"filters must have a value and must not be paging parameters: {', '.join(filters)}")
        check_texts(filters, f"GET {self._path}")
        including = [f"_include_{part}" for part in including]
        judged = Filters({name: filters[name] for name in filters if name not in compared_by_caller}, known)
        owner = of

        def fetch(offset: int) -> Rows:
            nonlocal judged, owner
            request = self._list_request(filters, including, of, offset, probe=probe)
            rows = self._sender.send(request, lambda request, answer: _judged(judged, request, answer))
            if rows and owner is not None:
                # The owner of a sub-list decides which rows it may contain. The owner is read at most once.
                judged = Filters({**judged.values, **owner[0].implied(owner[1])}, known)
                judged.refute(rows, request)
                owner = None
            for name in judged.unproven(rows):
                nobody = self._list_request(
                    {**filters, name: NOBODY} if name in filters else filters,
                    including,
                    of if of is None or name in filters else (of[0], NOBODY),
                    0,
                    limit=1,
                    probe=True,
                )
                self._heard.prove(name, nobody, lambda: self._sender.send(request, rows_of))
            return rows

        label = self._list_request(filters, including, of, 0).label
        return iterate(fetch, self._identity.reader(), f"GET {label}", self._sizes)

    def implied(self, id: str) -> Mapping[str, str]:
        """Return the filter that is equivalent to a sub-list of the resource `id`.

        Source: API reference, "Surveys" (`survey_id`) and "Users" (by that user's `agent_id`).
        """
        if self._identity.email:
            return {"agent_id": str(self.get(id).get("agent_id") or "")}
        return {f"{self._singular}_id": id}

    def _list_request(
        self,
        filters: Mapping[str, str | int | None],
        including: Sequence[str],
        of: tuple[Endpoint, str] | None,
        offset: int,
        *,
        limit: int = LIMIT,
        probe: bool = False,
    ) -> Request:
        owner = of[0].item("GET", of[1]) if of is not None else None
        path, shown = (owner.path + self._path, owner.label + self._path) if owner else (self._path, self._path)
        # Ids identify the list; other filters may be personal.
        ids = "&".join(
            f"{name}={value}" for name, value in filters.items() if name.endswith("_id") and f"{value}".isdigit()
        )
        paging = {"_limit": limit, "_order": "ASC", "_offset": offset}
        query = encoded({**filters, **dict.fromkeys(including, "1"), **paging})
        label = f"{shown}?{ids}" if ids else shown
        return Request("GET", f"{path}?{query}", label, probe=probe, follows=offset > 0)

    def get(self, id: str) -> Row:
        """Return the resource `id`.

        Raises:
            NotFoundError, GoneError: It does not exist; only these prove it.
            InvalidResponseError: The answer is another resource.
        """
        return self._sender.send(self.item("GET", id), self._same(id))

    def create(self, fields: Mapping[str, str], before_again: Callable[[], object] = lambda: None) -> Row:
        """Create a resource from form-encoded `fields` and return the answer, which has an id.

        Source: API reference, "Interactions", the convention for every create.

        Args:
            fields: The form fields.
            before_again: Called right before each retry of a request that was certainly not processed.

        Raises:
            InvalidValueError: A text among them cannot be sent.
        """
        check_texts(fields, f"POST {self._path}")
        return self._sender.send(Request("POST", self._path, self._path, fields), self._identified, before_again)

    def replace(
        self, id: str, resource: Mapping[str, object], before_again: Callable[[], object] = lambda: None
    ) -> Row:
        """Replace the whole resource `id` by `resource` and return the answer.

        Source: API reference, "Interactions": PUT of one form field, named in the singular, with the JSON.

        Args:
            id: Id of the resource.
            resource: The whole new resource.
            before_again: As for `create`.

        Raises:
            ValueError: `resource` contains NaN or Infinity, or another id.
        """
        if self._identity.of(resource) != self._identity.of({self._identity.field: id}):
            raise ValueError(f"the {self._singular} to write has another id than the request")
        form = {self._singular: json.dumps(resource, allow_nan=False)}
        return self._sender.send(self.item("PUT", id, form), self._same(id), before_again)

    def delete(self, id: str, before_again: Callable[[], object] = lambda: None) -> None:
        """Delete the resource `id`. Only a `get` proves that it is deleted.

        Args:
            id: Id of the resource.
            before_again: As for `create`.
        """
        self._sender.send(self.item("DELETE", id), nothing_of, before_again)

    def act(self, id: str, action: str, form: Mapping[str, str]) -> Row:
        """Execute `action` on the resource `id`, once, and return the answer.

        Source: API reference, "Interactions": POST below the item.

        Raises:
            InvalidValueError: A text of `form` cannot be sent.
        """
        check_texts(form, f"POST {self._path}/{action}")
        item = self.item("POST", id, form)
        return self._sender.send(
            replace(item, path=f"{item.path}/{action}", label=f"{item.label}/{action}"), resource_of
        )

    def allowed(self, id: str | None = None) -> frozenset[str] | None:
        """Return the methods that the server allows on the collection or on the item `id`, in upper case.

        None if unknown: no `Allow` header (RFC 9110, section 9.3.7), an error, or a web page.
        """
        request = Request("OPTIONS", self._path, self._path) if id is None else self.item("OPTIONS", id)
        try:
            return self._sender.send(request, lambda _, answer: allowed_verbs(answer))
        except SurveyDynamixError:
            return None

    def item(self, method: str, id: str, form: Mapping[str, str] | None = None) -> Request:
        """Return a request about the resource `id`.

        Raises:
            InvalidIdError: `id` cannot be an id of this collection.
        """
        label = f"{self._path}/{{{self._identity.field}}}"
        segment = self._identity.segment(id, f"{method} {label}")
        shown = label if self._identity.email else f"{self._path}/{segment}"
        return Request(method, f"{self._path}/{segment}", shown, form)

    def _identified(self, request: Request, answer: Answer) -> Row:
        row = resource_of(request, answer)
        if self._identity.of(row) is None:
            raise InvalidResponseError(
                str(request),
                f"the {self._singular} in the answer has no valid `{self._identity.field}`",
                status=answer.status,
                ambiguous=request.writes,
            )
        return row

    def _same(self, id: str) -> Callable[[Request, Answer], Row]:
        wanted = self._identity.of({self._identity.field: id})

        def read(request: Request, answer: Answer) -> Row:
            row = self._identified(request, answer)
            if self._identity.of(row) != wanted:
                raise InvalidResponseError(
                    str(request),
                    f"the answer contains another {self._singular} than requested",
                    status=answer.status,
                    ambiguous=request.writes,
                )
            return row

        return read


def _judged(filters: Filters, request: Request, answer: Answer) -> Rows:
    rows = rows_of(request, answer)
    filters.refute(rows, request)
    return rows


class PhoneNumbers:
    """The look-up of telephone numbers, which wraps a paid carrier service. Thread-safe."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender

    def lookup(self, number: str, country_code: str) -> Row:
        """Return the look-up of `number` by the carrier service.

        Args:
            number: E.164, or national with `country_code`.
            country_code: ISO 3166 alpha-2; "" for the default of the API, US.

        Raises:
            NotFoundError: It is not a valid number (API reference, "Phone numbers").
        """
        label = "/phone_numbers/{number}"
        path = f"/phone_numbers/{telephone_segment(number, f'GET {label}')}"
        if country_code:
            path += f"?country_code={check_country(country_code, f'GET {label}')}"
        return self._sender.send(Request("GET", path, label), resource_of)
