"""A whole gateway in this process: the built application on one side, the twin on the other, no sockets."""

import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import msgspec
from litestar import Litestar

from connectors import CONNECTORS
from connectors.base.connector import Connector
from gateway.ambient import Ambient
from gateway.api.rooms import Rooms
from gateway.app import build_app
from gateway.credentials.grants import Grant
from gateway.persistence.migrate import migrate
from gateway.settings import Settings, with_defaults
from gateway.tenants.model import SCOPES, Environment
from gateway.upstream.carrier import Carrier
from gateway.upstream.dialling import Dialling
from gateway.upstream.transport import Transports
from gateway.wiring import build_rooms
from sandbox.lexoffice.app import TwinApp, create_app
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.settings import TwinSettings
from schemas import RESOURCES
from schemas.base import Resource

TWIN_URL = "http://twin.test"
PUBLIC_URL = "http://127.0.0.1:8080"


class Party(msgspec.Struct, kw_only=True):
    """A tenant's caller with a connection to the twin."""

    tenant_id: str
    environment: Environment
    api_key: str
    key_id: str
    account_key: str
    connection_id: str

    def headers(self, **more: str) -> dict[str, str]:
        """Both keys, and whatever else."""
        return {"X-API-KEY": self.api_key, "X-ACCOUNT-KEY": self.account_key, **more}


class Stage(msgspec.Struct, kw_only=True):
    """Everything a test needs."""

    rooms: Rooms
    app: Litestar
    client: httpx2.AsyncClient
    twin: TwinApp

    async def call(
        self, method: str, path: str, party: Party, *, key: str | None = None, **more: Any
    ) -> httpx2.Response:
        """One request with both keys; `key` becomes the Idempotency-Key."""
        headers: Mapping[str, str] = more.pop("headers", {})
        extra = {"Idempotency-Key": key} if key else {}
        return await self.client.request(method, path, headers=party.headers(**extra, **headers), **more)

    async def tenant(self, name: str = "Muster Software GmbH") -> str:
        """A new tenant's id."""
        async with self.rooms.database.write() as session:
            return (await self.rooms.directory.create_tenant(session, name)).id

    async def party(
        self,
        tenant_id: str | None = None,
        *,
        environment: Environment = "test",
        target: str = "lexoffice-sandbox",
        scopes: tuple[str, ...] = SCOPES,
        twin_api_key: str | None = None,
        partner: bool = False,
    ) -> Party:
        """A caller with a connection to the twin's first company: by API key, or as a partner's grant.

        The twin takes its key as an access token, too.
        """
        rooms = self.rooms
        tenant_id = tenant_id or await self.tenant()
        vendor_key = twin_api_key or self.twin.identity.organizations[0].api_key
        async with rooms.database.write() as session:
            row, api_key = await rooms.api_keys.issue(session, tenant_id, environment, "tests", scopes)
            connection = await rooms.connections.create(
                session,
                tenant_id=tenant_id,
                environment=environment,
                target=target,
                credential_kind="oauth" if partner else "api_key",
                state="connected",
                identity=await self._identity(),
            )
            account_key = await rooms.connections.new_account_key(session, connection.id)
            if partner:
                await rooms.tokens.store_grant(session, connection, self._grant(vendor_key))
            else:
                await rooms.tokens.store_api_key(session, connection, vendor_key)
        return Party(
            tenant_id=tenant_id,
            environment=environment,
            api_key=api_key,
            key_id=row.id,
            account_key=account_key,
            connection_id=connection.id,
        )

    def _grant(self, token: str) -> Grant:
        return Grant(
            access_token=token,
            refresh_token=None,
            issued_at=self.rooms.ambient.clock.now(),
            expires_at=None,
        )

    async def _identity(self) -> Any:
        from connectors.base.connector import Identity

        company = self.twin.identity.organizations[0]
        return Identity(
            organization_id=company.id,
            organization_name=company.name,
            vendor_connection_id=None,
            price_mode="net",
            small_business=False,
        )


def settings_in(directory: Path, **changes: Any) -> Settings:
    """Settings of a gateway that lives in `directory` and has the twin behind the sandbox."""
    given = Settings(
        data_dir=str(directory),
        public_url=PUBLIC_URL,
        twin_url=TWIN_URL,
        scheduler=False,
        request_limit=0,
        log_level="ERROR",
    )
    return with_defaults(msgspec.structs.replace(given, **changes), {})


class Nowhere:
    """A resolver that knows no name."""

    async def look_up(self, host: str, port: int) -> list[str]:
        return []

    def to(self, url: httpx2.URL, address: str) -> Carrier:
        raise AssertionError("nothing can be dialled")


@asynccontextmanager
async def staged(
    directory: Path,
    ambient: Ambient | None = None,
    connectors: tuple[Connector, ...] = CONNECTORS,
    resources: dict[str, Resource] = RESOURCES,
    transports: Transports | None = None,
    dialling: Dialling | None = None,
    **changes: Any,
) -> AsyncIterator[Stage]:
    """A gateway and a twin until the end of the block; `transports` lead elsewhere than to the twin."""
    logging.getLogger("httpx2").setLevel(logging.WARNING)
    settings = settings_in(directory, **changes)
    twin = create_app(TwinSettings(public_url=TWIN_URL, quirks=Quirks(rate_limit=False)))
    await migrate(settings.database_url)
    transports = transports or Transports(base=httpx2.ASGITransport(app=twin))
    dialling = dialling or Nowhere()
    rooms = build_rooms(settings, ambient, transports, connectors, resources, dialling=dialling)
    app = build_app(rooms)
    transport = httpx2.ASGITransport(
        app=app,  # pyright: ignore[reportArgumentType]
        raise_app_exceptions=False,
    )
    async with app.lifespan(), httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL) as client:
        yield Stage(rooms=rooms, app=app, client=client, twin=twin)
