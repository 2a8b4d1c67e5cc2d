"""REL-34: processes that deliver are killed amid their work, and receivers fail. `TEST_LONG=1`: all of it."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import select, update

from gateway.persistence.event_log import tell
from gateway.persistence.tables import events as EVENTS_TABLE
from gateway.persistence.tables import webhook_deliveries as DELIVERIES
from gateway.webhooks.outbound import deliveries
from tests.integration.webhooks.conftest import Post

LONG = 10 if os.environ.get("TEST_LONG") else 1
pytestmark = [pytest.mark.anyio, pytest.mark.timeout(300 * LONG)]

EVENTS, KILLS, FAILING_OF_TEN = 1_000 * LONG, 10 * LONG, 3
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


async def publish(post: Post, count: int) -> int:
    """So many events in a transaction that is committed, and one in another that is not."""
    async with post.database.write() as session:
        for _ in range(count):
            await tell(session, post.ambient, type="invoice.updated", **msgspec.structs.asdict(post.owner))
    with suppress(Rolled):
        async with post.database.write() as session:
            await tell(session, post.ambient, type="invoice.updated", **msgspec.structs.asdict(post.owner))
            raise Rolled
    return count


class Rolled(Exception):
    """Ends a transaction without a commit."""


async def committed(post: Post) -> set[str]:
    async with post.database.read() as session:
        return set((await session.execute(select(EVENTS_TABLE.c.id))).scalars())


async def replayed(post: Post, endpoint_id: str) -> int:
    """What was refused ten times, so that it was given up, is delivered again; how much that was."""
    async with post.database.write() as session:
        chosen = {"since": datetime.min.replace(tzinfo=UTC), "only_failed": True}
        return await deliveries.replay(session, endpoint_id, post.ambient.clock.now(), **chosen)


async def test_each_endpoint_gets_each_event_though_its_deliverers_are_killed(
    post: Post, database_url: str, tmp_path: Path
) -> None:
    receiver = Receiver()
    server = await asyncio.start_server(receiver.served, "127.0.0.1", 0)
    place = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    paths = [f"/{n}" for n in range(ENDPOINTS)]
    targets = [(await post.endpoint(place + path, event_types=("invoice.*",)))[0] for path in paths]
    told, kills, amid, given_up = 0, 0, 0, 0
    process = await begun(database_url, tmp_path / "vault.json")
    try:
        while kills < KILLS:
            told += await publish(post, EVENTS // KILLS)
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
            given_up += sum([await replayed(post, target.id) for target in targets])
    finally:
        process.kill()
        await process.wait()
        server.close()

    published = await committed(post)
    expected = {(path, id) for path in paths for id in published}
    twice = sum(count > 1 for count in receiver.taken.values())
    print(
        f"{len(published)} events, {ENDPOINTS} endpoints, {kills} kills ({amid} amid work), {receiver.asked} "
        f"attempts, {receiver.refused} refused, {given_up} given up and replayed, {twice} told more than "
        f"once, {len(expected - set(receiver.taken))} missing"
    )
    assert (told, len(published), kills, amid) == (EVENTS, EVENTS, KILLS, KILLS)
    assert receiver.refused >= 0.25 * receiver.asked
    assert set(receiver.taken) == expected
