import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.audit.chain import START, Head
from gateway.audit.log import HOUSE, entries, head, record, verify
from gateway.persistence.database import Database

pytestmark = pytest.mark.anyio

NOON = datetime(2026, 11, 20, 12, 0, 0, 123456, tzinfo=UTC)


APPEND_ONE = """
    INSERT INTO audit_events
        (tenant_id, sequence, at, actor, action, object_type, object_id, detail, request_id, previous, hash)
    SELECT tenant_id, 6, at, actor, action, object_type, object_id, detail, request_id, hash, hash
    FROM audit_events WHERE sequence = 5
"""


async def noted(
    session: AsyncSession,
    tenant_id: str = "ten_1",
    actor: str = "key_1",
    detail: Mapping[str, object] | None = None,
) -> None:
    await record(
        session,
        tenant_id=tenant_id,
        actor=actor,
        action="connection.created",
        object_type="connection",
        object_id="con_1",
        detail=detail or {},
        request_id="req_1",
        at=NOON,
    )


async def filled(database: Database, count: int, tenant_id: str = "ten_1") -> None:
    async with database.write() as session:
        for _ in range(count):
            await noted(session, tenant_id)


async def tampered(database: Database, statement: str) -> None:
    """As somebody would who can also take the triggers off."""
    untie = {
        "sqlite": ["DROP TRIGGER audit_events_no_update", "DROP TRIGGER audit_events_no_delete"],
        "postgresql": ["DROP TRIGGER audit_events_append_only ON audit_events"],
    }
    async with database.write() as session:
        for each in untie[database.dialect]:
            await session.execute(text(each))
        await session.execute(text(statement))


async def verdict(database: Database, kept: Head | None = None) -> int | None:
    async with database.read() as session:
        return await verify(session, "ten_1", [kept] if kept else [])


async def test_an_entry_comes_back_as_it_was_written(database: Database) -> None:
    async with database.write() as session:
        await noted(session, detail={"target": "lexoffice", "before": None, "count": 2})
    async with database.read() as session:
        (entry,) = await entries(session, "ten_1")

    assert (entry.sequence, entry.previous) == (1, START)
    assert (entry.at, entry.actor, entry.action) == (NOON, "key_1", "connection.created")
    assert (entry.object_type, entry.object_id, entry.request_id) == ("connection", "con_1", "req_1")
    assert entry.detail == '{"before":null,"count":2,"target":"lexoffice"}'


async def test_the_trail_is_whole_and_its_head_is_its_last_entry(database: Database) -> None:
    await filled(database, 5)
    async with database.read() as session:
        trail = await entries(session, "ten_1")
        end = await head(session, "ten_1")

    assert [entry.sequence for entry in trail] == [1, 2, 3, 4, 5]
    assert end == Head(sequence=5, hash=trail[-1].hash)
    assert await verdict(database) is None


async def test_an_empty_trail_is_whole(database: Database) -> None:
    assert await verdict(database) is None


async def test_each_tenant_has_a_trail_of_its_own(database: Database) -> None:
    for tenant_id in ("ten_1", "ten_2", "ten_1", HOUSE):
        await filled(database, 1, tenant_id)
    async with database.read() as session:
        lengths = {each: len(await entries(session, each)) for each in ("ten_1", "ten_2", HOUSE)}

    assert lengths == {"ten_1": 2, "ten_2": 1, HOUSE: 1}


async def test_nothing_is_recorded_of_what_was_rolled_back(database: Database) -> None:
    await filled(database, 1)
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with database.write() as session:
            await noted(session)
            raise ZeroDivisionError
    await filled(database, 1)

    async with database.read() as session:
        assert [entry.sequence for entry in await entries(session, "ten_1")] == [1, 2]
    assert await verdict(database) is None


async def test_writers_at_the_same_time_make_one_chain(database: Database) -> None:
    await asyncio.gather(*(filled(database, 2, f"ten_{1 + number % 2}") for number in range(16)))

    async with database.read() as session:
        assert [entry.sequence for entry in await entries(session, "ten_1")] == list(range(1, 17))
        assert await verify(session, "ten_1") is None
        assert await verify(session, "ten_2") is None


async def test_pages_continue_behind_a_sequence_number(database: Database) -> None:
    await filled(database, 5)
    async with database.read() as session:
        page = await entries(session, "ten_1", after=2, limit=2)
    assert [entry.sequence for entry in page] == [3, 4]


@pytest.mark.parametrize(
    ("statement", "position"),
    [
        ("UPDATE audit_events SET actor = 'key_2' WHERE sequence = 3", 3),
        ("UPDATE audit_events SET detail = '{ }' WHERE sequence = 3", 3),
        ("UPDATE audit_events SET request_id = NULL WHERE sequence = 3", 3),
        ("DELETE FROM audit_events WHERE sequence = 3", 3),
        ("DELETE FROM audit_events WHERE sequence = 5", 5),
        ("DELETE FROM audit_events", 1),
        ("UPDATE audit_events SET sequence = 6 WHERE sequence = 5", 5),
        ("UPDATE audit_events SET tenant_id = 'ten_2' WHERE sequence = 1", 1),
        ("UPDATE audit_heads SET sequence = 4", 5),
        ("DELETE FROM audit_heads", 1),
        (APPEND_ONE, 6),
    ],
)
async def test_tampering_in_the_database_is_found_with_its_position(
    database: Database, statement: str, position: int
) -> None:
    await filled(database, 5)
    await tampered(database, statement)
    assert await verdict(database) == position


async def test_a_trail_that_was_cut_together_with_its_head_shows_against_a_kept_head(
    database: Database,
) -> None:
    await filled(database, 5)
    async with database.read() as session:
        kept = await head(session, "ten_1")
        fourth = (await entries(session, "ten_1"))[3]
    await tampered(database, "DELETE FROM audit_events WHERE sequence = 5")
    async with database.write() as session:
        await session.execute(
            text("UPDATE audit_heads SET sequence = 4, hash = :hash"), {"hash": fourth.hash}
        )

    assert await verdict(database) is None
    assert await verdict(database, kept) == 5


async def test_strings_that_are_odd_are_kept_and_verify(database: Database) -> None:
    async with database.write() as session:
        await noted(session, actor="Erika\r\n\x1b[31mMuster\u202e", detail={"name": "„Müller & Söhne“\u0000"})

    async with database.read() as session:
        (entry,) = await entries(session, "ten_1")
    assert entry.actor == "Erika\r\n\x1b[31mMuster\u202e"
    assert await verdict(database) is None
