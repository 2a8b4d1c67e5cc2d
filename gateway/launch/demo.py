"""The demo tenant of `kontor up`: a key, a partner app and a connection to the twin, kept over restarts."""

from pathlib import Path
from typing import Any

import msgspec

from connectors.base.connector import Identity
from gateway.api.rooms import Rooms
from gateway.launch.administration import audited, create_tenant, issue_key
from gateway.persistence.migrate import migrate
from gateway.settings import Settings
from gateway.targets import BEHIND_TWIN
from gateway.tenants.model import SCOPES, Caller, Connection
from gateway.upstream.hops import Ledger
from gateway.wiring import build_rooms, close_rooms

NAME = "Demo"


async def prepare(settings: Settings, twin: dict[str, Any]) -> dict[str, Any]:
    """Keys of the demo: those of `demo.json` when they still work, else new ones."""
    await migrate(settings.database_url)
    rooms = build_rooms(settings)
    try:
        kept = _kept(settings)
        caller = await rooms.api_keys.authenticate(kept.get("apiKey", ""))
        if caller is None:
            return await _new(rooms, twin)
        connection = await rooms.connections.by_account_key(caller, kept.get("accountKey", ""))
        if connection is None:
            return {"apiKey": kept["apiKey"], **await _connected(rooms, caller.tenant_id, twin)}
        await _renew(rooms, caller, connection, twin)
        return {"apiKey": kept["apiKey"], "accountKey": kept["accountKey"], "target": BEHIND_TWIN}
    finally:
        await close_rooms(rooms)


def _kept(settings: Settings) -> dict[str, Any]:
    try:
        return msgspec.json.decode((Path(settings.data_dir) / "demo.json").read_bytes(), type=dict[str, Any])
    except (OSError, msgspec.DecodeError):
        return {}


async def _new(rooms: Rooms, twin: dict[str, Any]) -> dict[str, Any]:
    async with rooms.database.read() as session:
        known = [tenant.id for tenant in await rooms.directory.tenants(session) if tenant.name == NAME]
    tenant_id = known[0] if known else (await create_tenant(rooms, NAME))[0][0]
    api_key = await issue_key(rooms, tenant_id, "test", NAME, tuple(SCOPES))
    return {"apiKey": api_key, **await _connected(rooms, tenant_id, twin)}


async def _connected(rooms: Rooms, tenant_id: str, twin: dict[str, Any]) -> dict[str, Any]:
    """A partner app at the twin and a connection by API key to its first company."""
    identity = await _identity(rooms, twin["apiKey"])
    async with rooms.database.write() as session:
        connection = await rooms.connections.create(
            session,
            tenant_id=tenant_id,
            environment="test",
            target=BEHIND_TWIN,
            credential_kind="api_key",
            state="connected",
            label=NAME,
            identity=identity,
        )
        await rooms.tokens.store_api_key(session, connection, twin["apiKey"])
        account_key = await rooms.connections.new_account_key(session, connection.id)
        oauth = twin["oauth"]
        await rooms.partner_apps.put(
            session, tenant_id, BEHIND_TWIN, oauth["clientId"], oauth["clientSecret"]
        )
        told = {"target": BEHIND_TWIN, "credential": "api_key", "organization": identity.organization_id}
        await audited(
            rooms, session, tenant_id, "connection.created", "connection", connection.id, told, "test"
        )
        await audited(
            rooms, session, tenant_id, "partner_app.deposited", "partner_app", BEHIND_TWIN, {}, "test"
        )
    return {"accountKey": account_key, "target": BEHIND_TWIN}


async def _identity(rooms: Rooms, key: str) -> Identity:
    found = rooms.targets.find(BEHIND_TWIN)
    assert found is not None
    assert found[0].api_key is not None
    deadline = rooms.ambient.clock.monotonic() + rooms.settings.deadline_s
    wire = rooms.upstream.bare_wire(
        BEHIND_TWIN, found[0].api_key.prefix + key, deadline=deadline, ledger=Ledger()
    )
    return await found[0].identify(wire)


async def _renew(rooms: Rooms, caller: Caller, connection: Connection, twin: dict[str, Any]) -> None:
    """The twin's key again, should the twin have made itself anew."""
    async with rooms.database.write() as session:
        await rooms.tokens.store_api_key(session, connection, twin["apiKey"])
        await rooms.connections.set_state(session, connection.id, "connected")
