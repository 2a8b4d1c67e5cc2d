"""How long news takes: the vendor's event in, the object read, the replica up to date, our webhook out.

`kontor up` at rest: one process that serves and works, and the twin. Between two rounds both have time to
come to rest. The twin's own events are signed with a key that this gateway does not know: only ours count.
"""

import json
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Empty, Queue
from typing import Any

import httpx2
import msgspec

from gateway.launch import LaunchError
from sandbox.lexoffice.events import signing
from tests.benchmarks.figures import percentile
from tests.benchmarks.run import PATIENCE_S
from tests.benchmarks.subjects import HOST, Place

TARGET = "lexoffice-sandbox"
REST_S = 2.5
"""Long enough for the vendor's bucket to be full again."""
FILLED_WITHIN_S, TOLD_WITHIN_S = 180.0, 60.0


class Plan(msgspec.Struct, frozen=True):
    """`times`: how many changes are told."""

    times: int


class Outcome(msgspec.Struct, frozen=True, rename="camel"):
    """Seconds, sorted: from the event to the webhook, and of the call to the vendor by itself."""

    told_s: list[float]
    call_s: list[float]

    @property
    def p50_s(self) -> float:
        return percentile(self.told_s, 50)

    @property
    def own_s(self) -> float:
        """What Kontor adds to the vendor's call, at the median."""
        return self.p50_s - percentile(self.call_s, 50)


def run(plan: Plan, directory: Path, progress: Callable[[str], None]) -> Outcome:
    """Start, fill, change and wait, stop.

    Raises:
        LaunchError: it did not start, or a webhook did not come.
    """
    with ExitStack() as stack:
        received, url = stack.enter_context(_receiver())
        key = signing.new_key()
        (directory / "events.pub").write_text(signing.public_half(key))
        world = stack.enter_context(_gateway(directory))
        gateway, connection = world.gateway, world.connection
        progress("filling the replica")
        gateway.patch(f"/v1/connections/{connection}", json={"keepsReplica": True}).raise_for_status()
        _until_filled(gateway, connection)
        hook = {"url": url, "eventTypes": ["customer.updated"]}
        gateway.post("/v1/webhook-endpoints", json=hook).raise_for_status()
        found = gateway.get("/v1/accounting/customers?limit=1").raise_for_status().json()["data"][0]["id"]
        told, calls = [], []
        for number in range(plan.times):
            time.sleep(REST_S)
            world.change(found, f"Stand {number}")
            calls.append(world.call_s(found))
            time.sleep(REST_S)
            begin = time.perf_counter()
            world.tell(found, key)
            try:
                at = received.get(timeout=TOLD_WITHIN_S)
            except Empty:
                raise LaunchError(f"no webhook within {TOLD_WITHIN_S:.0f} s") from None
            told.append(at - begin)
            progress(
                f"change {number + 1}/{plan.times}: {told[-1] * 1e3:,.0f} ms, call {calls[-1] * 1e3:,.0f} ms"
            )
    return Outcome(sorted(told), sorted(calls))


class World(msgspec.Struct, frozen=True):
    """A gateway, the twin that it keeps a copy of, and how both are asked."""

    gateway: httpx2.Client
    twin: httpx2.Client
    control: httpx2.Client
    connection: str
    organization: str

    def change(self, contact: str, note: str) -> None:
        """Somebody edits a contact in the application."""
        self.control.patch(f"/contacts/{contact}", json={"changes": {"note": note}}).raise_for_status()

    def call_s(self, contact: str) -> float:
        """What the vendor takes for the one read that is due."""
        begin = time.perf_counter()
        self.twin.get(f"/v1/contacts/{contact}").raise_for_status()
        return time.perf_counter() - begin

    def tell(self, contact: str, key: str) -> None:
        """The vendor's event, as its courier brings it."""
        event = {
            "organizationId": self.organization,
            "eventType": "contact.changed",
            "resourceId": contact,
            "eventDate": datetime.now(UTC).isoformat(timespec="milliseconds"),
        }
        body = json.dumps(event).encode()
        headers = {"content-type": "application/json", signing.HEADER: signing.sign(key, body)}
        answer = httpx2.post(
            f"{self.gateway.base_url}/hooks/{TARGET}/{self.connection}", content=body, headers=headers
        )
        answer.raise_for_status()


@contextmanager
def _gateway(directory: Path) -> Iterator[World]:
    data = directory / "data"
    data.mkdir(mode=0o700)
    settings = {
        "KONTOR_DATA_DIR": str(data),
        "KONTOR_PORT": "0",
        "KONTOR_WEBHOOK_ALLOW": "127.0.0.0/8",
        "KONTOR_WEBHOOK_KEYS": json.dumps({TARGET: str(directory / "events.pub")}),
    }
    child = Place(directory, "").child("up", [sys.executable, "-P", "-m", "gateway.cli", "up"], settings)
    try:
        child.wait_until((data / "demo.json").exists, 60)
        time.sleep(1)  # written, not only there
        demo, twin = (json.loads((data / name).read_text()) for name in ("demo.json", "twin.json"))
        keys = {"X-API-KEY": demo["apiKey"], "X-ACCOUNT-KEY": demo["accountKey"]}
        with (
            httpx2.Client(base_url=demo["baseUrl"], headers=keys, timeout=60) as gateway,
            httpx2.Client(
                base_url=twin["url"],
                headers={"Authorization": f"Bearer {twin['organizations'][0]['apiKey']}"},
            ) as vendor,
            httpx2.Client(base_url=twin["controlUrl"]) as control,
        ):
            connection = gateway.get("/v1/connections").raise_for_status().json()["data"][0]["id"]
            yield World(gateway, vendor, control, connection, twin["organizations"][0]["id"])
    finally:
        child.stop(PATIENCE_S)


def _until_filled(gateway: httpx2.Client, connection: str) -> None:
    """Every list was gone through once."""
    end = time.monotonic() + FILLED_WITHIN_S
    while time.monotonic() < end:
        syncs: list[dict[str, Any]] = gateway.get(f"/v1/connections/{connection}/syncs").json()["data"]
        if syncs and all(one["complete"] for one in syncs):
            return
        time.sleep(1)
    raise LaunchError(f"the replica was not filled after {FILLED_WITHIN_S:.0f} s")


@contextmanager
def _receiver() -> Iterator[tuple["Queue[float]", str]]:
    """When webhooks came, and where to."""
    received: Queue[float] = Queue()

    class Receiver(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            received.put(time.perf_counter())
            self.send_response(204)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None: ...

    server = ThreadingHTTPServer((HOST, 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield received, f"http://{HOST}:{server.server_port}/"
    finally:
        server.shutdown()
        server.server_close()
