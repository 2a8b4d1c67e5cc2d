"""Commands of Lexware's operators: companies, keys, clients, plans, connections, and the books as a whole."""

from typing import Any

import msgspec

from sandbox.lexoffice.app import TwinApp
from sandbox.lexoffice.companies import COMPANIES
from sandbox.lexoffice.routing import Route
from sandbox.lexoffice.state import Client, Connection


def reset(app: TwinApp) -> Any:
    app.reset()
    return identity(app)


def identity(app: TwinApp) -> Any:
    return app.identity


def create_organization(app: TwinApp, name: str, **more: Any) -> Any:
    organization = app.twin.create_organization(name, **more)
    return {"id": organization.id, "name": name, "apiKey": app.twin.create_api_key(organization.id)}


def found_company(app: TwinApp, name: str, seed: int = 1) -> Any:
    """A company with a year of books; `name` is one of the kinds of `companies.COMPANIES`."""
    year = COMPANIES[name](app.twin, seed)
    organization = year.organization
    counts = {"documents": len(organization.documents), "vouchers": len(organization.vouchers)}
    return {"id": organization.id, "name": organization.name, "apiKey": year.key, **counts}


def take_snapshot(app: TwinApp, name: str) -> Any:
    app.snapshots[name] = app.twin.snapshot()
    return {"snapshots": sorted(app.snapshots)}


def restore_snapshot(app: TwinApp, name: str) -> Any:
    app.twin.restore(app.snapshots[name])
    return {"restored": name}


def create_api_key(app: TwinApp, id: str, permissions: list[str] | None = None) -> Any:
    key = app.twin.create_api_key(id, permissions=permissions)
    return {"apiKey": key, "connectionId": app.twin.connection_of(key).id}


def renew_api_key(app: TwinApp, id: str) -> Any:
    app.twin.renew_api_key(id)
    return _connection(app.twin.world.connections[id])


def set_plan(app: TwinApp, id: str, lapsed: bool | None = None, features: list[str] | None = None) -> Any:
    """Let the plan run out or on, or change what it holds; `features` as the profile prints them."""
    if lapsed is not None:
        app.twin.set_lapsed(id, lapsed)
    if features is not None:
        app.twin.set_features(id, features)
    own = app.twin.world.organizations[id]
    return {"id": id, "lapsed": own.lapsed, "features": own.features}


def register_client(app: TwinApp, id: str, **more: Any) -> Any:
    client = app.twin.register_client(msgspec.convert({"id": id, "name": id, **more}, Client))
    return {
        "id": client.id,
        "name": client.name,
        "redirectUris": client.redirect_uris,
        "scopes": client.scopes,
    }


def connections(app: TwinApp) -> Any:
    return [_connection(connection) for connection in app.twin.world.connections.values()]


def _connection(connection: Connection) -> dict[str, Any]:
    return {
        "id": connection.id,
        "organizationId": connection.organization_id,
        "name": connection.name,
        "clientId": connection.client_id,
        "scopes": sorted(connection.scopes) if connection.scopes is not None else None,
        "revoked": connection.revoked,
    }


def revoke(app: TwinApp, id: str) -> Any:
    app.twin.revoke(id)
    return _connection(app.twin.world.connections[id])


def end_access(app: TwinApp, id: str) -> Any:
    app.twin.end_access(id)
    return _connection(app.twin.world.connections[id])


ROUTES = [
    Route("POST", "/reset", reset),
    Route("GET", "/identity", identity),
    Route("GET", "/connections", connections),
    Route("POST", "/connections/{}/revoke", revoke),
    Route("POST", "/connections/{}/end-access", end_access),
    Route("POST", "/connections/{}/renew", renew_api_key),
    Route("POST", "/companies", found_company),
    Route("PUT", "/snapshots/{}", take_snapshot),
    Route("POST", "/snapshots/{}/restore", restore_snapshot),
    Route("POST", "/organizations", create_organization),
    Route("POST", "/organizations/{}/api-keys", create_api_key),
    Route("PUT", "/organizations/{}/plan", set_plan),
    Route("PUT", "/clients/{}", register_client),
]
