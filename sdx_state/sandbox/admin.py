"""The admin UI: pages to list, create, change and delete surveys, questions and users."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from sdx_state.sandbox.configuration import Configuration
from sdx_state.sandbox.protocol import ErrorStatus, form_of, page_answer, require_own_page
from sdx_state.sandbox.shapes import NESTED_ONLY, TEXTS, Row
from sdx_state.sandbox.store import Store

DEFAULT = "default"
TYPES = ("number", "yesno", "text", "nps")
_LANGUAGE = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,34}")
_SCALARS: Mapping[str, tuple[str, ...]] = {
    "surveys": ("name", "description", "inbound_number", "outbound_number", "sms_number"),
    "questions": ("question_label", "question_type", "max_response", "order"),
    "users": ("email", "name", "agent_id", "phone", "timezone"),
}
_NUMBERS = ("max_response", "order")
OTHERS = "other settings (JSON)"  # fields that only the nested shape has

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class Input:
    """One field of a form.

    Attributes:
        name: Name of the API field; a text has its language after a dot.
        value: Its value.
        lines: Lines of the text box.
        choices: Allowed values, empty for any text.
        fixed: It is read-only.
    """

    name: str
    value: str
    lines: int = 1
    choices: tuple[str, ...] = ()
    fixed: bool = False


class AdminPages:
    """The pages and the actions of their forms.

    Args:
        store: The tenant.
        surveys, questions, users: The collections, which validate the fields.
    """

    def __init__(self, store: Store, surveys: Configuration, questions: Configuration, users: Configuration) -> None:
        self.store = store
        self._collections = {"surveys": surveys, "questions": questions, "users": users}
        loader = PackageLoader("sdx_state.sandbox")
        self._templates = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    def endpoints(self) -> dict[str, Endpoint]:
        """Return the endpoint of each path."""
        found: dict[str, Endpoint] = {"/": self.overview}
        for collection in self._collections:
            one = f"/admin/{collection}/{{identity:{'email' if collection == 'users' else 'id'}}}"
            found |= {
                f"/admin/{collection}/new": partial(self.new, collection),
                one: partial(self.item, collection),
                f"{one}/delete": partial(self.delete, collection),
            }
        return found

    async def overview(self, request: Request) -> Response:
        """Show all surveys with their questions, and all users."""
        _require(request, "GET")
        asked: dict[object, list[Row]] = {}
        for row in sorted(self.store.rows("questions"), key=lambda row: int(str(row["order"]))):
            asked.setdefault(row["survey_id"], []).append(row)
        return self._page(
            "admin.html", surveys=self.store.rows("surveys"), asked=asked, users=self.store.rows("users")
        )

    async def new(self, collection: str, request: Request) -> Response:
        """Show an empty form, or create the resource."""
        survey = request.query_params.get("survey", "")
        if collection == "questions":
            self._collections["surveys"].found(survey or "0")
        row: Row = {"survey_id": survey} if survey else {}
        if request.method != "POST":
            _require(request, "GET", "POST")
            return self._form(collection, row, f"New {_singular(collection)}", ())
        form = await self._sent(request)
        try:
            made = self._filled(collection, row, form)
            self._collections[collection].accept_new(made)
        except ErrorStatus as refusal:
            return self._form(collection, row, f"New {_singular(collection)}", form, refusal.reason)
        self.store.create(collection, made)
        return _to(f"/admin/surveys/{survey}" if survey else "/")

    async def item(self, collection: str, request: Request) -> Response:
        """Show one resource as a form, or change it."""
        identity = request.path_params["identity"]
        row = self._row(collection, identity)
        title = _title(collection, identity)
        if request.method != "POST":
            _require(request, "GET", "POST")
            return self._form(collection, row, title, ())
        form = await self._sent(request)
        try:
            changed = self._filled(collection, row, form)
            self._collections[collection].accept(changed)
        except ErrorStatus as refusal:
            return self._form(collection, row, title, form, refusal.reason)
        self.store.replace(collection, identity, changed, "nested")
        return _to(f"/admin/surveys/{row['survey_id']}" if "survey_id" in row else "/")

    async def delete(self, collection: str, request: Request) -> Response:
        """Delete one resource, as the API would."""
        _require(request, "POST")
        require_own_page(request)
        identity = request.path_params["identity"]
        row = self._row(collection, identity)
        try:
            self._collections[collection].delete(identity)
        except ErrorStatus as refusal:
            return self._form(collection, row, _title(collection, identity), (), refusal.reason)
        return _to("/")

    def _row(self, collection: str, identity: str) -> Row:
        """Return one resource in the nested shape; a question with its survey and its order.

        Raises:
            ErrorStatus: 410 where it was deleted, 404 where it never was.
        """
        self._collections[collection].found(identity)
        row: Row = json.loads(self.store.item(collection, identity, "nested") or "{}")
        if collection == "questions":
            placed = next((one for one in self.store.rows("questions") if str(one["id"]) == identity), {})
            row |= {name: placed[name] for name in ("survey_id", "order") if name in placed}
        return row

    async def _sent(self, request: Request) -> dict[str, str]:
        """Return the fields of a form of these pages."""
        require_own_page(request)
        return await form_of(request)

    def _filled(self, collection: str, row: Row, form: Mapping[str, str]) -> Row:
        """Return `row` with the values of `form`; other fields are unchanged.

        Raises:
            ErrorStatus: A field cannot be read.
        """
        changed: Row = dict(row)
        if "language" in form:  # The form of another language.
            form = {f"{form.get('field', '')}.{form['language'].strip()}": form.get("text", "")}
        for name, text in form.items():
            field, _, language = name.partition(".")
            value = text.replace("\r\n", "\n")
            if name == OTHERS:
                changed |= _others(collection, value)
            elif field in TEXTS.get(collection, {}):
                changed = _with_text(changed, TEXTS[collection][field], language or DEFAULT, value)
            elif name in _NUMBERS:
                if value and not re.fullmatch("-?[0-9]{1,18}", value):
                    raise ErrorStatus(400, f"{name} must be a number")
                changed[name] = int(value) if value else None
            elif name in _SCALARS[collection]:
                changed[name] = value
        return changed

    def _form(
        self, collection: str, row: Row, title: str, form: Mapping[str, str] | tuple[()], error: str = ""
    ) -> Response:
        identity = row.get("email" if collection == "users" else "id")
        inputs = [*self._inputs(collection, row, known=identity is not None)]
        if form:
            inputs = [_again(one, form) for one in inputs]
        asked = self.store.rows("questions") if collection == "surveys" and identity is not None else []
        asked = [one for one in asked if one["survey_id"] == identity]
        return self._page(
            "admin_form.html",
            400 if error else 200,
            title=title,
            error=error,
            collection=collection,
            identity="" if identity is None else str(identity),
            survey=row.get("survey_id"),
            inputs=inputs,
            questions=sorted(asked, key=lambda one: int(str(one["order"]))),
            languages=collection in TEXTS,
        )

    def _inputs(self, collection: str, row: Row, *, known: bool) -> Sequence[Input]:
        inputs = [
            Input(
                name,
                _shown(row.get(name)),
                choices=_choices(row.get(name)) if name == "question_type" else (),
                fixed=name == "email" and known,
            )
            for name in _SCALARS[collection]
        ]
        for name, (prompt, part) in TEXTS.get(collection, {}).items():
            parts = row.get(prompt)
            languages = parts.get(part) if isinstance(parts, Mapping) else None
            texts = {DEFAULT: "", **(languages if isinstance(languages, Mapping) else {})}
            inputs += [Input(f"{name}.{language}", _shown(text), _lines(name)) for language, text in texts.items()]
        others = {name: row[name] for name in sorted(NESTED_ONLY.get(collection, ())) if name in row}
        if collection in NESTED_ONLY:
            inputs.append(Input(OTHERS, json.dumps(others, ensure_ascii=False, indent=1) if others else "", 4))
        return inputs

    def _page(self, template: str, status: int = 200, **values: object) -> Response:
        html = self._templates.get_template(template).render(quote=lambda text: quote(str(text), safe="@"), **values)
        return page_answer(html, status)


def _others(collection: str, text: str) -> Row:
    """Return the settings that only the nested shape has, from the form.

    Raises:
        ErrorStatus: They are not a JSON object of known names.
    """
    try:
        found = json.loads(text) if text.strip() else {}
    except (ValueError, RecursionError) as error:
        raise ErrorStatus(400, f"{OTHERS}: the value is not JSON") from error
    if not isinstance(found, dict):
        raise ErrorStatus(400, f"{OTHERS}: expected an object such as {{}}")
    unknown = sorted(set(found) - NESTED_ONLY[collection])
    if unknown:
        known = ", ".join(sorted(NESTED_ONLY[collection]))
        raise ErrorStatus(400, f"{OTHERS}: unknown {', '.join(unknown)[:200]}; known are {known}")
    return found


def _with_text(row: Row, place: tuple[str, str], language: str, value: str) -> Row:
    """Return `row` with a text in one language.

    Raises:
        ErrorStatus: The name of the language is invalid.
    """
    if not _LANGUAGE.fullmatch(language):
        raise ErrorStatus(400, "a language must be default, de or de-default")
    prompt, part = place
    parts = row.get(prompt)
    both: Row = dict(parts) if isinstance(parts, Mapping) else {}
    known = both.get(part)
    texts: Row = dict(known) if isinstance(known, Mapping) else {}
    if value:
        texts[language] = value
    else:
        texts.pop(language, None)
    if texts:
        both[part] = texts
    else:
        both.pop(part, None)
    return {**row, prompt: both}


def _again(one: Input, form: Mapping[str, str]) -> Input:
    """Return a field with the value that the user entered."""
    return Input(one.name, form.get(one.name, one.value), one.lines, one.choices, one.fixed)


def _choices(value: object) -> tuple[str, ...]:
    """Return the known types of questions, and the type of this one."""
    return TYPES if value in (*TYPES, None, "") else (*TYPES, str(value))


def _shown(value: object) -> str:
    return "" if value is None else str(value)


def _lines(name: str) -> int:
    return 3 if name in ("greeting_text", "instructions_text", "closing_text", "question_text") else 1


def _singular(collection: str) -> str:
    return collection.removesuffix("s")


def _title(collection: str, identity: str) -> str:
    return f"{_singular(collection).capitalize()} {identity}"


def _require(request: Request, *methods: str) -> None:
    if request.method not in methods:
        raise ErrorStatus(405, f"{request.method} is not allowed here", methods)


def _to(path: str) -> Response:
    return RedirectResponse(path, status_code=303)
