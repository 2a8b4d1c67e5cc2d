"""What an operator does by command line: tenants, their first keys, the vault."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from sqlalchemy import select

from gateway.api.rooms import Rooms
from gateway.audit import log, starts
from gateway.audit.heads import BadHead, lines, read_heads, signed_heads
from gateway.errors import RequestError
from gateway.jobs import rows as job_rows
from gateway.launch import LaunchError
from gateway.launch.migrating import migrated
from gateway.persistence.shared_clock import in_step
from gateway.persistence.tables import jobs as JOBS
from gateway.settings import Settings
from gateway.tenants.model import Environment
from gateway.wiring import build_rooms, close_rooms

T = TypeVar("T")
ACTOR = "operator"
ENVIRONMENTS: tuple[Environment, ...] = ("test", "live")


def run(settings: Settings, action: Callable[[Rooms], Awaitable[T]]) -> T:
    """Open the rooms, act, close.

    Raises:
        LaunchError: nothing can be opened, or what was asked for does not fit; the message says what does.
    """
    migrated(settings)

    async def act() -> T:
        async with _opened(settings) as rooms:
            return await action(rooms)

    try:
        return asyncio.run(act())
    except RequestError as error:
        told = "; ".join(f"{e.field}: {e.message}" for e in error.errors)
        raise LaunchError(told or f"{error.detail} {error.hint or ''}".strip()) from error


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[Rooms]:
    rooms = build_rooms(settings)
    try:
        async with in_step(rooms.ambient.clock):
            yield rooms
    finally:
        await close_rooms(rooms)


async def create_tenant(rooms: Rooms, name: str) -> list[tuple[str, ...]]:
    async with rooms.database.write() as session:
        tenant = await rooms.directory.create_tenant(session, name)
        await audited(rooms, session, tenant.id, "tenant.created", "tenant", tenant.id, {"name": name})
    return [(tenant.id, tenant.name)]


async def list_tenants(rooms: Rooms) -> list[tuple[str, ...]]:
    async with rooms.database.read() as session:
        return [(t.id, t.name, f"{t.created_at:%Y-%m-%d}") for t in await rooms.directory.tenants(session)]


async def issue_key(
    rooms: Rooms, tenant_id: str, environment: Environment, name: str, scopes: Sequence[str]
) -> str:
    """The new key's secret."""
    async with rooms.database.write() as session:
        await _known(rooms, session, tenant_id)
        row, secret = await rooms.api_keys.issue(session, tenant_id, environment, name, scopes)
        detail = {"name": name, "scopes": list(row.scopes)}
        await audited(rooms, session, tenant_id, "api_key.created", "api_key", row.id, detail, environment)
    return secret


async def list_keys(rooms: Rooms, tenant_id: str) -> list[tuple[str, ...]]:
    async with rooms.database.read() as session:
        await _known(rooms, session, tenant_id)
        found = [key for env in ENVIRONMENTS for key in await rooms.api_keys.list(session, tenant_id, env)]
    return [(k.id, k.environment, k.name, " ".join(k.scopes), f"…{k.ending}", _used(k)) for k in found]


async def revoke_key(rooms: Rooms, tenant_id: str, key_id: str) -> list[tuple[str, ...]]:
    async with rooms.database.write() as session:
        await _known(rooms, session, tenant_id)
        revoked = [await rooms.api_keys.revoke(session, tenant_id, env, key_id) for env in ENVIRONMENTS]
        if not any(revoked):
            raise LaunchError(f"{tenant_id} has no key {key_id}; kontor keys list {tenant_id} shows them")
        environment = ENVIRONMENTS[revoked.index(True)]
        await audited(rooms, session, tenant_id, "api_key.revoked", "api_key", key_id, {}, environment)
    return [(key_id, "revoked; every gateway refuses it within 5 seconds")]


