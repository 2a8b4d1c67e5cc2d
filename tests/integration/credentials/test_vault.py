import asyncio
import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select, update

from gateway.ambient import Ambient, SystemRandomness, system
from gateway.credentials import vault as vaults
from gateway.credentials.keyring import KeyFileError, Keyring
from gateway.credentials.sealing import seal
from gateway.credentials.vault import Vault
from gateway.errors import Unavailable
from gateway.persistence.database import Database
from gateway.persistence.tables import tenant_data_keys
from gateway.tenants.directory import Directory
from gateway.tenants.model import Tenant
from tests.integration.credentials.conftest import TenantMaker

pytestmark = pytest.mark.anyio

PLACE = ("credentials", "sealed", "con_1")
SECRET = b"refresh-token-of-erika"


async def sealed(vault: Vault, database: Database, tenant: Tenant, plaintext: bytes = SECRET) -> bytes:
    async with database.write() as session:
        return await vault.seal(session, tenant.id, *PLACE, plaintext)


async def masters(database: Database) -> set[str]:
    async with database.read() as session:
        return set((await session.execute(select(tenant_data_keys.c.master_id))).scalars())


async def number_of_data_keys(database: Database) -> int:
    async with database.read() as session:
        return (await session.execute(select(func.count()).select_from(tenant_data_keys))).scalar_one()


def another_process(database: Database, key_file: Path) -> Vault:
    """A vault that has nothing in memory yet."""
    return Vault(database, Keyring.open(key_file, system()), system())


class TestSealing:
    async def test_what_was_sealed_opens_in_its_place(
        self, vault: Vault, database: Database, tenant: Tenant
    ) -> None:
        value = await sealed(vault, database, tenant)
        assert await vault.open(None, tenant.id, *PLACE, value) == SECRET

    async def test_it_opens_in_another_process_with_the_same_key_file(
        self, vault: Vault, database: Database, tenant: Tenant, key_file: Path
    ) -> None:
        value = await sealed(vault, database, tenant)
        assert await another_process(database, key_file).open(None, tenant.id, *PLACE, value) == SECRET

    async def test_it_opens_within_the_transaction_that_made_the_tenants_key(
        self, vault: Vault, database: Database, tenant: Tenant
    ) -> None:
        async with database.write() as session:
            value = await vault.seal(session, tenant.id, *PLACE, SECRET)
            assert await vault.open(session, tenant.id, *PLACE, value) == SECRET

    async def test_a_tenant_has_one_data_key_however_much_is_sealed(
        self, vault: Vault, database: Database, tenant: Tenant
    ) -> None:
        async with database.write() as session:
            for _ in range(3):
                await vault.seal(session, tenant.id, *PLACE, SECRET)
        await sealed(vault, database, tenant)

        assert await number_of_data_keys(database) == 1

    async def test_each_tenant_has_a_key_of_its_own(
        self, vault: Vault, database: Database, tenant: Tenant, make_tenant: TenantMaker
    ) -> None:
        other = await make_tenant()
        value = await sealed(vault, database, tenant)
        await sealed(vault, database, other)

        assert await number_of_data_keys(database) == 2
        with pytest.raises(Unavailable):
            await vault.open(None, other.id, *PLACE, value)

    async def test_nothing_is_sealed_with_a_key_whose_transaction_was_rolled_back(
        self, vault: Vault, database: Database, tenant: Tenant, key_file: Path
    ) -> None:
        with pytest.raises(ZeroDivisionError):  # noqa: PT012
            async with database.write() as session:
                for _ in range(3):
                    await vault.seal(session, tenant.id, *PLACE, SECRET)
                raise ZeroDivisionError
        value = await sealed(vault, database, tenant)

        assert await another_process(database, key_file).open(None, tenant.id, *PLACE, value) == SECRET

    async def test_a_key_that_another_process_has_made_meanwhile_is_found(
        self, vault: Vault, database: Database, tenant: Tenant, key_file: Path
    ) -> None:
        former = await sealed(vault, database, tenant)
        await vault.open(None, tenant.id, *PLACE, former)  # its keys are in memory from here on
        there = another_process(database, key_file)
        async with database.write() as session:
            await there._make(session, tenant.id)  # as when both were the first at once
        value = await sealed(there, database, tenant)

        assert await vault.open(None, tenant.id, *PLACE, value) == SECRET

    async def test_moved_values_stay_shut(
        self, vault: Vault, database: Database, tenant: Tenant, make_tenant: TenantMaker
    ) -> None:
        other = await make_tenant()
        places = list(
            itertools.product(
                (tenant.id, other.id), ("credentials", "partner_apps"), ("sealed", "previous_sealed"), "123"
            )
        )
        async with database.write() as session:
            values = {place: await vault.seal(session, *place, SECRET) for place in places}

        refused = 0
        async with database.read() as session:
            for place, owner in itertools.permutations(places, 2):
                with pytest.raises(Unavailable):
                    await vault.open(session, *place, values[owner])
                refused += 1
        assert refused == 24 * 23


