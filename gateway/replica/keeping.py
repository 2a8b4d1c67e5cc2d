"""Whether a connection keeps a replica, so that nothing is written to a copy that is being erased."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.persistence.tables import connections as CONNECTIONS


async def keeps_replica(session: AsyncSession, tenant_id: str, connection_id: str) -> bool:
    """If so, nobody ends it before this transaction is over."""
    kept = select(CONNECTIONS.c.id).where(
        CONNECTIONS.c.id == connection_id, CONNECTIONS.c.tenant_id == tenant_id, CONNECTIONS.c.keeps_replica
    )
    return (await session.execute(kept.with_for_update(read=True))).one_or_none() is not None
