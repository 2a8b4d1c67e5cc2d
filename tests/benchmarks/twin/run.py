"""One run: the twin and an application that answers the same bytes, in turns; then the memory of full books.

The twin is the process that `kontor up` starts, its books kept in a file, without the rate limit.
"""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import msgspec

from gateway.launch import twin as launched
from gateway.launch.children import Child
from tests.benchmarks.figures import Figures, Ratio, speed
from tests.benchmarks.load import get, post
from tests.benchmarks.processes import cores, free_port, on
from tests.benchmarks.run import PATIENCE_S, Plan, measured
from tests.benchmarks.subjects import HOST, Place, Subject, until_listening
from tests.benchmarks.twin.memory import Memory, memory

CONNECTIONS = 32
EMPTY = "before-the-load"
TITLES = {
    ("twin", "read"): "twin, GET one invoice",
    ("bare", "read"): "the same bytes from a bare ASGI app",
    ("twin", "create"): "twin, POST a finalized invoice",
    ("bare", "create"): "the same bytes from a bare ASGI app",
}
"""By subject and load."""
INVOICE = {
    "voucherDate": "2026-03-02T00:00:00.000+01:00",
    "address": {"name": "Erika Muster", "street": "Marktplatz 3", "zip": "10178", "city": "Berlin",
                "countryCode": "DE"},
    "lineItems": [
        {"type": "custom", "name": name, "quantity": quantity, "unitName": unit,
         "unitPrice": {"currency": "EUR", "netAmount": price, "taxRatePercentage": 19}}
        for name, quantity, unit, price in (("Beratung", 2, "Stunde", 95.5), ("Anfahrt", 1, "Pauschal", 49))
    ],
    "totalPrice": {"currency": "EUR"},
    "taxConditions": {"taxType": "net"},
    "shippingConditions": {"shippingType": "service", "shippingDate": "2026-03-02T00:00:00.000+01:00"},
}  # fmt: skip


class Outcome(msgspec.Struct, frozen=True):
    """Figures by subject and load, one entry a round; where it ran; None where the system tells no memory."""

    plan: Plan
    rounds: dict[tuple[str, str], list[Figures]]
    memory: Memory | None
    core_of_subject: int | None
    core_of_the_rest: int | None


def ratios(rounds: dict[tuple[str, str], list[Figures]]) -> list[Ratio]:
    """The goals."""
    made = [
        speed(rounds, "T1", "bare", "read", "GET an invoice, twin / bare ASGI app, same bytes", 0.15, "twin"),
        speed(
            rounds, "T2", "bare", "create", "POST an invoice, twin / bare ASGI app, same bytes", 0.04, "twin"
        ),
    ]
    return [ratio for ratio in made if ratio is not None]


async def run(plan: Plan, directory: Path, progress: Callable[[str], None]) -> Outcome:
    """Start, measure, stop. The measured server has a core to itself where there are two.

    Raises:
        LaunchError: a server did not start.
        LoadError: it did not answer as it should.
    """
    known = cores()
    theirs, ours = (known[0], known[-1]) if len(known) > 1 else (None, None)
    outcome = Outcome(plan, {}, None, theirs, ours)
    with ExitStack() as stack, on(ours):
        twin = Twin(directory / "load", theirs)
        stack.callback(twin.child.stop, PATIENCE_S)
        subjects = _subjects(twin, directory, theirs, stack)
        for number in range(plan.rounds):
            in_order = subjects if number % 2 == 0 else subjects[::-1]
            for load, subject in in_order:
                twin.start_over()
                figures = await measured(subject, CONNECTIONS, plan.many_s, plan.warm_s)
                outcome.rounds.setdefault((subject.name, load), []).append(figures)
                progress(
                    f"round {number + 1}/{plan.rounds} {load:>6} {subject.name:<4}"
                    f" {figures.requests_per_second:>8,.0f} requests/s"
                )
    with ExitStack() as stack:
        twin = Twin(directory / "memory", None)
        stack.callback(twin.child.stop, PATIENCE_S)
        progress("founding a company with 25,000 documents")
        return msgspec.structs.replace(outcome, memory=memory(twin.child.pid, twin.place))


class Twin:
    """A running twin in a directory of its own, its demo books in a snapshot."""

    def __init__(self, directory: Path, core: int | None) -> None:
        directory.mkdir(mode=0o700)
        with on(core):
            self.child = launched.start(directory)
        self.place = launched.describe(self.child, directory)
        self._control("PUT", "/rate-limit", {"on": False})
        self._control("PUT", f"/snapshots/{EMPTY}")

    def start_over(self) -> None:
        """Every load finds the same books, however many invoices the last one made."""
        self._control("POST", f"/snapshots/{EMPTY}/restore")
        self._control("DELETE", "/ledger")

    def _control(self, method: str, path: str, body: object = None) -> None:
        with httpx2.Client(base_url=self.place["controlUrl"], trust_env=False) as client:
            client.request(method, path, json=body).raise_for_status()


def _subjects(twin: Twin, directory: Path, core: int | None, stack: ExitStack) -> list[tuple[str, Subject]]:
    """Both loads of the twin, each followed by the application that answers what the twin answered."""
    url, key = twin.place["url"], twin.place["apiKey"]
    keys = {"Authorization": f"Bearer {key}"}
    path = "/v1/invoices?finalize=true"
    body = msgspec.json.encode(INVOICE)
    with httpx2.Client(base_url=url, headers=keys, trust_env=False) as client:
        row = client.get("/v1/voucherlist?voucherType=invoice&voucherStatus=open").json()["content"][0]
        read = client.get(f"/v1/invoices/{row['id']}").raise_for_status()
        created = client.post(path, content=body, headers={"Content-Type": "application/json"})
        created.raise_for_status()
    port = urlsplit(url).port or 0
    subjects: list[tuple[str, Subject]] = []
    for load, request, answer in (
        ("read", get(f"/v1/invoices/{row['id']}", HOST, keys), read),
        ("create", post(path, HOST, keys, body), created),
    ):
        subjects.append((load, Subject("twin", TITLES["twin", load], twin.child, port, (request,))))
        bare, bare_port = _bare(directory, load, answer, core)
        stack.callback(bare.stop, PATIENCE_S)
        until_listening(bare, bare_port)
        subjects.append((load, Subject("bare", TITLES["bare", load], bare, bare_port, (request,))))
    return subjects


def _bare(directory: Path, load: str, answer: httpx2.Response, core: int | None) -> tuple[Child, int]:
    port, file = free_port(), directory / f"{load}.json"
    file.write_bytes(answer.content)
    command = [sys.executable, "-m", "tests.benchmarks.twin.same_bytes", str(port), str(answer.status_code)]
    with on(core):
        return Place(directory, "").child(f"bare-{load}", [*command, str(file)]), port
