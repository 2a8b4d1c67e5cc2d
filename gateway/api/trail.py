"""Control calls in the audit trail: one entry in the transaction of the change, never a secret in it."""

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.api.call import Call


async def note(
    call: Call, session: AsyncSession, action: str, object_type: str, object_id: str, **detail: object
) -> None:
    """Record that this call's API key did `action`."""
    await call.rooms.audit(
        session,
        tenant_id=call.caller.tenant_id,
        actor=call.caller.key_id,
        action=action,
        object_type=object_type,
        object_id=object_id,
        environment=call.caller.environment,
        detail=detail,
        request_id=call.request_id,
        at=call.rooms.ambient.clock.now(),
    )
