"""The end of a tenant: nothing of it can be read any more, in this database or in backups of it."""

from collections.abc import Awaitable, Callable

from sqlalchemy import ColumnElement, Table, delete, exists, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.audit import log, starts
from gateway.audit.heads import Signing
from gateway.credentials.vault import Vault
from gateway.errors import Conflict, UnknownObject
from gateway.persistence.database import Database
from gateway.persistence.holdings import HOLDINGS
from gateway.persistence.periods import Periods
from gateway.persistence.tables import (
    METADATA,
    api_keys,
    audit_events,
    audit_heads,
    request_counts,
    scheduler_slots,
    tenant_data_keys,
    tenants,
    write_journal,
)
from gateway.privacy import certificates
from gateway.privacy.archive import Archive
from gateway.privacy.certificates import Certificate, HandedOver
from gateway.privacy.copies import rowcount
from gateway.upstream.wire import queue_key

QUIET_S = 5.0
"""From the end of its keys until no process serves it any more, and the log of its calls is written."""

Forget = Callable[[str, tuple[str, ...]], Awaitable[int]]
"""Deletes what caches hold of a tenant and its API keys; how many entries."""


class InsideRetention(Conflict):
    """The tenant's trail or journal has to be kept still, or be handed over."""

    code = "inside_retention"
    title = "Records have to be kept still"


class Erasure:
    """Erases tenants, each in one transaction."""

    def __init__(
        self,
        database: Database,
        ambient: Ambient,
        vault: Vault,
        signing: Signing,
        forget_cached: Forget,
        periods: Periods,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._database = database
        self._ambient = ambient
        self._vault = vault
        self._signing = signing
        self._forget_cached = forget_cached
        self._periods = periods
        self._quiet_s = quiet_s

    async def erase(self, tenant_id: str, archive: Archive | None, actor: str) -> Certificate:
        """Its certificate; of a tenant that was erased before, the one of then.

        Raises:
            UnknownObject: there never was such a tenant.
            InsideRetention: trail or journal has to be kept, and no archive of all of both was given.
        """
        async with self._database.read() as session:
            known = await certificates.of_tenant(session, tenant_id)
            if known is None:
                await self._check(session, tenant_id, archive)
        if known is not None:
            await self._vault.forget(tenant_id)
            return known
        key_ids = await self._end_keys(tenant_id, actor)
        await self._ambient.clock.sleep(self._quiet_s)
        await self._vault.wrap_apart()
        cached = await self._forget_cached(tenant_id, key_ids)
        async with self._database.write() as session:
            certificate = await self._erase(session, tenant_id, archive, cached)
            await self._record(session, "tenant.erased", tenant_id, actor, certificate.id)
            # Last: should it fail, nothing has happened. Should the commit fail, only an erasure can follow.
            await self._vault.forget(tenant_id)
        await self._database.overwrite_free_space()
        return certificate

    async def _check(self, session: AsyncSession, tenant_id: str, archive: Archive | None) -> None:
        if (
            await session.execute(select(tenants.c.id).where(tenants.c.id == tenant_id))
        ).one_or_none() is None:
            raise UnknownObject("tenant")
        if archive is None:
            if await self._is_inside_retention(session, tenant_id):
                raise InsideRetention(
                    "Its audit trail or write journal is inside its retention.",
                    hint="Hand both over first, with an archive of them.",
                )
            return
        if archive.tenant_id != tenant_id:
            raise InsideRetention(f"The archive is of {archive.tenant_id}.", hint="Name that of this tenant.")
        if archive.head != await log.head(session, tenant_id):
            raise InsideRetention(
                "Something was recorded since that archive was made.",
                hint="Stop what uses the tenant's keys, and make the archive anew.",
            )

    async def _is_inside_retention(self, session: AsyncSession, tenant_id: str) -> bool:
        kept_since = self._ambient.clock.now() - self._periods.age(audit_events)
        young = exists().where(audit_events.c.tenant_id == tenant_id, audit_events.c.at >= kept_since)
        booked = exists().where(write_journal.c.tenant_id == tenant_id)
        return bool((await session.execute(select(young | booked))).scalar_one())

    async def _end_keys(self, tenant_id: str, actor: str) -> tuple[str, ...]:
        """No call of its is taken any more; in other processes within two seconds."""
        now = self._ambient.clock.now()
        own = api_keys.c.tenant_id == tenant_id
        async with self._database.write() as session:
            ids = (await session.execute(select(api_keys.c.id).where(own))).scalars()
            await session.execute(update(api_keys).where(own).values(revoked_at=now))
            await self._record(session, "tenant.keys_ended", tenant_id, actor, None)
        return tuple(ids)

    async def _erase(
        self, session: AsyncSession, tenant_id: str, archive: Archive | None, cached: int
    ) -> Certificate:
        now = self._ambient.clock.now()
        # Who would write something of it now waits, and then finds that there is no such tenant.
        await session.execute(select(tenants.c.id).where(tenants.c.id == tenant_id).with_for_update())
        mine = audit_heads.c.tenant_id == tenant_id
        await session.execute(select(audit_heads.c.sequence).where(mine).with_for_update())
        await self._check(session, tenant_id, archive)
        head = await log.head(session, tenant_id)
        rows = await _delete_rows(session, tenant_id)
        if count := await starts.begin_after(session, self._signing, tenant_id, head, now):
            rows[audit_events.name] = count
        handed_over = None
        if archive is not None:
            handed_over = HandedOver(sha256=archive.sha256, entries=archive.entries, writes=archive.writes)
        certificate = certificates.signed(
            Certificate(
                id=self._ambient.ids.new("era"),
                tenant_id=tenant_id,
                erased_at=now,
                rows=rows,
                data_keys=rows.get(tenant_data_keys.name, 0),
                cached=cached,
                trail_sequence=head.sequence,
                trail_hash=head.hash.hex(),
                handed_over=handed_over,
            ),
            self._signing,
        )
        await certificates.keep(session, certificate)
        return certificate

    async def _record(
        self, session: AsyncSession, action: str, tenant_id: str, actor: str, certificate: str | None
    ) -> None:
        """In the house's own trail: the tenant's ends."""
        await log.record(
            session,
            tenant_id=log.HOUSE,
            actor=actor,
            action=action,
            object_type="tenant",
            object_id=tenant_id,
            detail={} if certificate is None else {"certificate": certificate},
            request_id=None,
            at=self._ambient.clock.now(),
        )


async def _delete_rows(session: AsyncSession, tenant_id: str) -> dict[str, int]:
    """Everything but the trail, whose entries only go when its start is written down; by table."""
    rows: dict[str, int] = {}
    named_by_others = (request_counts, scheduler_slots)
    for table in (*named_by_others, *reversed(METADATA.sorted_tables)):
        if HOLDINGS[table.name].outlives or table is audit_events:
            continue
        if count := await rowcount(session, delete(table).where(_of_tenant(table, tenant_id))):
            rows[table.name] = count
    return rows


def _of_tenant(table: Table, tenant_id: str) -> ColumnElement[bool]:
    if table is tenants:
        return table.c.id == tenant_id
    if table is request_counts:
        return table.c.key.in_(select(api_keys.c.id).where(api_keys.c.tenant_id == tenant_id))
    if table is scheduler_slots:
        return table.c.key.startswith(queue_key(tenant_id), autoescape=True)
    return table.c.tenant_id == tenant_id
