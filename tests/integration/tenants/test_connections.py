from collections.abc import AsyncIterator

import pytest
from sqlalchemy import insert, select

from connectors.base.connector import Identity
from gateway.persistence.database import Database
from gateway.persistence.tables import connections as table
from gateway.persistence.tables import credentials
from gateway.tenants.connections import Connections
from gateway.tenants.model import Caller, Connection, Environment, State, Tenant
from tests.integration.tenants.conftest import LOOKUP
from tests.standing import Standing

pytestmark = pytest.mark.anyio

IDENTITY = Identity(
    organization_id="aa93e8a8-2aa3-470b-b914-caad8a255dd8",
    organization_name="Muster Handel GmbH",
    vendor_connection_id="3dea098b-fae5-4458-a85c-f97965966c25",
    price_mode="net",
    small_business=False,
    features=("cashbox",),
)


def caller(tenant: Tenant, environment: Environment = "test") -> Caller:
    return Caller(
        tenant_id=tenant.id,
        environment=environment,
        scopes=frozenset({"read"}),
        key_id="key_1",
        key_name="server",
    )


async def created(
    connections: Connections,
    database: Database,
    tenant: Tenant,
    environment: Environment = "test",
    state: State = "pending",
) -> Connection:
    async with database.write() as session:
        return await connections.create(
            session,
            tenant_id=tenant.id,
            environment=environment,
            target="lexoffice-sandbox",
            credential_kind="oauth",
            state=state,
            label="Kundin 4711",
            customer_reference="4711",
            identity=IDENTITY,
        )


async def keyed(connections: Connections, database: Database, connection: Connection) -> str:
    async with database.write() as session:
        return await connections.new_account_key(session, connection.id)


async def got(connections: Connections, database: Database, connection: Connection) -> Connection:
    async with database.read() as session:
        found = await connections.get(session, connection.tenant_id, connection.environment, connection.id)
    assert found is not None
    return found


async def turned(
    connections: Connections, database: Database, connection: Connection, state: State, reason: str | None
) -> None:
    async with database.write() as session:
        await connections.set_state(session, connection.id, state, reason)


@pytest.fixture
async def another_process(database_url: str, surroundings: Standing) -> AsyncIterator[Connections]:
    """The connections as a second gateway on the same database sees them."""
    database = Database.open(database_url)
    yield Connections(database, surroundings, LOOKUP)
    await database.dispose()


