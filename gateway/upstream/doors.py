"""What a wire is made of: the way to a target, and how calls over it are authorized."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from msgspec import Struct

from gateway.tenants.model import Connection
from gateway.upstream.address import Address


class Authorizations(Protocol):
    """What the wire asks of the room of credentials."""

    async def authorization(self, connection: Connection) -> str: ...

    async def refreshed_after_401(self, connection: Connection, used: str) -> str: ...


class Door(Struct, frozen=True, kw_only=True):
    """The way to one target's API."""

    target: str
    address: Address
    headers: tuple[tuple[bytes, bytes], ...]


class Credential(Struct, frozen=True, kw_only=True):
    """How calls of one wire are authorized. `renew` is None when there is nothing to renew."""

    queue: str
    client: str | None
    """The partner app's queue, where its connections may have a budget together."""
    connection: str
    generation: int
    current: Callable[[], Awaitable[str]]
    renew: Callable[[str], Awaitable[str]] | None
    judged: str | None
    """Under which key its refusals are counted; None where there is no connection yet."""
