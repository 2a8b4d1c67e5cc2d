"""The path of one request, read from what really runs: few modules, none entered twice on the way down."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import httpx2
import pytest

from gateway.upstream.transport import Transports
from tests.stage import Party, Stage, staged

pytestmark = pytest.mark.anyio

OURS = ("gateway", "connectors")
ASIDE = (
    "gateway.errors",
    "gateway.telemetry",
    "gateway.persistence",
    "gateway.ambient",
    "gateway.targets",  # a dictionary
    "gateway.tenants",  # authentication
    "gateway.credentials",  # authentication at the vendor
    "gateway.writes.rows",  # the journal's SQL: persistence
    "gateway.writes.recovered",  # a row in the transaction of the claim
    "gateway.writes.settlement",
    "gateway.writes.tape",  # what a row of the journal keeps
    "gateway.audit",  # rows in the journal's transaction
    "connectors.base.errors",
    "connectors.lexoffice.misfits",  # errors
    "connectors.base.mapping",  # pure functions over schemas, entered and left again
    "connectors.lexoffice.days",
    "connectors.lexoffice.sales",
)
HANDLERS = {
    "gateway.api.reading": ("read_one", "download"),
    "gateway.api.writing": ("write",),
}
"""Where the path begins: before them is the door, which is the same for every route."""
MOST_ON_A_READ = 12
MOST_ON_A_WRITE = 16
INVOICE = {
    "issuedOn": "2026-11-20",
    "buyer": {"name": "Erika Muster", "address": {"countryCode": "DE"}},
    "lines": [
        {
            "type": "custom",
            "name": "Beratung",
            "quantity": "1",
            "unitName": "Stunde",
            "unitPrice": "95",
            "taxRate": "19",
        }
    ],
}
FINAL = {"finalize": True}


class Tracer(httpx2.AsyncBaseTransport):
    """Passes calls on, and keeps the stack of the first one and the modules entered from the handler on."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self.inner = inner
        self.stack: list[str] = []
        self.entered: list[str] = []
        self.recording = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self.recording:
            self.recording = False
            self.stack = list(stack_of(sys._getframe()))
        return await self.inner.handle_async_request(request)

    @contextmanager
    def record(self) -> Iterator[None]:
        self.entered, self.recording = [], True
        sys.setprofile(self._enter)
        try:
            yield
        finally:
            sys.setprofile(None)

    def _enter(self, frame: FrameType, event: str, argument: Any) -> None:
        module = frame.f_globals.get("__name__", "")
        if event != "call" or not self.recording or not counts(module) or module in self.entered:
            return
        if module.startswith("gateway.api") and self.entered and module != "gateway.api.call":
            return  # the door's own frames, resumed
        if self.entered or frame.f_code.co_name in HANDLERS.get(module, ()):
            self.entered.append(module)


def counts(module: str) -> bool:
    return module.split(".")[0] in OURS and not module.startswith(ASIDE)


def stack_of(frame: FrameType | None) -> Iterator[str]:
    """Modules from the wire upwards, neighbours of one module as one."""
    last = ""
    while frame is not None:
        module = frame.f_globals.get("__name__", "")
        if counts(module) and module != last:
            last = module
            yield module
        frame = frame.f_back


@pytest.fixture
async def traced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    tracers: list[Tracer] = []

    def wrapped(base: httpx2.AsyncBaseTransport) -> Transports:
        tracers.append(Tracer(base))
        return Transports(base=tracers[0])

    monkeypatch.setattr("tests.stage.Transports", wrapped)
    async with staged(tmp_path) as stage:
        party = await stage.party()
        await stage.call("GET", "/v1/accounting/company", party)  # fills the caches of authentication
        yield stage, party, tracers[0]


async def test_a_read_passes_few_modules_and_none_twice(traced: tuple[Stage, Party, Tracer]) -> None:
    stage, party, tracer = traced
    page = await stage.call("GET", "/v1/accounting/invoices?limit=1", party)
    path = f"/v1/accounting/invoices/{page.json()['data'][0]['id']}"

    with tracer.record():
        answer = await stage.call("GET", path, party)

    assert answer.status_code == 200
    assert len(tracer.entered) <= MOST_ON_A_READ, " ".join(tracer.entered)
    assert len(tracer.stack) == len(set(tracer.stack)), " ".join(tracer.stack)


async def test_a_download_passes_few_modules_and_none_twice(traced: tuple[Stage, Party, Tracer]) -> None:
    stage, party, tracer = traced
    made = await stage.call("POST", "/v1/accounting/invoices", party, key="one", json={**INVOICE, **FINAL})
    path = f"/v1/accounting/invoices/{made.json()['data']['id']}/document"

    with tracer.record():
        answer = await stage.call("GET", path, party)

    assert answer.status_code == 200
    assert len(tracer.entered) <= MOST_ON_A_READ, " ".join(tracer.entered)
    assert len(tracer.stack) == len(set(tracer.stack)), " ".join(tracer.stack)


async def test_a_write_passes_few_modules_and_none_twice(traced: tuple[Stage, Party, Tracer]) -> None:
    stage, party, tracer = traced

    with tracer.record():
        answer = await stage.call("POST", "/v1/accounting/invoices", party, key="one", json=INVOICE)

    assert answer.status_code == 201
    assert len(tracer.entered) <= MOST_ON_A_WRITE, " ".join(tracer.entered)
    assert len(tracer.stack) == len(set(tracer.stack)), " ".join(tracer.stack)
