from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text
from sqlalchemy.exc import DBAPIError

from gateway.ambient import Ambient
from gateway.audit import starts
from gateway.audit.log import head, record, verify
from gateway.persistence.database import Database
from gateway.persistence.periods import Periods, periods_of
from gateway.persistence.tables import (
    audit_events,
    audit_starts,
    connect_sessions,
    exchange_codes,
    replica_rows,
    request_log,
    scheduler_slots,
    write_journal,
)
from gateway.privacy.retention import purge
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory
from gateway.tenants.lookup import LookupHash

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)
OURS, THEIRS = LookupHash(b"o" * 32), LookupHash(b"t" * 32)


@pytest.fixture
async def connection_of(database: Database, ambient: Ambient) -> dict[str, str]:
    """Columns that name a tenant's connection."""
    connections = Connections(database, ambient, LookupHash(b"k" * 32))
    async with database.write() as session:
        tenant = await Directory(ambient).create_tenant(session, "Muster Software GmbH")
        connection = await connections.create(
            session,
            tenant_id=tenant.id,
            environment="test",
            target="lexoffice-sandbox",
            credential_kind="oauth",
        )
    return {"tenant_id": tenant.id, "connection_id": connection.id, "environment": "test"}


async def count(database: Database, table: Any) -> int:
    async with database.read() as session:
        return (await session.execute(select(func.count()).select_from(table))).scalar_one()


def logged(id: str, at: datetime, connection_of: dict[str, str]) -> dict[str, Any]:
    return {
        **connection_of,
        "id": id,
        "key_id": "key_1",
        "at": at,
        "method": "GET",
        "route": "/v1/connections",
        "status": 200,
        "duration_ms": 1,
        "upstream_calls": 0,
        "upstream_trace_ids": "[]",
        "request_id": id,
    }


def written(
    id: str, state: str, settled_at: datetime | None, connection_of: dict[str, str]
) -> dict[str, Any]:
    return {
        **connection_of,
        "id": id,
        "method": "POST",
        "route": "/v1/accounting/invoices",
        "idempotency_key": id,
        "fingerprint": b"f",
        "resource": "invoices",
        "operation": "create",
        "state": state,
        "generation": 1,
        "request_id": "req_1",
        "created_at": NOW - 400 * DAY,
        "settled_at": settled_at,
    }


async def test_the_call_log_is_kept_90_days_and_no_longer(
    database: Database, connection_of: dict[str, str]
) -> None:
    rows = [
        logged("req_old", NOW - 90 * DAY - DAY, connection_of),
        logged("req_new", NOW - 90 * DAY + DAY, connection_of),
    ]
    async with database.write() as session:
        await session.execute(insert(request_log), rows)

    assert await purge(database, OURS, NOW, Periods()) == 1
    async with database.read() as session:
        assert (await session.execute(select(request_log.c.id))).scalars().all() == ["req_new"]


@pytest.mark.parametrize(("days", "left"), [(1, []), (29, []), (31, ["req_1"]), (4000, ["req_1"])])
async def test_the_call_log_is_kept_as_long_as_was_chosen(
    database: Database, connection_of: dict[str, str], days: int, left: list[str]
) -> None:
    async with database.write() as session:
        await session.execute(insert(request_log), [logged("req_1", NOW - 30 * DAY, connection_of)])

    await purge(database, OURS, NOW, periods_of(f"request_log={days}, events=100"))

    async with database.read() as session:
        assert (await session.execute(select(request_log.c.id))).scalars().all() == left


@pytest.mark.parametrize("state", ["confirmed", "rejected"])
async def test_settled_answers_are_kept_30_days(
    database: Database, connection_of: dict[str, str], state: str
) -> None:
    rows = [
        written("wrt_old", state, NOW - 30 * DAY - DAY, connection_of),
        written("wrt_new", state, NOW - 30 * DAY + DAY, connection_of),
    ]
    async with database.write() as session:
        await session.execute(insert(write_journal), rows)

    await purge(database, OURS, NOW, Periods())

    async with database.read() as session:
        assert (await session.execute(select(write_journal.c.id))).scalars().all() == ["wrt_new"]


@pytest.mark.parametrize("state", ["unknown", "sent"])
async def test_a_write_whose_outcome_is_not_known_is_never_forgotten(
    database: Database, connection_of: dict[str, str], state: str
) -> None:
    async with database.write() as session:
        await session.execute(
            insert(write_journal), [written("wrt_1", state, NOW - 400 * DAY, connection_of)]
        )

    await purge(database, OURS, NOW, Periods())

    assert await count(database, write_journal) == 1


