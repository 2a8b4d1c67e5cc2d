"""SEC-25 to 27 at real sockets: what is dialled, what is read, and for how long."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from itertools import cycle
from typing import Any

import httpx2
import pytest

from gateway.upstream.carrier import Carrier
from gateway.upstream.dialling import SystemDialling
from gateway.webhooks.outbound.addresses import Allowed, allowed_by
from gateway.webhooks.outbound.sending import KEPT, READ, Outcome, send
from tests.unit.webhooks.spellings import SPELLINGS

pytestmark = pytest.mark.anyio

LAPTOP = allowed_by("127.0.0.0/8")
PUBLIC = "93.184.216.34"
seen: list[Any] = []
"""Every connect of this process while a test looks."""
looking = False


def _look(event: str, arguments: tuple[Any, ...]) -> None:
    if looking and event == "socket.connect" and isinstance(arguments[1], tuple):
        seen.append(arguments[1])


sys.addaudithook(_look)


@pytest.fixture
def connects() -> Any:
    """Addresses that were connected to."""
    global looking
    seen.clear()
    looking = True
    yield seen
    looking = False


Receiver = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def receiving(answer: Receiver) -> AsyncIterator[int]:
    """A server on loopback; its port."""

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await reader.readuntil(b"\r\n\r\n")
            await answer(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()


async def posted(url: str, allowed: Allowed = LAPTOP, timeout_s: float = 5.0) -> Outcome:
    return await send(SystemDialling(), allowed, url, [], b"{}", timeout_s)


class Nobody(Carrier):
    """Takes no connection."""

    async def carry(self, *_: Any, **__: Any) -> Any:
        raise httpx2.ConnectError("nobody is there")

    async def aclose(self) -> None: ...


class Resolver:
    """Answers in turn. Only on loopback somebody may be there: `lead` takes the public address there."""

    def __init__(self, *answers: list[str], lead: bool = False) -> None:
        self._answers = cycle(answers)
        self._system = SystemDialling()
        self._lead = lead
        self.dialled: list[str] = []

    async def look_up(self, host: str, port: int) -> list[str]:
        return next(self._answers)

    def to(self, url: httpx2.URL, address: str) -> Carrier:
        self.dialled.append(address)
        if address == PUBLIC and not self._lead:
            return Nobody()
        return self._system.to(url, "127.0.0.1" if address == PUBLIC else address)


async def test_no_spelling_reaches_a_socket(connects: list[Any]) -> None:
    for url in SPELLINGS:
        assert (await posted(url, Allowed())).status is None, url

    print(f"{len(SPELLINGS)} spellings, {len(connects)} connects")
    assert len(SPELLINGS) >= 120
    assert connects == []


async def test_loopback_is_reached_where_it_is_allowed(connects: list[Any]) -> None:
    async def fine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
        await writer.drain()

    async with receiving(fine) as port:
        outcome = await posted(f"http://127.0.0.1:{port}/hook")

    assert (outcome.status, outcome.reason, outcome.answer) == (200, None, "ok")
    assert [address[1] for address in connects] == [port]


@pytest.mark.parametrize(
    "answers",
    [
        ([PUBLIC], ["127.0.0.1"]),
        ([PUBLIC, "127.0.0.1"],),
        (["127.0.0.1", PUBLIC],),
        ([PUBLIC], ["::ffff:127.0.0.1"], ["10.0.0.1"]),
    ],
)
async def test_a_resolver_that_changes_its_mind_leads_nobody_inside(
    answers: tuple[list[str], ...], connects: list[Any]
) -> None:
    resolver = Resolver(*answers)
    for _ in range(1000):
        await send(resolver, Allowed(), "https://hooks.muster.example/", [], b"{}")

    print(f"1000 deliveries, {len(resolver.dialled)} dialled, all public")
    assert set(resolver.dialled) <= {PUBLIC}
    assert connects == []


async def test_the_checked_address_is_dialled_under_the_name_of_the_url(connects: list[Any]) -> None:
    server_hello: list[bytes] = []

    async def served(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        server_hello.append(await reader.read(2048))
        writer.close()

    server = await asyncio.start_server(served, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    name = "hooks.muster.example"
    resolver = Resolver([PUBLIC], lead=True)
    outcome = await send(resolver, Allowed(frozenset({(name, port)})), f"https://{name}:{port}/", [], b"{}")
    server.close()

    assert outcome.status is None
    assert resolver.dialled == [PUBLIC]
    assert [address[0] for address in connects] == ["127.0.0.1"]
    assert name.encode() in server_hello[0]  # the server name of TLS


async def test_proxies_of_the_environment_are_not_asked(
    monkeypatch: pytest.MonkeyPatch, connects: list[Any]
) -> None:
    for variable in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(variable, "http://127.0.0.1:9")

    async def fine(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
        await writer.drain()

    async with receiving(fine) as port:
        assert (await posted(f"http://127.0.0.1:{port}/")).status == 204

    assert [address[1] for address in connects] == [port]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_no_redirect_is_followed(status: int, connects: list[Any]) -> None:
    async def elsewhere(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 %d Gone\r\nLocation: http://169.254.169.254/\r\n" % status)
        writer.write(b"Content-Length: 0\r\n\r\n")
        await writer.drain()

    async with receiving(elsewhere) as port:
        outcome = await posted(f"http://127.0.0.1:{port}/")

    assert outcome.status == status
    assert outcome.reason is not None
    assert len(connects) == 1


async def test_of_an_endless_answer_only_its_beginning_is_read() -> None:
    sent = 0

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")
        while True:
            writer.write(b"x" * 65_536)
            await writer.drain()
            sent += 65_536

    async with receiving(endless) as port:
        outcome = await posted(f"http://127.0.0.1:{port}/")

    assert (outcome.status, outcome.reason) == (200, None)
    assert outcome.answer == "x" * KEPT
    assert sent < 100 * READ


async def test_a_packed_answer_is_not_unpacked() -> None:
    bomb = b"\x1f\x8b" + b"x" * 100

    async def packed(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 102\r\n\r\n" + bomb)
        await writer.drain()

    async with receiving(packed) as port:
        outcome = await posted(f"http://127.0.0.1:{port}/")

    assert outcome.status == 200
    assert len(outcome.answer or "") == 102


async def test_bytes_that_trickle_do_not_stretch_the_time() -> None:
    async def trickling(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
        while True:
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    async with receiving(trickling) as port:
        outcome = await posted(f"http://127.0.0.1:{port}/", timeout_s=0.5)

    assert outcome.reason is not None
    assert "No complete answer" in outcome.reason


async def test_who_never_answers_is_waited_for_in_all_only_so_long() -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(30)

    async with receiving(silent) as port:
        outcome = await posted(f"http://127.0.0.1:{port}/", timeout_s=0.3)

    assert (outcome.status, outcome.answer) == (None, None)
