from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from gateway.ambient import Ambient
from gateway.jobs.upkeep import KEEP_ANSWERS, KEEP_REQUESTS, KEEP_SESSIONS, purge
from gateway.persistence.database import Database
from gateway.persistence.tables import connect_sessions, exchange_codes, request_log, write_journal
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory
from gateway.tenants.lookup import LookupHash

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DAY = timedelta(days=1)


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
        logged("req_old", NOW - KEEP_REQUESTS - DAY, connection_of),
        logged("req_new", NOW - KEEP_REQUESTS + DAY, connection_of),
    ]
    async with database.write() as session:
        await session.execute(insert(request_log), rows)

    assert await purge(database, NOW) == 1
    async with database.read() as session:
        assert (await session.execute(select(request_log.c.id))).scalars().all() == ["req_new"]


@pytest.mark.parametrize("state", ["confirmed", "rejected"])
async def test_settled_answers_are_kept_30_days(
    database: Database, connection_of: dict[str, str], state: str
) -> None:
    rows = [
        written("wrt_old", state, NOW - KEEP_ANSWERS - DAY, connection_of),
        written("wrt_new", state, NOW - KEEP_ANSWERS + DAY, connection_of),
    ]
    async with database.write() as session:
        await session.execute(insert(write_journal), rows)

    await purge(database, NOW)

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

    await purge(database, NOW)

    assert await count(database, write_journal) == 1


async def test_old_connect_sessions_go_with_their_codes(
    database: Database, connection_of: dict[str, str]
) -> None:
    expired = NOW - KEEP_SESSIONS - DAY
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

    assert await purge(database, NOW) == 2
    assert (await count(database, connect_sessions), await count(database, exchange_codes)) == (0, 0)
