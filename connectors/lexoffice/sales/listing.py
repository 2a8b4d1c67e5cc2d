"""Lists of documents: the voucher list for which and in what order, then each document for the rest.

The vendor has no list of invoices with lines. One call a page and one a document: at two calls a second a
page of 25 takes about 13 s. Source: "Voucherlist" (read 2026-11-20).
"""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

import msgspec
from msgspec import Raw

from connectors.base.connector import Session
from connectors.base.paging import Completeness, ListQuery, Page, Record
from connectors.lexoffice.client import LexofficeClient, mapped
from connectors.lexoffice.gathering import collect
from connectors.lexoffice.native.base import Page as NativePage
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.native.voucherlist import OVERDUE, Row
from connectors.lexoffice.paging import Listed, Position, Walk, read_position
from connectors.lexoffice.sales.noun import OPEN, Noun
from connectors.lexoffice.sales.selection import ANY, Selection, select
from connectors.lexoffice.sales.summary import to_summary

ROW = decoder(Row)
Detail = Callable[[Row], Awaitable[Record[Any]]]
SUMMARY_ONLY = Completeness(complete=True, reason="summary_only")


async def list_documents(
    session: Session, client: LexofficeClient, noun: Noun, query: ListQuery, detail: Detail
) -> Page[Any]:
    """Documents as asked, each read in full by `detail` unless `query.summary`.

    Order: by day of issue, newest first, unless asked otherwise. At the deadline it stops with what it has,
    and `next` goes on right after the last document; `UpstreamBusy` only when there is nothing yet. How pages
    stay true while documents come and go: `paging`. A document that the list names and that is gone a moment
    later is left out, and the page says so.
    """
    selection = select(noun, query)
    if selection is None:
        return Page(records=())
    start = read_position(query.continuation) if query.continuation else Position()
    walk = await VoucherList(client, noun, selection).walk(start, query.limit)

    async def take(listed: Listed[Row]) -> Record[Any] | None:
        if not selection.holds(listed.row):
            return None
        if query.summary:
            return mapped(lambda: _summary(listed, noun))
        return await detail(listed.row)

    page = await collect(walk, query.limit, take, session.wire)
    if query.summary and page.completeness.complete:
        return msgspec.structs.replace(page, completeness=SUMMARY_ONLY)
    return page


def _summary(listed: Listed[Row], noun: Noun) -> Record[Any]:
    return Record(data=to_summary(listed.row, noun), raw=listed.raw)


class VoucherList:
    """The voucher list under one selection."""

    def __init__(self, client: LexofficeClient, noun: Noun, selection: Selection) -> None:
        self._client = client
        self._purpose = f"{noun.resource}.list"
        self._selection = selection

    async def walk(self, start: Position, wanted: int) -> Walk[Row]:
        """A walk from `start`, its first page fetched."""
        words = start.words or self._selection.words
        walk = Walk(self._fetch(words), start)
        if words != OPEN or start.words is not None:
            return walk
        await walk.look(wanted)
        words = await self._open_words([listed.row for listed in walk.at_hand()])
        begin = Position(words=words)
        if words != OPEN:
            return Walk(self._fetch(words), begin)
        walk.position = msgspec.structs.replace(walk.position, words=words)
        return walk

    async def _open_words(self, rows: list[Row]) -> str:
        """What to ask for to get all open documents: overdue ones came with `open` when it was measured
        (2026-07-18, one list). If this vendor's answer does not show it, a late document decides: two calls.
        """
        if any(row.voucher_status == OVERDUE for row in rows):
            return OPEN
        late = await self._rows(OVERDUE, None)
        if not late:
            return OPEN
        same_day = await self._rows(OPEN, late[0].day)
        return OPEN if late[0].id in {listed.id for listed in same_day} else ANY

    async def _rows(self, words: str, only_day: date | None) -> list[Listed[Row]]:
        params = self._selection.params(words, None)
        if only_day is not None:
            days = {"voucherDateFrom": only_day.isoformat(), "voucherDateTo": only_day.isoformat()}
            params = {**params, **days}
        _, rows = await self._page({**params, "page": "0", "size": "250"})
        return rows

    def _fetch(self, words: str) -> Callable[[int, int, date | None], Awaitable[Any]]:
        async def fetch(number: int, size: int, window: date | None) -> Any:
            params = self._selection.params(words, window)
            return await self._page({**params, "page": str(number), "size": str(size)})

        return fetch

    async def _page(self, params: dict[str, str]) -> tuple[NativePage, list[Listed[Row]]]:
        return await self._client.page("voucherlist", tuple(params.items()), self._purpose, self._listed)

    def _listed(self, raw: Raw) -> Listed[Row]:
        row = ROW.decode(raw)
        return Listed(id=row.id, row=row, raw=raw, day=self._selection.day(row))
