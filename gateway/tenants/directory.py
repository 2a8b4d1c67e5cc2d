"""The tenants. They are made by the command line, never over HTTP."""

from sqlalchemy import Row, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.persistence.tables import tenants
from gateway.tenants.model import Tenant


class Directory:
    """Reads and makes tenants."""

    def __init__(self, ambient: Ambient) -> None:
        self._ambient = ambient

    async def create_tenant(self, session: AsyncSession, name: str) -> Tenant:
        tenant = Tenant(id=self._ambient.ids.new("ten"), name=name, created_at=self._ambient.clock.now())
        await session.execute(
            insert(tenants).values(id=tenant.id, name=tenant.name, created_at=tenant.created_at)
        )
        return tenant

    async def tenants(self, session: AsyncSession) -> list[Tenant]:
        """All of them, oldest first."""
        return [_tenant(row) for row in await session.execute(select(tenants).order_by(tenants.c.id))]

    async def tenant(self, session: AsyncSession, id: str) -> Tenant | None:
        row = (await session.execute(select(tenants).where(tenants.c.id == id))).one_or_none()
        return _tenant(row) if row else None


def _tenant(row: Row[tuple[object, ...]]) -> Tenant:
    return Tenant(id=row.id, name=row.name, created_at=row.created_at)
