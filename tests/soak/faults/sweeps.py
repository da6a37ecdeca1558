"""Read lists page by page while others add and remove rows: no row that stays may be missed.

    python -m tests.soak.faults.sweeps --seed 1 --count 2000
    python -m tests.soak.faults.sweeps --seed 1 --only 4711

Four levels of churn, three orders, and servers that cap their pages. Prints the seed and the counts.
"""

from __future__ import annotations

import argparse
import random
import sys
from bisect import bisect
from collections import Counter
from dataclasses import dataclass

from sdx_state.api.answer import Row
from sdx_state.api.errors import InvalidResponseError
from sdx_state.api.paging import LIMIT, PageSizes, iterate

LEVELS = {"none": 0, "calm": 2, "busy": 20, "import": 90}  # rows added and removed between two pages, at most
ORDERS = ("oldest first", "newest first", "by name")
CAPS = (1000, 1000, 500, 250, 200, 100)


@dataclass(frozen=True)
class Sweep:
    """How one sweep ended."""

    level: str
    order: str
    requests: int
    missed: int
    twice: int
    gave_up: bool

    @property
    def passed(self) -> bool:
        """Tell whether no row is missing, and none came twice. Stopping with an error is allowed."""
        return not self.missed and not self.twice


class Table:
    """Rows in one order, of which some stay, and others come and go between two pages."""

    def __init__(self, chance: random.Random, level: str, order: str) -> None:
        self.chance, self.level, self.order = chance, level, order
        self.cap = chance.choice(CAPS)
        count = chance.randint(0, 4 * self.cap + 3)
        self.next = 1
        self.rows: list[tuple[float, int]] = []
        for _ in range(count):
            self.add()
        self.staying = {id for _, id in chance.sample(self.rows, int(count * chance.choice((0.1, 0.5, 0.9))))}
        self.requests = 0

    def add(self) -> None:
        """Put in a new row where its order has it."""
        place = {"oldest first": self.next, "newest first": -self.next, "by name": self.chance.random()}[self.order]
        row = (float(place), self.next)
        self.rows.insert(bisect(self.rows, row), row)
        self.next += 1

    def churn(self) -> None:
        """Let others add and remove rows, one by one or many at the same place."""
        for _ in range(self.chance.randint(0, LEVELS[self.level])):
            self.add()
        for _ in range(self.chance.randint(0, LEVELS[self.level])):
            here = self.chance.randrange(len(self.rows)) if self.rows else 0
            if self.rows and self.rows[here][1] not in self.staying:
                del self.rows[here]

    def page(self, offset: int) -> list[Row]:
        """Answer a request for `LIMIT` rows from `offset` on."""
        self.requests += 1
        if self.requests > 1:
            self.churn()
        return [{"id": id} for _, id in self.rows[offset : offset + min(LIMIT, self.cap)]]


def sweep(seed: object) -> Sweep:
    """Read the list that `seed` draws."""
    chance = random.Random(f"sweep {seed}")
    table = Table(chance, chance.choice([*LEVELS]), chance.choice(ORDERS))
    read: Counter[int] = Counter()
    gave_up = False
    try:
        rows = iterate(table.page, lambda row: str(row["id"]), "GET list", PageSizes())
        read.update(int(str(row["id"])) for row in rows)
    except InvalidResponseError:
        gave_up = True
    missed = 0 if gave_up else len(table.staying - set(read))
    return Sweep(table.level, table.order, table.requests, missed, sum(n > 1 for n in read.values()), gave_up)


def main() -> int:
    """Run what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--only", type=int, metavar="NUMBER")
    chosen = parser.parse_args()
    numbers = range(chosen.count) if chosen.only is None else [chosen.only]
    failed, seen, requests, gave_up = 0, Counter[str](), 0, 0
    for number in numbers:
        one = sweep(f"{chosen.seed}:{number}")
        seen[f"{one.level}, {one.order}"] += 1
        requests += one.requests
        gave_up += one.gave_up
        failed += not one.passed
        if not one.passed or chosen.only is not None:
            print(f"--seed {chosen.seed} --only {number}: {one}")
    print(f"seed {chosen.seed}: {len(numbers)} sweeps, {requests} requests, {gave_up} given up: {dict(seen)}")
    print(f"{len(numbers) - failed} passed, {failed} failed")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
