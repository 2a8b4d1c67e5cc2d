from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gateway.ambient import Ambient, system
from gateway.credentials.keyring import Keyring
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.tenants.directory import Directory
from gateway.tenants.model import Tenant

TenantMaker = Callable[[], Awaitable[Tenant]]


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    directory = tmp_path / "keys"
    directory.mkdir(mode=0o700)
    return directory / "vault.json"


@pytest.fixture
def keyring(key_file: Path) -> Keyring:
    return Keyring.open(key_file, system())


@pytest.fixture
def vault(database: Database, keyring: Keyring, ambient: Ambient) -> Vault:
    return Vault(database, keyring, ambient)


@pytest.fixture
def make_tenant(database: Database, ambient: Ambient) -> TenantMaker:
    async def make() -> Tenant:
        async with database.write() as session:
            return await Directory(ambient).create_tenant(session, "Muster Handel GmbH")

    return make


@pytest.fixture
async def tenant(make_tenant: TenantMaker) -> Tenant:
    return await make_tenant()
