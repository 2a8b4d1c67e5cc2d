"""Fields and filters of every resource, found by probing the connectors' mappings; what `packaged` reads."""

from collections.abc import Iterable, Mapping
from typing import Any

from connectors.base.connector import Connector
from connectors.base.operations import OPERATIONS
from connectors.base.probing.filtering import KONTOR, Filtered
from connectors.base.probing.support import Read, Support, probe
from connectors.base.probing.writing import Held
from gateway.api.capabilities import capabilities
from gateway.api.examples import example_body
from gateway.api.matrix import FieldSupport, FilterSupport, Matrix, ResourceSupport
from schemas.base import Resource

SELECTED_HERE = "Kontor reads the list and leaves out what was not asked for."


def probed(connectors: Iterable[Connector], resources: Mapping[str, Resource]) -> Matrix:
    """What every connector does with every field."""
    return Matrix(
        support={
            connector.name: {resource.name: support(connector, resource) for resource in resources.values()}
            for connector in connectors
        }
    )


def support(connector: Connector, resource: Resource) -> ResourceSupport:
    """One resource."""
    bodies = {name: example_body(resource, OPERATIONS[name]) for name in resource.operations}
    found = probe(connector, resource, {name: body for name, body in bodies.items() if body is not None})
    return told(connector, resource, found)


def told(connector: Connector, resource: Resource, found: Support) -> ResourceSupport:
    """What was found, in the words of the matrix."""
    written = {name: [_written(field) for field in held] for name, held in found.written.items()}
    return ResourceSupport(
        read=[_read(connector, field) for field in found.read],
        summary=[_read(connector, field) for field in found.summary] or None,
        create=written.pop("create", None),
        update=written.pop("update", None),
        actions=written,
        filters=[_filter(connector, resource, filtered) for filtered in found.filtered],
    )


def document(
    connectors: Iterable[Connector], resources: Mapping[str, Resource], matrix: Matrix
) -> dict[str, Any]:
    """What `openapi/capabilities.json` holds."""
    return {
        connector.name: {
            "title": connector.title,
            "targets": [target.name for target in connector.targets],
            "resources": {
                resource.name: {
                    "operations": [
                        _operation(cell) for cell in capabilities(connector, {"": resource}, matrix=matrix)
                    ],
                    "support": matrix.of(connector.name, resource.name),
                }
                for resource in resources.values()
            },
        }
        for connector in connectors
    }


def _operation(cell: Any) -> dict[str, Any]:
    told = ("operation", "level", "workaround", "reason", "alternative", "source", "needs")
    return {name: getattr(cell, name) for name in told}


def _read(connector: Connector, field: Read) -> FieldSupport:
    return FieldSupport(
        path=field.path,
        level="yes" if field.filled else "no",
        reason=None if field.filled else f"{connector.title} tells no value for it.",
        vendor_fields=list(field.comes_from),
        needs_credential=None if field.by_key else "oauth",
    )


def _written(field: Held) -> FieldSupport:
    return FieldSupport(
        path=field.path,
        level="yes" if field.written else "no",
        reason=field.reason,
        vendor_fields=list(field.goes_to),
        needs_credential=None,
    )


def _filter(connector: Connector, resource: Resource, filtered: Filtered) -> FilterSupport:
    around = connector.workaround(resource.name, f"list?{filtered.name}")
    if around is None and filtered.by == KONTOR:
        around = SELECTED_HERE
    return FilterSupport(
        name=filtered.name,
        level="no" if filtered.by is None else "workaround" if around else "yes",
        workaround=around if filtered.by else None,
        reason=filtered.reason,
        vendor_fields=list(filtered.asks),
        required=filtered.required,
    )
