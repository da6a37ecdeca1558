"""Keep one comment on a pull request, and one issue about drift, up to date. Needs Python alone.

    python github_comments.py comment NUMBER FILE       the comment on pull request NUMBER is what FILE says
    python github_comments.py issue TITLE FILE          the open issue of that title is what FILE says
    python github_comments.py close TITLE               that issue is closed, if there is one

FILE begins with a hidden line, `<!-- sdx-state ... -->`, by which what was written before is found again.
Environment: GITHUB_API_URL, GITHUB_REPOSITORY and GITHUB_TOKEN.
"""

import json
import os
import pathlib
import re
import sys
import urllib.error
import urllib.request

OURSELVES = "github-actions[bot]"  # a comment of another user that begins with the hidden line is not edited
PAGE = 100
MARKER = re.compile(r"<!-- sdx-state .*-->")


class NoRedirects(urllib.request.HTTPRedirectHandler):
    """Follows none: the token is for GITHUB_API_URL alone."""

    def redirect_request(self, *_):
        return None


OPENER = urllib.request.build_opener(NoRedirects)


def call(method, path, content=None):
    """Send one request and return what it answers."""
    request = urllib.request.Request(  # noqa: S310 - the address is GitHub's own
        f"{os.environ['GITHUB_API_URL']}/repos/{os.environ['GITHUB_REPOSITORY']}/{path}",
        method=method,
        data=None if content is None else json.dumps(content).encode(),
        headers={
            "Authorization": f"Bearer {os.environ['GITHUB_TOKEN']}",
            "Accept": "application/vnd.github+json",
            "Content-Type": "application/json",
        },
    )
    with OPENER.open(request, timeout=60) as answer:
        return json.load(answer)


def listed(path):
    """Yield all items of a list, page by page."""
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


def ours(things, marker):
    """Return the first of `things` that this program wrote under `marker`, or under any; None if there is none."""
    for thing in things:
        found = marker_of(thing.get("body") or "")
        if found and marker in (found, None) and (thing.get("user") or {}).get("login") == OURSELVES:
            return thing
    return None


def comment(pull, body):
    """Write the comment on a pull request, or edit it in place."""
    before = ours(listed(f"issues/{int(pull)}/comments"), marker_of(body))
    if before is None:
        return call("POST", f"issues/{int(pull)}/comments", {"body": body})
    return call("PATCH", f"issues/comments/{before['id']}", {"body": body})


def issue(title, body):
    """Open the issue, or edit the one that is open."""
    before = ours(_issues(title), marker_of(body))
    if before is None:
        return call("POST", "issues", {"title": title, "body": body})
    return call("PATCH", f"issues/{before['number']}", {"body": body})


def close(title):
    """Close the issue, if one is open."""
    before = ours(_issues(title), None)
    if before is not None:
        call("PATCH", f"issues/{before['number']}", {"state": "closed"})
    return before


def _issues(title):
    return (one for one in listed("issues?state=open") if one["title"] == title and "pull_request" not in one)


def main(arguments):
    """Do what the command line says."""
    if len(arguments) == 3 and arguments[0] in ("comment", "issue"):
        body = pathlib.Path(arguments[2]).read_text(encoding="utf-8")
        if marker_of(body) is None:
            sys.exit(f"{arguments[2]} does not begin with <!-- sdx-state ... -->: nothing was written")
        done = {"comment": comment, "issue": issue}[arguments[0]](arguments[1], body)
    elif len(arguments) == 2 and arguments[0] == "close":
        done = close(arguments[1])
    else:
        sys.exit(__doc__)
    print(done["html_url"] if done else "there was nothing to close")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except urllib.error.HTTPError as error:
        moved = (
            " (redirects are not followed: correct GITHUB_API_URL or GITHUB_REPOSITORY)" if error.code < 400 else ""
        )
        sys.exit(f"GitHub answered {error.code}: {error.reason}{moved}")
