import asyncio
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from sqlalchemy import select

from gateway.errors import Invalid, Unavailable
from gateway.persistence.database import Database
from gateway.persistence.tables import api_keys
from gateway.tenants.keys import ApiKeys
from gateway.tenants.model import ApiKeyRow, Caller, Environment, Tenant
from tests.integration.tenants.conftest import LOOKUP
from tests.standing import Standing

pytestmark = pytest.mark.anyio


async def issued(
    keys: ApiKeys, database: Database, tenant: Tenant, environment: Environment = "test", **more: object
) -> tuple[ApiKeyRow, str]:
    async with database.write() as session:
        return await keys.issue(session, tenant.id, environment, "server", ["read"], **more)  # pyright: ignore[reportArgumentType]


async def revoked(keys: ApiKeys, database: Database, tenant: Tenant, row: ApiKeyRow) -> bool:
    async with database.write() as session:
        return await keys.revoke(session, tenant.id, row.environment, row.id)


async def listed(
    keys: ApiKeys, database: Database, tenant: Tenant, environment: Environment = "test"
) -> list[ApiKeyRow]:
    async with database.read() as session:
        return await keys.list(session, tenant.id, environment)


@pytest.fixture
async def another_process(database_url: str, surroundings: Standing) -> AsyncIterator[ApiKeys]:
    """The keys as a second gateway on the same database sees them."""
    database = Database.open(database_url)
    yield ApiKeys(database, surroundings, LOOKUP)
    await database.dispose()


