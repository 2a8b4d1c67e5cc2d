"""The capability matrix: connector × resource × operation, with reasons where the answer is no."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from connectors.base.connector import Connector, Missing
from connectors.base.needs import Access, Need, unmet
from schemas.base import Resource


class Needed(Struct, kw_only=True, rename="camel", frozen=True):
    """What an operation needs of a connection. Empty parts ask for nothing."""

    credential: str | None
    """`oauth` or `api_key`: the only kind that will do."""
    scopes: list[str]
    """Scopes that the end customer has to grant, in the vendor's words."""
    features: list[str]
    """Features of the plan, one of which is needed, in the vendor's words."""
    price_modes: list[str]
    """Tax statuses of the company, one of which is needed."""


class Capability(Struct, kw_only=True, rename="camel", frozen=True):
    """Whether a connector can do an operation on a resource."""

    resource: str
    """Unified resource."""
    operation: str
    """Operation."""
    supported: bool
    """True when it can be done: by some connection, or by the one asked about."""
    level: str
    """`yes`, `workaround` or `no`."""
    workaround: str | None
    """What is done instead; None unless `level` says so."""
    reason: str | None
    """Why not; None when supported."""
    alternative: str | None
    """The best way round; None when supported or when there is none."""
    source: str | None
    """Where the vendor says so."""
    needs: Needed | None
    """What it needs of a connection; None when any will do."""


def capabilities(
    connector: Connector, resources: dict[str, Resource], access: Access | None = None
) -> Iterator[Capability]:
    """Every cell of one connector in the order of the model; with `access`, of one connection."""
    for resource in resources.values():
        for operation in resource.operations:
            yield _cell(connector, resource.name, operation, access)


def _cell(connector: Connector, resource: str, operation: str, access: Access | None) -> Capability:
    need = connector.need(resource, operation)
    told: Missing | Need | None = None
    if not connector.supports(resource, operation):
        told = connector.missing.get((resource, operation))
    elif need is not None and access is not None and unmet(need, access) is not None:
        told = need
    supported = connector.supports(resource, operation) and told is None
    workaround = connector.workaround(resource, operation) if supported else None
    return Capability(
        resource=resource,
        operation=operation,
        supported=supported,
        level="no" if not supported else "workaround" if workaround else "yes",
        workaround=workaround,
        reason=told.reason if told else None,
        alternative=told.alternative if told else None,
        source=told.source if told else None,
        needs=_needed(need) if need else None,
    )


def _needed(need: Need) -> Needed:
    return Needed(
        credential=need.credential,
        scopes=list(need.scopes),
        features=list(need.features),
        price_modes=list(need.price_modes),
    )


def matrix(connectors: tuple[Connector, ...], resources: dict[str, Resource]) -> dict[str, Any]:
    """What `openapi/capabilities.json` holds: each target of each connector with its cells."""
    return {
        target.name: {"title": connector.title, "capabilities": list(capabilities(connector, resources))}
        for connector in connectors
        for target in connector.targets
    }
