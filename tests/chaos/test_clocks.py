"""REL-31 for writes: gateways on hosts whose clocks are ten minutes apart. `KONTOR_CHAOS`: so often.

What one process sends another settles: by which time it left, and must have shown, stands in a row.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.chaos.bodies import invoice
from tests.chaos.installation import Installation, installed
from tests.chaos.points import AHEAD

TIMES = int(os.environ.get("KONTOR_CHAOS", "1"))
WRITES = 12 * TIMES
pytestmark = [pytest.mark.needs("postgres"), pytest.mark.timeout(300 * TIMES)]


@pytest.fixture
def installation(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("clocks"), database_url) as running:
        for ahead_s in ("600", "0", "-600"):
            clock: dict[str, Any] = {AHEAD: ahead_s}
            running.serve(1, **clock)
        yield running


def test_writes_whose_answers_are_lost_are_settled_by_processes_with_other_clocks(
    installation: Installation,
) -> None:
    rule = {"kind": "drop_after", "match": {"method": "POST", "path": "/v1/invoices"}, "times": None}
    installation.control.post("/faults", json={**rule, "percent": 50, "seed": 1})

    def create(number: int) -> Any:
        return installation.until_final(number, invoice(f"Uhren {number}"), f"clocks/{number}")

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(create, range(WRITES)))

    lost = sum(504 in statuses for _, statuses in answers)
    print(f"REL-31: {WRITES} writes, {lost} without an answer at first, {len(installation.booked())} booked")
    assert [answer.status_code for answer, _ in answers] == [201] * WRITES
    assert len(installation.booked()) == WRITES
    assert lost >= WRITES // 4