async def rotate_vault(rooms: Rooms) -> str:
    """What was done, in a sentence."""
    rotation = await rooms.vault.rotate()
    async with rooms.database.write() as session:
        detail = {"rewrapped": rotation.rewrapped}
        await audited(rooms, session, log.HOUSE, "vault.rotated", "vault", rotation.master_id, detail)
    return f"A new master key is in use. Tenant keys wrapped under it: {rotation.rewrapped}."


async def verify_audit(rooms: Rooms, tenant_id: str | None, kept: str) -> list[tuple[str, int, int | None]]:
    """For each trail its length, and where it was tampered with; `kept`: heads as JSON Lines.

    Raises:
        LaunchError: no such trail, or a kept head that is none of ours.
    """
    try:
        heads = read_heads(kept, rooms.lookup)
    except BadHead as error:
        raise LaunchError(str(error)) from error
    async with rooms.database.read() as session:
        known = {*await log.tenants(session), *(head.tenant_id for head in heads)}
        if tenant_id is not None and tenant_id not in known:
            raise LaunchError(
                f"there is no trail of {tenant_id}; there are {', '.join(sorted(known)) or 'none'}"
            )
        told: list[tuple[str, int, int | None]] = []
        for one in sorted(known) if tenant_id is None else [tenant_id]:
            own = [head.head for head in heads if head.tenant_id == one]
            length = (await log.head(session, one)).sequence
            start = await starts.start_of(session, rooms.lookup, one)
            told.append((one, length, await log.verify(session, one, own, start)))
    return told


async def audit_heads(rooms: Rooms) -> str:
    """The end of every trail, signed, as JSON Lines."""
    async with rooms.database.read() as session:
        return lines(await signed_heads(session, rooms.lookup, rooms.ambient.clock.now()))


async def list_jobs(rooms: Rooms, states: Sequence[str]) -> list[tuple[str, ...]]:
    """Newest last, of all tenants."""
    wanted = select(JOBS).order_by(JOBS.c.id)
    async with rooms.database.read() as session:
        found = await session.execute(wanted.where(JOBS.c.state.in_(states)) if states else wanted)
        return [
            (
                row.id,
                row.tenant_id,
                row.kind,
                row.subject,
                row.state,
                str(row.attempts),
                f"{row.changed_at:%Y-%m-%d %H:%M:%S}",
                row.reason or "",
            )
            for row in found
        ]


async def replay_job(rooms: Rooms, job_id: str) -> None:
    """Begin a parked job anew.

    Raises:
        LaunchError: there is no such job, or it is not parked.
    """
    async with rooms.database.write() as session:
        row = (await session.execute(select(JOBS).where(JOBS.c.id == job_id))).one_or_none()
        if row is None or not await job_rows.replay(session, job_id, rooms.ambient.clock.now()):
            raise LaunchError(f"{job_id} is not a parked job; kontor jobs list --state parked shows them")
        detail = {"kind": row.kind, "reason": row.reason}
        await audited(rooms, session, row.tenant_id, "job.replayed", "job", job_id, detail, row.environment)


async def _known(rooms: Rooms, session: Any, tenant_id: str) -> None:
    if await rooms.directory.tenant(session, tenant_id) is None:
        raise LaunchError(f"there is no tenant {tenant_id}; kontor tenants list shows them")


async def audited(
    rooms: Rooms,
    session: Any,
    tenant_id: str,
    action: str,
    kind: str,
    id: str,
    detail: dict[str, Any],
    environment: Environment | None = None,
) -> None:
    """An entry of the trail, by the operator."""
    await rooms.audit(
        session,
        tenant_id=tenant_id,
        environment=environment,
        actor=ACTOR,
        action=action,
        object_type=kind,
        object_id=id,
        detail=detail,
        request_id=None,
        at=rooms.ambient.clock.now(),
    )


def _used(key: Any) -> str:
    return f"used {key.last_used_at:%Y-%m-%d %H:%M}" if key.last_used_at else "never used"
