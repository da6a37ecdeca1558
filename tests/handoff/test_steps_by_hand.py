"""The hand-off of the quickstart, performed on the admin pages of the sandbox, and ticked off by the next plan."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from urllib.parse import urlsplit

import requests

from tests.handoff.conftest import AUTH

QUICKSTART = Path(__file__).parents[2] / "examples" / "quickstart"


def test_person_carries_out_the_hand_off_on_the_admin_pages(person, project):
    shutil.copy(QUICKSTART / "acme.yaml", project.folder)
    project.write("sdx.yaml", (QUICKSTART / "sdx.yaml").read_text())
    assert project.run("apply", "--auto-approve").code == 8
    origin = "{0.scheme}://{0.netloc}".format(urlsplit(person.server.url))

    def post(path, fields):
        answer = requests.post(
            f"{origin}{path}", data=fields, auth=AUTH, headers={"Origin": origin}, timeout=20, allow_redirects=False
        )
        assert answer.status_code == 303, answer.text

    steps = json.loads((project.folder / "handoff" / "handoff.json").read_text())["steps"]
    left = len(steps)
    for step in steps:
        fields = {field["path"]: field["after"] for field in step["fields"]}
        if step["action"] == "upload":
            assert person.upload().status_code == 200
        elif step["action"] == "create":
            post(f"/admin/{step['type']}s/new{'?survey=1' if step['type'] == 'question' else ''}", fields)
        else:
            overview = requests.get(f"{origin}/", auth=AUTH, timeout=20).text
            post(re.search(r"/admin/surveys/\d+", overview)[0], fields)
        left -= 1
        said = project.run("handoff").out
        assert said.endswith(f"{left} step{'s' if left > 1 else ''} left.\n" if left else "nothing is left to do.\n")
    assert project.run("plan", "--detailed-exitcode").code == 0
