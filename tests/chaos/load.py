"""Callers that write and read while something of ours goes away, and note every answer they get."""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import msgspec

from tests.chaos.bodies import invoice
from tests.chaos.installation import PATIENCE_S, Installation

INVOICES = "/v1/accounting/invoices"
AGAIN_S = 0.2
UNSETTLED = (409, 429, 502, 503, 504)
"""What a write is asked again after, with the same key."""


class Heard(msgspec.Struct, frozen=True):
    """One answer. `status` 0: none came."""

    at: float
    method: str
    again: bool
    """The key had been sent before."""
    status: int
    code: str | None
    orderly: bool
    """A success, or a problem that says when to try again."""
    seconds: float


class Load:
    """So many callers at all gateways in turn until the block ends, which waits for every write's end.

    They belong to all customers, and begin one after another within `spread_s`.
    """

    def __init__(
        self, installation: Installation, *, callers: int, pause_s: float, name: str, spread_s: float = 0.0
    ) -> None:
        self.heard: list[Heard] = []
        self.made: dict[str, str] = {}
        """Ids of invoices by Idempotency-Key."""
        self.wrong: list[str] = []
        self._installation = installation
        self._pause_s = pause_s
        self._apart_s = spread_s / callers
        self._name = name
        self._over = threading.Event()
        self._pool = ThreadPoolExecutor(callers)
        self._callers = callers

    def __enter__(self) -> "Load":
        self._running = [self._pool.submit(self._call, number) for number in range(self._callers)]
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._pool.shutdown()
        for one in self._running:
            one.result()

    def told(self, method: str, *, again: bool = False) -> Counter[int]:
        """How often each status was answered: to first requests, or to repetitions."""
        return Counter(one.status for one in self.heard if one.method == method and one.again is again)

    @property
    def disorderly(self) -> list[Heard]:
        """Answers that are neither a success nor a problem with a time to come back at."""
        return [one for one in self.heard if not one.orderly]

    def __str__(self) -> str:
        first = dict(self.told("POST") + self.told("GET"))
        again = dict(self.told("POST", again=True))
        booked = len(self._installation.booked())
        return (
            f"{len(self.heard)} requests, first answers {first}, repetitions {again},"
            f" {len(self.made)} invoices, {booked} booked"
        )

    def back_after(self, moment: float) -> float:
        """Seconds from `moment` to the first success of a read and of a write that began after it."""
        first = [
            min(
                one.at
                for one in self.heard
                if one.method == method and one.status < 300 and one.at - one.seconds >= moment
            )
            for method in ("GET", "POST")
        ]
        return max(first) - moment

    def again(self) -> list[str]:
        """Repeat every key once more; those that do not answer with the same id."""

        def ask(number: int, key: str) -> str:
            return self._installation.until_final(number, self._body(key), key)[0].json()["data"]["id"]

        with ThreadPoolExecutor(self._callers) as pool:
            ids = pool.map(ask, range(len(self.made)), self.made)
            return [key for key, id in zip(self.made, ids, strict=True) if id != self.made[key]]

    def _call(self, caller: int) -> None:
        number, customers = 0, self._installation.customers
        customer = customers[caller % len(customers)]
        self._over.wait(caller * self._apart_s)
        while not self._over.is_set():
            key = f"{self._name}/{caller}/{number}"
            id = self._written(caller + number, key, customer)
            if id:
                self._read(caller + number, id, customer)
            number += 1
            time.sleep(self._pause_s)

    def _written(self, number: int, key: str, customer: dict[str, str]) -> str:
        end = time.monotonic() + PATIENCE_S
        body, tries = self._body(key), 0
        while time.monotonic() < end:
            headers = {**customer, "Idempotency-Key": key}
            answer = self._ask(number + tries, "POST", INVOICES, again=tries > 0, headers=headers, json=body)
            tries += 1
            if answer is not None and answer.status_code not in UNSETTLED:
                if answer.status_code != 201:
                    self.wrong.append(f"{key}: {answer.status_code} {answer.text[:300]}")
                    return ""
                self.made[key] = answer.json()["data"]["id"]
                return self.made[key]
            time.sleep(AGAIN_S)
        self.wrong.append(f"{key} was not settled")
        return ""

    def _read(self, number: int, id: str, customer: dict[str, str]) -> None:
        answer = self._ask(number, "GET", f"{INVOICES}/{id}", again=False, headers=customer)
        if answer is not None and answer.status_code == 200 and answer.json()["data"]["id"] != id:
            self.wrong.append(f"{id}: another invoice was read")

    def _ask(
        self, number: int, method: str, path: str, *, again: bool, **more: Any
    ) -> httpx2.Response | None:
        began = time.monotonic()
        answer = self._installation.ask(number, method, path, **more)
        now = time.monotonic()
        status = 0 if answer is None else answer.status_code
        code = None if answer is None or status < 300 else answer.json()["code"]
        orderly = answer is not None and (status < 300 or "retry-after" in answer.headers)
        self.heard.append(Heard(now, method, again, status, code, orderly, now - began))
        return answer

    @staticmethod
    def _body(key: str) -> dict[str, Any]:
        return invoice(f"Beratung {key}")


class Batch:
    """A batch of customers, which the worker carries out meanwhile."""

    def __init__(self, installation: Installation, items: int) -> None:
        self._installation = installation
        asked = [
            {
                "resource": "customers",
                "operation": "create",
                "body": {"company": {"name": f"Muster Stapel {number:03} GmbH"}},
            }
            for number in range(items)
        ]
        made = installation.ask(0, "POST", "/v1/batches", {"Idempotency-Key": "batch"}, json={"items": asked})
        assert made is not None
        self._path = made.headers["location"]

    def undone(self) -> list[dict[str, Any]]:
        """Items that ended in another way, with the answers they had."""
        told = self._installation.ask(0, "GET", f"{self._path}/items?limit=100")
        assert told is not None
        return [item for item in told.json()["data"] if item["state"] != "done"]

    def finished(self) -> int:
        """Wait for its end; how many of its items are done."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            told = self._installation.ask(0, "GET", self._path)
            if told is not None and told.status_code == 200 and told.json()["data"]["state"] != "running":
                return told.json()["data"]["done"]
            time.sleep(0.3)
        raise AssertionError("the batch did not end")
