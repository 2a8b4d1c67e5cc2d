"""What can be done over a connection, and why the rest cannot; before anything is read or sent."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from connectors.base.connector import Connector, Hosts, Missing
from connectors.base.errors import NotSupported, NotWritable, ReconnectNeeded
from connectors.base.examination import Limit
from connectors.base.needs import unmet
from connectors.base.passthrough import Passthrough
from gateway.targets import Targets
from gateway.tenants.model import Connection
from schemas.base import Resource

USE_THE_MODEL = "Use the resources of the unified model."

_UNTOLD = Missing(reason="The accounting system does not offer this.", alternative=None, source="")


class Abilities:
    """What connectors have a method for, against what a connection brings."""

    def __init__(self, targets: Targets) -> None:
        self._targets = targets

    def require(
        self, connection: Connection, resource: str, operation: str, id: str | None = None
    ) -> Connector:
        """The connector that can do it over this connection.

        Raises:
            NotSupported: with the vendor's reason and the best alternative.
            NotWritable: a person can do it in the vendor's application; carries the link to the object `id`.
            PermissionMissing: the end customer has to grant more.
            PlanTooSmall: the end customer's plan does not include it.
            ReconnectNeeded: the end customer has to connect again first.
        """
        connector, hosts = self._targets.reached(connection.target)
        if not connector.supports(resource, operation):
            missing = connector.missing.get((resource, operation), _UNTOLD)
            link = _link(hosts, missing.elsewhere, id)
            if link is not None:
                raise NotWritable(missing.reason, link)
            raise NotSupported(missing.reason, missing.alternative)
        need = connector.need(resource, operation)
        if need is not None:
            error = unmet(need, connection.access, _link(hosts, need.elsewhere, id))
            if error is not None:
                raise error
        refuse_disconnected(connection)
        return connector

    def connector(self, connection: Connection) -> Connector:
        """What speaks to the vendor of the connection."""
        return self._targets.reached(connection.target)[0]

    def passthrough(self, connection: Connection) -> Passthrough:
        """What may be called in the vendor's own words.

        Raises:
            NotSupported: nothing.
            ReconnectNeeded: the end customer has to connect again first.
        """
        connector = self.connector(connection)
        if connector.passthrough is None:
            raise NotSupported(f"{connector.title} is not open to calls in its own words.", USE_THE_MODEL)
        refuse_disconnected(connection)
        return connector.passthrough

    def operations(self, connection: Connection, resource: Resource) -> tuple[str, ...]:
        """What can be done with the resource over this connection."""
        connector = self.connector(connection)
        brought = connection.access
        return tuple(
            operation
            for operation in resource.operations
            if connector.supports(resource.name, operation)
            and ((need := connector.need(resource.name, operation)) is None or unmet(need, brought) is None)
        )

    def limits(self, connection: Connection, resource: str) -> Mapping[str, Limit]:
        """What holds for fields over this connection, beyond what the model says."""
        return self._limits(connection, resource, "limits")

    def action_limits(self, connection: Connection, resource: str, operation: str) -> Mapping[str, Limit]:
        """The same of what an action takes."""
        return self._limits(connection, resource, "action_limits").get(operation, {})

    def _limits(self, connection: Connection, resource: str, name: str) -> Mapping[str, Any]:
        told = getattr(self.connector(connection).resources.get(resource), name, None)
        return told(connection.access) if told else {}


def _link(hosts: Hosts, elsewhere: str | None, id: str | None) -> str | None:
    """Where a person does it with the object `id`."""
    return None if elsewhere is None or id is None else hosts.app + elsewhere.format(id=quote(id, safe=""))


def refuse_disconnected(connection: Connection) -> None:
    """Raises ReconnectNeeded when the end customer has to connect again first."""
    if connection.state == "reconnect_required":
        raise ReconnectNeeded(connection.state_reason or "Access was withdrawn.")
