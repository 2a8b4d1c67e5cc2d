import pytest

from gateway.errors import Conflict, Invalid
from gateway.persistence.database import Database
from gateway.tenants.model import Environment, ReturnUrl, Tenant
from gateway.tenants.return_urls import ReturnUrls
from tests.standing import Standing

pytestmark = pytest.mark.anyio

URL = "https://app.example.org/done"

NEAR = [
    "https://app.example.org/done/",
    "https://app.example.org/Done",
    "https://app.example.org/done?",
    "https://app.example.org/done?x=1",
    "https://app.example.org/done#",
    "https://app.example.org/./done",
    "https://app.example.org//done",
    "https://app.example.org/x/../done",
    "https://app.example.org:443/done",
    "https://app.example.org./done",
    "https://APP.example.org/done",
    "HTTPS://app.example.org/done",
    "http://app.example.org/done",
    "https://app.example.org/don%65",
    "https://app.example.org/done%00",
    "https://app.example.org/done ",
    " https://app.example.org/done",
    "https://app.example.org/done\n",
    "https://app.example.org/done\x00",
    "https://app.example.org/don",
    "https://app.example.org/%",
    "https://app.example.org/don_",
    "https://erika@app.example.org/done",
    "https://app.example.org@evil.example/done",
    "https://evil.example/?https://app.example.org/done",
    "%",
    "_" * len(URL),
    "",
]


@pytest.fixture
def urls(surroundings: Standing) -> ReturnUrls:
    return ReturnUrls(surroundings)


async def added(
    urls: ReturnUrls, database: Database, tenant: Tenant, environment: Environment = "test", url: str = URL
) -> ReturnUrl:
    async with database.write() as session:
        return await urls.add(session, tenant.id, environment, url)


async def test_a_registered_url_is_found(urls: ReturnUrls, database: Database, tenant: Tenant) -> None:
    await added(urls, database, tenant)
    async with database.read() as session:
        assert await urls.registered(session, tenant.id, "test", URL)


@pytest.mark.parametrize("near", [near for near in NEAR if "\x00" not in near])
async def test_only_the_very_string_is_registered(
    urls: ReturnUrls, database: Database, tenant: Tenant, near: str
) -> None:
    await added(urls, database, tenant)
    async with database.read() as session:
        assert not await urls.registered(session, tenant.id, "test", near)


async def test_a_string_that_no_database_can_hold_is_not_registered(
    urls: ReturnUrls, database: Database, tenant: Tenant
) -> None:
    await added(urls, database, tenant)
    async with database.read() as session:
        for near in (URL + "\x00", URL + "\ud800"):
            assert not await urls.registered(session, tenant.id, "test", near)


async def test_it_is_registered_for_its_tenant_and_environment_alone(
    urls: ReturnUrls, database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    await added(urls, database, tenant)
    async with database.read() as session:
        assert not await urls.registered(session, tenant.id, "live", URL)
        assert not await urls.registered(session, other_tenant.id, "test", URL)


async def test_the_same_url_may_be_registered_for_both_environments_and_by_others(
    urls: ReturnUrls, database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    await added(urls, database, tenant)
    await added(urls, database, tenant, "live")
    await added(urls, database, other_tenant)

    async with database.read() as session:
        assert [row.url for row in await urls.list(session, tenant.id, "test")] == [URL]


async def test_adding_it_twice_is_a_conflict(urls: ReturnUrls, database: Database, tenant: Tenant) -> None:
    await added(urls, database, tenant)
    with pytest.raises(Conflict):
        await added(urls, database, tenant)


async def test_an_unsafe_url_is_not_added(urls: ReturnUrls, database: Database, tenant: Tenant) -> None:
    with pytest.raises(Invalid) as caught:
        await added(urls, database, tenant, url="http://app.example.org/done")

    assert [error.field for error in caught.value.errors] == ["url"]
    async with database.read() as session:
        assert await urls.list(session, tenant.id, "test") == []


async def test_a_removed_url_is_not_registered_any_more(
    urls: ReturnUrls, database: Database, tenant: Tenant
) -> None:
    row = await added(urls, database, tenant)
    async with database.write() as session:
        removed = [await urls.remove(session, tenant.id, "test", row.id) for _ in range(2)]
        still = await urls.registered(session, tenant.id, "test", URL)

    assert removed == [True, False]
    assert not still


async def test_nobody_else_can_remove_it(
    urls: ReturnUrls, database: Database, tenant: Tenant, other_tenant: Tenant
) -> None:
    row = await added(urls, database, tenant)
    async with database.write() as session:
        assert not await urls.remove(session, other_tenant.id, "test", row.id)
        assert not await urls.remove(session, tenant.id, "live", row.id)
        assert await urls.registered(session, tenant.id, "test", URL)
