"""The capability matrix: connector × resource × operation × field × filter, with the reason of every no.

Operations are read from the connector's methods, fields and filters by probing its mappings (`probed`).
"""

from collections.abc import Iterator, Mapping
from typing import Annotated

from msgspec import Meta, Struct
from msgspec.structs import replace

from connectors.base.connector import Connector, Missing
from connectors.base.errors import FieldError
from connectors.base.needs import Access, Need, unmet
from gateway.api.call import Call
from gateway.api.matrix import FieldSupport, FilterSupport, Matrix, ResourceSupport, Verified, packaged
from gateway.errors import Invalid
from schemas.base import Filters, Resource


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
    verified: Verified | None
    """The last green conformance run that called it; None when none did."""
    fields: list[FieldSupport] | None
    """Each field in this operation; None unless `resource` is asked for, and where it has no fields."""
    summary_fields: list[FieldSupport] | None
    """Each field of the rows of `fields=summary`; None unless `resource` is asked for, on other operations,
    and where rows are whole objects."""
    filters: list[FilterSupport] | None
    """What the list can be asked for; None unless `resource` is asked for, and on other operations."""


class CapabilityFilters(Filters, kw_only=True, frozen=True):
    """What to tell of."""

    resource: (
        Annotated[str, Meta(max_length=100, description="Only this resource, with its fields and filters.")]
        | None
    ) = None


def known_resource(call: Call) -> str | None:
    """The resource asked for. Raises Invalid where the model has none of the name."""
    asked: str | None = call.query.resource
    if asked is not None and asked not in call.rooms.resources:
        known = ", ".join(call.rooms.resources)
        raise Invalid((FieldError(field="resource", code="invalid", message=f"Give one of {known}."),))
    return asked


def capabilities(
    connector: Connector,
    resources: Mapping[str, Resource],
    access: Access | None = None,
    *,
    asked: str | None = None,
    matrix: Matrix | None = None,
) -> Iterator[Capability]:
    """Every cell of one connector in the order of the model; with `access`, of one connection.

    `asked`: the one resource to tell of, then with its fields and filters. `matrix`: what is packaged, unless
    told otherwise.
    """
    matrix = packaged() if matrix is None else matrix
    for resource in resources.values():
        if asked not in (None, resource.name):
            continue
        support = matrix.of(connector.name, resource.name)
        for operation in resource.operations:
            cell = _cell(connector, resource.name, operation, access)
            verified = matrix.verified(connector.name, resource.name, operation)
            cell = replace(cell, verified=verified if cell.supported else None)
            yield _detailed(cell, support, access) if asked and cell.supported else cell


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
        verified=None,
        fields=None,
        summary_fields=None,
        filters=None,
    )


def _detailed(cell: Capability, support: ResourceSupport, access: Access | None) -> Capability:
    """The cell with its fields and filters, as the connection has them."""
    credential, lists = access.credential if access else None, cell.operation == "list"
    return replace(
        cell,
        fields=_all_over(support.fields_of(cell.operation), credential),
        summary_fields=_all_over(support.summary, credential) if lists else None,
        filters=list(support.filters) if lists else None,
    )


def _all_over(fields: list[FieldSupport] | None, credential: str | None) -> list[FieldSupport] | None:
    return None if fields is None else [_over(field, credential) for field in fields]


def _over(field: FieldSupport, credential: str | None) -> FieldSupport:
    if field.level == "no" or field.needs_credential in (None, credential) or credential is None:
        return field
    reason = f"Told to connections by {field.needs_credential} only."
    return replace(field, level="no", reason=reason, vendor_fields=[])


def _needed(need: Need) -> Needed:
    return Needed(
        credential=need.credential,
        scopes=list(need.scopes),
        features=list(need.features),
        price_modes=list(need.price_modes),
    )