async def test_a_key_that_is_not_committed_yet_is_used_by_nobody_else(
    migrated_postgres_url: str, key_file: Path
) -> None:
    database = Database.open(migrated_postgres_url)
    vault = another_process(database, key_file)
    async with database.write() as session:
        tenant = await Directory(system()).create_tenant(session, "Muster Handel GmbH")
    made = asyncio.Event()

    async def elsewhere() -> bytes:
        await made.wait()
        return await sealed(vault, database, tenant)

    value = b""
    task = asyncio.create_task(elsewhere())
    with pytest.raises(ZeroDivisionError):  # noqa: PT012
        async with database.write() as session:
            await vault.seal(session, tenant.id, *PLACE, SECRET)
            made.set()
            value = await task
            raise ZeroDivisionError

    assert await another_process(database, key_file).open(None, tenant.id, *PLACE, value) == SECRET
    await database.dispose()


def lose(key_file: Path, _: Keyring) -> None:
    key_file.unlink()


def open_to_others(key_file: Path, _: Keyring) -> None:
    key_file.chmod(0o644)


def damage(key_file: Path, _: Keyring) -> None:
    key_file.write_bytes(b"{")


def cut(key_file: Path, _: Keyring) -> None:
    key_file.write_bytes(key_file.read_bytes()[:-20])


def empty(key_file: Path, _: Keyring) -> None:
    key_file.write_bytes(b"")


def swap_key(key_file: Path, _: Keyring) -> None:
    ring = json.loads(key_file.read_bytes())
    ring["master"][0]["key"] = ring["lookup"]
    key_file.write_bytes(json.dumps(ring).encode())


def rename_key(key_file: Path, _: Keyring) -> None:
    ring = json.loads(key_file.read_bytes())
    ring["master"][0]["id"] = "mk_other"
    key_file.write_bytes(json.dumps(ring).encode())


def shorten_key(key_file: Path, _: Keyring) -> None:
    ring = json.loads(key_file.read_bytes())
    ring["master"][0]["key"] = "AAAA"
    key_file.write_bytes(json.dumps(ring).encode())


def drop_all(key_file: Path, _: Keyring) -> None:
    ring = json.loads(key_file.read_bytes()) | {"master": []}
    key_file.write_bytes(json.dumps(ring).encode())


def forget_old(_: Path, keyring: Keyring) -> None:
    former = keyring.newest()
    keyring.rotate()
    keyring.drop({former.id})


FAULTS = [lose, open_to_others, damage, cut, empty, swap_key, rename_key, shorten_key, drop_all, forget_old]


