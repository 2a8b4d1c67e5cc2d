"""The call log: what was called, when, by whom, with which result. No bodies; written in batches."""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct
from sqlalchemy import insert

from gateway.persistence.straight import insert_all
from gateway.persistence.tables import request_log as TABLE
from gateway.telemetry.log import request_line

if TYPE_CHECKING:
    from gateway.ambient import Ambient
    from gateway.api.call import Call
    from gateway.api.declaration import Endpoint
    from gateway.persistence.database import Database

MAX_WAITING = 10_000
FLUSH_EVERY_S = 1.0
AT_ONCE = 100
"""Rows a statement: requests are answered in between."""


class Entry(Struct, frozen=True, kw_only=True):
    """One request. `code` is the problem's code, or what broke off a file; None on success."""

    request_id: str
    at: datetime
    tenant_id: str | None
    environment: str | None
    key_id: str | None
    connection_id: str | None
    target: str | None
    method: str
    route: str
    path_id: str | None
    status: int
    code: str | None
    duration_ms: int
    upstream_calls: int
    upstream_trace_ids: list[str]

    @staticmethod
    def of(call: "Call", endpoint: "Endpoint", status: int, code: str | None, seconds: float) -> "Entry":
        """What there is to tell of an answered call."""
        caller, connection, ledger = call.caller, call.connection, call.ledger
        return Entry(
            request_id=call.request_id,
            at=call.rooms.ambient.clock.now(),
            tenant_id=caller.tenant_id if caller else None,
            environment=caller.environment if caller else None,
            key_id=caller.key_id if caller else None,
            connection_id=connection.id if connection else None,
            target=connection.target if connection else None,
            method=endpoint.method,
            route=endpoint.path,
            path_id=(call.path.get("id") or "")[:100] or None,
            status=status,
            code=code,
            duration_ms=int(seconds * 1000),
            upstream_calls=ledger.calls if ledger else 0,
            upstream_trace_ids=list(ledger.trace_ids[:20]) if ledger else [],
        )


COLUMNS = tuple(name for name in Entry.__struct_fields__ if name in TABLE.c)
"""Fields of an entry that are kept under their own name."""
INSERT = insert(TABLE)


class RequestLog:
    """Collects entries and writes them once a second: a crash loses that second, and no request waits."""

    def __init__(self, database: "Database", ambient: "Ambient") -> None:
        self._database = database
        self._ambient = ambient
        self._waiting: list[Entry] = []
        self.dropped = 0

    def add(self, entry: Entry) -> None:
        """Note one request; anonymous ones only leave a log line."""
        request_line(entry)
        if entry.tenant_id is None:
            return
        if len(self._waiting) >= MAX_WAITING:
            self.dropped += 1
            return
        self._waiting.append(entry)

    async def flush(self) -> None:
        """Write what waits."""
        entries, self._waiting = self._waiting, []
        if not entries:
            return
        async with self._database.write() as session:
            for start in range(0, len(entries), AT_ONCE):
                rows = [_row(entry) for entry in entries[start : start + AT_ONCE]]
                await insert_all(session, INSERT, rows)

    async def run(self) -> None:
        """Flush for ever; a failed write is tried again with the next batch."""
        while True:
            await self._ambient.clock.sleep(FLUSH_EVERY_S)
            await asyncio.shield(self.flush_quietly())

    async def flush_quietly(self) -> None:
        """Flush; a database that is away costs entries, not requests."""
        try:
            await self.flush()
        except Exception:
            self.dropped += 1


def _row(entry: Entry) -> dict[str, Any]:
    row = {name: getattr(entry, name) for name in COLUMNS}
    row["id"] = entry.request_id
    row["upstream_trace_ids"] = msgspec.json.encode(entry.upstream_trace_ids).decode()
    return row
