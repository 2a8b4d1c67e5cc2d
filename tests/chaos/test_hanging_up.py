"""Callers who hang up: nothing is read for nobody, and a write that has left comes to its end (REL-23)."""

import random
import time
from collections.abc import Iterator
from typing import Any

import pytest

from tests.chaos.bodies import invoice
from tests.chaos.installation import Installation, installed

SEED, POINTS, PAGE = 23, 50, 25
pytestmark = pytest.mark.timeout(300)


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    directory = tmp_path_factory.mktemp("hanging-up")
    with installed(directory, f"sqlite:///{directory / 'kontor.db'}") as running:
        running.serve(1)
        yield running


def slow(installation: Installation, method: str, path: str, seconds: float) -> None:
    installation.control.delete("/faults")
    installation.control.delete("/ledger")
    match = {"method": method, "path": path}
    installation.control.post(
        "/faults", json={"kind": "delay", "match": match, "times": None, "seconds": seconds}
    )


def test_writes_whose_callers_hang_up_are_booked_once_and_answered_later(installation: Installation) -> None:
    slow(installation, "POST", "/v1/invoices", 0.3)
    luck = random.Random(SEED)
    left = [
        installation.ask(
            0,
            "POST",
            "/v1/accounting/invoices",
            {"Idempotency-Key": f"gone/{number}"},
            json=invoice(f"Beratung {number}"),
            timeout=luck.uniform(0.005, 0.6),
        )
        for number in range(POINTS)
    ]
    installation.control.delete("/faults")

    answers = [
        installation.until_final(0, invoice(f"Beratung {number}"), f"gone/{number}")[0]
        for number in range(POINTS)
    ]

    gone = left.count(None)
    print(
        f"REL-23: seed {SEED}, {POINTS} creates, {gone} callers hung up, {len(installation.booked())} booked"
    )
    assert gone >= POINTS // 3
    assert [answer.status_code for answer in answers] == [201] * POINTS
    assert len({answer.json()["data"]["id"] for answer in answers}) == POINTS
    assert len(installation.booked()) == POINTS


def reads(installation: Installation) -> int:
    calls = installation.control.get("/ledger", params={"method": "GET"}).json()
    return sum(call["path"].startswith("/v1/invoices/") for call in calls)


def test_a_list_whose_caller_hangs_up_is_read_no_further(installation: Installation) -> None:
    path = f"/v1/accounting/invoices?limit={PAGE}"
    slow(installation, "GET", "/v1/invoices/*", 0.5)
    assert installation.ask(0, "GET", path, timeout=1.6) is None
    time.sleep(1.5)
    seen = reads(installation)
    time.sleep(1.5)
    installation.control.delete("/faults")

    told: list[dict[str, Any]] = []
    for _ in range(40):  # the log of calls is written down every second or so
        if told:
            break
        time.sleep(0.25)
        answer = installation.ask(0, "GET", "/v1/requests?status=499")
        told = [] if answer is None else answer.json()["data"]

    print(f"REL-23: {seen} of {PAGE} documents read for somebody who hung up after 1.6 s")
    assert 1 <= seen < PAGE
    assert told
    assert reads(installation) == seen
    assert (told[0]["route"], told[0]["code"]) == ("/v1/accounting/invoices", "caller_gone")
