"""Tokens with everything they stand on, over a token server in the same process."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta

from msgspec import Struct, field

from connectors import CONNECTORS
from connectors.base.errors import UpstreamBroken
from gateway.ambient import SystemRandomness
from gateway.credentials.authorization_server import AuthorizationServer
from gateway.credentials.grants import Grant
from gateway.credentials.keyring import Keyring
from gateway.credentials.partner_apps import PartnerApps
from gateway.credentials.tokens import Tokens
from gateway.credentials.vault import Vault
from gateway.persistence.database import Database, in_transaction
from gateway.settings import Settings
from gateway.targets import Targets
from gateway.tenants.connections import Connections
from gateway.tenants.directory import Directory
from gateway.tenants.model import Connection, CredentialKind, Tenant
from tests.integration.credentials.token_server import Family, TokenServer
from tests.standing import CountedIds, Standing, StandingClock

TARGET = "lexoffice-sandbox"
SETTINGS = Settings(twin_url="http://twin.localhost", token_timeout_s=10.0, refresh_margin_s=900)

Answer = tuple[int, Mapping[str, str], bytes]


class Watch(StandingClock):
    """A standing clock whose sleepers sleep until the test has moved it on."""

    def __init__(self) -> None:
        super().__init__()
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    async def sleep(self, seconds: float) -> None:
        awake = asyncio.get_running_loop().create_future()
        self._sleepers.append((self.elapsed_s + seconds, awake))
        await awake

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        for at, awake in self._sleepers:
            if at <= self.elapsed_s and not awake.done():
                awake.set_result(None)
        self._sleepers = [sleeper for sleeper in self._sleepers if not sleeper[1].done()]


def watched() -> Standing:
    """Surroundings with such a clock."""
    return Standing(clock=Watch(), randomness=SystemRandomness(), ids=CountedIds())


class Client(Struct):
    """`TokenClient`. What is in `instead` is answered, or raised, in place of the server's answers.

    `before` runs when a call has left, `after` when the server has dealt with it and before it answers.
    """

    server: TokenServer
    instead: list[Answer | Exception] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)
    """Refresh tokens that the server fails over."""
    before: Callable[[], Awaitable[None]] | None = None
    after: Callable[[], Awaitable[None]] | None = None
    urls: list[str] = field(default_factory=list)
    forms: list[dict[str, str]] = field(default_factory=list)
    in_transaction: list[bool] = field(default_factory=list)
    timeouts_s: list[float] = field(default_factory=list)

    async def post_form(
        self, url: str, form: Mapping[str, str], basic: tuple[str, str], timeout_s: float
    ) -> Answer:
        self.urls.append(url)
        self.forms.append(dict(form))
        self.in_transaction.append(in_transaction())
        self.timeouts_s.append(timeout_s)
        if self.before is not None:
            await self.before()
        await asyncio.sleep(0)
        if form.get("refresh_token") in self.broken:
            self.server.calls += 1
            return 503, {}, b""
        if self.instead:
            self.server.calls += 1
            given = self.instead.pop(0)
            if isinstance(given, Exception):
                raise given
            return given
        status, body = self.server.post(url, form, basic)
        if self.after is not None:
            await self.after()
        return status, {"content-type": "application/json"}, body


TIMED_OUT = UpstreamBroken("no answer within 10 s")


class Office(Struct, kw_only=True):
    """One gateway process, as far as credentials go."""

    database: Database
    surroundings: Standing
    server: TokenServer
    client: Client
    tokens: Tokens
    partner_apps: PartnerApps
    connections: Connections
    vault: Vault

    async def tenant_with_app(self) -> Tenant:
        async with self.database.write() as session:
            tenant = await Directory(self.surroundings).create_tenant(session, "Muster Handel GmbH")
            await self.partner_apps.put(session, tenant.id, TARGET, "client", "secret")
        return tenant

    async def connect(self, tenant: Tenant, kind: CredentialKind = "oauth") -> Connection:
        async with self.database.write() as session:
            return await self.connections.create(
                session,
                tenant_id=tenant.id,
                environment="test",
                target=TARGET,
                credential_kind=kind,
                state="connected",
            )

    async def grant(self, connection: Connection, *, lives_s: float = 14399, **changes: object) -> Family:
        """A fresh authorization, stored."""
        family = self.server.authorize()
        now = self.surroundings.clock.now()
        fields: dict[str, object] = {
            "access_token": family.access,
            "refresh_token": family.refresh,
            "issued_at": now - timedelta(hours=1),
            "expires_at": now + timedelta(seconds=lives_s),
        }
        async with self.database.write() as session:
            await self.tokens.store_grant(session, connection, Grant(**(fields | changes)))  # pyright: ignore[reportArgumentType]
        return family

    async def seen(self, connection: Connection) -> Connection:
        """The connection as a request would find it now."""
        async with self.database.read() as session:
            found = await self.connections.get(
                session, connection.tenant_id, connection.environment, connection.id
            )
        assert found is not None
        return found

    async def authorization(self, connection: Connection) -> str:
        return await self.tokens.authorization(await self.seen(connection))


def opened(database: Database, keyring: Keyring, surroundings: Standing, server: TokenServer) -> Office:
    vault = Vault(database, keyring, surroundings)
    connections = Connections(database, surroundings, keyring.lookup())
    partner_apps = PartnerApps(database, vault, surroundings)
    targets = Targets(SETTINGS, CONNECTORS)
    client = Client(server)
    return Office(
        database=database,
        surroundings=surroundings,
        server=server,
        client=client,
        vault=vault,
        connections=connections,
        partner_apps=partner_apps,
        tokens=Tokens(
            database=database,
            vault=vault,
            partner_apps=partner_apps,
            connections=connections,
            targets=targets,
            server=AuthorizationServer(targets, surroundings, SETTINGS, client),
            ambient=surroundings,
            settings=SETTINGS,
        ),
    )
