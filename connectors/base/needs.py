"""What an operation needs of a connection, beyond the connector's having it."""

from msgspec import Struct

from connectors.base.errors import KontorError, NotSupported, PermissionMissing, PlanTooSmall


class Access(Struct, frozen=True, kw_only=True):
    """What a connection brings."""

    credential: str = "api_key"
    """`oauth` or `api_key`."""
    scopes: frozenset[str] | None = None
    """Granted by the end customer; None where nobody knows, so that only the vendor can tell."""
    features: frozenset[str] | None = None
    """Of the plan, in the vendor's words; None where the profile was never read."""
    price_mode: str = "unknown"
    """The company's tax status by its default of new documents: `net`, `gross`, `tax_free`, `unknown`."""


class Need(Struct, frozen=True, kw_only=True):
    """Declared beside the method: `needs = {"send": Need(...)}`. Empty parts ask for nothing."""

    credential: str | None = None
    """The only kind that will do."""
    scopes: tuple[str, ...] = ()
    """All of these, in the vendor's words."""
    features: tuple[str, ...] = ()
    """One of these, in the vendor's words."""
    price_modes: tuple[str, ...] = ()
    """One of these tax statuses."""
    reason: str
    """Why a connection without it cannot."""
    alternative: str
    source: str
    """Where it is documented, with date."""


def unmet(need: Need, access: Access) -> KontorError | None:
    """What a call over this connection would end in; None when nothing is known to be missing.

    A wrong kind of credential or tax status is nobody's fault: NotSupported (501). A missing scope or feature
    is the end customer's to grant or buy: PermissionMissing, PlanTooSmall (424).
    """
    if need.credential not in (None, access.credential):
        return NotSupported(need.reason, need.alternative)
    if need.price_modes and access.price_mode not in (*need.price_modes, "unknown"):
        return NotSupported(need.reason, need.alternative)
    if access.scopes is not None and not access.scopes.issuperset(need.scopes):
        missing = sorted(set(need.scopes) - access.scopes)
        return PermissionMissing(f"{need.reason} Missing: {', '.join(missing)}.", hint=need.alternative)
    if need.features and access.features is not None and access.features.isdisjoint(need.features):
        return PlanTooSmall(need.reason, hint=need.alternative)
    return None