class TestIssuing:
    @pytest.mark.parametrize("environment", ["test", "live"])
    async def test_a_secret_tells_its_environment_and_has_192_random_bits(
        self, keys: ApiKeys, database: Database, tenant: Tenant, environment: Environment
    ) -> None:
        _, secret = await issued(keys, database, tenant, environment)
        assert re.fullmatch(rf"kontor_{environment}_[A-Za-z0-9_-]{{32}}", secret)

    async def test_the_database_holds_no_part_of_the_secret_but_its_ending(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        row, secret = await issued(keys, database, tenant)
        async with database.read() as session:
            stored = (await session.execute(select(api_keys))).one()

        assert row.ending == secret[-4:]
        random = secret.removeprefix("kontor_test_")
        for start in range(len(random) - 5):
            assert random[start : start + 6] not in str(tuple(stored))

    async def test_what_is_stored_cannot_be_presented(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        await issued(keys, database, tenant)
        async with database.read() as session:
            digest = (await session.execute(select(api_keys.c.digest))).scalar_one()

        assert await keys.authenticate("kontor_test_" + digest.hex()) is None
        assert await keys.authenticate(digest.decode("latin-1")) is None

    async def test_scopes_are_kept_in_one_order_without_repeats(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        async with database.write() as session:
            row, _ = await keys.issue(session, tenant.id, "test", "n", ["write", "read", "write", "admin"])
        assert row.scopes == ("admin", "read", "write")

    @pytest.mark.parametrize(
        ("field", "wrong"),
        [
            ("environment", {"environment": "production"}),
            ("name", {"name": " "}),
            ("scopes", {"scopes": []}),
            ("scopes", {"scopes": ["read", "root"]}),
        ],
    )
    async def test_a_value_that_does_not_fit_is_named(
        self, keys: ApiKeys, database: Database, tenant: Tenant, field: str, wrong: dict[str, object]
    ) -> None:
        fitting: dict[str, object] = {"environment": "test", "name": "n", "scopes": ["read"]}
        with pytest.raises(Invalid) as caught:
            async with database.write() as session:
                await keys.issue(session, tenant.id, **(fitting | wrong))  # pyright: ignore[reportArgumentType]

        assert [error.field for error in caught.value.errors] == [field]
        assert await listed(keys, database, tenant) == []

    async def test_an_expiry_in_the_past_is_refused(
        self, keys: ApiKeys, database: Database, tenant: Tenant, surroundings: Standing
    ) -> None:
        with pytest.raises(Invalid) as caught:
            await issued(keys, database, tenant, expires_at=surroundings.clock.now())
        assert [error.field for error in caught.value.errors] == ["expiresAt"]


class TestListing:
    async def test_only_keys_of_the_tenant_and_the_environment_are_listed(
        self, keys: ApiKeys, database: Database, tenant: Tenant, other_tenant: Tenant
    ) -> None:
        row, _ = await issued(keys, database, tenant)
        await issued(keys, database, tenant, "live")
        await issued(keys, database, other_tenant)

        assert await listed(keys, database, tenant) == [row]

    async def test_a_revoked_key_is_not_listed(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        first, _ = await issued(keys, database, tenant)
        second, _ = await issued(keys, database, tenant)
        await revoked(keys, database, tenant, first)

        assert await listed(keys, database, tenant) == [second]


class TestAuthenticating:
    async def test_a_secret_tells_tenant_environment_scopes_and_key(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        row, secret = await issued(keys, database, tenant)
        assert await keys.authenticate(secret) == Caller(
            tenant_id=tenant.id,
            environment="test",
            scopes=frozenset({"read"}),
            key_id=row.id,
            key_name="server",
        )

    async def test_several_keys_of_one_tenant_are_valid_at_once(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        secrets = [(await issued(keys, database, tenant))[1] for _ in range(3)]
        callers = [await keys.authenticate(secret) for secret in secrets]
        assert len({caller.key_id for caller in callers if caller}) == 3

    async def test_no_other_string_is_a_key(self, keys: ApiKeys, database: Database, tenant: Tenant) -> None:
        _, secret = await issued(keys, database, tenant)
        random = secret.removeprefix("kontor_test_")
        tries = [
            "",
            random,
            secret[:-1],
            secret + "A",
            secret + " ",
            " " + secret,
            secret.upper(),
            secret.swapcase(),
            "kontor_live_" + random,
            "kontor_account_" + random,
            "kontor_test_",
            "kontor_test_" + "A" * 32,
            "kontor_test_" + "ä" * 32,
            "kontor_test_" + "\ud800",
            "kontor_test_" + "\x00" * 32,
            "kontor_test_" + "A" * 1_000_000,
            "Bearer " + secret,
        ]

        assert [await keys.authenticate(each) for each in tries] == [None] * len(tries)

    async def test_a_hit_asks_no_database(self, keys: ApiKeys, database: Database, tenant: Tenant) -> None:
        _, secret = await issued(keys, database, tenant)
        await keys.authenticate(secret)

        coroutine = keys.authenticate(secret)
        with pytest.raises(StopIteration) as returned:
            coroutine.send(None)  # it ends without having waited for anything
        assert isinstance(returned.value.value, Caller)

    async def test_an_expired_key_ends_within_two_seconds(
        self, keys: ApiKeys, database: Database, tenant: Tenant, surroundings: Standing
    ) -> None:
        _, secret = await issued(
            keys, database, tenant, expires_at=surroundings.clock.now() + timedelta(seconds=10)
        )
        surroundings.clock.advance(9.9)
        before = await keys.authenticate(secret)
        surroundings.clock.advance(2)

        assert before is not None
        assert await keys.authenticate(secret) is None

    async def test_a_key_is_expired_from_its_very_instant(
        self, keys: ApiKeys, database: Database, tenant: Tenant, surroundings: Standing
    ) -> None:
        _, secret = await issued(
            keys, database, tenant, expires_at=surroundings.clock.now() + timedelta(seconds=10)
        )
        surroundings.clock.advance(10)
        assert await keys.authenticate(secret) is None

    async def test_a_thousand_wrong_keys_leave_the_right_one_in_memory(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        _, secret = await issued(keys, database, tenant)
        await keys.authenticate(secret)
        for guess in range(1000):
            await keys.authenticate(f"kontor_test_{guess:032}")

        with pytest.raises(StopIteration):
            keys.authenticate(secret).send(None)


class TestRevoking:
    async def test_a_revoked_key_ends_at_once_where_it_was_revoked(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        row, secret = await issued(keys, database, tenant)
        await keys.authenticate(secret)

        assert await revoked(keys, database, tenant, row)
        assert await keys.authenticate(secret) is None

    async def test_a_revoked_key_ends_within_five_seconds_in_another_process(
        self,
        keys: ApiKeys,
        another_process: ApiKeys,
        database: Database,
        tenant: Tenant,
        surroundings: Standing,
    ) -> None:
        row, secret = await issued(keys, database, tenant)
        before = await another_process.authenticate(secret)
        await revoked(keys, database, tenant, row)
        surroundings.clock.advance(2)

        assert before is not None
        assert await another_process.authenticate(secret) is None

    async def test_a_key_is_revoked_once(self, keys: ApiKeys, database: Database, tenant: Tenant) -> None:
        row, _ = await issued(keys, database, tenant)
        assert [await revoked(keys, database, tenant, row) for _ in range(2)] == [True, False]

    async def test_another_tenant_cannot_revoke_it(
        self, keys: ApiKeys, database: Database, tenant: Tenant, other_tenant: Tenant
    ) -> None:
        row, secret = await issued(keys, database, tenant)
        assert not await revoked(keys, database, other_tenant, row)
        assert await keys.authenticate(secret) is not None

    async def test_the_other_environment_cannot_revoke_it(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        row, secret = await issued(keys, database, tenant)
        async with database.write() as session:
            assert not await keys.revoke(session, tenant.id, "live", row.id)
        assert await keys.authenticate(secret) is not None

    async def test_a_revocation_that_is_rolled_back_has_not_happened(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        row, secret = await issued(keys, database, tenant)
        with pytest.raises(ZeroDivisionError):  # noqa: PT012
            async with database.write() as session:
                await keys.revoke(session, tenant.id, "test", row.id)
                raise ZeroDivisionError

        assert await keys.authenticate(secret) is not None


class TestLastUse:
    async def test_it_is_visible_after_a_flush(
        self, keys: ApiKeys, database: Database, tenant: Tenant, surroundings: Standing
    ) -> None:
        _, secret = await issued(keys, database, tenant)
        await keys.authenticate(secret)
        surroundings.clock.advance(1)
        await keys.authenticate(secret)

        assert await keys.flush() == 1
        (row,) = await listed(keys, database, tenant)
        assert row.last_used_at == surroundings.clock.now()

    async def test_a_key_that_was_never_used_has_none(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        await issued(keys, database, tenant)
        assert await keys.flush() == 0
        (row,) = await listed(keys, database, tenant)
        assert row.last_used_at is None

    async def test_a_later_use_in_another_process_is_not_overwritten(
        self,
        keys: ApiKeys,
        another_process: ApiKeys,
        database: Database,
        tenant: Tenant,
        surroundings: Standing,
    ) -> None:
        _, secret = await issued(keys, database, tenant)
        await keys.authenticate(secret)
        surroundings.clock.advance(3)
        await another_process.authenticate(secret)
        await another_process.flush()
        await keys.flush()

        (row,) = await listed(keys, database, tenant)
        assert row.last_used_at == surroundings.clock.now()

    async def test_many_keys_are_flushed_together(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        for _ in range(20):
            _, secret = await issued(keys, database, tenant)
            await keys.authenticate(secret)

        assert await keys.flush() == 20
        assert all(row.last_used_at for row in await listed(keys, database, tenant))

    async def test_two_processes_that_flush_the_same_keys_do_not_lock_each_other_out(
        self, keys: ApiKeys, another_process: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        secrets = [(await issued(keys, database, tenant))[1] for _ in range(20)]
        for secret in secrets:
            await keys.authenticate(secret)
        for secret in reversed(secrets):
            await another_process.authenticate(secret)

        assert await asyncio.gather(keys.flush(), another_process.flush()) == [20, 20]

    async def test_uses_are_kept_when_they_cannot_be_written(
        self, keys: ApiKeys, database: Database, tenant: Tenant
    ) -> None:
        _, secret = await issued(keys, database, tenant)
        await keys.authenticate(secret)
        with pytest.raises((RuntimeError, Unavailable)):
            async with database.write():
                await keys.flush()  # a write inside a write

        assert await keys.flush() == 1
