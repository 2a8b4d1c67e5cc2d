"""A list query as one statement over the rows of one place: by key, never by offset."""

from datetime import datetime
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Executable, and_, or_, select, tuple_

from connectors.base.paging import ListQuery
from gateway.persistence.instants import Instant
from gateway.persistence.tables import replica_rows as ROWS
from gateway.replica.keys import Blind, Condition, Key, Keys, searchable, text_of
from gateway.replica.rows import DOCUMENT, Place
from schemas.base import Filters, Resource

_BY_TEXT = msgspec.json.Decoder(tuple[str, str])
_BY_INSTANT = msgspec.json.Decoder(tuple[datetime, str])


def selected(
    place: Place, resource: Resource, keys: Keys, query: ListQuery, blind: Blind | None, *, raw: bool
) -> Executable:
    """The rows of a page and one more, which tells whether there is a next one.

    Order: as asked; with `updated_since` by change, oldest first, tombstones among the rest; else the first
    sort of the resource, descending; last, and where it has none, by id.
    """
    column, descending = _order(resource, keys, query)
    columns = [*DOCUMENT, *((ROWS.c.raw,) if raw else ())]
    order = [ROWS.c.id] if column is None else [column, ROWS.c.id]
    named = ROWS.c.id.label("sorted_by") if column is None else column.label("sorted_by")
    statement = select(named, *columns).where(*place.within(ROWS), _asked(keys, query, blind))
    if query.continuation is not None:
        statement = statement.where(_after(column, descending, query.continuation))
    ordered = [part.desc() for part in order] if descending else order
    return statement.order_by(*ordered).limit(query.limit + 1)


def continuation(sorted_by: str | datetime, id: str) -> str:
    """Names the row that a page ended with."""
    return msgspec.json.encode((sorted_by, id)).decode()


def _order(resource: Resource, keys: Keys, query: ListQuery) -> tuple[Any, bool]:
    if query.sort is None and query.updated_since is not None:
        return ROWS.c.changed_at, False
    if query.sort is not None:
        return _column(keys.sorts[query.sort.removeprefix("-")]), query.sort.startswith("-")
    first = keys.sorts.get(resource.sorts[0]) if resource.sorts else None
    return (None, False) if first is None else (_column(first), True)


def _after(column: Any, descending: bool, text: str) -> ColumnElement[bool]:
    if column is None:
        return ROWS.c.id > _BY_TEXT.decode(text)[1]
    decoder = _BY_INSTANT if isinstance(column.type, Instant) else _BY_TEXT
    here, there = (
        tuple_(column, ROWS.c.id),
        tuple_(*decoder.decode(text), types=[column.type, ROWS.c.id.type]),
    )
    return here < there if descending else here > there


def _asked(keys: Keys, query: ListQuery, blind: Blind | None) -> ColumnElement[bool]:
    """What is here and fits the filters; with `updated_since` also what is gone, whatever it was."""
    fitting = and_(ROWS.c.gone_at.is_(None), *_fitting(keys, query.filters, blind))
    if query.updated_since is None:
        return fitting
    either = or_(ROWS.c.gone_at.is_not(None), fitting)
    if query.sort is None and query.continuation is not None:
        return either  # by change: where the page before ended is later, and the better place to begin
    return and_(ROWS.c.changed_at >= query.updated_since, either)


def _fitting(keys: Keys, filters: Filters, blind: Blind | None) -> list[ColumnElement[bool]]:
    return [
        _CONDITIONS[condition.how](_column(condition.key), _comparable(condition, value, blind))
        for name, condition in keys.filters.items()
        if (value := getattr(filters, name)) is not None
    ]


def _comparable(condition: Condition, value: Any, blind: Blind | None) -> str:
    if condition.key.searched:
        return searchable(value)
    text = text_of(value)
    return blind(".".join(condition.key.path), text) if blind and condition.key.is_text and text else text


def _column(key: Key) -> Any:
    return ROWS.c[key.column]


_CONDITIONS: dict[str, Any] = {
    "equals": lambda column, text: column == text,
    "from": lambda column, text: column >= text,
    "to": lambda column, text: and_(column <= text, column != ""),
    "contains": lambda column, text: column.contains(text, autoescape=True),
}
