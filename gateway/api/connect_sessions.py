"""`/v1/connect-sessions`: send an end customer to a page of ours, and see what came of it."""

from datetime import datetime
from typing import Annotated, Literal

from msgspec import Meta

from connectors.base.errors import NotSupported
from gateway.api.call import Call
from gateway.api.declaration import Tag, endpoint
from gateway.api.own_ids import known_form, own_id
from gateway.errors import UnknownObject
from gateway.onboarding.offers import UnknownTarget
from gateway.onboarding.refusals import PartnerAppMissing
from gateway.onboarding.sessions import SUCCEEDED, Wanted
from schemas.base import Input, Unified

TAG = Tag("connecting", "Pages of ours that lead an end customer to a connection.")


Label = Annotated[
    str, Meta(min_length=1, max_length=100, description="Shown to the end customer and at the vendor.")
]
Reference = Annotated[str, Meta(min_length=1, max_length=255, description="Your own id of the end customer.")]
RenewedId = Annotated[str, Meta(max_length=100, description="A connection to renew; none makes a new one.")]
Way = Annotated[
    Literal["oauth", "api_key"], Meta(description="The one way to offer; none lets the end customer choose.")
]


class ConnectSessionInput(Input, kw_only=True, frozen=True):
    """What to connect, and where to send the browser afterwards."""

    target: Annotated[str, Meta(min_length=1, max_length=100, description="A target's name or alias.")]
    return_url: Annotated[
        str, Meta(min_length=1, max_length=2048, description="A registered return URL, byte for byte.")
    ]
    label: Label | None = None
    customer_reference: Reference | None = None
    connection_id: RenewedId | None = None
    method: Way | None = None
    accept_other_organization: Annotated[
        bool, Meta(description="On a renewal: whether another organization than before may take its place.")
    ] = False


class NewConnectSession(Unified, kw_only=True, frozen=True):
    """A session that was just made."""

    id: str
    """Names the session; no secret."""
    url: str
    """Send the end customer's browser here. Works once, is shown once."""
    expires_at: datetime
    """When the link ends (UTC)."""


class ConnectSessionView(Unified, kw_only=True, frozen=True):
    """How an attempt to connect stands."""

    id: str
    """Names the session."""
    target: str
    """The target's name."""
    state: Literal["open", "started", "succeeded", "failed", "expired"]
    """`open`: not yet used; `started`: the end customer is at it; the others are final."""
    problem: str | None
    """Code of what went wrong last; with `started` the end customer may still put it right."""
    connection_id: str | None
    """The connection that was made or renewed; while not `succeeded`, the one to renew."""
    method: Literal["oauth", "api_key"] | None
    """The one way offered; None: the end customer chooses."""
    label: str | None
    """As given."""
    customer_reference: str | None
    """As given."""
    created_at: datetime
    """When it was made (UTC)."""
    expires_at: datetime
    """When its link ends (UTC)."""
    finished_at: datetime | None
    """When it succeeded or failed (UTC)."""


EXAMPLE_BODY = {
    "target": "lexoffice-sandbox",
    "returnUrl": "https://app.muster-software.example/kontor/return",
    "label": "Muster Handel GmbH",
    "customerReference": "K-10023",
}
EXAMPLE_ID = "ses_0d1na8g0g8fsc6lq3r1ofqhb2k"


@endpoint(
    "POST",
    "/v1/connect-sessions",
    scope="write",
    tag=TAG,
    summary="Make a connect session",
    body=ConnectSessionInput,
    answer=NewConnectSession,
    status=201,
    errors=(UnknownTarget, UnknownObject, NotSupported, PartnerAppMissing),
    example_body=EXAMPLE_BODY,
    example_answer={
        "id": EXAMPLE_ID,
        "url": "https://kontor.muster-software.example/connect/…",
        "expiresAt": "2026-11-20T09:44:05Z",
    },
)
async def create_connect_session(call: Call) -> NewConnectSession:
    """Send the end customer's browser to `url`. It comes back to `returnUrl` with a one-time `code`
    for POST /v1/connections/exchange (10 minutes), or with `error`; with `connectSession` either way."""
    body: ConnectSessionInput = call.body
    if body.connection_id is not None:
        known_form(body.connection_id, "connection")
    wanted = Wanted(
        target=body.target,
        return_url=body.return_url,
        label=body.label,
        customer_reference=body.customer_reference,
        connection_id=known_form(body.connection_id, "connection")
        if body.connection_id is not None
        else None,
        method=body.method,
        accept_other_organization=body.accept_other_organization,
    )
    made, url = await call.rooms.onboarding.opening.create(call.caller, wanted, call.request_id)
    return NewConnectSession(id=made.id, url=url, expires_at=made.expires_at)


@endpoint(
    "GET",
    "/v1/connect-sessions/{id}",
    scope="read",
    tag=TAG,
    summary="Show a connect session",
    answer=ConnectSessionView,
    errors=(UnknownObject,),
    example_answer={
        "id": EXAMPLE_ID,
        "target": "lexoffice-sandbox",
        "state": "failed",
        "problem": "access_denied",
        "connectionId": None,
        "method": None,
        "label": EXAMPLE_BODY["label"],
        "customerReference": EXAMPLE_BODY["customerReference"],
        "createdAt": "2026-11-20T09:14:05Z",
        "expiresAt": "2026-11-20T09:44:05Z",
        "finishedAt": "2026-11-20T09:15:40Z",
    },
)
async def get_connect_session(call: Call) -> ConnectSessionView:
    """What came of it, for programs: the end customer has seen a page about the same."""
    found = await call.rooms.onboarding.opening.get(call.caller, own_id(call, "connect session"))
    return ConnectSessionView(
        id=found.id,
        target=found.target,
        state=found.state(call.rooms.ambient.clock.now()),
        problem=None if found.outcome == SUCCEEDED else found.outcome,
        connection_id=found.connection_id,
        method=found.method,
        label=found.label,
        customer_reference=found.customer_reference,
        created_at=found.created_at,
        expires_at=found.expires_at,
        finished_at=found.finished_at,
    )


ENDPOINTS = (create_connect_session, get_connect_session)
