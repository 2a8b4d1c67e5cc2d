"""After a backup was brought back: no write before every grant was looked at, and lost grants are told."""

from datetime import timedelta

import pytest
from sqlalchemy import select, update

from gateway.persistence.tables import connections, credentials
from gateway.tenants.model import Connection
from gateway.wiring import build_recovery
from gateway.writes import recovered
from tests.integration.onboarding.people import person, program
from tests.stage import Stage

pytestmark = pytest.mark.anyio

ITEM = {"name": "Schleifband K120", "type": "product", "unitName": "St", "price": "3.90", "taxRate": "19"}


async def brought_back(stage: Stage) -> None:
    now = stage.rooms.ambient.clock.now()
    async with stage.rooms.database.write() as session:
        await recovered.begin(session, "rcv_1", now - timedelta(hours=1), now)


async def connected(stage: Stage) -> str:
    """A connection by OAuth, through the twin's own consent."""
    tenant = await program(stage)
    async with person(stage) as customer:
        granted = await customer.grant((await tenant.session())["url"])
    return (await tenant.exchange(granted.headers["location"])).json()["data"]["connection"]["id"]


async def test_until_all_is_looked_at_reads_are_answered_and_no_write_leaves(stage: Stage) -> None:
    party = await stage.party()
    await brought_back(stage)

    read = await stage.call("GET", "/v1/accounting/company", party)
    written = await stage.call("POST", "/v1/accounting/items", party, key="k", json=ITEM)
    opened = await build_recovery(stage.rooms).look_at_all()
    again = await stage.call("POST", "/v1/accounting/items", party, key="k", json=ITEM)

    problem = written.json()
    assert read.status_code == 200
    assert (written.status_code, problem["code"], problem["sent"]) == (503, "unavailable", "no")
    assert "restored from a backup" in problem["detail"]
    assert written.headers["retry-after"] == "30"
    assert opened
    assert again.status_code in (201, 504)  # it is looked for first, once lists must show it
    assert len(stage.twin.twin.ledger.of("POST", "/v1/articles")) == (again.status_code == 201)


async def test_a_grant_that_was_renewed_after_the_backup_has_to_be_given_anew(stage: Stage) -> None:
    kept, lost = await connected(stage), await connected(stage)
    rooms = stage.rooms
    async with rooms.database.read() as session:
        statement = select(credentials).where(credentials.c.connection_id == lost)
        backup = dict((await session.execute(statement)).one()._mapping)
    await renewed(stage, lost)
    async with rooms.database.write() as session:
        await session.execute(update(credentials).where(credentials.c.connection_id == lost).values(backup))
    rooms.tokens._forget(lost)  # a new process remembers nothing
    await brought_back(stage)

    opened = await build_recovery(rooms).look_at_all()

    async with rooms.database.read() as session:
        (row,) = await recovered.told(session)
    assert opened
    assert (await state_of(stage, kept), await state_of(stage, lost)) == ("connected", "reconnect_required")
    assert (row.lost, row.opened_at is not None) == (1, True)


async def test_writes_wait_for_a_token_server_that_is_away(stage: Stage) -> None:
    await connected(stage)
    await brought_back(stage)
    recovery = build_recovery(stage.rooms)
    stage.twin.twin.fault("drop_before", "POST", "/oauth2/token")

    first = await recovery.look_at_all()
    async with stage.rooms.database.read() as session:
        waits = await recovered.closed(session)

    assert (first, waits) == (False, True)


async def test_a_backup_that_is_opened_knows_that_it_is_one(stage: Stage) -> None:
    now = stage.rooms.ambient.clock.now()
    async with stage.rooms.database.write() as session:
        await recovered.note_backup(session, "rcv_1", now - timedelta(days=1))

    await build_recovery(stage.rooms).until_open()

    async with stage.rooms.database.read() as session:
        found = await recovered.missing(session, stage.rooms.ambient.clock.now())
        later = await recovered.missing(session, now + recovered.KEPT + timedelta(days=1))
    assert found is not None
    assert (found.since, later) == (now - timedelta(days=1), None)


async def renewed(stage: Stage, id: str) -> None:
    connection = await found(stage, id)
    present = await stage.rooms.tokens.authorization(connection)
    assert await stage.rooms.tokens.refreshed_after_401(connection, present) != present


async def state_of(stage: Stage, id: str) -> str:
    return (await found(stage, id)).state


async def found(stage: Stage, id: str) -> Connection:
    async with stage.rooms.database.read() as session:
        statement = select(connections.c.tenant_id).where(connections.c.id == id)
        tenant_id = (await session.execute(statement)).scalar_one()
        connection = await stage.rooms.connections.get(session, tenant_id, "test", id)
    assert connection is not None
    return connection
