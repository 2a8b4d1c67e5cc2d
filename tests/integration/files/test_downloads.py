"""Files through the whole gateway: as the vendor sends them, no faster than the caller takes them."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from gateway.upstream.transport import Transports
from tests.integration.files.office import Office, open_office
from tests.integration.upstream.vendor import answer, saying
from tests.stage import Party, Stage, staged

pytestmark = pytest.mark.anyio

MIB = 1024 * 1024
ID = "c2382a58-1248-4293-832f-562d45e6cc2a"
PATH = f"/v1/accounting/files/{ID}/content"
PICTURE = Random(7).randbytes(15 * MIB)
XML = b"<Invoice/>"


class Download:
    """One download at the application's door, by a caller who takes a piece when `take` says so."""

    def __init__(self, stage: Stage, party: Party, accept: str = "*/*", *, takes: int = 10_000) -> None:
        self.sent: list[Any] = []
        self.gone = asyncio.Event()
        self._turns = asyncio.Semaphore(takes)
        self._turn = asyncio.Event()
        headers = {**party.headers(), "Accept": accept}
        scope = {
            "type": "http",
            "http_version": "1.1",
            "method": "GET",
            "path": PATH,
            "raw_path": PATH.encode(),
            "root_path": "",
            "query_string": b"",
            "scheme": "http",
            "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", 2),
        }
        self.running = asyncio.create_task(stage.app(scope, self._receive, self._send))  # type: ignore[arg-type]

    async def _receive(self) -> Any:
        await self.gone.wait()
        return {"type": "http.disconnect"}

    async def _send(self, message: Any) -> None:
        await self._turns.acquire()
        self.sent.append(message)
        self._turn.set()

    async def until(self, messages: int) -> None:
        """Returns once so many were sent."""
        async with asyncio.timeout(10):
            while len(self.sent) < messages:
                self._turn.clear()
                await self._turn.wait()

    @property
    def status(self) -> int:
        return self.sent[0]["status"]

    @property
    def headers(self) -> dict[str, str]:
        return {name.decode(): value.decode() for name, value in self.sent[0]["headers"]}

    @property
    def body(self) -> bytes:
        return b"".join(message["body"] for message in self.sent[1:])

    @property
    def whole(self) -> bool:
        return not self.sent[-1]["more_body"]

    async def end(self) -> "Download":
        await asyncio.wait_for(self.running, 30)
        return self


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office() as found:
        yield found


@pytest.fixture
async def stage(tmp_path: Path, office: Office) -> AsyncIterator[Stage]:
    async with staged(tmp_path, transports=Transports(), twin_url=office.url) as found:
        yield found


async def logged(stage: Stage, party: Party) -> dict[str, Any]:
    """The last download in the call log."""
    await stage.rooms.request_log.flush()
    rows = (await stage.call("GET", "/v1/requests?limit=10", party)).json()["data"]
    return next(row for row in rows if row["route"].endswith("/content"))


async def test_a_large_file_arrives_as_it_is(stage: Stage, party: Party, office: Office) -> None:
    office.files = {"*/*": office.serve("image/png", PICTURE)}

    got = await Download(stage, party).end()

    assert got.status == 200
    assert got.headers["content-type"] == "image/png"
    assert got.headers["content-length"] == str(len(PICTURE))
    assert got.headers["kontor-upstream-calls"] == "1"
    assert got.headers["kontor-representation"] == "original"
    assert got.body == PICTURE
    assert got.whole
    assert len(got.sent) > 10  # in pieces
    row = await logged(stage, party)
    assert (row["status"], row["code"], row["upstreamCalls"]) == (200, None, 1)


async def test_nothing_is_read_ahead_of_a_caller_who_takes_nothing(
    stage: Stage, party: Party, office: Office
) -> None:
    large = bytes(64 * MIB)
    office.files = {"*/*": office.serve("image/png", large)}

    got = Download(stage, party, takes=2)
    await got.until(2)
    await asyncio.sleep(0.5)

    assert office.handed_over < 32 * MIB  # what lies in the kernel's buffers; ours hold less than one
    got.gone.set()
    await got.end()


async def test_a_file_that_breaks_off_is_cut_and_the_log_says_so(
    stage: Stage, party: Party, office: Office
) -> None:
    office.files = {"*/*": office.serve("image/png", PICTURE, until=5 * MIB)}

    got = await Download(stage, party).end()

    assert got.status == 200
    assert 0 < len(got.body) <= 5 * MIB < int(got.headers["content-length"])
    assert not got.whole
    assert (await logged(stage, party))["code"] == "upstream_broken"


async def test_a_file_that_breaks_off_at_once_is_a_problem(
    stage: Stage, party: Party, office: Office
) -> None:
    office.files = {"*/*": office.serve("image/png", PICTURE, until=65536)}

    got = await Download(stage, party).end()

    assert got.status == 502
    assert got.headers["content-type"] == "application/problem+json"
    assert b"upstream_broken" in got.body


async def test_a_caller_who_hangs_up_ends_the_vendors_call(
    stage: Stage, party: Party, office: Office
) -> None:
    office.files = {"*/*": office.serve("image/png", bytes(64 * MIB))}

    got = Download(stage, party, takes=3)
    await got.until(3)
    got.gone.set()
    await got.end()
    await asyncio.wait_for(office.hung_up.wait(), 10)

    row = await logged(stage, party)
    assert (row["status"], row["code"]) == (200, "abandoned")


async def test_a_form_nobody_asked_for_is_given_up(stage: Stage, party: Party, office: Office) -> None:
    office.files = {"image/png": office.serve("image/jpeg", bytes(64 * MIB))}

    got = await Download(stage, party, "image/png").end()
    await asyncio.wait_for(office.hung_up.wait(), 10)

    assert got.status == 406


async def test_a_preview_is_given_up_for_its_xml(stage: Stage, party: Party, office: Office) -> None:
    office.files = {
        "*/*": office.serve("application/pdf", bytes(64 * MIB)),
        "application/xml": saying(answer("200 OK", XML, "Content-Type: application/xml")),
    }

    got = await Download(stage, party).end()
    await asyncio.wait_for(office.hung_up.wait(), 10)

    assert (got.status, got.body) == (200, XML)
    assert got.headers["kontor-upstream-calls"] == "2"


async def test_what_a_failing_second_call_leaves_behind_is_given_up(
    stage: Stage, party: Party, office: Office
) -> None:
    office.files = {
        "application/pdf": office.serve("application/pdf", bytes(64 * MIB)),
        "application/xml": saying(answer("500 Internal Server Error")),
    }

    got = await Download(stage, party, "application/pdf").end()
    await asyncio.wait_for(office.hung_up.wait(), 10)

    assert got.status == 502
