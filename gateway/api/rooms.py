"""What the API is handed by the wiring: one object a room."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from msgspec import Struct, field

from gateway.ambient import Ambient
from gateway.settings import Settings
from gateway.targets import Targets

if TYPE_CHECKING:
    from collections.abc import Callable

    from gateway.api.refusals import Refusals
    from gateway.api.request_log import RequestLog
    from gateway.credentials.partner_apps import PartnerApps
    from gateway.credentials.tokens import Tokens
    from gateway.credentials.vault import Vault
    from gateway.dispatch import Dispatcher
    from gateway.dispatch.abilities import Abilities
    from gateway.feed.following import Following
    from gateway.onboarding import Onboarding
    from gateway.persistence.database import Database
    from gateway.persistence.periods import Periods
    from gateway.reconcile.reconciler import Reconciler
    from gateway.replica.days import Days
    from gateway.replica.store import Replica
    from gateway.replica.sync.synchronizer import Synchronizer
    from gateway.telemetry.metrics import Metrics
    from gateway.tenants.connections import Connections
    from gateway.tenants.directory import Directory
    from gateway.tenants.keys import ApiKeys
    from gateway.tenants.lookup import LookupHash
    from gateway.tenants.quotas import Quotas
    from gateway.tenants.return_urls import ReturnUrls
    from gateway.upstream.dialling import Dialling
    from gateway.upstream.wire import Upstream
    from gateway.webhooks.inbound.following import Follower
    from gateway.webhooks.inbound.receiving import Receiver
    from gateway.webhooks.inbound.subscribing import Subscriber
    from gateway.webhooks.outbound.addresses import Allowed
    from gateway.webhooks.outbound.disabling import Disabling
    from gateway.webhooks.outbound.endpoints import Endpoints
    from gateway.writes.journal import Journal


class Rooms(Struct, kw_only=True):
    """Everything below the door."""

    settings: Settings
    ambient: Ambient
    targets: Targets
    database: "Database"
    lookup: "LookupHash"
    vault: "Vault"
    directory: "Directory"
    api_keys: "ApiKeys"
    quotas: "Quotas | None"
    connections: "Connections"
    return_urls: "ReturnUrls"
    partner_apps: "PartnerApps"
    tokens: "Tokens"
    upstream: "Upstream"
    journal: "Journal"
    abilities: "Abilities"
    dispatcher: "Dispatcher"
    replica: "Replica"
    days: "Days"
    following: "Following"
    synchronizer: "Synchronizer"
    receiver: "Receiver"
    follower: "Follower"
    subscriber: "Subscriber"
    reconciler: "Reconciler"
    onboarding: "Onboarding"
    endpoints: "Endpoints"
    """Where tenants want to be told of events."""
    disabling: "Disabling"
    dialling: "Dialling"
    webhooks_allowed: "Allowed"
    """Beside public addresses, in the test environment."""
    periods: "Periods"
    """How long rows are kept."""
    request_log: "RequestLog"
    refusals: "Refusals"
    metrics: "Metrics"
    resources: dict[str, Any]
    """Resources of the unified model by name."""
    audit: "Callable[..., Any]"
    """`gateway.audit.log.record`."""
    ready: bool = True
    """False while stopping: /health/ready tells the balancer, and no connection is kept."""

    under_way: int = 0
    """Requests that are not answered yet."""

    streams: Counter[str] = field(default_factory=Counter)
    """Streams that are open, by API key. They are answered already, and not under way."""

    exports: Counter[str] = field(default_factory=Counter)
    """Exports under way, by tenant."""

    @property
    def overloaded(self) -> bool:
        """Whether there are so many requests that one more would only make all of them late."""
        settings, waiting = self.settings, self.upstream.retries.active
        at_work = self.under_way - waiting
        return self.under_way > settings.requests_at_once or at_work > settings.working_at_once

    def stop_comes(self) -> None:
        """No longer ready, though everything is still answered."""
        self.ready = False