async def test_old_connect_sessions_go_with_their_codes(
    database: Database, connection_of: dict[str, str]
) -> None:
    expired = NOW - 30 * DAY - DAY
    session_row = {
        "id": "cse_1",
        "tenant_id": connection_of["tenant_id"],
        "environment": "test",
        "target": "lexoffice-sandbox",
        "return_url": "https://app.muster-software.example/return",
        "accept_other_organization": False,
        "link_hash": b"l",
        "created_at": expired,
        "expires_at": expired,
    }
    code = {
        **connection_of,
        "code_hash": b"c",
        "session_id": "cse_1",
        "created_at": expired,
        "expires_at": NOW + DAY,
    }
    async with database.write() as session:
        await session.execute(insert(connect_sessions), [session_row])
        await session.execute(insert(exchange_codes), [code])

    assert await purge(database, OURS, NOW, Periods()) == 2
    assert (await count(database, connect_sessions), await count(database, exchange_codes)) == (0, 0)


def row_of(id: str, gone_at: datetime | None, connection_of: dict[str, str]) -> dict[str, Any]:
    """A row of the replica; a tombstone with `gone_at`."""
    whose = {name: connection_of[name] for name in ("tenant_id", "connection_id")}
    times = dict.fromkeys(("read_at", "changed_at"), NOW - 400 * DAY)
    texts = dict.fromkeys([f"key_{number}" for number in range(1, 13)], "")
    own = {"resource": "invoices", "id": id, "gone_at": gone_at, "sealed": False, "untold": ""}
    return {**whose, **times, **texts, **own, "sequence": 1, "shape": ""}


async def test_tombstones_are_kept_90_days_and_what_is_there_for_as_long_as_it_is(
    database: Database, connection_of: dict[str, str]
) -> None:
    rows = [
        row_of("there", None, connection_of),
        row_of("old", NOW - 91 * DAY, connection_of),
        row_of("new", NOW - 89 * DAY, connection_of),
    ]
    async with database.write() as session:
        await session.execute(insert(replica_rows), rows)

    assert await purge(database, OURS, NOW, Periods()) == 1
    async with database.read() as session:
        left = (await session.execute(select(replica_rows.c.id))).scalars()
        assert {*left} == {"there", "new"}


async def test_lines_of_the_schedule_go_a_day_after_their_last_call(database: Database) -> None:
    lines = [
        {"key": key, "line": "", "used_us": round((NOW - age).timestamp() * 1e6)}
        for key, age in (("old", 25 * DAY / 24), ("new", 23 * DAY / 24))
    ]
    async with database.write() as session:
        await session.execute(insert(scheduler_slots), lines)

    assert await purge(database, OURS, NOW, Periods()) == 1


async def entry(database: Database, at: datetime) -> None:
    async with database.write() as session:
        await record(
            session,
            tenant_id="ten_1",
            actor="key_1",
            action="connection.created",
            object_type="connection",
            object_id="con_1",
            detail={},
            request_id=None,
            at=at,
        )


class TestTrails:
    """What is older than ten years goes; the rest still proves that it is whole."""

    @pytest.fixture(autouse=True)
    async def trail(self, database: Database) -> None:
        for years in (12, 11, 9, 0):
            await entry(database, NOW - years * 366 * DAY)

    async def verdict(self, database: Database, signing: LookupHash = OURS) -> int | None:
        async with database.read() as session:
            start = await starts.start_of(session, signing, "ten_1")
            return await verify(session, "ten_1", start=start)

    async def test_is_trimmed_and_whole(self, database: Database) -> None:
        assert await purge(database, OURS, NOW, Periods()) == 2
        assert await count(database, audit_events) == 2
        assert await self.verdict(database) is None

    async def test_goes_on_behind_its_end(self, database: Database) -> None:
        await purge(database, OURS, NOW, Periods())
        await entry(database, NOW)

        async with database.read() as session:
            assert (await head(session, "ten_1")).sequence == 5
        assert await self.verdict(database) is None

    async def test_without_the_start_lacks_its_first_entry(self, database: Database) -> None:
        await purge(database, OURS, NOW, Periods())
        async with database.write() as session:
            await session.execute(delete(audit_starts))

        assert await self.verdict(database) == 1

    async def test_a_start_that_somebody_made_up_is_none(self, database: Database) -> None:
        async with database.write() as session:
            end = await head(session, "ten_1")
            await starts.begin_after(session, THEIRS, "ten_1", end, NOW)

        assert await self.verdict(database) == 1

    async def test_nothing_is_deleted_without_a_start(self, database: Database) -> None:
        await purge(database, OURS, NOW, Periods())
        for statement in ("DELETE FROM audit_events", "UPDATE audit_events SET actor = 'x'"):
            with pytest.raises(DBAPIError, match="append-only"):
                async with database.write() as session:
                    await session.execute(text(statement))

    async def test_a_kept_head_before_the_start_is_no_trouble_and_one_at_it_has_to_fit(
        self, database: Database
    ) -> None:
        async with database.read() as session:
            first = await head(session, "ten_1")
        await purge(database, OURS, NOW, Periods())
        async with database.read() as session:
            start = await starts.start_of(session, OURS, "ten_1")
            other = type(first)(sequence=start.sequence, hash=b"x" * 32)
            early = type(first)(sequence=1, hash=b"y" * 32)
            assert await verify(session, "ten_1", [first, early], start) is None
            assert await verify(session, "ten_1", [other], start) == 2
