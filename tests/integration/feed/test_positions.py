"""Positions are given to what is committed: nothing is passed by, doubled or moved."""

import asyncio
from contextlib import suppress
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.ambient import Ambient
from gateway.feed import reading
from gateway.feed.positions import number, purge
from gateway.feed.reading import Selection
from gateway.persistence.database import Database
from gateway.persistence.event_log import tell
from gateway.persistence.tables import events
from gateway.tenants.directory import Directory

pytestmark = pytest.mark.anyio


@pytest.fixture
async def tenant_id(database: Database, ambient: Ambient) -> str:
    async with database.write() as session:
        return (await Directory(ambient).create_tenant(session, "Muster")).id


async def told(database: Database, ambient: Ambient, tenant_id: str, *types: str) -> None:
    async with database.write() as session:
        at = ambient.clock.now()
        for ordinal, type in enumerate(types):
            await tell(
                session,
                ambient,
                type=type,
                tenant_id=tenant_id,
                environment="test",
                ordinal=ordinal,
                at=at,
            )


async def page(database: Database, tenant_id: str, after: int = 0) -> list[tuple[int, str]]:
    await number(database, tenant_id, "test")
    selection = Selection(tenant_id=tenant_id, environment="test")
    async with database.read() as session:
        return [(e.position, e.type) for e in await reading.page(session, selection, after, 10_000)]


async def test_events_of_one_transaction_follow_each_other_without_a_gap(
    database: Database, ambient: Ambient, tenant_id: str
) -> None:
    await told(database, ambient, tenant_id, "a.one", "a.two")
    assert await page(database, tenant_id) == [(1, "a.one"), (2, "a.two")]

    await told(database, ambient, tenant_id, "a.three")
    assert await page(database, tenant_id, 2) == [(3, "a.three")]


async def test_what_was_never_committed_is_in_no_feed(
    database: Database, ambient: Ambient, tenant_id: str
) -> None:
    with suppress(ZeroDivisionError):
        async with database.write() as session:
            await tell(session, ambient, type="a.lost", tenant_id=tenant_id, environment="test")
            raise ZeroDivisionError
    await told(database, ambient, tenant_id, "a.one")

    assert await page(database, tenant_id) == [(1, "a.one")]


async def test_a_commit_that_comes_late_comes_later_in_the_feed(
    migrated_postgres_url: str, ambient: Ambient
) -> None:
    database = Database.open(migrated_postgres_url)  # SQLite writes one after another
    async with database.write() as session:
        tenant_id = (await Directory(ambient).create_tenant(session, "Muster")).id
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slow() -> None:
        async with database.write() as session:
            await tell(session, ambient, type="a.early", tenant_id=tenant_id, environment="test")
            begun.set()
            await go_on.wait()

    late = asyncio.create_task(slow())
    await begun.wait()
    await told(database, ambient, tenant_id, "a.late")
    seen = await page(database, tenant_id)
    go_on.set()
    await late

    assert seen == [(1, "a.late")]
    assert await page(database, tenant_id, 1) == [(2, "a.early")]
    await database.dispose()


async def test_readers_who_number_at_once_give_each_position_once(
    database: Database, ambient: Ambient, tenant_id: str
) -> None:
    await told(database, ambient, tenant_id, *(f"a.n{i}" for i in range(300)))

    pages = await asyncio.gather(*(page(database, tenant_id) for _ in range(10)))

    assert all(found == pages[0] for found in pages)
    assert [position for position, _ in pages[0]] == list(range(1, 301))


async def test_feeds_of_tenants_and_environments_are_apart(
    database: Database, ambient: Ambient, tenant_id: str
) -> None:
    async with database.write() as session:
        other = (await Directory(ambient).create_tenant(session, "Anders")).id
        await tell(session, ambient, type="a.other", tenant_id=other, environment="test")
        await tell(session, ambient, type="a.live", tenant_id=tenant_id, environment="live")
        await tell(session, ambient, type="a.test", tenant_id=tenant_id, environment="test")

    assert await page(database, tenant_id) == [(1, "a.test")]
    assert await page(database, other) == [(1, "a.other")]


async def test_what_is_too_old_goes_and_is_remembered(
    database: Database, ambient: Ambient, tenant_id: str
) -> None:
    await told(database, ambient, tenant_id, "a.one", "a.two")
    await number(database, tenant_id, "test")
    await told(database, ambient, tenant_id, "a.three")
    async with database.write() as session:
        assert await purge(session, ambient.clock.now() + timedelta(seconds=1)) == 2  # the third is unread

    async with database.read() as session:
        bounds = await reading.bounds(session, tenant_id, "test")
        assert len((await session.execute(select(events.c.id))).all()) == 1
    assert (bounds.last, bounds.purged) == (2, 2)
    assert await page(database, tenant_id) == [(3, "a.three")]