class TestKeeping:
    async def test_a_connection_comes_back_as_it_was_made(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        assert await got(connections, database, connection) == connection
        assert connection.identity == IDENTITY
        assert connection.state == "pending"

    async def test_its_generation_is_that_of_its_credential(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        async with database.write() as session:
            await session.execute(
                insert(credentials).values(
                    connection_id=connection.id,
                    tenant_id=tenant.id,
                    generation=7,
                    stored_at=connection.created_at,
                )
            )

        assert connection.generation == 0
        assert (await got(connections, database, connection)).generation == 7

    async def test_it_does_not_exist_for_another_tenant_or_environment(
        self, connections: Connections, database: Database, tenant: Tenant, other_tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        async with database.read() as session:
            assert await connections.get(session, other_tenant.id, "test", connection.id) is None
            assert await connections.get(session, tenant.id, "live", connection.id) is None
            assert await connections.get(session, tenant.id, "test", "con_unknown") is None

    async def test_pages_hold_every_connection_once_newest_first(
        self, connections: Connections, database: Database, tenant: Tenant, other_tenant: Tenant
    ) -> None:
        made = [(await created(connections, database, tenant)).id for _ in range(5)]
        await created(connections, database, other_tenant)
        await created(connections, database, tenant, "live")

        async with database.read() as session:
            first = await connections.list(session, tenant.id, "test", limit=2)
            second = await connections.list(session, tenant.id, "test", after=first[-1].id, limit=2)
            third = await connections.list(session, tenant.id, "test", after=second[-1].id, limit=2)

        assert [each.id for each in first + second + third] == made[::-1]
        assert [len(page) for page in (first, second, third)] == [2, 2, 1]

    async def test_who_is_behind_it_can_be_set_anew(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        other = Identity(
            organization_id="o2",
            organization_name=None,
            vendor_connection_id=None,
            price_mode="unknown",
            small_business=None,
        )
        async with database.write() as session:
            await connections.set_identity(session, connection.id, other)

        assert (await got(connections, database, connection)).identity == other


class TestState:
    async def test_a_change_tells_since_when_and_why(
        self, connections: Connections, database: Database, tenant: Tenant, surroundings: Standing
    ) -> None:
        connection = await created(connections, database, tenant)
        surroundings.clock.advance(60)
        await turned(connections, database, connection, "reconnect_required", "consent withdrawn")

        changed = await got(connections, database, connection)
        assert changed.state == "reconnect_required"
        assert changed.state_since == surroundings.clock.now()
        assert changed.state_reason == "consent withdrawn"

    async def test_the_same_state_again_keeps_its_since(
        self, connections: Connections, database: Database, tenant: Tenant, surroundings: Standing
    ) -> None:
        connection = await created(connections, database, tenant)
        await turned(connections, database, connection, "degraded", "first")
        since = surroundings.clock.now()
        surroundings.clock.advance(60)
        await turned(connections, database, connection, "degraded", "second")

        again = await got(connections, database, connection)
        assert (again.state_since, again.state_reason) == (since, "second")

    async def test_a_change_that_is_bound_to_former_states_leaves_others_alone(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant, state="disconnected")
        async with database.write() as session:
            changed = await connections.set_state(
                session, connection.id, "degraded", "x", only_from={"connected"}
            )

        assert not changed
        assert (await got(connections, database, connection)).state == "disconnected"

    async def test_a_change_that_is_bound_to_former_states_happens_from_them(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant, state="connected")
        async with database.write() as session:
            assert await connections.set_state(
                session, connection.id, "degraded", "x", only_from={"connected"}
            )

        assert (await got(connections, database, connection)).state == "degraded"


class TestAccountKey:
    async def test_it_names_its_connection(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        secret = await keyed(connections, database, connection)

        assert secret.startswith("kontor_account_")
        assert len(secret) == len("kontor_account_") + 32
        assert await connections.by_account_key(caller(tenant), secret) == connection

    async def test_a_connection_has_none_until_one_is_made(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        async with database.read() as session:
            before = await connections.has_account_key(session, connection.id)
        await keyed(connections, database, connection)
        async with database.read() as session:
            after = await connections.has_account_key(session, connection.id)

        assert (before, after) == (False, True)

    async def test_it_is_useless_with_an_api_key_of_another_tenant_or_environment(
        self, connections: Connections, database: Database, tenant: Tenant, other_tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        secret = await keyed(connections, database, connection)
        await connections.by_account_key(caller(tenant), secret)  # held in memory from here on

        assert await connections.by_account_key(caller(other_tenant), secret) is None
        assert await connections.by_account_key(caller(tenant, "live"), secret) is None

    async def test_the_database_does_not_hold_it(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        secret = await keyed(connections, database, connection)
        async with database.read() as session:
            row = str(tuple((await session.execute(select(table))).one()))

        random = secret.removeprefix("kontor_account_")
        assert not any(random[start : start + 6] in row for start in range(len(random) - 5))

    async def test_a_new_one_ends_the_former_at_once(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        former = await keyed(connections, database, connection)
        await connections.by_account_key(caller(tenant), former)
        secret = await keyed(connections, database, connection)

        assert await connections.by_account_key(caller(tenant), former) is None
        assert await connections.by_account_key(caller(tenant), secret) == connection

    async def test_no_other_string_names_it(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        secret = await keyed(connections, database, connection)
        tries = [
            "",
            connection.id,
            secret[:-1],
            secret + "A",
            secret.removeprefix("kontor_account_"),
            secret.upper(),
            "kontor_test_" + secret.removeprefix("kontor_account_"),
            "kontor_account_" + "A" * 1_000_000,
            "kontor_account_\ud800",
        ]

        for each in tries:
            assert await connections.by_account_key(caller(tenant), each) is None

    async def test_a_hit_asks_no_database(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        secret = await keyed(connections, database, connection)
        await connections.by_account_key(caller(tenant), secret)

        with pytest.raises(StopIteration):
            connections.by_account_key(caller(tenant), secret).send(None)

    async def test_a_change_shows_at_once_where_it_was_made(
        self, connections: Connections, database: Database, tenant: Tenant
    ) -> None:
        connection = await created(connections, database, tenant)
        secret = await keyed(connections, database, connection)
        await connections.by_account_key(caller(tenant), secret)
        await turned(connections, database, connection, "degraded", None)

        found = await connections.by_account_key(caller(tenant), secret)
        assert found is not None
        assert found.state == "degraded"

    async def test_a_change_shows_within_two_seconds_in_another_process(
        self,
        connections: Connections,
        another_process: Connections,
        database: Database,
        tenant: Tenant,
        surroundings: Standing,
    ) -> None:
        connection = await created(connections, database, tenant)
        secret = await keyed(connections, database, connection)
        await another_process.by_account_key(caller(tenant), secret)
        await turned(connections, database, connection, "degraded", None)
        surroundings.clock.advance(2)

        found = await another_process.by_account_key(caller(tenant), secret)
        assert found is not None
        assert found.state == "degraded"