class TestWithoutTheRightKey:
    @pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.__name__)
    async def test_a_running_gateway_opens_and_seals_nothing_for_whom_it_has_no_key_in_memory(
        self,
        vault: Vault,
        database: Database,
        keyring: Keyring,
        tenant: Tenant,
        key_file: Path,
        fault: Callable[[Path, Keyring], None],
    ) -> None:
        value = await sealed(vault, database, tenant)
        running = Vault(database, Keyring.open(key_file, system()), system())
        fault(key_file, keyring)
        try:
            running._keyring.reload()
        except KeyFileError:
            running._keyring._ring = running._keyring._ring.__class__(lookup=bytes(32), master=())

        with pytest.raises(Unavailable):
            await running.open(None, tenant.id, *PLACE, value)
        with pytest.raises(Unavailable):
            await sealed(running, database, tenant)

    @pytest.mark.parametrize("fault", FAULTS[:5], ids=lambda fault: fault.__name__)
    async def test_a_tenants_first_secret_is_refused_while_the_key_file_cannot_be_read(
        self,
        vault: Vault,
        database: Database,
        keyring: Keyring,
        tenant: Tenant,
        key_file: Path,
        fault: Callable[[Path, Keyring], None],
    ) -> None:
        fault(key_file, keyring)
        with pytest.raises(Unavailable):
            await sealed(vault, database, tenant)
        assert await number_of_data_keys(database) == 0

    async def test_a_lost_data_key_shuts_what_it_sealed(
        self, vault: Vault, database: Database, tenant: Tenant, key_file: Path
    ) -> None:
        value = await sealed(vault, database, tenant)
        async with database.write() as session:
            await session.execute(delete(tenant_data_keys))

        with pytest.raises(Unavailable):
            await another_process(database, key_file).open(None, tenant.id, *PLACE, value)

    async def test_a_changed_data_key_shuts_what_it_sealed(
        self, vault: Vault, database: Database, tenant: Tenant, key_file: Path
    ) -> None:
        value = await sealed(vault, database, tenant)
        async with database.write() as session:
            await session.execute(update(tenant_data_keys).values(wrapped=bytes(100)))

        with pytest.raises(Unavailable):
            await another_process(database, key_file).open(None, tenant.id, *PLACE, value)

    async def test_a_data_key_given_to_another_tenant_does_not_open(
        self, vault: Vault, database: Database, tenant: Tenant, make_tenant: TenantMaker, key_file: Path
    ) -> None:
        other = await make_tenant()
        value = await sealed(vault, database, tenant)
        async with database.write() as session:
            await session.execute(update(tenant_data_keys).values(tenant_id=other.id))

        with pytest.raises(Unavailable):
            await another_process(database, key_file).open(None, other.id, *PLACE, value)

    @pytest.mark.parametrize(
        "value", [b"", SECRET, b"\x01", bytes(100)], ids=["empty", "plain", "cut", "zeros"]
    )
    async def test_what_is_not_sealed_is_not_taken_for_plaintext(
        self, vault: Vault, database: Database, tenant: Tenant, value: bytes
    ) -> None:
        await sealed(vault, database, tenant)
        with pytest.raises(Unavailable):
            await vault.open(None, tenant.id, *PLACE, value)

    async def test_the_check_names_the_missing_master_key(
        self, vault: Vault, database: Database, keyring: Keyring, tenant: Tenant, tmp_path: Path
    ) -> None:
        await sealed(vault, database, tenant)
        (tmp_path / "other").mkdir(mode=0o700)
        wrong = Vault(database, Keyring.open(tmp_path / "other" / "vault.json", system()), system())

        await vault.check()
        with pytest.raises(KeyFileError, match=keyring.newest().id):
            await wrong.check()


