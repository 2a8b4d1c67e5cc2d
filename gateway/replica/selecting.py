"""A list query as one statement over the rows of one place: by key, never by offset.

Statements are made once for each form of query, and asked with its values.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
from msgspec import Struct
from sqlalchemy import ColumnElement, Integer, Select, and_, bindparam, or_, select, tuple_

from connectors.base.paging import ListQuery
from gateway.persistence.json_array import JsonArray
from gateway.persistence.straight import MARK
from gateway.persistence.tables import replica_rows as ROWS
from gateway.persistence.tables import replica_states as STATES
from gateway.replica.keys import Blind, Condition, Keys, searchable, text_of
from gateway.replica.rows import Place, State, here
from gateway.replica.sums import summed
from gateway.replica.words import asked
from schemas.base import Resource

_BY_TEXT = msgspec.json.Decoder(tuple[str, str])
_BY_INSTANT = msgspec.json.Decoder(tuple[datetime, str])
_ESCAPE = "/"
_ESCAPED = str.maketrans({mark: _ESCAPE + mark for mark in "%_/"})
FORMS = 1_000
"""Statements that are kept; a resource has a handful that are in use."""


class Selected(Struct, frozen=True):
    """A statement, and where its rows have what."""

    statement: Select[*tuple[Any, ...]]
    at: Mapping[str, int]
    """By name: `sorted_by`, `id`, `document`, `sealed`, `untold`; `raw` if asked, `gone_at` with
    `updated_since`, and `state` of the list, the same in each row, if carried.
    """


def selected(
    place: Place,
    resource: Resource,
    keys: Keys,
    query: ListQuery,
    blind: Blind | None,
    *,
    raw: bool,
    carried: bool = False,
) -> tuple[Selected, dict[str, Any]]:
    """The rows of a page and one more, which tells whether there is a next one; and the statement's values.

    `carried`: each row carries the list's state, which spares a way to the database.

    Order: as asked; with `updated_since` by change, oldest first, tombstones among the rest; else the first
    sort of the resource, descending; last, and where it has none, by id.
    """
    by, descending = _order(resource, keys, query)
    form, values = _asked(place, keys, query, blind)
    values["rows"] = query.limit + 1
    if query.continuation is not None:
        decoder = _BY_INSTANT if by == "changed_at" else _BY_TEXT
        values["after_key"], values["after_id"] = decoder.decode(query.continuation)
    if query.updated_since is not None:
        values["since"] = query.updated_since
    continued, since = query.continuation is not None, query.updated_since is not None
    return _statement(form, by, descending, since, continued, raw, carried), values


def fitting(
    place: Place, resource: Resource, keys: Keys, query: ListQuery, blind: Blind | None
) -> tuple[Select[*tuple[Any, ...]], dict[str, Any]]:
    """What rows of all pages come to, by currency and what their sources do not tell; and the values."""
    form, values = _asked(place, keys, query, blind)
    if query.updated_since is not None:
        values["since"] = query.updated_since
    groups = (ROWS.c.currency, ROWS.c.untold)
    statement = select(*groups, *summed(resource)).where(*here(ROWS), _fitting(form, since=False))
    if query.updated_since is not None:
        statement = statement.where(ROWS.c.changed_at >= bindparam("since"))
    return statement.group_by(*groups), values


def continuation(sorted_by: str | datetime, id: str) -> str:
    """Names the row that a page ended with."""
    return msgspec.json.encode((sorted_by, id)).decode()


def _order(resource: Resource, keys: Keys, query: ListQuery) -> tuple[str, bool]:
    """The column, and whether it descends."""
    if query.sort is not None:
        return keys.sorts[query.sort.removeprefix("-")].column, query.sort.startswith("-")
    if query.updated_since is not None:
        return "changed_at", False
    first = keys.sorts.get(resource.sorts[0]) if resource.sorts else None
    return ("id", False) if first is None else (first.column, True)


Form = tuple[tuple[str, str], ...]
"""Of the conditions of a statement: each a column, and how its values are compared."""


def _asked(place: Place, keys: Keys, query: ListQuery, blind: Blind | None) -> tuple[Form, dict[str, Any]]:
    """What rows have to fit, and the values."""
    found: list[tuple[tuple[str, str], str]] = []
    for name, condition in keys.filters.items():
        value = getattr(query.filters, name)
        if value is not None:
            found.append(((condition.key.column, condition.how), _comparable(condition, value, blind)))
    words = asked(query.search) if query.search is not None else ()
    found += [(("words", "contains"), _part(word)) for word in words]
    values = {f"value_{number}": value for number, (_, value) in enumerate(found)}
    return tuple(form for form, _ in found), {**place.columns, **values}


def _comparable(condition: Condition, value: Any, blind: Blind | None) -> str:
    if condition.key.searched:
        return _part(searchable(value))
    text = text_of(value)
    return blind(".".join(condition.key.path), text) if blind and condition.key.is_text and text else text


def _part(text: str) -> str:
    return f"%{text.translate(_ESCAPED)}%"


@lru_cache(FORMS)
def _statement(
    form: Form, by: str, descending: bool, since: bool, continued: bool, raw: bool, carried: bool
) -> Selected:
    column, id = ROWS.c[by], ROWS.c.id
    more: list[ColumnElement[Any]] = [*((ROWS.c.raw,) if raw else ()), *((ROWS.c.gone_at,) if since else ())]
    if carried:
        state = select(JsonArray(*(STATES.c[name] for name in State.__struct_fields__))).where(*here(STATES))
        more.append(state.scalar_subquery().label("state"))
    shown = (column.label("sorted_by"), id, ROWS.c.document, ROWS.c.sealed, ROWS.c.untold, *more)
    order = [id] if by == "id" else [column, id]
    statement = (
        select(*shown)
        .where(*here(ROWS), _fitting(form, since=since))
        .order_by(*([part.desc() for part in order] if descending else order))
        .limit(bindparam("rows", type_=Integer()))
        .execution_options(**MARK)
    )
    if continued:
        statement = statement.where(_after(by, descending=descending))
    if since and not (continued and by == "changed_at"):  # else where the page before ended is later
        statement = statement.where(ROWS.c.changed_at >= bindparam("since"))
    return Selected(statement, {name: at for at, name in enumerate(statement.selected_columns.keys())})


def _fitting(form: Form, *, since: bool) -> ColumnElement[bool]:
    """What is there and fits the filters; with `since` also what is gone, whatever it was."""
    fits = and_(
        ROWS.c.gone_at.is_(None),
        ROWS.c.document.is_not(None),
        *(
            _CONDITIONS[how](ROWS.c[column], bindparam(f"value_{number}"))
            for number, (column, how) in enumerate(form)
        ),
    )
    return or_(ROWS.c.gone_at.is_not(None), fits) if since else fits


def _after(by: str, *, descending: bool) -> ColumnElement[bool]:
    column, id = ROWS.c[by], ROWS.c.id
    last_id = bindparam("after_id", type_=id.type)
    if by == "id":
        return id > last_id
    at, last = tuple_(column, id), tuple_(bindparam("after_key", type_=column.type), last_id)
    return at < last if descending else at > last


_CONDITIONS: Mapping[str, Any] = {
    "equals": lambda column, value: column == value,
    "from": lambda column, value: column >= value,
    "to": lambda column, value: and_(column <= value, column != ""),
    "contains": lambda column, value: column.like(value, escape=_ESCAPE),
}
