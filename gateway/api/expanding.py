"""`expand`: objects that answers name by their ids, beside them, each once.

From the replica, whatever its age, unless it is known to be behind. A read of one object asks the accounting
system for what is not held, a call each; lists never do.
"""

from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from functools import cache
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Raw, Struct

from connectors.base.errors import KontorError, RecordNotFound
from connectors.base.operations import OPERATIONS
from connectors.base.paging import Record
from gateway.api.call import Call
from gateway.api.declaration import Documents, Reply
from gateway.api.holding import keep
from gateway.api.intake import bad_characters
from gateway.api.performing import perform_of
from gateway.errors import Unavailable
from gateway.replica.rows import keeps, place_of
from schemas.base import Filters, Relation, Resource

GET = OPERATIONS["get"]
NOT_HELD = "not_held"
GONE = "gone"
_ANY = msgspec.json.Decoder()
_ENCODER = msgspec.json.Encoder()


class Expansion(Struct, frozen=True, kw_only=True, rename="camel"):
    """What there is to know about one relation that was expanded."""

    as_of: datetime | None
    """The oldest of its objects is as it was then (UTC); None where there is none."""
    missing: dict[str, str]
    """By id, why an object is null: `not_held`, `gone`, or the code of the error that its read ended in."""


@cache
def parameters(resource: Resource) -> tuple[type[Struct], ...]:
    """The query parameter of its reads; none where it has no relations."""
    if not resource.relations:
        return ()
    known = [relation.name for relation in resource.relations]
    names = "|".join(known)
    text = f"Comma separated: {', '.join(known)}. What they name stands in `expanded`, by id."
    taken: Any = Annotated[str, Meta(pattern=f"^({names})(,({names}))*$", max_length=100, description=text)]
    fields = [("expand", taken | None, None)]
    return (msgspec.defstruct(f"{resource.singular}Expansions", fields, bases=(Filters,), kw_only=True),)


def expanding(
    resource: Resource, handler: Callable[[Call], Awaitable[Reply]], *, is_list: bool
) -> Callable[[Call], Awaitable[Reply]]:
    """The handler of a read, whose answers hold what was asked for beside them."""
    if not resource.relations:
        return handler

    async def read(call: Call) -> Reply:
        reply = await handler(call)
        asked = next(query.expand for query in call.queries if hasattr(query, "expand"))
        if asked is None:
            return reply
        documents = _shown(reply.data) if is_list else _shown([reply.data])
        expanded: dict[str, Any] = {}
        told: dict[str, Expansion] = {}
        for relation in resource.relations:
            if relation.name not in asked.split(","):
                continue
            name = relation.name
            ids = [*dict.fromkeys(id for one in documents for id in named(one, relation.ids.split(".")))]
            expanded[name], told[name] = await _related(call, relation, ids, may_ask=not is_list)
        return msgspec.structs.replace(reply, expanded=expanded, meta={**reply.meta, "expanded": told})

    return read


def _shown(data: Any) -> list[Any]:
    """Documents as they are answered."""
    if isinstance(data, Documents):
        return [_ANY.decode(document) for document in data.encoded]
    return _ANY.decode(_ENCODER.encode(data))


def named(value: Any, path: list[str]) -> Iterator[str]:
    """The ids at a path of a document, through lists too."""
    if isinstance(value, list):
        for item in value:
            yield from named(item, path)
    elif isinstance(value, dict) and path:
        yield from named(value.get(path[0]), path[1:])
    elif isinstance(value, str) and not path:
        yield value


async def _related(
    call: Call, relation: Relation, ids: list[str], *, may_ask: bool
) -> tuple[dict[str, Any], Expansion]:
    """Objects by id, null for what could not be had."""
    resource = call.rooms.resources.get(relation.resource)
    held = {} if resource is None else await _held(call, resource, ids)
    found: dict[str, Any] = {id: Raw(document) for id, (document, _) in held.items()}
    ages, missing = [read_at for _, read_at in held.values()], {}
    for id in ids:
        if id in found:
            continue
        found[id], missing[id] = None, NOT_HELD
        if may_ask and resource is not None and not call.freshness.only_if_cached:
            asked_at = call.rooms.ambient.clock.now()
            try:
                found[id] = (await _live(call, resource, id, asked_at)).data
            except RecordNotFound:
                missing[id] = GONE
            except KontorError as error:
                missing[id] = error.code
            else:
                ages.append(asked_at)
                del missing[id]
    return found, Expansion(as_of=min(ages, default=None), missing=missing)


async def _held(call: Call, resource: Resource, ids: list[str]) -> dict[str, tuple[bytes, datetime]]:
    """Of the replica. A read of one object that is to be live takes none of it."""
    one = "id" in call.path
    if not call.connection.keeps_replica or not keeps(resource) or (one and call.freshness.no_cache):
        return {}
    rooms = call.rooms
    fit = [id for id in ids if not bad_characters(id)]
    try:
        async with rooms.database.glance() as session:
            return await rooms.replica.trusted(session, place_of(call.connection, resource.name), fit)
    except Unavailable:
        return {}


async def _live(call: Call, resource: Resource, id: str, asked_at: datetime) -> Record[Any]:
    call.rooms.abilities.require(call.connection, resource.name, GET.name, id)
    perform = perform_of(call, resource, GET)
    perform.id = id
    record: Record[Any] = await call.rooms.dispatcher.read(perform)
    if keeps(resource):
        await keep(call, resource, (record,), asked_at)
    return record
