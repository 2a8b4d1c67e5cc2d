"""What a vendor tells of events by calling us: how it signs, what an event names, and how one subscribes.

Data and functions; the gateway takes the calls, checks them, stores them and follows them. What an event says
is never applied: it only names what is then read.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

from msgspec import Struct

from connectors.base.paging import Record
from connectors.base.wire import Wire

if TYPE_CHECKING:
    from connectors.base.connector import Session

Algorithm = Literal["rsa-pkcs1v15-sha512"]
"""RSA over the body's very bytes, PKCS#1 v1.5 with SHA-512; the signature in base64."""


class VendorEvent(Struct, frozen=True, kw_only=True):
    """What a callback says. No two events agree in type, object and time."""

    organization_id: str
    type: str
    resource_id: str
    at: datetime
    """The vendor's clock."""


class Named(Struct, frozen=True, kw_only=True):
    """An object that events name."""

    id: str
    types: frozenset[str]
    """Of all events that wait: they are answered by one look."""
    held: frozenset[str]
    """Unified resources that are held under this id."""


class Found(Struct, frozen=True, kw_only=True):
    """What a look found of a unified resource under an id. `record` None: there is none (any more)."""

    resource: str
    record: Record[Any] | None


class Subscription(Struct, frozen=True, kw_only=True):
    """Who is called when something of a type happens."""

    id: str
    type: str
    url: str


class Webhooks(Struct, frozen=True, kw_only=True):
    """Declared by a connector whose vendor calls back."""

    header: str
    """Holds the signature."""
    algorithm: Algorithm
    types: tuple[str, ...]
    """All that there is to subscribe to, the most wanted first."""
    of_grants: frozenset[str]
    """Types that tell of the grant itself: then it is tried."""
    parse: Callable[[bytes], VendorEvent]
    """What a body says. Raises ValueError for one that is no event."""
    subscriptions: Callable[[Wire], Awaitable[tuple[Subscription, ...]]]
    """Those of this connection."""
    subscribe: Callable[[Wire, str, str], Awaitable[None]]
    """To a type, under a URL. That it exists already is no error."""
    unsubscribe: Callable[[Wire, str], Awaitable[None]]
    """By the subscription's id. That it is gone already is no error."""
    read: "Callable[[Session, Named], Awaitable[tuple[Found, ...]]]"
    """What is there under an id now, in as few calls as that takes. Raises what reads raise, but not that an
    object is not there."""
