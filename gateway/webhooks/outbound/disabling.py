"""Endpoints that rest, fail, end and come back; each end with an event and an entry in the audit trail."""

import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.audit.log import KONTOR
from gateway.persistence.event_log import tell
from gateway.persistence.tables import webhook_endpoints as ENDPOINTS
from gateway.webhooks.outbound import deliveries, schedule
from gateway.webhooks.outbound.endpoints import Target, target_of
from gateway.webhooks.outbound.sending import Outcome

logger = logging.getLogger(__name__)
DISABLED = "webhook_endpoint.disabled"
RESOURCE = "webhook-endpoints"


class Disabling:
    """Keeps what the attempts tell of an endpoint. `record` is the audit trail's."""

    def __init__(self, ambient: Ambient, record: Callable[..., Awaitable[None]]) -> None:
        self._ambient = ambient
        self._record = record

    async def locked(self, session: AsyncSession, id: str) -> Target | None:
        """The endpoint as it is now, held until the transaction ends; None: it is gone."""
        found = await session.execute(select(ENDPOINTS).where(ENDPOINTS.c.id == id).with_for_update())
        row = found.one_or_none()
        return None if row is None else target_of(row)

    async def learn(self, session: AsyncSession, target: Target, outcome: Outcome, now: datetime) -> None:
        """From an attempt: since when all fail, whether to rest, whether to end. `target` is locked."""
        if target.disabled_at is not None:
            return
        if outcome.reason is None:
            if target.failing_since is not None or target.resting_until is not None:
                await self._set(session, target.id, failing_since=None, resting_until=None)
            return
        since = target.failing_since or now
        rest = schedule.pause(outcome.status, outcome.retry_after_s, now)
        await self._set(session, target.id, failing_since=since, resting_until=rest)
        reason = schedule.disabling(outcome.status, since, now)
        if reason is not None:
            await self.disable(session, target, reason, now)
            await self._record(
                session,
                tenant_id=target.tenant_id,
                environment=target.environment,
                actor=KONTOR,
                action=DISABLED,
                object_type="webhook_endpoint",
                object_id=target.id,
                detail={"reason": reason},
                request_id=None,
                at=now,
            )
            logger.warning("webhook endpoint disabled", extra={"endpoint": target.id, "reason": reason})

    async def disable(self, session: AsyncSession, target: Target, reason: str, now: datetime) -> None:
        """End it until it is enabled: what is still to be delivered waits to be replayed."""
        await self._set(session, target.id, disabled_at=now, disabled_reason=reason)
        await deliveries.skip(session, target.id, now)
        await tell(
            session,
            self._ambient,
            tenant_id=target.tenant_id,
            environment=target.environment,
            type=DISABLED,
            resource=RESOURCE,
            resource_id=target.id,
        )

    async def enable(self, session: AsyncSession, target: Target) -> None:
        """Begin anew, as if it had never failed."""
        nothing = dict.fromkeys(("disabled_at", "disabled_reason", "failing_since", "resting_until"))
        await self._set(session, target.id, **nothing)

    async def _set(self, session: AsyncSession, id: str, **values: object) -> None:
        await session.execute(update(ENDPOINTS).where(ENDPOINTS.c.id == id).values(values))
