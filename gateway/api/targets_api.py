"""`/v1/targets`: the systems that can be connected, what they can do, the tenant's partner apps."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from connectors.base.connector import Connector, Target
from connectors.base.errors import NotSupported
from gateway.api.call import Call
from gateway.api.capabilities import Capability, CapabilityFilters, capabilities, known_resource
from gateway.api.declaration import Items, Tag, endpoint
from gateway.api.trail import note
from gateway.credentials.partner_apps import PartnerAppDescription
from gateway.errors import Invalid
from gateway.onboarding.offers import UnknownTarget, known_methods, reachable
from schemas.base import Input, Unified

TAG = Tag("targets", "The systems that can be connected, what they can do, and the tenant's partner apps.")


class TargetView(Unified, kw_only=True, frozen=True):
    """A system and its stage, as the caller's environment sees it."""

    name: str
    """For `target` in a connect session."""
    aliases: list[str]
    """Other names that are understood."""
    title: str
    """For people."""
    environment: str
    """`test` or `live`: keys of the other environment never reach it."""
    methods: list[Literal["oauth", "api_key"]]
    """Ways to connect that the system knows. `oauth` needs a partner app of yours."""
    redirect_uri: str | None
    """What to register at the vendor for your partner app, byte for byte; None without OAuth."""
    scopes: list[str]
    """Asked for when your partner app names none."""


class PartnerAppView(Unified, kw_only=True, frozen=True):
    """Your OAuth client at a target, without its secret."""

    target: str
    """The target's name."""
    configured: bool
    """Whether one is deposited."""
    client_id_hint: str | None
    """The client id, shortened; None when none is deposited."""
    scopes: list[str]
    """Scopes to ask for; empty: the target's own list."""
    redirect_uri: str
    """What has to be registered at the vendor, byte for byte."""
    updated_at: datetime | None
    """When it was deposited (UTC)."""


class PartnerAppInput(Input, kw_only=True, frozen=True):
    """Your OAuth client at the vendor. Write-only: the secret is never shown again."""

    client_id: Annotated[str, Meta(min_length=1, max_length=512, description="Client id.")]
    client_secret: Annotated[str, Meta(min_length=1, max_length=512, description="Client secret.")]
    scopes: Annotated[
        list[Annotated[str, Meta(min_length=1, max_length=128)]],
        Meta(max_length=100, description="Scopes to ask for; empty: the target's own list."),
    ] = []


EXAMPLE_TARGET = {
    "name": "lexoffice-sandbox",
    "aliases": ["lexware-office-sandbox"],
    "title": "Lexware Office",
    "environment": "test",
    "methods": ["oauth", "api_key"],
    "redirectUri": "https://kontor.muster-software.example/auth/callback/lexoffice-sandbox",
    "scopes": ["profile.read", "contacts.read", "invoices.read", "invoices.write"],
}
EXAMPLE_APP = {
    "target": "lexoffice-sandbox",
    "configured": True,
    "clientIdHint": "7f3a…9c01",
    "scopes": [],
    "redirectUri": EXAMPLE_TARGET["redirectUri"],
    "updatedAt": "2026-11-20T09:14:05Z",
}
EXAMPLE_CAPABILITY = {
    "resource": "invoices",
    "operation": "delete",
    "supported": False,
    "level": "no",
    "workaround": None,
    "reason": "Lexware Office offers no way to delete an invoice, not even a draft.",
    "alternative": "Delete the draft in the application, or credit a final invoice.",
    "source": "https://developers.lexware.io/docs/#invoices-endpoint (2026-11-20)",
    "needs": None,
    "verified": None,
    "fields": None,
    "summaryFields": None,
    "filters": None,
}


@endpoint(
    "GET",
    "/v1/targets",
    scope="read",
    tag=TAG,
    summary="List targets",
    answer=TargetView,
    page=True,
    example_answer=EXAMPLE_TARGET,
)
async def list_targets(call: Call) -> Items:
    """The targets that this key reaches: sandbox stages for test keys, production for live keys."""
    views = tuple(
        _view(call, connector, target)
        for connector, target in call.rooms.targets.all()
        if target.environment == call.caller.environment
    )
    return Items(items=views, limit=len(views))


