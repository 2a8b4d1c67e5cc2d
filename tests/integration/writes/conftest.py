from collections.abc import AsyncIterator, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from sqlalchemy import Row, delete, select

from connectors.base.errors import KontorError
from gateway.ambient import Ambient
from gateway.credentials.keyring import Keyring
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database
from gateway.persistence.migrate import migrate
from gateway.persistence.tables import write_journal
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory
from gateway.tenants.model import Connection
from gateway.writes.execution import Act
from gateway.writes.journal import Journal, StoredAnswer, fingerprint
from gateway.writes.rows import Write
from gateway.writes.settlement import OnConfirmed
from tests import servers
from tests.integration.conftest import BOTH
from tests.unit.upstream.virtual import VirtualClock, stand_still, virtual


def problem_of(error: KontorError, request_id: str) -> StoredAnswer:
    body = b'{"code":"%s","requestId":"%s"}' % (error.code.encode(), request_id.encode())
    return StoredAnswer(
        status=error.status, headers=(("content-type", "application/problem+json"),), body=body
    )


class Office:
    """A journal over a real database, with two tenants' connections, and a clock that the test moves."""

    def __init__(self, database: Database, ambient: Ambient, clock: VirtualClock, vault: Vault) -> None:
        self.database = database
        self.clock = clock
        self.vault = vault
        self.ambient = ambient
        self.journal = self.another_process()
        self.connections: dict[str, Connection] = {}

    def another_process(self, on_confirmed: OnConfirmed | None = None, lease_s: float = 60.0) -> Journal:
        return Journal(self.database, self.ambient, self.vault, problem_of, on_confirmed, lease_s)

    async def run(
        self,
        act: Act,
        key: str | None = "k-1",
        *,
        body: object = None,
        connection: str = "one",
        journal: Journal | None = None,
        **changes: Any,
    ) -> tuple[StoredAnswer, bool]:
        """One request. `changes` replace method, route or environment."""
        of = self.connections[connection]
        if "environment" in changes:
            of = msgspec.structs.replace(of, environment=changes.pop("environment"))
        write = Write(
            tenant_id=of.tenant_id,
            connection_id=of.id,
            environment=of.environment,
            resource="invoices",
            operation="create",
            route=changes.pop("route", "/v1/accounting/invoices"),
            method=changes.pop("method", "POST"),
            idempotency_key=key,
            fingerprint=fingerprint(body),
            request_id="req_1",
            actor="key_1",
        )
        return await (journal or self.journal).run(
            write=write, act=act, deadline=self.clock.monotonic() + 30, asked=lambda: b"asked"
        )

    async def said(self, act: Act, key: str | None = "k-1", **more: Any) -> str:
        """What a request was told: the status, `again` when it is a kept answer, or the error's code."""
        try:
            answer, replayed = await self.run(act, key, **more)
        except KontorError as error:
            return error.code
        except ZeroDivisionError:
            return "fault"
        return f"{answer.status}{' again' if replayed else ''}"

    async def rows(self) -> list[Row[Any]]:
        async with self.database.read() as session:
            return list((await session.execute(select(write_journal).order_by("created_at", "id"))).all())

    async def states(self) -> list[str]:
        return [row.state for row in await self.rows()]


@pytest.fixture(scope="module", params=BOTH)
def kept_database_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A migrated database that the tests of a module use in turn: making one takes longer than a test."""
    if request.param == "sqlite":
        urls = nullcontext(f"sqlite+aiosqlite:///{tmp_path_factory.mktemp('journal') / 'kontor.db'}")
    else:
        urls = servers.fresh_database(request.getfixturevalue("postgres_server"))
    with urls as url:
        anyio.run(migrate, url)
        yield url


@pytest.fixture
async def database(kept_database_url: str) -> AsyncIterator[Database]:
    database = Database.open(kept_database_url)
    async with database.write() as session:
        await session.execute(delete(write_journal))
    yield database
    await database.dispose()


@pytest.fixture
async def office(database: Database, tmp_path: Path) -> AsyncIterator[Office]:
    clock, ambient = virtual()
    stand_still(clock, database)
    keyring = Keyring.open(str(tmp_path / "vault.json"), ambient)
    office = Office(database, ambient, clock, Vault(database, keyring, ambient))
    connections = Connections(database, ambient, keyring.lookup())
    async with database.write() as session:
        for name, tenant in (("one", "Muster Software GmbH"), ("other tenant", "Beispiel AG")):
            of = await Directory(ambient).create_tenant(session, tenant)
            office.connections[name] = await connections.create(
                session,
                tenant_id=of.id,
                environment="test",
                target="lexoffice-sandbox",
                credential_kind="api_key",
                state="connected",
            )
        office.connections["other connection"] = await connections.create(
            session,
            tenant_id=office.connections["one"].tenant_id,
            environment="test",
            target="lexoffice-sandbox",
            credential_kind="api_key",
            state="connected",
        )
    yield office
    await office.journal.drain()
