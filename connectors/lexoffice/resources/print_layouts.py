"""Print layouts over /v1/print-layouts. Source: "Print Layouts" (read 2026-11-20)."""

from msgspec import Raw

from connectors.base.connector import Session
from connectors.base.paging import ListQuery, Page, Record
from connectors.lexoffice.native import masterdata as native
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.whole_lists import WholeList
from schemas.print_layouts import PrintLayout

DECODER = decoder(native.PrintLayout)


class PrintLayouts:
    """Print layouts of one connection. Made and changed in the application only."""

    def __init__(self, session: Session) -> None:
        self._layouts = WholeList(session, "print-layouts", "print-layouts", _record)

    async def list(self, query: ListQuery) -> Page[PrintLayout]:
        """All layouts, in the vendor's order. One call a page."""
        return await self._layouts.page(query)

    async def get(self, id: str) -> Record[PrintLayout]:
        """One of them, one call."""
        return await self._layouts.one(id)


def _record(raw: Raw) -> Record[PrintLayout]:
    return Record(data=to_unified(DECODER.decode(raw)), raw=raw)


def to_unified(raw: native.PrintLayout) -> PrintLayout:
    """A layout in unified words."""
    return PrintLayout(id=raw.id, name=raw.name, default=raw.default)
