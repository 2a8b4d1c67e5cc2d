"""REL-34, a tenth of it: processes that deliver are killed amid their work, and receivers fail."""

import asyncio
import signal
import sys
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from gateway.persistence.tables import webhook_deliveries as DELIVERIES
from gateway.webhooks.outbound import deliveries
from tests.integration.webhooks.conftest import Post

pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300)]

EVENTS, KILLS, FAILING_OF_TEN = 1_000, 10, 3
ENDPOINTS = 2


class Receiver:
    """Refuses three of ten, by turns; counts what it took, by endpoint and id."""

    def __init__(self) -> None:
        self.asked = 0
        self.refused = 0
        self.taken: Counter[tuple[str, str]] = Counter()

    async def served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            lines = dict(line.split(": ", 1) for line in head.split("\r\n")[1:-2])
            await reader.readexactly(int(lines["Content-Length"]))
            self.asked += 1
            fails = self.asked % 10 < FAILING_OF_TEN
            self.refused += fails
            if not fails:
                self.taken[head.split(" ")[1], lines["Webhook-Id"]] += 1
            status = b"500 No" if fails else b"204 Fine"
            writer.write(b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % status)
            await writer.drain()
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()


async def begun(url: str, keys: Path) -> asyncio.subprocess.Process:
    command = (sys.executable, "-m", "tests.integration.webhooks.crew", url, str(keys))
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def until(come: Callable[[], bool]) -> None:
    for _ in range(10_000):
        if come():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not come")


async def hurry(post: Post) -> None:
    """Have what waits for its next attempt made now; claims are left alone."""
    waits = (DELIVERIES.c.state == deliveries.PENDING, DELIVERIES.c.claim.is_(None))
    async with post.database.write() as session:
        now = post.ambient.clock.now() - timedelta(seconds=1)
        await session.execute(update(DELIVERIES).where(*waits, DELIVERIES.c.due_at > now).values(due_at=now))


async def test_each_endpoint_gets_each_event_though_its_deliverers_are_killed(
    post: Post, database_url: str, tmp_path: Path
) -> None:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.served, "127.0.0.1", 0)
    place = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    paths = [f"/{n}" for n in range(ENDPOINTS)]
    for path in paths:
        await post.endpoint(place + path, event_types=("invoice.*",))
    published, kills, amid = [], 0, 0
    process = await begun(database_url, tmp_path / "vault.json")
    try:
        while kills < KILLS:
            published += [await post.publish() for _ in range(EVENTS // KILLS)]
            before = receiver.asked
            await until(lambda: receiver.asked >= before + 20)  # noqa: B023
            process.send_signal(signal.SIGKILL)
            await process.wait()
            kills += 1
            async with post.database.read() as session:
                amid += bool(await deliveries.waiting(session))
            process = await begun(database_url, tmp_path / "vault.json")
            await hurry(post)
        while len(receiver.taken) < EVENTS * ENDPOINTS:
            await asyncio.sleep(0.2)
            await hurry(post)
    finally:
        process.kill()
        await process.wait()
        server.close()

    expected = {(path, id) for path in paths for id in published}
    twice = sum(count > 1 for count in receiver.taken.values())
    print(
        f"{len(published)} events, {ENDPOINTS} endpoints, {kills} kills ({amid} amid work), {receiver.asked} "
        f"attempts, {receiver.refused} refused, {twice} delivered more than once, "
        f"{len(expected - set(receiver.taken))} missing"
    )
    assert (len(published), kills, amid) == (EVENTS, KILLS, KILLS)
    assert receiver.refused >= 0.25 * receiver.asked
    assert set(receiver.taken) == expected
