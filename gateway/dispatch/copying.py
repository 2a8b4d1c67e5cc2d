"""Reading for a copy: pages of lists and single objects, in the lane that nobody waits in."""

from typing import Any

from msgspec import Raw

from connectors.base.operations import OPERATIONS
from connectors.base.paging import ListQuery, Page, Record
from gateway.dispatch import Dispatcher, Perform
from gateway.tenants.model import Connection
from gateway.upstream.hops import Ledger
from gateway.upstream.schedule import Lane
from schemas.base import Resource

CALL_S = 120.0
"""So long one read may take, most of it in line behind others."""


class Copying:
    """Reads of one resource of one connection; `ledger` counts their calls."""

    def __init__(
        self, dispatcher: Dispatcher, connection: Connection, resource: Resource, request_id: str
    ) -> None:
        self.ledger = Ledger()
        self._dispatcher = dispatcher
        self._connection = connection
        self._resource = resource
        self._request_id = request_id

    async def page(self, query: ListQuery) -> Page[Any]:
        """A page of the list."""
        return await self._dispatcher.read(self._perform("list", query=query))

    async def one(self, id: str) -> Record[Any]:
        """An object by its id. Raises RecordNotFound when it is gone."""
        return await self._dispatcher.read(self._perform("get", id=id))

    async def detail(self, row: Raw, held: Raw | None) -> Record[Any]:
        """The object of a list's row; see `connectors.base.copying`."""
        perform = self._perform("list")
        reader = self._dispatcher.resource(perform, lambda wire: wire)
        return await self._dispatcher.watched(self._connection, reader.detail(row, held))

    def _perform(self, operation: str, *, query: ListQuery | None = None, id: str | None = None) -> Perform:
        return Perform(
            connection=self._connection,
            resource=self._resource.name,
            operation=OPERATIONS[operation],
            ledger=self.ledger,
            deadline=self._dispatcher.by(CALL_S),
            request_id=self._request_id,
            lane=Lane.BACKFILL,
            query=query,
            id=id,
            fresh=True,
        )
