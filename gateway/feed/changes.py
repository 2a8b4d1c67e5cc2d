"""From a change of the replica to its events, in the transaction that makes it."""

import re
from collections.abc import Iterator, Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from gateway.ambient import Ambient
from gateway.persistence.event_log import tell
from gateway.replica.rows import KINDS, Changed, Place
from schemas.base import Resource

STATUS_CHANGED, OVERDUE = "status_changed", "overdue"
PAID = ("paid", "partially_paid")
MEANINGS = {STATUS_CHANGED: "status", **dict.fromkeys(PAID, "payment_status"), OVERDUE: "overdue"}
"""What a change may mean, by the field of the model that shows it."""
_WORD = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class Changes:
    """Hears of each change to rows of the replica."""

    def __init__(self, ambient: Ambient, resources: Mapping[str, Resource]) -> None:
        self._ambient = ambient
        self._nouns = {name: noun(resource) for name, resource in resources.items()}

    async def on_changed(self, session: AsyncSession, place: Place, changes: Sequence[Changed]) -> None:
        """One event for the change, and one for each thing that it means."""
        at = self._ambient.clock.now()
        for change in changes:
            for ordinal, verb in enumerate(verbs(change)):
                await tell(
                    session,
                    self._ambient,
                    type=f"{self._nouns[place.resource]}.{verb}",
                    tenant_id=place.tenant_id,
                    environment=place.environment,
                    connection_id=place.connection_id,
                    resource=place.resource,
                    resource_id=change.id,
                    sequence=change.sequence,
                    ordinal=ordinal,
                    at=at,
                    version=change.version,
                    changed=change.fields if verb == "updated" else (),
                )


def noun(resource: Resource) -> str:
    """How types of its events begin: `credit-note`."""
    return _WORD.sub("-", resource.singular).lower()


def types_of(resource: Resource) -> tuple[str, ...]:
    """All that may be told of its objects."""
    shown = resource.model.__struct_fields__
    meant = (verb for verb, field in MEANINGS.items() if field in shown)
    return tuple(f"{noun(resource)}.{verb}" for verb in (*KINDS, *meant))


def verbs(change: Changed) -> Iterator[str]:
    """What happened to the object, first the change itself."""
    yield change.kind
    before, after = change.before, change.after
    if before is None or after is None:
        return
    if before.status != after.status:
        yield STATUS_CHANGED
    if before.payment_status != after.payment_status and after.payment_status in PAID:
        yield after.payment_status
    if after.overdue and not before.overdue:
        yield OVERDUE
