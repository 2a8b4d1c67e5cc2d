"""Writes of two steps go on where they stopped (REL-6): a contact and its invoice, a bill and its file."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest

from connectors.base.files import Upload
from connectors.base.paging import Record
from connectors.lexoffice import CONNECTOR
from connectors.lexoffice.native.contacts import Company, ContactBody, NewRole, NewRoles
from connectors.lexoffice.resources.files import Files
from connectors.lexoffice.resources.invoices import Invoices
from gateway.upstream.transport import Transports
from tests.forms import PDF
from tests.integration.reconcile.conftest import SETTLE_S, WINDOW_S, SameTime, Shop
from tests.stage import staged
from tests.unit.upstream.virtual import virtual

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(120)]

LEASE_S = 61
RECEIPT = Upload(content=PDF, media_type="application/pdf", filename="beleg.pdf", sha256="0" * 64)
CONTACT = ContactBody(
    version=0, roles=NewRoles(customer=NewRole()), company=Company(name="Holzwerk Brandt GmbH")
)


class AfterContact(Invoices):
    """An invoice, and before it the contact that it is for."""

    async def create(self, body: Any) -> Record[Any]:
        await self._client.post("contacts", CONTACT, "contacts.create")
        return await super().create(body)


class BeforeFile(Invoices):
    """An invoice, and after it a file for the inbox."""

    async def create(self, body: Any) -> Record[Any]:
        made = await super().create(body)
        await Files(self._session).upload(RECEIPT)
        return made


ORDERS: dict[str, tuple[type[Invoices], tuple[str, str]]] = {
    "contact and invoice": (AfterContact, ("/v1/contacts", "/v1/invoices")),
    "invoice and file": (BeforeFile, ("/v1/invoices", "/v1/files")),
}


class Line(httpx2.AsyncBaseTransport):
    """The way to the twin; the answer to a call of `hangs_at` does not come back while anybody waits."""

    def __init__(self, inner: httpx2.AsyncBaseTransport) -> None:
        self.inner = inner
        self.hangs_at: str | None = None
        self.hangs = asyncio.Event()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self.inner.handle_async_request(request)
        if request.method == "POST" and self.hangs_at and request.url.path.endswith(self.hangs_at):
            self.hangs_at = None
            await answer.aread()
            self.hangs.set()
            await asyncio.Event().wait()
        return answer


@pytest.fixture(params=ORDERS)
async def steps(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Shop, Line, tuple[str, str]]]:
    kind, paths = ORDERS[request.param]
    lines: list[Line] = []

    def hanging(base: httpx2.AsyncBaseTransport) -> Transports:
        lines.append(Line(base))
        return Transports(base=lines[0])

    monkeypatch.setattr("tests.stage.Transports", hanging)
    resources = {**CONNECTOR.resources, "invoices": kind}
    connector = msgspec.structs.replace(CONNECTOR, resources=resources)
    clock, ambient = virtual()
    async with staged(tmp_path, ambient, connectors=(connector,)) as stage:
        stage.twin.twin.clock = SameTime(clock)
        yield Shop(stage, await stage.party(partner=True), clock), lines[0], paths


async def settled(shop: Shop, paths: tuple[str, str]) -> list[int]:
    """Status of the repetition once all is settled, and how often each step was done."""
    await shop.wait(2 * (WINDOW_S + SETTLE_S + LEASE_S))
    again = await shop.create()
    return [again.status_code, *(done(shop, path) for path in paths)]


def done(shop: Shop, path: str) -> int:
    """How often a step has had its effect: a file that is known is answered, and not kept twice."""
    if path != "/v1/files":
        return shop.sent(path)
    (company, *_) = shop.twin.world.organizations.values()
    return sum(file.content == PDF for file in company.files.values())


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "status 429"])
@pytest.mark.parametrize("step", [0, 1])
async def test_a_step_that_loses_its_answer_is_done_once(
    steps: tuple[Shop, Line, tuple[str, str]], kind: str, step: int
) -> None:
    shop, _, paths = steps
    name, _, status = kind.partition(" ")
    more = {"status": int(status), "times": 3} if status else {}
    shop.twin.fault(name, "POST", paths[step], **more)
    await shop.create()

    assert await settled(shop, paths) == [201, 1, 1]


@pytest.mark.parametrize("step", [0, 1])
async def test_a_process_that_dies_after_a_step_leaves_the_rest_to_others(
    steps: tuple[Shop, Line, tuple[str, str]], step: int
) -> None:
    shop, line, paths = steps
    line.hangs_at = paths[step]
    dying = asyncio.ensure_future(shop.create())
    await line.hangs.wait()
    shop.clock.time += LEASE_S
    await shop.stage.rooms.reconciler.run_due()

    assert await settled(shop, paths) == [201, 1, 1]
    for task in list(shop.stage.rooms.journal._running):
        task.cancel()
    await asyncio.gather(dying, return_exceptions=True)
    assert (await shop.create()).status_code == 201


async def test_nothing_befalls_both_steps(steps: tuple[Shop, Line, tuple[str, str]]) -> None:
    shop, _, paths = steps
    answer = await shop.create()

    assert [answer.status_code, *(done(shop, path) for path in paths)] == [201, 1, 1]
