"""One operation of one call, and what its answer says beside the data."""

from typing import Any

import msgspec

from connectors.base.operations import Operation
from connectors.base.paging import Completeness, Record
from gateway.api.call import Call
from gateway.api.changes import etag
from gateway.dispatch import Perform
from schemas.base import Resource


def perform_of(call: Call, resource: Resource, operation: Operation, **more: Any) -> Perform:
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
        fresh="no-cache" in (call.header("cache-control") or ""),
        **more,
    )


def etag_of(record: Record[Any]) -> tuple[tuple[str, str], ...]:
    version = getattr(record.data, "version", None)
    return () if version is None else (("etag", etag(version)),)


def meta_of(call: Call, record: Record[Any]) -> dict[str, Any]:
    completeness = Completeness(complete=True, fields_unavailable=record.fields_unavailable)
    warnings = [msgspec.structs.asdict(warning) for warning in record.warnings]
    return {**meta(call), "completeness": completeness, "warnings": warnings}


def meta(call: Call) -> dict[str, Any]:
    return {"target": call.connection.target, "freshness": {"source": "live"}, "warnings": []}
