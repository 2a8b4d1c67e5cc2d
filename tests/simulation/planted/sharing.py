"""Bugs in what processes, tenants and lives of a process share, or must not."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from gateway.api.rooms import Rooms
from gateway.tenants.connections import LONGEST, PREFIX, Connections
from gateway.tenants.model import Caller, Connection
from tests.simulation.planted.bug import Planted, replaced


def limiter_forgets(rooms: Rooms) -> None:
    scheduler: Any = rooms.upstream.scheduler
    book = scheduler._book
    getattr(book, "_redis", book).shared.lines.clear()


@contextmanager
def cached_for_all_tenants() -> Iterator[None]:
    async def by_account_key(self: Connections, caller: Caller, presented: str) -> Connection | None:
        if len(presented) > LONGEST or not presented.startswith(PREFIX):
            return None
        digest = self._digest(presented)
        key = ("", caller.environment, digest)
        return await self._recent.get(key, lambda: self._find(caller.tenant_id, caller.environment, digest))

    with replaced(Connections, by_account_key=by_account_key):
        yield


BUGS = (
    Planted(
        number=13,
        name="limiter-forgets",
        what="a process that starts again has no memory of the slots that were given out",
        found_by=45,
        apply=limiter_forgets,
    ),
    Planted(
        number=20,
        name="cache-without-tenant",
        what="a connection found for one tenant is found in memory for any other",
        found_by=1,
        installed=cached_for_all_tenants,
    ),
)
