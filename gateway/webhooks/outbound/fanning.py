"""From the feed to deliveries: each event once to each endpoint that wants it, whoever does it and dies."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, and_, exists, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.feed.positions import number
from gateway.persistence.database import Database
from gateway.persistence.tables import events as EVENTS
from gateway.persistence.tables import webhook_deliveries as DELIVERIES
from gateway.persistence.tables import webhook_endpoints as ENDPOINTS
from gateway.persistence.tables import webhook_positions as TOLD
from gateway.webhooks.outbound import deliveries
from gateway.webhooks.outbound.endpoints import Owner, target_of
from gateway.webhooks.outbound.selecting import Event, event_of

AT_ONCE = 500
"""Events in one transaction."""

_SAME_OWNER = and_(EVENTS.c.tenant_id == TOLD.c.tenant_id, EVENTS.c.environment == TOLD.c.environment)
_BEHIND = select(TOLD.c.tenant_id, TOLD.c.environment).where(
    or_(
        exists().where(_SAME_OWNER, EVENTS.c.position.is_(None)),
        exists().where(_SAME_OWNER, EVENTS.c.position > TOLD.c.position),
    )
)


class Fanning:
    """Makes deliveries of what is new."""

    def __init__(self, database: Database, ambient: Ambient) -> None:
        self._database = database
        self._ambient = ambient

    async def run(self) -> int:
        """All owners that are behind; how many events were told on."""
        async with self._database.read() as session:
            owners = [Owner(*row) for row in await session.execute(_BEHIND)]
        total = 0
        for owner in owners:
            while count := await self._some(owner):
                total += count
                if count < AT_ONCE:
                    break
        return total

    async def _some(self, owner: Owner) -> int:
        """The next events of one owner: deliveries and position are committed together."""
        await number(self._database, owner.tenant_id, owner.environment)
        async with self._database.write() as session:
            here = (TOLD.c.tenant_id == owner.tenant_id, TOLD.c.environment == owner.environment)
            locked = select(TOLD.c.position).where(*here).with_for_update()
            after = (await session.execute(locked)).scalar_one()
            found = (await session.execute(_following(owner, after))).all()
            if not found:
                return 0
            await self._deliver(session, owner, [event_of(row) for row in found])
            await session.execute(update(TOLD).where(*here).values(position=found[-1].position))
            return len(found)

    async def _deliver(self, session: AsyncSession, owner: Owner, events: Sequence[Event]) -> None:
        mine = (ENDPOINTS.c.tenant_id == owner.tenant_id, ENDPOINTS.c.environment == owner.environment)
        now = self._ambient.clock.now()
        targets = [target_of(row) for row in await session.execute(select(ENDPOINTS).where(*mine))]
        rows = [
            deliveries.new(self._ambient, target, event.id, event.type, event.occurred_at, now)
            for event in events
            for target in targets
            if (event.position or 0) > target.begins_after and target.wanted.takes(event)
        ]
        if rows:
            await session.execute(DELIVERIES.insert(), rows)


def _following(owner: Owner, after: int) -> Select[Any]:
    own = (EVENTS.c.tenant_id == owner.tenant_id, EVENTS.c.environment == owner.environment)
    return select(EVENTS).where(*own, EVENTS.c.position > after).order_by(EVENTS.c.position).limit(AT_ONCE)
