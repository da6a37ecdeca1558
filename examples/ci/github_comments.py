"""Keep one comment on a pull request, and one issue about drift, up to date. Needs Python alone.

    python github_comments.py comment NUMBER FILE       the comment on pull request NUMBER is what FILE says
    python github_comments.py issue TITLE FILE          the open issue of that title is what FILE says
    python github_comments.py close TITLE               that issue is closed, if there is one

FILE begins with a hidden line, by which what was written before is found again. Environment: GITHUB_API_URL,
GITHUB_REPOSITORY and GITHUB_TOKEN.
"""

import json
import os
import pathlib
import sys
import urllib.error
import urllib.request

OURSELVES = "github-actions[bot]"  # whoever else begins a comment with the hidden line is not edited
PAGE = 100


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
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - see above
        return json.load(answer)


def listed(path):
    """Yield everything that a list holds, page by page."""
    number = 1
    while True:
        page = call("GET", f"{path}{'&' if '?' in path else '?'}per_page={PAGE}&page={number}")
        yield from page
        if len(page) < PAGE:
            return
        number += 1


def ours(things, marker):
    """Return the first of `things` that this program wrote under `marker`, None if there is none."""
    for thing in things:
        if (thing.get("body") or "").startswith(marker) and thing["user"]["login"] == OURSELVES:
            return thing
    return None


def comment(pull, body):
    """Write the comment on a pull request, or edit it in place."""
    marker = body.partition("\n")[0]
    before = ours(listed(f"issues/{int(pull)}/comments"), marker)
    if before is None:
        return call("POST", f"issues/{int(pull)}/comments", {"body": body})
    return call("PATCH", f"issues/comments/{before['id']}", {"body": body})


def issue(title, body):
    """Open the issue, or edit the one that is open."""
    before = ours(_issues(title), body.partition("\n")[0])
    if before is None:
        return call("POST", "issues", {"title": title, "body": body})
    return call("PATCH", f"issues/{before['number']}", {"body": body})


def close(title):
    """Close the issue, if one is open."""
    before = ours(_issues(title), "<!-- sdx-state")
    if before is not None:
        call("PATCH", f"issues/{before['number']}", {"state": "closed"})
    return before


def _issues(title):
    return (one for one in listed("issues?state=open") if one["title"] == title and "pull_request" not in one)


def main(arguments):
    """Do what the command line says."""
    if len(arguments) == 3 and arguments[0] in ("comment", "issue"):
        body = pathlib.Path(arguments[2]).read_text(encoding="utf-8")
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
        sys.exit(f"GitHub answered {error.code}: {error.reason}")
