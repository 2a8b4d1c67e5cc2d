from pathlib import Path

import pytest
from sqlalchemy import select

from gateway.ambient import Ambient, system
from gateway.credentials.keyring import Keyring
from gateway.credentials.partner_apps import PartnerApp, PartnerApps
from gateway.credentials.vault import Vault
from gateway.errors import Invalid, Unavailable
from gateway.persistence.database import Database
from gateway.persistence.tables import partner_apps as table
from gateway.tenants.model import Tenant
from tests.integration.credentials.conftest import TenantMaker

pytestmark = pytest.mark.anyio

TARGET = "lexoffice-sandbox"
CLIENT_ID = "5d5e4a50-9a4f-4a8b-8f0e-0d6f3a7b9c1d"
SECRET = "hush-hush-hush-hush"


@pytest.fixture
def apps(database: Database, vault: Vault, ambient: Ambient) -> PartnerApps:
    return PartnerApps(database, vault, ambient)


async def put(
    apps: PartnerApps, database: Database, tenant: Tenant, secret: str = SECRET, **more: object
) -> None:
    async with database.write() as session:
        await apps.put(session, tenant.id, TARGET, CLIENT_ID, secret, **more)  # pyright: ignore[reportArgumentType]


async def test_our_own_use_gets_the_whole_app(apps: PartnerApps, database: Database, tenant: Tenant) -> None:
    await put(apps, database, tenant, scopes=["profile.read", "contacts.read"])
    assert await apps.secret(tenant.id, TARGET) == PartnerApp(
        client_id=CLIENT_ID, client_secret=SECRET, scopes=("profile.read", "contacts.read")
    )


async def test_its_description_has_no_secret_and_a_shortened_client_id(
    apps: PartnerApps, database: Database, tenant: Tenant
) -> None:
    await put(apps, database, tenant, scopes=["profile.read"])
    async with database.read() as session:
        description = await apps.describe(session, tenant.id, TARGET)

    assert description is not None
    assert description.client_id_shortened == "5d5e…9c1d"
    assert description.scopes == ("profile.read",)
    assert SECRET not in repr(description)
    assert CLIENT_ID not in repr(description)


async def test_a_short_client_id_is_not_shown_at_all(
    apps: PartnerApps, database: Database, tenant: Tenant
) -> None:
    async with database.write() as session:
        description = await apps.put(session, tenant.id, TARGET, "client-12345", SECRET)
    assert description.client_id_shortened == "…"


async def test_the_database_does_not_hold_the_secret(
    apps: PartnerApps, database: Database, tenant: Tenant
) -> None:
    await put(apps, database, tenant)
    async with database.read() as session:
        row = tuple((await session.execute(select(table))).one())
    assert SECRET.encode() not in b"".join(value for value in row if isinstance(value, bytes))
    assert SECRET not in str(row)


async def test_a_second_deposit_replaces_the_first(
    apps: PartnerApps, database: Database, tenant: Tenant
) -> None:
    await put(apps, database, tenant, "first-secret", scopes=["profile.read"])
    await put(apps, database, tenant, "second-secret")
    assert await apps.secret(tenant.id, TARGET) == PartnerApp(
        client_id=CLIENT_ID, client_secret="second-secret", scopes=()
    )


async def test_it_is_its_tenants_and_its_targets_alone(
    apps: PartnerApps, database: Database, tenant: Tenant, make_tenant: TenantMaker
) -> None:
    other = await make_tenant()
    await put(apps, database, tenant)

    assert await apps.secret(other.id, TARGET) is None
    assert await apps.secret(tenant.id, "lexoffice") is None
    async with database.write() as session:
        assert await apps.describe(session, other.id, TARGET) is None
        assert not await apps.remove(session, other.id, TARGET)
        assert not await apps.remove(session, tenant.id, "lexoffice")
    assert await apps.secret(tenant.id, TARGET) is not None


async def test_a_removed_app_is_gone(apps: PartnerApps, database: Database, tenant: Tenant) -> None:
    await put(apps, database, tenant)
    async with database.write() as session:
        removed = [await apps.remove(session, tenant.id, TARGET) for _ in range(2)]

    assert removed == [True, False]
    assert await apps.secret(tenant.id, TARGET) is None


@pytest.mark.parametrize(
    ("field", "client_id", "client_secret", "scopes"),
    [
        ("clientId", "", SECRET, []),
        ("clientId", "x" * 513, SECRET, []),
        ("clientId", "müller", SECRET, []),
        ("clientId", "a\r\nb", SECRET, []),
        ("clientSecret", CLIENT_ID, "", []),
        ("clientSecret", CLIENT_ID, "line\n", []),
        ("scopes", CLIENT_ID, SECRET, ["two words"]),
        ("scopes", CLIENT_ID, SECRET, [""]),
        ("scopes", CLIENT_ID, SECRET, ['quo"te']),
    ],
)
async def test_what_oauth_does_not_allow_is_refused_by_name_and_not_repeated(
    apps: PartnerApps,
    database: Database,
    tenant: Tenant,
    field: str,
    client_id: str,
    client_secret: str,
    scopes: list[str],
) -> None:
    with pytest.raises(Invalid) as caught:
        async with database.write() as session:
            await apps.put(session, tenant.id, TARGET, client_id, client_secret, scopes)

    assert [error.field for error in caught.value.errors] == [field]
    assert SECRET not in str(caught.value.errors)
    assert await apps.secret(tenant.id, TARGET) is None


async def test_with_another_key_file_the_secret_is_unavailable(
    apps: PartnerApps, database: Database, tenant: Tenant, tmp_path: Path
) -> None:
    await put(apps, database, tenant)
    (tmp_path / "other").mkdir(mode=0o700)
    wrong = Vault(database, Keyring.open(tmp_path / "other" / "vault.json", system()), system())

    with pytest.raises(Unavailable):
        await PartnerApps(database, wrong, system()).secret(tenant.id, TARGET)


def test_an_app_does_not_show_its_secret() -> None:
    assert "hush" not in repr(PartnerApp(client_id="c", client_secret="hush", scopes=()))
