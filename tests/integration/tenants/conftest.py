import pytest

from gateway.persistence.database import Database
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory
from gateway.tenants.keys import ApiKeys
from gateway.tenants.lookup import LookupHash
from gateway.tenants.model import Tenant
from tests.standing import Standing, standing

LOOKUP = LookupHash(bytes(range(32)))


@pytest.fixture
def surroundings() -> Standing:
    return standing()


@pytest.fixture
def keys(database: Database, surroundings: Standing) -> ApiKeys:
    return ApiKeys(database, surroundings, LOOKUP)


@pytest.fixture
def connections(database: Database, surroundings: Standing) -> Connections:
    return Connections(database, surroundings, LOOKUP)


async def made(database: Database, surroundings: Standing, name: str) -> Tenant:
    async with database.write() as session:
        return await Directory(surroundings).create_tenant(session, name)


@pytest.fixture
async def tenant(database: Database, surroundings: Standing) -> Tenant:
    return await made(database, surroundings, "Muster Handel GmbH")


@pytest.fixture
async def other_tenant(database: Database, surroundings: Standing) -> Tenant:
    return await made(database, surroundings, "Beispiel Software AG")
