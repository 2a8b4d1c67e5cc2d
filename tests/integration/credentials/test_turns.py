"""Turns at a credential's row, on PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from gateway.ambient import Ambient, system
from gateway.credentials.grants import Grant
from gateway.credentials.keyring import Keyring
from gateway.credentials.rows import CredentialRows, Whose
from gateway.credentials.vault import Vault
from gateway.errors import Unavailable
from gateway.persistence.database import Database
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory

pytestmark = pytest.mark.anyio

TURN_S = 0.4


@pytest.fixture
async def shared_database(migrated_postgres_url: str) -> AsyncIterator[Database]:
    database = Database.open(migrated_postgres_url)
    yield database
    await database.dispose()


@pytest.fixture
def rows(shared_database: Database, keyring: Keyring, ambient: Ambient) -> CredentialRows:
    return CredentialRows(
        shared_database,
        Vault(shared_database, keyring, ambient),
        ambient,
        turn_s=TURN_S,
        margin=timedelta(minutes=15),
    )


def grant(access_token: str) -> Grant:
    return Grant(
        access_token=access_token,
        refresh_token="r",
        issued_at=system().clock.now(),
        expires_at=None,
    )


@pytest.fixture
async def whose(shared_database: Database, rows: CredentialRows, keyring: Keyring, ambient: Ambient) -> Whose:
    async with shared_database.write() as session:
        tenant = await Directory(ambient).create_tenant(session, "Muster Handel GmbH")
        connection = await Connections(shared_database, ambient, keyring.lookup()).create(
            session,
            tenant_id=tenant.id,
            environment="test",
            target="lexoffice-sandbox",
            credential_kind="oauth",
        )
        whose = Whose(connection_id=connection.id, tenant_id=tenant.id)
        await rows.put(session, whose, grant("a1"))
    return whose


async def test_a_second_turn_begins_when_the_first_is_committed(rows: CredentialRows, whose: Whose) -> None:
    first_has_it = asyncio.Event()

    async def first() -> None:
        async with rows.turn(whose) as turn:
            first_has_it.set()
            await asyncio.sleep(0.1)
            await turn.replace(grant("a2"), grant("a1"))

    task = asyncio.create_task(first())
    await first_has_it.wait()
    async with rows.turn(whose) as turn:
        seen = turn.held
    await task

    assert seen.generation == 2
    assert isinstance(seen.secret, Grant)
    assert seen.secret.access_token == "a2"


async def test_a_holder_that_froze_loses_the_row_and_cannot_write_any_more(
    rows: CredentialRows, whose: Whose
) -> None:
    """REL-13: a late writer is refused."""
    frozen, woken = asyncio.Event(), asyncio.Event()

    async def freeze() -> bool:
        async with rows.turn(whose) as turn:
            frozen.set()
            await woken.wait()
            return await turn.replace(grant("late"), grant("a1"))

    late = asyncio.create_task(freeze())
    await frozen.wait()
    await asyncio.sleep(TURN_S / 2)  # so that its time is over before the other's patience
    async with rows.turn(whose) as turn:
        assert await turn.replace(grant("a2"), grant("a1"))
    woken.set()

    assert isinstance((await asyncio.gather(late, return_exceptions=True))[0], Unavailable)
    held = await rows.read(whose)
    assert isinstance(held.secret, Grant)
    assert (held.generation, held.secret.access_token) == (2, "a2")


async def test_nobody_waits_for_the_row_longer_than_a_turn_may_last(
    rows: CredentialRows, whose: Whose
) -> None:
    taken, done = asyncio.Event(), asyncio.Event()

    async def work_on() -> None:
        async with rows.turn(whose) as turn:
            taken.set()
            while not done.is_set():  # never idle, so it keeps the row
                await turn.has_changed()

    busy = asyncio.create_task(work_on())
    await taken.wait()
    with pytest.raises(Unavailable):
        async with asyncio.timeout(20), rows.turn(whose):
            pass
    done.set()
    await busy


async def test_a_new_authorization_waits_for_the_turn_and_wins(
    rows: CredentialRows, whose: Whose, shared_database: Database
) -> None:
    taken = asyncio.Event()

    async def renew() -> bool:
        async with rows.turn(whose) as turn:
            taken.set()
            await asyncio.sleep(0.1)
            return await turn.replace(grant("renewed"), grant("a1"))

    renewal = asyncio.create_task(renew())
    await taken.wait()
    async with shared_database.write() as session:
        await rows.put(session, whose, grant("newer"))

    assert await renewal
    held = await rows.read(whose)
    assert isinstance(held.secret, Grant)
    assert (held.generation, held.secret.access_token) == (3, "newer")