@endpoint(
    "GET",
    "/v1/targets/{target}/capabilities",
    scope="read",
    tag=TAG,
    summary="Show what a target can do",
    answer=Capability,
    page=True,
    query=(CapabilityFilters,),
    errors=(UnknownTarget, Invalid),
    example_answer=EXAMPLE_CAPABILITY,
)
async def target_capabilities(call: Call) -> Items:
    """Every operation on every resource, with the reason and the best way round where the answer is no, and
    when it was last seen to work. With `resource` of that one alone, with each field and filter."""
    connector, _ = _target(call)
    asked = known_resource(call)
    cells = tuple(capabilities(connector, call.rooms.resources, asked=asked))
    return Items(items=cells, limit=len(cells))


def _has_oauth(call: Call) -> None:
    connector, _ = _target(call)
    if connector.oauth is None:
        raise NotSupported(f"{connector.title} knows no OAuth clients.", "Connect by API key.")


@endpoint(
    "GET",
    "/v1/targets/{target}/credentials",
    scope="admin",
    tag=TAG,
    summary="Show the partner app of a target",
    answer=PartnerAppView,
    errors=(UnknownTarget, NotSupported),
    example_answer=EXAMPLE_APP,
    gate=_has_oauth,
)
async def show_partner_app(call: Call) -> PartnerAppView:
    """Whether a partner app is deposited, and which. Its secret is never shown."""
    _, target = _target(call)
    async with call.rooms.database.read() as session:
        described = await call.rooms.partner_apps.describe(session, call.caller.tenant_id, target.name)
    return _app_view(call, target, described)


@endpoint(
    "PUT",
    "/v1/targets/{target}/credentials",
    scope="admin",
    tag=TAG,
    summary="Deposit the partner app of a target",
    body=PartnerAppInput,
    answer=PartnerAppView,
    errors=(UnknownTarget, NotSupported),
    example_body={"clientId": "7f3a2c1e-9c01", "clientSecret": "the secret that the vendor gave"},
    example_answer=EXAMPLE_APP,
    gate=_has_oauth,
)
async def put_partner_app(call: Call) -> PartnerAppView:
    """Replaces a former one. Grants of the former client cannot be renewed any more: reconnect them."""
    _, target = _target(call)
    body: PartnerAppInput = call.body
    async with call.rooms.database.write() as session:
        described = await call.rooms.partner_apps.put(
            session, call.caller.tenant_id, target.name, body.client_id, body.client_secret, body.scopes
        )
        await note(
            call, session, "partner_app.deposited", "partner_app", target.name, scopes=list(body.scopes)
        )
    return _app_view(call, target, described)


@endpoint(
    "DELETE",
    "/v1/targets/{target}/credentials",
    scope="admin",
    tag=TAG,
    summary="Remove the partner app of a target",
    status=204,
    errors=(UnknownTarget, NotSupported),
    gate=_has_oauth,
)
async def remove_partner_app(call: Call) -> None:
    """Grants made with it cannot be renewed any more. Removing twice is not an error."""
    _, target = _target(call)
    async with call.rooms.database.write() as session:
        if await call.rooms.partner_apps.remove(session, call.caller.tenant_id, target.name):
            await note(call, session, "partner_app.removed", "partner_app", target.name)


def _target(call: Call) -> tuple[Connector, Target]:
    return reachable(call.rooms.targets, call.path["target"], call.caller.environment)


def _view(call: Call, connector: Connector, target: Target) -> TargetView:
    return TargetView(
        name=target.name,
        aliases=list(target.aliases),
        title=connector.title,
        environment=target.environment,
        methods=list(known_methods(connector)),
        redirect_uri=call.rooms.onboarding.oauth.redirect_uri(target.name) if connector.oauth else None,
        scopes=list(connector.oauth.scopes) if connector.oauth else [],
    )


def _app_view(call: Call, target: Target, described: PartnerAppDescription | None) -> PartnerAppView:
    return PartnerAppView(
        target=target.name,
        configured=described is not None,
        client_id_hint=described.client_id_shortened if described else None,
        scopes=list(described.scopes) if described else [],
        redirect_uri=call.rooms.onboarding.oauth.redirect_uri(target.name),
        updated_at=described.updated_at if described else None,
    )


ENDPOINTS = (list_targets, target_capabilities, show_partner_app, put_partner_app, remove_partner_app)
