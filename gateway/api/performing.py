"""One operation of one call, and what its answer says beside the data."""

from datetime import datetime
from typing import Any

import msgspec

from connectors.base.operations import Operation
from connectors.base.paging import Completeness, Record
from gateway.api.call import Call
from gateway.api.changes import etag
from gateway.api.freshness import Freshness
from gateway.dispatch import Perform
from gateway.errors import NothingHeld
from schemas.base import Resource

NOTHING_WOULD_DO = "Kontor holds no copy of this that would do."


def perform_of(call: Call, resource: Resource, operation: Operation, **more: Any) -> Perform:
    """What goes to the accounting system. Raises NothingHeld when that was not to be asked."""
    if call.freshness.only_if_cached:
        raise NothingHeld(NOTHING_WOULD_DO)
    rooms = call.rooms
    return Perform(
        connection=call.connection,
        resource=resource.name,
        operation=operation,
        ledger=call.ledger,
        deadline=rooms.ambient.clock.monotonic() + rooms.settings.deadline_s,
        request_id=call.request_id,
        lane=call.lane,
        id=call.path.get("id"),
        fresh=call.freshness.fresh,
        **more,
    )


def etag_of(record: Record[Any]) -> tuple[tuple[str, str], ...]:
    version = getattr(record.data, "version", None)
    return () if version is None else (("etag", etag(version)),)


def meta_of(call: Call, record: Record[Any], as_of: datetime | None = None) -> dict[str, Any]:
    completeness = Completeness(complete=True, fields_unavailable=record.fields_unavailable)
    warnings = [msgspec.structs.asdict(warning) for warning in record.warnings]
    return {**meta(call, as_of), "completeness": completeness, "warnings": warnings}


def meta(call: Call, as_of: datetime | None = None) -> dict[str, Any]:
    """Of what came from the accounting system, which was asked at `as_of`; None: just now."""
    now = call.rooms.ambient.clock.now()
    as_of = as_of or now
    live = Freshness(source="live", as_of=as_of, age_seconds=int((now - as_of).total_seconds()))
    return {"target": call.connection.target, "freshness": live, "warnings": []}
