"""Batches as rows: kept with their job in one transaction, paused, resumed, cancelled."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.batch_items import Admitted, packed
from gateway.api.call import Call
from gateway.api.trail import note
from gateway.errors import KeyReused
from gateway.jobs import batch_rows
from gateway.jobs import rows as job_rows
from gateway.jobs.batches import ASKED, RUN, place
from gateway.persistence import outbox
from gateway.persistence.tables import batch_items as ITEMS
from gateway.persistence.tables import batches as BATCHES
from gateway.persistence.upsert import INSERT
from gateway.writes.journal import fingerprint

AT_ONCE = 100
"""Rows a statement."""


async def keep(call: Call, items: list[Admitted]) -> tuple[str, bool]:
    """The id of the batch, and whether it was asked for before with this Idempotency-Key.

    Raises:
        KeyReused: the key came before with other items.
    """
    key, asked = call.header("idempotency-key") or "", fingerprint(call.body)
    id = call.rooms.ambient.ids.new("bat")
    async with call.rooms.database.write() as session:
        job_id = call.rooms.ambient.ids.new("job")
        if not await _reserved(call, session, id, job_id, key, asked, len(items)):
            return await _before(call, session, key, asked), True
        await _put(call, session, id, job_id)
        await _keep_items(call, session, id, items)
        await note(call, session, "batch.created", "batch", id, items=len(items))
    return id, False


async def _reserved(
    call: Call, session: AsyncSession, id: str, job_id: str, key: str, asked: bytes, total: int
) -> bool:
    values = {
        "id": id,
        **_whose(call),
        "job_id": job_id,
        "key_id": call.caller.key_id,
        "scopes": " ".join(sorted(call.caller.scopes)),
        "idempotency_key": key,
        "fingerprint": asked,
        "state": batch_rows.RUNNING,
        "total": total,
        "created_at": call.rooms.ambient.clock.now(),
    }
    statement = INSERT[call.rooms.database.dialect](BATCHES).values(values)
    same = ("tenant_id", "environment", "connection_id", "idempotency_key")
    made = await session.execute(
        statement.on_conflict_do_nothing(index_elements=same).returning(BATCHES.c.id)
    )
    return made.one_or_none() is not None


async def _before(call: Call, session: AsyncSession, key: str, asked: bytes) -> str:
    same = [BATCHES.c[name] == value for name, value in _whose(call).items()]
    row = (await session.execute(select(BATCHES).where(*same, BATCHES.c.idempotency_key == key))).one()
    if row.fingerprint != asked:
        raise KeyReused("This Idempotency-Key came before with another batch.")
    return row.id


async def _keep_items(call: Call, session: AsyncSession, id: str, items: list[Admitted]) -> None:
    now, seal = call.rooms.ambient.clock.now(), call.rooms.vault.seal
    for start in range(0, len(items), AT_ONCE):
        rows: list[dict[str, Any]] = []
        for index, one in enumerate(items[start : start + AT_ONCE], start):
            key = one.item.idempotency_key or f"{id}-{index}"
            kept = packed(call, one, key, call.request_id)
            rows.append(
                {
                    "batch_id": id,
                    "position": index,
                    "tenant_id": call.caller.tenant_id,
                    "resource": one.item.resource,
                    "operation": one.item.operation,
                    "idempotency_key": key,
                    "state": batch_rows.WAITING,
                    "asked_sealed": await seal(
                        session, call.caller.tenant_id, *ASKED, place(id, index), kept
                    ),
                    "paced": one.paced,
                    "due_at": now,
                }
            )
        await session.execute(insert(ITEMS), rows)


async def _pause(call: Call, session: AsyncSession, batch: Row[Any]) -> bool:
    paused = await batch_rows.change(session, batch.id, (batch_rows.RUNNING,), {"state": batch_rows.PAUSED})
    if paused:
        await job_rows.cancel(session, batch.job_id, call.rooms.ambient.clock.now())
    return paused


async def _resume(call: Call, session: AsyncSession, batch: Row[Any]) -> bool:
    """A job of its own, so that a run that has not seen the pause yet finds itself replaced."""
    if await job_rows.replay(session, batch.job_id, call.rooms.ambient.clock.now()):
        return True
    job_id = call.rooms.ambient.ids.new("job")
    values = {"state": batch_rows.RUNNING, "job_id": job_id, "reason": None}
    if not await batch_rows.change(session, batch.id, (batch_rows.PAUSED,), values):
        return False
    await _put(call, session, batch.id, job_id, batch.connection_id)
    return True


async def _cancel(call: Call, session: AsyncSession, batch: Row[Any]) -> bool:
    ambient = call.rooms.ambient
    await job_rows.cancel(session, batch.job_id, ambient.clock.now())
    return await batch_rows.end(session, ambient, batch.id, batch_rows.CANCELLED)


async def _put(
    call: Call, session: AsyncSession, batch_id: str, job_id: str, connection_id: str | None = None
) -> None:
    await outbox.put(
        session,
        call.rooms.ambient,
        id=job_id,
        kind=RUN,
        subject=batch_id,
        tenant_id=call.caller.tenant_id,
        environment=call.caller.environment,
        connection_id=connection_id or call.connection.id,
    )


def _whose(call: Call) -> dict[str, str]:
    return {
        "tenant_id": call.caller.tenant_id,
        "environment": call.caller.environment,
        "connection_id": call.connection.id,
    }


Steer = Callable[[Call, AsyncSession, Row[Any]], Awaitable[bool]]
STEER: dict[str, Steer] = {"pause": _pause, "resume": _resume, "cancel": _cancel}
"""What each verb does to a batch. False: its state has no room for it."""
PAST = {"pause": "paused", "resume": "resumed", "cancel": "cancelled"}
"""As the audit trail says it."""
