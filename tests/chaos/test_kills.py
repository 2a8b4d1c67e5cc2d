"""Processes that die or sleep at the worst moment (REL-1, REL-2, REL-5). `KONTOR_CHAOS`: so often.

Real processes over PostgreSQL; the twin's ledger decides how often something was booked.
"""

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.chaos.bodies import invoice
from tests.chaos.installation import PATIENCE_S, Installation, Server, installed
from tests.chaos.points import POINTS

TIMES = int(os.environ.get("KONTOR_CHAOS", "1"))
SEED = int(os.environ.get("KONTOR_SEED", "1"))
GATEWAYS = 4
CLIENTS = 20
INVOICES = {"match": {"method": "POST", "path": "/v1/invoices"}, "times": None}
LINE: list[dict[str, Any]] = [
    {**INVOICES, "kind": "drop_before", "percent": 10, "seed": 1},
    {**INVOICES, "kind": "drop_after", "percent": 10, "seed": 2},
    *(
        {**INVOICES, "kind": "delay", "percent": 20, "seed": seed, "seconds": seconds}
        for seed, seconds in enumerate((0.5, 1.5, 3, 6), start=3)
    ),
]
"""A tenth of the creates is lost, a tenth of the answers; many are late, some by more than is waited."""
pytestmark = [pytest.mark.needs("postgres"), pytest.mark.timeout(600 * TIMES)]


@pytest.fixture(scope="module")
def installation(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with installed(tmp_path_factory.mktemp("chaos"), database_url) as running:
        running.serve(GATEWAYS)
        yield running


@pytest.fixture(autouse=True)
def whole(installation: Installation) -> Iterator[None]:
    """Before each test all gateways are there, no fault waits, and the ledger is empty."""
    for gateway in installation.gateways:
        if not gateway.alive:
            gateway.kill()
            gateway.start()
    installation.control.delete("/faults")
    installation.control.delete("/ledger")
    yield
    for path in installation.armed.iterdir():
        path.unlink()


def arm(installation: Installation, point: str, number: int) -> None:
    (installation.armed / point).write_text(str(number))


def restart(gateway: Server) -> None:
    gateway.kill()
    gateway.start()


def test_there_are_ten_points() -> None:
    assert len(set(POINTS)) == 10


def test_a_hundred_identical_requests_over_four_processes_are_one_invoice(installation: Installation) -> None:
    requests = 100
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda n: installation.write(n, invoice("Gleich"), "same"), range(requests)))

    told = Counter(
        (answer.status_code, answer.headers.get("idempotency-replayed")) for answer in answers if answer
    )
    bodies = {answer.content for answer in answers if answer is not None and answer.status_code == 201}
    print(f"REL-2: {requests} requests over {GATEWAYS} processes: {dict(told)}")
    assert sum(told.values()) == requests
    assert told.pop((201, None)) == 1
    assert set(told) <= {(409, None), (201, "true")}
    assert len(bodies) == 1
    assert len(installation.booked()) == 1


def test_a_process_that_dies_at_any_point_leaves_a_key_that_is_answered(installation: Installation) -> None:
    kills, booked = 0, 0
    for round_ in range(TIMES):
        for number, point in enumerate(POINTS):
            arm(installation, point, signal.SIGKILL)
            answer, _ = installation.until_final(number, invoice(f"{point} {round_}"), f"{point}/{round_}")
            assert answer.status_code == 201, f"{point}: {answer.text}"
            kills += not (installation.armed / point).exists()
            booked += 1
            assert len(installation.booked()) == booked, point
            for gateway in installation.gateways:
                if not gateway.alive:
                    restart(gateway)

    print(f"REL-5: {kills} kills at {len(POINTS)} points, {booked} keys answered")
    assert kills == len(POINTS) * TIMES >= 10


@pytest.mark.parametrize("point", ["sent, nothing has left", "answered by the vendor"])
def test_a_process_that_sleeps_past_its_lease_does_nothing_when_it_wakes(
    installation: Installation, point: str
) -> None:
    key, body = f"asleep/{point}", invoice(f"Schlaf {point}")
    arm(installation, point, signal.SIGSTOP)
    sleeper = ThreadPoolExecutor(1).submit(installation.write, 0, body, key)
    while (installation.armed / point).exists():
        assert not sleeper.done(), "it was answered without passing the point"
        time.sleep(0.05)

    answer, statuses = installation.until_final(1, body, key)
    process = installation.gateways[0].process
    assert process is not None
    os.killpg(process.pid, signal.SIGCONT)
    woken = sleeper.result()
    time.sleep(2)
    again = installation.write(1, body, key)

    print(f"REL-5: asleep at {point!r}, others told {statuses}, the sleeper {woken and woken.status_code}")
    assert answer.status_code == 201
    assert again is not None
    assert again.json()["data"]["id"] == answer.json()["data"]["id"]
    assert len(installation.booked()) == 1


def test_creates_survive_lost_and_late_answers_and_random_kills(installation: Installation) -> None:
    """REL-1, short: 40 creates of 20 clients, 15 kills; `KONTOR_CHAOS=14` makes it 560 and 210.

    All clients begin at once. What is left is spread over the kills, so that none falls when nothing is done.
    """
    creates, kills = 40 * TIMES, 15 * TIMES
    dice = random.Random(SEED)
    for rule in LINE:
        installation.control.post("/faults", json=rule)
    may_begin, waiting = threading.Semaphore(CLIENTS), creates - CLIENTS
    open_now: set[int] = set()
    open_at_kills: list[int] = []

    def kill() -> None:
        for number in range(kills):
            may_begin.release(waiting * (number + 1) // kills - waiting * number // kills)
            time.sleep(dice.uniform(0, 1))
            open_at_kills.append(len(open_now))
            restart(dice.choice(installation.gateways))

    def create(number: int) -> tuple[Any, list[int]]:
        assert may_begin.acquire(timeout=PATIENCE_S), "nobody kills any more"
        open_now.add(number)
        settled = installation.until_final(number, invoice(f"Beratung {number}"), f"rel1/{number}")
        open_now.discard(number)
        return settled

    with ThreadPoolExecutor(CLIENTS + 1) as pool:
        killer = pool.submit(kill)
        settled = list(pool.map(create, range(creates)))
        killer.result()
    installation.control.delete("/faults")
    again = [
        installation.until_final(number, invoice(f"Beratung {number}"), f"rel1/{number}")[0]
        for number in range(creates)
    ]

    answers = [answer for answer, _ in settled]
    told = Counter(status for _, statuses in settled for status in statuses)
    amid = sum(number > 0 for number in open_at_kills)
    print(
        f"REL-1: seed {SEED}, {creates} creates, {len(open_at_kills)} kills, {amid} of them amid creates "
        f"(at most {max(open_at_kills)}); attempts by status (0: the process died, or was not there) "
        f"{dict(told)}; {len(installation.booked())} booked"
    )
    assert creates >= 40
    assert len(open_at_kills) == kills >= 15
    assert amid >= kills // 2
    assert told[0] >= kills // 2
    assert told[504] >= creates // 10
    assert [answer.status_code for answer in answers] == [201] * creates
    assert [a.content for a in again] == [a.content for a in answers]
    assert len({answer.json()["data"]["id"] for answer in answers}) == creates
    assert len(installation.booked()) == creates
