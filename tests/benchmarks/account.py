"""A tenant with a key and a connection, made past the API: what every caller of Kontor has."""

from connectors.base.connector import Identity
from gateway.persistence.migrate import migrate
from gateway.settings import Settings
from gateway.wiring import build_rooms, close_rooms

VENDOR_KEY = "bench"
IDENTITY = Identity(
    organization_id="d2b33b5b-5157-4583-b3b8-8f932b33e75e",
    organization_name="Werkstatt Lindner e.K.",
    vendor_connection_id=None,
    price_mode="net",
    small_business=False,
)


async def prepare(settings: Settings) -> dict[str, str]:
    """The headers that open the account."""
    await migrate(settings.database_url)
    rooms = build_rooms(settings)
    try:
        async with rooms.database.write() as session:
            tenant = await rooms.directory.create_tenant(session, "Muster Software GmbH")
            _, api_key = await rooms.api_keys.issue(session, tenant.id, "test", "bench", ["read"])
            connection = await rooms.connections.create(
                session,
                tenant_id=tenant.id,
                environment="test",
                target="lexoffice-sandbox",
                credential_kind="api_key",
                state="connected",
                identity=IDENTITY,
            )
            account_key = await rooms.connections.new_account_key(session, connection.id)
            await rooms.tokens.store_api_key(session, connection, VENDOR_KEY)
    finally:
        await close_rooms(rooms)
    return {"X-API-KEY": api_key, "X-ACCOUNT-KEY": account_key}
