import pytest

from gateway.persistence.database import Database
from gateway.tenants.directory import Directory
from gateway.tenants.model import Tenant
from tests.standing import Standing

pytestmark = pytest.mark.anyio


async def test_tenants_are_listed_oldest_first(
    database: Database, surroundings: Standing, tenant: Tenant, other_tenant: Tenant
) -> None:
    async with database.read() as session:
        assert await Directory(surroundings).tenants(session) == [tenant, other_tenant]


async def test_a_tenant_is_found_by_its_id(
    database: Database, surroundings: Standing, tenant: Tenant, other_tenant: Tenant
) -> None:
    async with database.read() as session:
        assert await Directory(surroundings).tenant(session, other_tenant.id) == other_tenant


async def test_there_is_no_tenant_of_an_unknown_id(database: Database, surroundings: Standing) -> None:
    async with database.read() as session:
        assert await Directory(surroundings).tenant(session, "ten_unknown") is None
