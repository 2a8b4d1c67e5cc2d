"""How a connector declares itself: having a method is declaring it; what is missing has a reason."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from connectors.base.errors import FieldError, KontorError
from connectors.base.needs import Access, Need
from connectors.base.passthrough import Passthrough
from connectors.base.tracing import Evidence, Sought
from connectors.base.webhooks import Webhooks
from connectors.base.wire import Answer, Call, Wire
from schemas.base import Input, Unified

I = TypeVar("I", bound=Input)  # noqa: E741


class Hosts(Struct, frozen=True, kw_only=True):
    """Where a target is reached; each can be overridden by settings."""

    api: str
    app: str
    authorization: str


class OAuth(Struct, frozen=True, kw_only=True):
    """A vendor's OAuth 2 server: data only. Paths are below `Hosts.authorization`."""

    authorize_path: str
    token_path: str
    revoke_path: str | None
    scopes: tuple[str, ...]
    """Asked for when the partner app names none."""
    label_parameter: str | None = None
    """Authorize parameter that shows the connect session's label to the end customer."""
    label_alphabet: str = r"[^\w /?.\-{}\":=,()]"
    """Characters to leave out of the label."""


class ApiKey(Struct, frozen=True, kw_only=True):
    """How an end customer's own API key is used. `pattern` tells malformed keys before any call."""

    header: str = "Authorization"
    prefix: str = "Bearer "
    pattern: str = r"^[\x21-\x7e]{16,512}$"
    where: str
    """Where the end customer makes a key: a path below `Hosts.app`."""


class Target(Struct, frozen=True, kw_only=True):
    """A system and its stage."""

    name: str
    environment: str
    """`live` or `test`: keys of the other environment never reach it."""
    hosts: Hosts
    aliases: tuple[str, ...] = ()
    webhook_key: str | None = None
    """Public key (PEM) by which its events are checked; None: only settings can name one."""


class Identity(Struct, frozen=True, kw_only=True):
    """Who is behind a credential, read from the vendor's profile."""

    organization_id: str
    organization_name: str | None
    vendor_connection_id: str | None
    price_mode: str
    """`net`, `gross`, `tax_free` or `unknown`: the default of new documents."""
    small_business: bool | None
    features: tuple[str, ...] = ()


class Missing(Struct, frozen=True, kw_only=True):
    """Why an operation does not exist, and the best way round."""

    reason: str
    alternative: str | None
    source: str
    """Where it is documented, with date."""
    elsewhere: str | None = None
    """Path below `Hosts.app`, with `{id}`, where a person does it to this very object; the answer is then 409
    with the link instead of 501, since it can be done, only not by a call."""


class Change(Protocol):
    """A partial update on its way into a full one: merge patch, precondition and validation in one step."""

    def merged(self, current: Unified, writable: I) -> I:
        """`writable` (the input form of `current`) with the patch applied, validated.

        Raises:
            StaleVersion: `current.version` is not the one the caller has seen; carries the current ETag.
            KontorError: the result does not fit (422).
        """
        ...

    def check(self, current: Unified) -> None:
        """Only the precondition, for deletes. Raises StaleVersion."""
        ...


def unheard(errors: tuple[FieldError, ...]) -> None:
    """Nobody listens: the record of the write will tell."""


class Session(Struct, frozen=True, kw_only=True):
    """What a connector needs for one call of one connection."""

    wire: Wire
    hosts: Hosts
    identity: Identity
    now: datetime
    """When the request came in; lateness is reckoned from it."""
    access: Access = Access()
    """What the connection brings."""
    strict: bool = False
    """True: a value that the vendor has no place for is refused, instead of left out with a warning."""
    note: Callable[[tuple[FieldError, ...]], None] = unheard
    """Hears, before a write, what of an object that was read is left out: a dry run gets no record of it."""


async def untraceable(session: Session, sought: Sought) -> Evidence:
    """Of a vendor that shows nothing: a person has to look."""
    return Evidence(undecidable=True)


def unmarkable(call: Call, seed: str) -> Call | None:
    """Of a vendor that has no place for a mark."""
    return None


class Connector(Struct, frozen=True, kw_only=True):
    """One vendor. `resources` maps unified names to classes that take a `Session`."""

    name: str
    title: str
    targets: tuple[Target, ...]
    oauth: OAuth | None
    api_key: ApiKey | None
    resources: Mapping[str, type[Any]]
    missing: Mapping[tuple[str, str], Missing]
    """(resource, operation) that no method exists for."""
    identify: Callable[[Wire], Awaitable[Identity]]
    """Reads the vendor's profile; raises ConnectionProblem kinds for refused keys, plans, permissions."""
    refusal: Callable[[Answer], KontorError | None]
    """The error a refusal of any call stands for; None for 2xx."""
    passthrough: Passthrough | None = None
    """What callers may call in the vendor's own words; None: nothing."""
    trace: Callable[[Session, Sought], Awaitable[Evidence]] = untraceable
    """Looks for a write whose answer did not come."""
    traceable: Callable[[Call], bool] = lambda call: False
    """Whether `trace` finds what a call made of which nothing is known here, after a backup was restored."""
    mark: Callable[[Call, str], Call | None] = unmarkable
    """Puts a write's mark, made from its id, where it is found again and disturbs nobody; None: there is no
    place for it on this call. What carries it already stays as it is."""
    webhooks: Webhooks | None = None
    """What it tells of events by calling us; None: nothing."""
    min_interval_s: float = 0.5
    """Least time between two calls of one connection that the vendor allows."""

    def supports(self, resource: str, operation: str) -> bool:
        """Whether the connector has a method for it."""
        return callable(getattr(self.resources.get(resource), operation, None))

    def need(self, resource: str, operation: str) -> Need | None:
        """What it needs of a connection: the resource class's `needs`."""
        return getattr(self.resources.get(resource), "needs", {}).get(operation)

    def workaround(self, resource: str, operation: str) -> str | None:
        """What is done instead of it: the resource class's `workarounds`. None: it is done itself.

        Of one parameter of a list: `list?status`.
        """
        return getattr(self.resources.get(resource), "workarounds", {}).get(operation)

    def target(self, name: str) -> Target | None:
        """The target of this name or alias."""
        return next((t for t in self.targets if name == t.name or name in t.aliases), None)
