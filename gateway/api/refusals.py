"""Failed authorisation in the audit trail: counted, and written down once a minute."""

from typing import TYPE_CHECKING, Any, NamedTuple

from connectors.base.errors import KontorError
from gateway.audit.log import HOUSE
from gateway.errors import Forbidden, Unauthenticated, UnknownConnection

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.ambient import Ambient
    from gateway.api.call import Call
    from gateway.api.declaration import Endpoint
    from gateway.persistence.database import Database

WRITTEN_EVERY_S = 60.0
MOST_KINDS = 10_000
"""Kinds of refusal between two writings; what comes on top is counted as one more kind."""


class Refused(NamedTuple):
    """What is counted together. Nothing of what an unknown caller sent: it may be somebody's secret."""

    tenant_id: str
    environment: str | None
    actor: str
    code: str
    route: str


OVERFLOW = Refused(HOUSE, None, "unknown", "too_many_to_tell", "*")


class Refusals:
    """Counts refusals by who, why and where. A crash loses the last minute of them."""

    def __init__(self, database: "Database", ambient: "Ambient", record: "Callable[..., Any]") -> None:
        self._database = database
        self._ambient = ambient
        self._record = record
        self._counted: dict[Refused, tuple[int, str]] = {}

    def add(self, call: "Call", endpoint: "Endpoint", error: KontorError) -> None:
        """Note it, if it is one."""
        if isinstance(error, Unauthenticated):
            refused = Refused(HOUSE, None, "unknown", error.code, endpoint.path)
        elif isinstance(error, Forbidden | UnknownConnection):
            caller = call.caller
            refused = Refused(caller.tenant_id, caller.environment, caller.key_id, error.code, endpoint.path)
        else:
            return
        if refused not in self._counted and len(self._counted) >= MOST_KINDS:
            refused = OVERFLOW
        times, _ = self._counted.get(refused, (0, ""))
        self._counted[refused] = (times + 1, call.request_id)

    async def flush(self) -> None:
        """Write down what was counted, each tenant's in a transaction of its own. Raises Unavailable."""
        while self._counted:
            tenant_id = next(iter(self._counted)).tenant_id
            own = {one: told for one, told in self._counted.items() if one.tenant_id == tenant_id}
            async with self._database.write() as session:
                for refused, (times, last_request) in own.items():
                    await self._record(
                        session,
                        tenant_id=tenant_id,
                        environment=refused.environment,
                        actor=refused.actor,
                        action="access.refused",
                        object_type="route",
                        object_id=refused.route,
                        detail={"code": refused.code, "times": times},
                        request_id=last_request,
                        at=self._ambient.clock.now(),
                    )
            self._subtract(own)

    def _subtract(self, written: dict[Refused, tuple[int, str]]) -> None:
        """Those that came while it was being written stay."""
        for refused, (times, _) in written.items():
            now, last_request = self._counted.pop(refused)
            if now > times:
                self._counted[refused] = (now - times, last_request)
