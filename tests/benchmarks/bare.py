"""The floor: fetch and parse the same pages with bare `requests`, and load the same YAML with the C loader."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import requests
import yaml


def fetch(session: requests.Session, url: str, **filters: str | int) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    while True:
        parameters: dict[str, str | int] = {
            "_limit": 1000,
            "_order": "ASC",
            "_offset": max(0, len(rows) - 1),
            **filters,
        }
        answer = session.get(url, params=parameters, timeout=60)
        page = answer.json() if answer.status_code == 200 else []
        rows += page[1:] if rows else page
        if len(page) < 1000:
            return rows


def main(url: str, folder: str, parallelism: int) -> None:
    session = requests.Session()
    session.auth = ("00000000-0000-4000-8000-000000000000", "sandbox")
    session.mount("http://", requests.adapters.HTTPAdapter(pool_maxsize=parallelism))
    with ThreadPoolExecutor(parallelism) as workers:
        users = workers.submit(fetch, session, f"{url}/users")
        surveys = fetch(session, f"{url}/surveys")
        asked = [workers.submit(fetch, session, f"{url}/questions", survey_id=survey["id"]) for survey in surveys]
        count = len(surveys) + len(users.result()) + sum(len(future.result()) for future in asked)
    for path in sorted(Path(folder).glob("*.yaml")):
        yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    print(count)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
