"""Tenants and what is theirs, as data."""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from connectors.base.connector import Identity
from connectors.base.needs import Access

Environment = Literal["test", "live"]
ENVIRONMENTS: tuple[Environment, ...] = ("test", "live")

SCOPES = ("admin", "read", "write", "finalize")
"""What an API key may do. None implies another."""

CredentialKind = Literal["oauth", "api_key"]

State = Literal["pending", "connected", "degraded", "reconnect_required", "disconnected"]
"""pending: the end customer has granted access, the tenant has not exchanged its code yet."""


VendorEvents = Literal["subscribed", "refused", "none"]
"""refused: the vendor does not let this connection subscribe."""


class Tenant(Struct, frozen=True, kw_only=True):
    """A SaaS vendor that uses Kontor."""

    id: str
    name: str
    created_at: datetime


class Caller(Struct, frozen=True, kw_only=True):
    """Who holds the API key of a request."""

    tenant_id: str
    environment: Environment
    scopes: frozenset[str]
    key_id: str
    key_name: str


class ApiKeyRow(Struct, frozen=True, kw_only=True):
    """An API key without its secret."""

    id: str
    environment: Environment
    name: str
    scopes: tuple[str, ...]
    ending: str
    """The last four characters, so that a person tells keys apart."""
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None
    """At most a minute behind."""


class ReturnUrl(Struct, frozen=True, kw_only=True):
    """Where a tenant lets its customers' browsers be sent after connecting."""

    id: str
    url: str
    created_at: datetime


class Connection(Struct, frozen=True, kw_only=True):
    """One end customer's link to one target."""

    id: str
    tenant_id: str
    environment: Environment
    target: str
    credential_kind: CredentialKind
    state: State
    state_since: datetime
    state_reason: str | None
    label: str | None
    customer_reference: str | None
    identity: Identity | None
    created_at: datetime
    generation: int
    """Grows with every change of its credential; 0: it never had one."""
    marks_writes: bool = False
    """Whether new documents carry the mark of their write, where the vendor has an unseen place for it."""
    keeps_replica: bool = False
    """Whether Kontor keeps a copy of what is read over it."""
    vendor_events: VendorEvents = "none"
    """Whether the vendor tells of changes by calling Kontor."""
    vendor_events_reason: str | None = None
    """Why it does not, or not of all."""

    @property
    def access(self) -> Access:
        """What it brings. Which scopes were granted the vendor does not tell reliably: it decides."""
        return Access(
            credential=self.credential_kind,
            features=None if self.identity is None else frozenset(self.identity.features),
            price_mode="unknown" if self.identity is None else self.identity.price_mode,
        )
