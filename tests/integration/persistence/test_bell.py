"""Work that was asked for in this process is looked at once it is committed."""

import asyncio
from contextlib import suppress
from functools import partial

import pytest

from gateway.ambient import system
from gateway.persistence import outbox
from gateway.persistence.bell import SETTLES_S, ring_after
from gateway.persistence.database import Database
from gateway.persistence.event_log import tell
from gateway.tenants.directory import Directory

pytestmark = pytest.mark.anyio
NEVER_S = 3600.0
AMBIENT = system()
CLOCK = AMBIENT.clock


async def test_it_rings_when_the_transaction_that_asked_for_it_is_committed(database: Database) -> None:
    before = database.bell.rung
    waiting = asyncio.create_task(database.bell.heard(before, CLOCK, NEVER_S))

    async with database.write() as session:
        ring_after(session)
        await asyncio.sleep(0)
        assert (database.bell.rung, waiting.done()) == (before, False)

    await waiting
    assert database.bell.rung == before + 1


async def test_what_is_rolled_back_or_asks_for_nothing_rings_for_nobody(database: Database) -> None:
    before = database.bell.rung

    with suppress(LookupError):
        async with database.write() as session:
            ring_after(session)
            raise LookupError
    async with database.write():
        pass

    assert database.bell.rung == before


async def test_a_ring_between_two_waits_is_heard_by_the_second(database: Database) -> None:
    since = database.bell.rung
    async with database.write() as session:
        ring_after(session)

    await database.bell.heard(since, CLOCK, NEVER_S)


async def test_without_a_ring_the_time_ends_the_wait_and_so_does_other_work(database: Database) -> None:
    bell, done = database.bell, asyncio.create_task(asyncio.sleep(0))

    await bell.heard(bell.rung, CLOCK, 0.0)
    await bell.heard(bell.rung, CLOCK, NEVER_S, done)


async def test_rings_in_a_row_are_one_look(database: Database) -> None:
    looks, since = 0, database.bell.rung

    async def look() -> None:
        nonlocal looks, since
        while True:
            await database.bell.heard(since, CLOCK, NEVER_S)
            since, looks = database.bell.rung, looks + 1

    looking = asyncio.create_task(look())
    for _ in range(20):
        async with database.write() as session:
            ring_after(session)
    await asyncio.sleep(4 * SETTLES_S)
    looking.cancel()

    assert 1 <= looks < 20


async def test_jobs_ring(database: Database) -> None:
    before = database.bell.rung
    async with database.write() as session:
        tenant = await Directory(AMBIENT).create_tenant(session, "Muster Software GmbH")
        asked = partial(outbox.put, kind="revoke_connection", subject="con_a", environment="test")
        await asked(session, AMBIENT, tenant_id=tenant.id)

    assert database.bell.rung == before + 1


async def test_events_ring(database: Database) -> None:
    before = database.bell.rung
    async with database.write() as session:
        tenant = await Directory(AMBIENT).create_tenant(session, "Muster Software GmbH")
        await tell(session, AMBIENT, type="batch.finished", tenant_id=tenant.id, environment="test")

    assert database.bell.rung == before + 1
