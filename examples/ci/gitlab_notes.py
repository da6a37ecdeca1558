"""Keep one note on a merge request, and one issue about drift, up to date. Needs Python alone.

    python gitlab_notes.py note NUMBER FILE        the note on merge request NUMBER is the content of FILE
    python gitlab_notes.py issue TITLE FILE        the open issue with that title is the content of FILE
    python gitlab_notes.py close TITLE             close that issue, if there is one

FILE begins with a hidden line, `<!-- sdx-state ... -->`, by which an earlier note of the same user is found again.
Environment: CI_API_V4_URL, CI_PROJECT_ID, and SDX_NOTES_TOKEN, a project access token with the scope `api`.
"""

import json
import os
import pathlib
import re
import sys
import urllib.error
import urllib.parse
import urllib.request

PAGE = 100
MARKER = re.compile(r"<!-- sdx-state .*-->")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows none: the token is for CI_API_V4_URL alone."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirects)


def call(method, path, content=None):
    """Send one request and return its answer."""
    request = urllib.request.Request(  # noqa: S310 - the address is GitLab's own
        f"{os.environ['CI_API_V4_URL']}/{path}",
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={"PRIVATE-TOKEN": os.environ["SDX_NOTES_TOKEN"], "Content-Type": "application/json"},
    )
    with OPENER.open(request, timeout=60) as answer:
        return json.load(answer)


def project(path):
    """Return `path` within the project of the pipeline."""
    return f"projects/{urllib.parse.quote(os.environ['CI_PROJECT_ID'], safe='')}/{path}"


def listed(path):
    """Yield all rows of a list, page by page."""
    number = 1
    while True:
        page = call("GET", f"{path}{'&' if '?' in path else '?'}per_page={PAGE}&page={number}")
        yield from page
        if len(page) < PAGE:
            return
        number += 1


def marker_of(body):
    """Return the hidden line that `body` begins with, None if it does not."""
    first = body.splitlines()[0].strip() if body.strip() else ""
    return first if MARKER.fullmatch(first) else None


def own(rows, field, marker):
    """Return the first of `rows` that this token's user wrote under `marker`, or under any; None without one."""
    user = call("GET", "user")["id"]
    for row in rows:
        found = marker_of(row.get(field) or "")
        if found and marker in (found, None) and (row.get("author") or {}).get("id") == user:
            return row
    return None


def note(number, body):
    """Write the note on a merge request, or edit it in place."""
    notes = project(f"merge_requests/{int(number)}/notes")
    before = own(listed(notes), "body", marker_of(body))
    if before is None:
        call("POST", notes, {"body": body})
        return "added the note"
    call("PUT", f"{notes}/{before['id']}", {"body": body})
    return "updated the note"


def issue(title, body):
    """Open the issue, or edit the open one."""
    before = own(_issues(title), "description", marker_of(body))
    if before is None:
        return call("POST", project("issues"), {"title": title, "description": body})["web_url"]
    return call("PUT", project(f"issues/{before['iid']}"), {"description": body})["web_url"]


def close(title):
    """Close the issue, if one is open."""
    before = own(_issues(title), "description", None)
    if before is None:
        return "no open issue"
    return call("PUT", project(f"issues/{before['iid']}"), {"state_event": "close"})["web_url"]


def _issues(title):
    query = urllib.parse.urlencode({"state": "opened", "in": "title", "search": title})
    return (row for row in listed(project(f"issues?{query}")) if row["title"] == title)


def main(arguments):
    """Run the command line."""
    if len(arguments) == 3 and arguments[0] in ("note", "issue"):
        body = pathlib.Path(arguments[2]).read_text(encoding="utf-8")
        if marker_of(body) is None:
            sys.exit(f"{arguments[2]} does not begin with <!-- sdx-state ... -->; nothing was written")
        print({"note": note, "issue": issue}[arguments[0]](arguments[1], body))
    elif len(arguments) == 2 and arguments[0] == "close":
        print(close(arguments[1]))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except urllib.error.HTTPError as error:
        moved = " (redirects are not followed; correct CI_API_V4_URL)" if error.code < 400 else ""
        sys.exit(f"GitLab answered {error.code}: {error.reason}{moved}")
