"""Events: written in the transaction of what they tell of, and read from the feed once it is committed."""

from collections.abc import Collection
from datetime import datetime

import msgspec
from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.persistence.bell import ring_after
from gateway.persistence.tables import events


async def tell(
    session: AsyncSession,
    ambient: Ambient,
    *,
    type: str,
    tenant_id: str,
    environment: str,
    connection_id: str | None = None,
    resource: str | None = None,
    resource_id: str | None = None,
    sequence: int | None = None,
    version: str | None = None,
    changed: Collection[str] = (),
    ordinal: int = 0,
    at: datetime | None = None,
) -> None:
    """One event. It gets its position later, from whoever reads: only then is it known what was committed.

    `changed`: paths of fields, in unified words. `ordinal`: its place among those of one change.
    `at`: when it happened; now, unless told.
    """
    ring_after(session)
    await session.execute(
        insert(events).values(
            id=ambient.ids.new("evt"),
            tenant_id=tenant_id,
            environment=environment,
            type=type,
            connection_id=connection_id,
            resource=resource,
            resource_id=resource_id,
            sequence=sequence,
            ordinal=ordinal,
            version=version,
            changed=msgspec.json.encode(list(changed)).decode() if changed else None,
            occurred_at=at or ambient.clock.now(),
        )
    )
