"""Every route there is; nothing else answers JSON."""

from collections.abc import Iterable

from gateway.api import (
    api_keys,
    audit_events,
    batches_api,
    connect_sessions,
    connections,
    events_api,
    exports_api,
    following_api,
    health,
    jobs_api,
    operations_api,
    passthrough,
    requests_api,
    return_urls,
    syncs_api,
    targets_api,
    unified,
    webhook_deliveries,
    webhook_endpoints,
)
from gateway.api.declaration import Endpoint
from schemas.base import Resource

CONTROL: tuple[Endpoint, ...] = (
    *targets_api.ENDPOINTS,
    *api_keys.ENDPOINTS,
    *return_urls.ENDPOINTS,
    *connect_sessions.ENDPOINTS,
    *connections.ENDPOINTS,
    *syncs_api.ENDPOINTS,
    *exports_api.ENDPOINTS,
    *events_api.ENDPOINTS,
    *following_api.ENDPOINTS,
    *operations_api.ENDPOINTS,
    *requests_api.ENDPOINTS,
    *batches_api.ENDPOINTS,
    *jobs_api.ENDPOINTS,
    *webhook_endpoints.ENDPOINTS,
    *webhook_deliveries.ENDPOINTS,
    *audit_events.ENDPOINTS,
    *passthrough.ENDPOINTS,
    *health.ENDPOINTS,
)


def endpoints(resources: dict[str, Resource]) -> Iterable[Endpoint]:
    """The written ones and those derived from the model."""
    return (*CONTROL, *unified.endpoints(resources))
