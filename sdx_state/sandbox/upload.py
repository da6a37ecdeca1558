"""The user upload of the admin UI, a page beside the API. It adds users and rejects unknown columns."""

from __future__ import annotations

import csv
import io
from html import escape

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import Response

from sdx_state.sandbox.protocol import ErrorStatus, page_answer, require_own_page
from sdx_state.sandbox.store import Store

COLUMNS = (
    "name",
    "email",
    "phone",
    "permissions",
    "agent_id",
    "timezone",
    "team",
    "visible",
    "visibility_level",
    "send_password_reset",
)
SWITCHES = ("visible", "send_password_reset")
KEPT = ("name", "email", "phone", "agent_id", "timezone")
MOST = 5 * 1024 * 1024  # Bytes of an uploaded file.
_PAGE = """<!doctype html><html lang="en"><title>Manage users</title>
<p><a href="/">Surveys and users</a></p><h1>Manage users</h1><p>{message}</p>
<form method="post" enctype="multipart/form-data"><input type="file" name="file" accept=".csv" required>
<button>Upload</button></form></html>"""


class UserUpload:
    """The page with its form."""

    def __init__(self, store: Store) -> None:
        self.store = store

    async def page(self, request: Request) -> Response:
        """Show the form, or add all users of the uploaded file; none if one row is invalid."""
        if request.method == "POST":
            require_own_page(request)
            async with request.form() as form:
                file = form.get("file")
                if not isinstance(file, UploadFile):
                    raise ErrorStatus(400, "no file was uploaded")
                content = await file.read(MOST + 1)
            errors, added = self._add(content)
            message = "<br>".join(map(escape, errors)) if errors else f"{added} users were added."
            return page_answer(_PAGE.format(message=message), 400 if errors else 200)
        if request.method != "GET":
            raise ErrorStatus(405, f"{request.method} is not allowed here", ("GET", "POST"))
        return page_answer(_PAGE.format(message="Choose a CSV file."))

    def _add(self, content: bytes) -> tuple[list[str], int]:
        try:
            text = content.decode("utf-8-sig")
        except UnicodeDecodeError:
            return ["the file is not UTF-8"], 0
        if len(content) > MOST:
            return ["the file is too large"], 0
        reader = csv.DictReader(io.StringIO(text, newline=""))
        unknown = [column for column in reader.fieldnames or () if column not in COLUMNS]
        if unknown or not {"name", "email"} <= set(reader.fieldnames or ()):
            return [f"unknown columns: {', '.join(unknown)}" if unknown else "name and email are required"], 0
        rows = list(reader)
        errors = [error for number, row in enumerate(rows, start=2) for error in self._errors(number, row)]
        if not errors:
            self.store.load_snapshot({"users": [{column: row.get(column) or "" for column in KEPT} for row in rows]})
        return errors, len(rows)

    def _errors(self, number: int, row: dict[str, str]) -> list[str]:
        errors = [f"row {number}: {column} is required" for column in ("name", "email") if not row.get(column)]
        if row.get("email") and self.store.item("users", row["email"], "flat") is not None:
            errors.append(f"row {number}: a user with this email exists")
        if row.get("team"):
            missing = [column for column in ("visible", "visibility_level") if not row.get(column)]
            errors += [f"row {number}: {column} is required with team" for column in missing]
        wrong = [column for column in SWITCHES if row.get(column, "") not in ("", "TRUE", "FALSE")]
        errors += [f"row {number}: {column} must be TRUE or FALSE" for column in wrong]
        return errors
