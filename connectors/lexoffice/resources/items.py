"""Items over /v1/articles. Source: "Articles" (read 2026-11-20)."""

from msgspec import Raw

from connectors.base.connector import Change, Session
from connectors.base.errors import NotWritable, StaleVersion
from connectors.base.mapping import plain, unit_amount
from connectors.base.paging import ListQuery, Page, Record
from connectors.base.wire import Answer
from connectors.lexoffice import links
from connectors.lexoffice.actions import allowed
from connectors.lexoffice.client import LexofficeClient, raw_of
from connectors.lexoffice.days import utc
from connectors.lexoffice.gathering import collect, refuse_sort
from connectors.lexoffice.native import articles as native
from connectors.lexoffice.native.base import Page as NativePage
from connectors.lexoffice.native.base import decoder
from connectors.lexoffice.paging import Listed, Position, Walk, read_position
from connectors.lexoffice.paths import ARTICLE_PATHS
from schemas.items import Item, ItemFilters, ItemInput, ItemType

DECODER = decoder(native.Article)
TYPE = {"PRODUCT": ItemType.PRODUCT, "SERVICE": ItemType.SERVICE}
LEAST_PAGE = 25
"""Smaller pages are refused (measured 2026-08)."""
ACTIONS = [allowed("update"), allowed("delete")]


class Items:
    """Items of one connection."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._client = LexofficeClient(session, ARTICLE_PATHS)

    async def list(self, query: ListQuery) -> Page[Item]:
        """Items by title. `updatedSince` reads all of them, as the vendor cannot filter by it."""
        refuse_sort(query)
        start = read_position(query.continuation) if query.continuation else Position()
        params = list_params(query.filters)

        async def fetch(number: int, size: int, _: object) -> tuple[NativePage, list[Listed[Record[Item]]]]:
            paged = (*params, ("page", str(number)), ("size", str(size)))
            return await self._client.page("articles", paged, "items.list", _listed)

        async def take(listed: Listed[Record[Item]]) -> Record[Item] | None:
            changed, since = listed.row.data.updated_at, query.updated_since
            return None if since and changed and changed < since else listed.row

        return await collect(Walk(fetch, start, least=LEAST_PAGE), query.limit, take, self._session.wire)

    async def get(self, id: str) -> Record[Item]:
        """One item, one call."""
        return await self._client.object("articles", id, _record, "items.get")

    async def create(self, body: ItemInput) -> Record[Item]:
        """A new item, read back after the write."""
        created = await self._client.post("articles", to_native(body), "items.create")
        return await self._client.read_back(created.id, self.get)

    async def update(self, id: str, change: Change) -> Record[Item]:
        """The changed item: read, merged, replaced under the version read, and read back.

        Raises:
            StaleVersion: somebody changed it meanwhile; carries the current ETag.
        """
        current = (await self.get(id)).data
        merged = change.merged(current, to_input(current))
        body = to_native(merged, version=current.version)
        try:
            await self._client.put("articles", id, body, "items.update")
        except StaleVersion:
            change.check((await self.get(id)).data)  # tells the new ETag
            raise
        return await self._client.read_back(id, self.get)

    async def delete(self, id: str, change: Change) -> None:
        """Removes the item for good. The vendor checks no version on delete, so Kontor compares before."""
        change.check((await self.get(id)).data)
        await self._client.delete("articles", id, "items.delete")


def list_params(filters: object) -> tuple[tuple[str, str], ...]:
    """The vendor's own filters: number and GTIN match in full. Not HTML-encoded, unlike those of contacts."""
    assert isinstance(filters, ItemFilters)
    asked = {
        "articleNumber": filters.number,
        "gtin": filters.gtin,
        "type": filters.type.upper() if filters.type else None,
    }
    return tuple((name, value) for name, value in asked.items() if value is not None)


def _record(answer: Answer) -> Record[Item]:
    return Record(data=to_unified(DECODER.decode(answer.content)), raw=raw_of(answer))


def _listed(raw: Raw) -> Listed[Record[Item]]:
    record = Record(data=to_unified(DECODER.decode(raw)), raw=raw)
    return Listed(id=record.data.id, row=record, raw=raw)


def to_unified(raw: native.Article) -> Item:
    """An article in unified words."""
    gross = raw.price.leading_price == "GROSS"
    return Item(
        id=raw.id,
        version=None if raw.version is None else str(raw.version),
        created_at=utc(raw.created_date),
        updated_at=utc(raw.updated_date),
        archived=raw.archived,
        links=links.NONE,
        name=raw.title,
        number=raw.article_number,
        type=TYPE.get(raw.type, ItemType.UNKNOWN),
        vendor_type=raw.type,
        description=raw.description,
        gtin=raw.gtin,
        note=raw.note,
        unit_name=raw.unit_name,
        price=unit_amount(raw.price.gross_price if gross else raw.price.net_price),
        net_price=unit_amount(raw.price.net_price),
        gross_price=unit_amount(raw.price.gross_price),
        prices_include_tax=gross,
        currency="EUR",
        tax_rate=plain(raw.price.tax_rate),
        allowed_actions=ACTIONS,
    )


def to_input(item: Item) -> ItemInput:
    """The writable part of an item, as it stands. Raises NotWritable for kinds not known yet."""
    if item.price is None or item.type is ItemType.UNKNOWN:
        raise NotWritable("Kontor does not know this kind of article well enough to replace it.", None)
    return ItemInput(
        name=item.name,
        number=item.number,
        type=item.type.value,
        description=item.description,
        gtin=item.gtin,
        note=item.note,
        unit_name=item.unit_name or "",
        price=item.price,
        prices_include_tax=item.prices_include_tax,
        tax_rate=item.tax_rate,
    )


def to_native(body: ItemInput, version: str | None = None) -> native.ArticleBody:
    """An article to write. Only the leading price is sent; the vendor computes the other."""
    price = plain(body.price)
    return native.ArticleBody(
        title=body.name,
        description=body.description,
        type=body.type.upper(),
        article_number=body.number,
        gtin=body.gtin,
        note=body.note,
        unit_name=body.unit_name,
        price=native.Price(
            net_price=None if body.prices_include_tax else price,
            gross_price=price if body.prices_include_tax else None,
            leading_price="GROSS" if body.prices_include_tax else "NET",
            tax_rate=plain(body.tax_rate),
        ),
        version=None if version is None else int(version),
    )
