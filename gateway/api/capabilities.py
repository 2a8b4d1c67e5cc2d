"""The capability matrix: connector × resource × operation, with reasons where the answer is no."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from connectors.base.connector import Connector
from schemas.base import Resource


class Capability(Struct, kw_only=True, rename="camel", frozen=True):
    """Whether a connector can do an operation on a resource."""

    resource: str
    """Unified resource."""
    operation: str
    """Operation."""
    supported: bool
    """True when the accounting system can do it."""
    reason: str | None
    """Why not; None when supported."""
    alternative: str | None
    """The best way round; None when supported or when there is none."""
    source: str | None
    """Where the vendor says so."""


def capabilities(connector: Connector, resources: dict[str, Resource]) -> Iterator[Capability]:
    """Every cell of one connector, in the order of the model."""
    for resource in resources.values():
        for operation in resource.operations:
            missing = connector.missing.get((resource.name, operation))
            supported = connector.supports(resource.name, operation)
            told = None if supported else missing
            yield Capability(
                resource=resource.name,
                operation=operation,
                supported=supported,
                reason=told.reason if told else None,
                alternative=told.alternative if told else None,
                source=told.source if told else None,
            )


def matrix(connectors: tuple[Connector, ...], resources: dict[str, Resource]) -> dict[str, Any]:
    """What `openapi/capabilities.json` holds: each target of each connector with its cells."""
    return {
        target.name: {"title": connector.title, "capabilities": list(capabilities(connector, resources))}
        for connector in connectors
        for target in connector.targets
    }
