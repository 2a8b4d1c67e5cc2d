"""A write whose outcome was unknown, carried out once more from what was kept of its request.

It goes through the same handler; the journal answers the calls that were made before, and only the rest
reaches the vendor.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from litestar import Request

from gateway.api.asked import Asked
from gateway.api.call import Call
from gateway.api.catalogue import endpoints
from gateway.api.declaration import Endpoint
from gateway.api.intake import parse_json
from gateway.api.rooms import Rooms
from gateway.tenants.model import Caller, Connection
from gateway.upstream.hops import Ledger
from gateway.writes.journal import Resumption

DECODER = msgspec.json.Decoder(Asked)


def again(rooms: Rooms) -> Callable[[Connection, bytes, Resumption], Awaitable[None]]:
    """What carries a kept request out once more. Its outcome shows in the journal alone."""
    rebuild = rebuilding(rooms)

    async def carry_out(connection: Connection, packed: bytes, resumed: Resumption) -> None:
        call = rebuild(connection, packed)
        call.resumed = resumed
        await call.endpoint.handler(call)

    return carry_out


def rebuilding(rooms: Rooms) -> Callable[[Connection, bytes], Call]:
    """What makes a kept request a call again, as if it had just been admitted."""
    by_name = {endpoint.name: endpoint for endpoint in endpoints(rooms.resources)}

    def rebuild(connection: Connection, packed: bytes) -> Call:
        asked = DECODER.decode(packed)
        endpoint = by_name[asked.endpoint]
        call = Call(_request(endpoint, asked), rooms, asked.request_id, endpoint)
        call.caller = Caller(
            tenant_id=connection.tenant_id,
            environment=connection.environment,
            scopes=frozenset(asked.scopes),
            key_id=asked.key_id,
            key_name="",
        )
        call.connection = connection
        call.ledger = Ledger()
        call.queries = tuple(
            msgspec.json.decode(raw, type=kind)
            for raw, kind in zip(asked.queries, endpoint.query, strict=True)
        )
        call.body = _body(endpoint, asked.body)
        return call

    return rebuild


def _body(endpoint: Endpoint, raw: msgspec.Raw) -> Any:
    if endpoint.body is None or endpoint.body is Any:
        return parse_json(bytes(raw))
    return msgspec.json.decode(raw, type=endpoint.body)


def _request(endpoint: Endpoint, asked: Asked) -> Request[Any, Any, Any]:
    path = endpoint.path
    for name, value in asked.path.items():
        path = path.replace(f"{{{name}}}", value)
    headers = [(name.encode(), value.encode("latin-1")) for name, value in asked.headers]
    scope: Any = {"type": "http", "path": path, "path_params": asked.path, "headers": headers, "state": {}}
    return Request(scope)
