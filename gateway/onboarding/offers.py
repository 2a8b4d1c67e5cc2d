"""Which ways to connect exist: what the target knows, narrowed by session and partner app."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncSession

from connectors.base.connector import Connector, Target
from connectors.base.errors import NotSupported
from gateway.credentials.partner_apps import PartnerApps
from gateway.errors import UnknownObject
from gateway.onboarding.refusals import PartnerAppMissing
from gateway.onboarding.sessions import ConnectSession
from gateway.targets import Targets
from gateway.tenants.model import CredentialKind, Environment


class Offer(Struct, frozen=True, kw_only=True):
    """What the hosted page shows."""

    tenant: str
    """Name of the software that asks."""
    target_title: str
    environment: Environment
    label: str | None
    reconnect: bool
    methods: tuple[CredentialKind, ...]
    key_page: str | None
    """Where the end customer makes an API key."""
    authorization_origin: str
    return_url: str
    expires_at: datetime


def reachable(targets: Targets, name: str, environment: Environment) -> tuple[Connector, Target]:
    """The target for callers of this environment; one of the other environment does not exist for them.

    Raises:
        UnknownObject: with a hint that tells how the environments are kept apart.
    """
    found = targets.find(name)
    if found is None or found[1].environment != environment:
        raise UnknownTarget
    return found


class UnknownTarget(UnknownObject):
    """No such target in the environment of the API key."""

    hint = "Test keys reach sandbox targets only, live keys production targets only. See GET /v1/targets."

    def __init__(self) -> None:
        super().__init__("target")


async def methods(
    session: AsyncSession, partner_apps: PartnerApps, connector: Connector, tenant_id: str, target: str
) -> tuple[CredentialKind, ...]:
    """The ways to connect that would work for this tenant at this moment, the better first."""
    known = known_methods(connector)
    if "oauth" in known and not await partner_apps.describe(session, tenant_id, target):
        return tuple(method for method in known if method != "oauth")
    return known


def known_methods(connector: Connector) -> tuple[CredentialKind, ...]:
    """The ways to connect that the accounting system itself knows, the better first."""
    declared: tuple[tuple[CredentialKind, object], ...] = (
        ("oauth", connector.oauth),
        ("api_key", connector.api_key),
    )
    return tuple(method for method, declaration in declared if declaration is not None)


def narrowed(
    possible: tuple[CredentialKind, ...], wanted: CredentialKind | None, connector: Connector
) -> tuple[CredentialKind, ...]:
    """The ways that the tenant wants among those possible; never empty.

    Raises:
        NotSupported: the accounting system does not know the wanted way at all.
        PartnerAppMissing: it does, but needs the tenant's partner app.
    """
    if wanted is not None and wanted not in known_methods(connector):
        raise NotSupported(f"{connector.title} cannot be connected by {wanted}.", "Leave `method` out.")
    left: tuple[CredentialKind, ...] = possible
    if wanted is not None:
        left = (wanted,) if wanted in possible else ()
    if not left:
        raise PartnerAppMissing(f"Connecting {connector.title} by OAuth needs a partner app of yours.")
    return left


def offer(
    found: ConnectSession,
    tenant: str,
    connector: Connector,
    target: Target,
    targets: Targets,
    ways: tuple[CredentialKind, ...],
) -> Offer:
    """Everything the page needs to know."""
    hosts = targets.hosts(target)
    return Offer(
        tenant=tenant,
        target_title=connector.title,
        environment=found.environment,
        label=found.label,
        reconnect=found.reconnects,
        methods=ways,
        key_page=hosts.app + connector.api_key.where if connector.api_key else None,
        authorization_origin=hosts.authorization,
        return_url=found.return_url,
        expires_at=found.expires_at,
    )
