"""Lists that the vendor answers whole, cut into pages of ours. Each page of ours is one call."""

from collections.abc import Callable
from typing import Any, TypeVar

from msgspec import Raw

from connectors.base.connector import Session
from connectors.base.errors import FieldNotHeld, RecordNotFound
from connectors.base.paging import ListQuery, Page, Record
from connectors.lexoffice.client import LexofficeClient, Params, known_id
from connectors.lexoffice.gathering import collect
from connectors.lexoffice.misfits import misfit, refuse
from connectors.lexoffice.native.base import Page as NativePage
from connectors.lexoffice.paging import Listed, Position, Walk, read_position
from schemas.base import Unified

U = TypeVar("U", bound=Unified)
Read = Callable[[Raw], Record[Any]]


class WholeList:
    """A list without pages, filters and order of its own, and without a way to ask for one object of it."""

    def __init__(self, session: Session, noun: str, resource: str, read: Read) -> None:
        self._wire = session.wire
        self._client = LexofficeClient(session)
        self._noun = noun
        self._resource = resource
        self._read = read

    async def page(self, query: ListQuery, params: Params = ()) -> Page[Any]:
        """The rows asked for, in the vendor's order. One call."""
        refuse_order(query)
        rows = await self._rows("list", params)
        return await cut(rows, query, self._wire)

    async def one(self, id: str) -> Record[Any]:
        """The object of this id. One call: the vendor only gives the whole list."""
        known_id(id)
        for row in await self._rows("get"):
            if row.id == id:
                return row.row
        raise RecordNotFound("Lexware Office has no such object.", sent="yes")

    async def _rows(self, operation: str, params: Params = ()) -> list[Listed[Record[Any]]]:
        return await self._client.rows(self._noun, f"{self._resource}.{operation}", self._listed, params)

    def _listed(self, raw: Raw) -> Listed[Record[Any]]:
        record = self._read(raw)
        return Listed(id=record.data.id, row=record, raw=raw)


def refuse_order(query: ListQuery) -> None:
    """Refuses what these lists cannot be asked for: they have one order, and tell no instants."""
    if query.sort is not None:
        refuse([misfit("sort", "invalid", "Lexware Office has one order of this list only.")])
    if query.updated_since is not None:
        raise FieldNotHeld("updatedSince", "Lexware Office does not tell when these were changed.")


async def cut(rows: list[Listed[Record[Any]]], query: ListQuery, wire: Any) -> Page[Any]:
    """One page of ours out of all rows, from where an earlier page ended."""
    start = read_position(query.continuation) if query.continuation else Position()

    async def fetch(number: int, size: int, _: object) -> tuple[NativePage, list[Listed[Record[Any]]]]:
        end = (number + 1) * size
        page = NativePage(content=[], last=end >= len(rows), total_elements=len(rows), number=number)
        return page, rows[number * size : end]

    async def take(listed: Listed[Record[Any]]) -> Record[Any]:
        return listed.row

    return await collect(Walk(fetch, start), query.limit, take, wire)