class DyingRandomness(SystemRandomness):
    """Ends a rotation in its midst."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.left = after

    def token_bytes(self, nbytes: int) -> bytes:
        self.left -= 1
        if self.left < 0:
            raise ZeroDivisionError
        return super().token_bytes(nbytes)


class TestRotating:
    async def test_every_data_key_is_wrapped_anew(
        self, vault: Vault, database: Database, keyring: Keyring, make_tenant: TenantMaker
    ) -> None:
        for _ in range(3):
            await sealed(vault, database, await make_tenant())
        former = keyring.newest().id
        done = await vault.rotate()

        assert (done.rewrapped, done.dropped) == (3, 0)
        assert await masters(database) == {done.master_id}
        assert done.master_id not in (former, None)

    async def test_what_was_sealed_before_opens_after(
        self, vault: Vault, database: Database, tenant: Tenant, key_file: Path
    ) -> None:
        value = await sealed(vault, database, tenant)
        await vault.rotate()

        assert await vault.open(None, tenant.id, *PLACE, value) == SECRET
        assert await another_process(database, key_file).open(None, tenant.id, *PLACE, value) == SECRET

    async def test_a_process_that_runs_meanwhile_learns_of_the_new_key(
        self, vault: Vault, database: Database, tenant: Tenant, key_file: Path
    ) -> None:
        running = another_process(database, key_file)
        value = await sealed(vault, database, tenant)
        await vault.rotate()

        assert await running.open(None, tenant.id, *PLACE, value) == SECRET

    async def test_a_tenants_first_secret_in_a_process_that_runs_meanwhile_uses_the_new_key(
        self, vault: Vault, database: Database, tenant: Tenant, key_file: Path
    ) -> None:
        running = another_process(database, key_file)
        done = await vault.rotate()
        await sealed(running, database, tenant)

        assert await masters(database) == {done.master_id}

    async def test_the_former_key_goes_at_the_next_rotation_and_everything_still_opens(
        self, vault: Vault, database: Database, keyring: Keyring, tenant: Tenant, key_file: Path
    ) -> None:
        value = await sealed(vault, database, tenant)
        first = keyring.newest().id
        second = (await vault.rotate()).master_id
        kept = keyring.ids()
        done = await vault.rotate()

        assert kept == (first, second)
        assert done.dropped == 1
        assert Keyring.open(key_file, system()).ids() == (second, done.master_id)
        assert await another_process(database, key_file).open(None, tenant.id, *PLACE, value) == SECRET

    async def test_a_key_that_still_wraps_something_is_not_dropped(
        self, vault: Vault, database: Database, keyring: Keyring, tenant: Tenant
    ) -> None:
        await sealed(vault, database, tenant)
        first = keyring.newest().id
        keyring.rotate()
        keyring.rotate()
        await vault.rotate()

        assert first in keyring.ids()

    async def test_a_rotation_that_was_killed_is_finished_with_the_key_it_began_with(
        self,
        vault: Vault,
        database: Database,
        keyring: Keyring,
        make_tenant: TenantMaker,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        monkeypatch.setattr(vaults, "BATCH", 2)
        values = [
            (tenant, await sealed(vault, database, tenant))
            for tenant in [await make_tenant() for _ in range(5)]
        ]
        surroundings = system()
        dying = Ambient(clock=surroundings.clock, randomness=DyingRandomness(after=7), ids=surroundings.ids)
        with pytest.raises(ZeroDivisionError):
            await Vault(database, keyring, dying).rotate()
        begun = keyring.newest().id
        halfway = await masters(database)

        done = await vault.rotate()

        assert len(halfway) == 2
        assert done.master_id == begun
        assert done.rewrapped == 3
        assert await masters(database) == {begun}
        for tenant, value in values:
            assert await vault.open(None, tenant.id, *PLACE, value) == SECRET

    async def test_a_data_key_that_is_being_made_meanwhile_is_wrapped_anew_too(
        self, vault: Vault, database: Database, tenant: Tenant, key_file: Path
    ) -> None:
        running = another_process(database, key_file)
        made = asyncio.Event()

        async def make_slowly() -> bytes:
            async with database.write() as session:
                value = await running.seal(session, tenant.id, *PLACE, SECRET)
                made.set()
                await asyncio.sleep(0.2)
            return value

        making = asyncio.create_task(make_slowly())
        await made.wait()
        last = [(await vault.rotate()).master_id for _ in range(2)][-1]
        value = await making

        assert await masters(database) == {last}
        assert await another_process(database, key_file).open(None, tenant.id, *PLACE, value) == SECRET

    async def test_nobody_notices_three_rotations_under_load(
        self, vault: Vault, database: Database, make_tenant: TenantMaker, key_file: Path
    ) -> None:
        tenants = [await make_tenant() for _ in range(8)]
        running = another_process(database, key_file)
        stop, progress = asyncio.Event(), asyncio.Event()
        worked = 0

        async def work(tenant: Tenant) -> None:
            nonlocal worked
            while not stop.is_set():
                value = await sealed(running, database, tenant)
                running._held.clear()
                assert await running.open(None, tenant.id, *PLACE, value) == SECRET
                worked += 1
                progress.set()

        workers = [asyncio.create_task(work(tenant)) for tenant in tenants]
        rotated: set[str] = set()
        for _ in range(3):
            rotated.add((await vault.rotate()).master_id)
            progress.clear()
            await progress.wait()
        stop.set()
        await asyncio.gather(*workers)
        last = await vault.rotate()

        assert len(rotated) == 3
        assert worked >= 3
        assert await masters(database) == {last.master_id}


class TestForgetting:
    """SEC-23: a forgotten tenant's values stay shut, whatever database they come from."""

    async def test_what_was_sealed_stays_shut_though_the_data_key_is_there(
        self, vault: Vault, database: Database, tenant: Tenant, make_tenant: TenantMaker, key_file: Path
    ) -> None:
        other = await make_tenant()
        gone, kept = await sealed(vault, database, tenant), await sealed(vault, database, other)

        await vault.forget(tenant.id)

        assert await number_of_data_keys(database) == 2  # as in a backup that was made before
        for opening in (vault, another_process(database, key_file)):
            with pytest.raises(Unavailable):
                await opening.open(None, tenant.id, *PLACE, gone)
            assert await opening.open(None, other.id, *PLACE, kept) == SECRET

    async def test_nothing_more_is_sealed_for_it(
        self, vault: Vault, database: Database, tenant: Tenant
    ) -> None:
        await vault.forget(tenant.id)

        with pytest.raises(Unavailable):
            await sealed(vault, database, tenant)

    async def test_the_others_go_on_after_a_rotation(
        self, vault: Vault, database: Database, tenant: Tenant, make_tenant: TenantMaker
    ) -> None:
        other = await make_tenant()
        kept = await sealed(vault, database, other)
        await vault.forget(tenant.id)

        assert (await vault.rotate()).rewrapped == 1
        assert await vault.open(None, other.id, *PLACE, kept) == SECRET

    async def test_what_a_master_key_itself_has_wrapped_is_wrapped_anew_first(
        self, vault: Vault, database: Database, tenant: Tenant, make_tenant: TenantMaker, key_file: Path
    ) -> None:
        other = await make_tenant()
        kept = await sealed(vault, database, other)
        ring = Keyring.open(key_file, system())
        master = ring.newest()
        async with database.write() as session:
            made = await vault._read(session, other.id)
            assert made is not None
            ((id, key),) = made.keys.items()
            wrapped = seal(master.key, master.id, vaults._place(other.id, id), key, SystemRandomness())
            await session.execute(update(tenant_data_keys).values(wrapped=wrapped))
        assert await another_process(database, key_file).open(None, other.id, *PLACE, kept) == SECRET

        assert await vault.wrap_apart() == 1
        assert await vault.wrap_apart() == 0
        await vault.forget(tenant.id)

        assert await another_process(database, key_file).open(None, other.id, *PLACE, kept) == SECRET
