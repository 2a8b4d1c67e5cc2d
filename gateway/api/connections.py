"""`/v1/connections`: the tenant's links to its customers' systems."""

from datetime import datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from gateway.api.call import Call
from gateway.api.capabilities import Capability, CapabilityFilters, capabilities, known_resource
from gateway.api.declaration import Items, Tag, endpoint
from gateway.api.own_ids import own_id
from gateway.api.targets_api import EXAMPLE_CAPABILITY
from gateway.api.trail import note
from gateway.errors import Conflict, Invalid, UnknownObject
from gateway.onboarding.disconnect import Data
from gateway.onboarding.refusals import CodeUsed, UnknownCode
from gateway.privacy.copies import erase_copy
from gateway.replica.sync.asking import begin
from gateway.tenants.model import Connection
from gateway.webhooks.inbound.asking import subscribe
from schemas.base import Filters, Input, Unified

TAG = Tag("connections", "The tenant's links to its customers' accounting systems.")

WHAT_TO_DO: dict[str, str | None] = {
    "pending": "Exchange the one-time code that came to your return URL at POST /v1/connections/exchange.",
    "connected": None,
    "degraded": "See `reason`: the end customer has to mend plan or permissions. Then it goes on by itself.",
    "reconnect_required": "Send the end customer through a connect session with this connectionId.",
    "disconnected": "Send the end customer through a new connect session with this connectionId.",
}


class Organization(Unified, kw_only=True, frozen=True):
    """Whose books they are, as the vendor's profile says."""

    id: str
    """The vendor's id of the organization."""
    name: str | None
    """Its name."""
    price_mode: str
    """Default of new documents: `net`, `gross`, `tax_free` or `unknown`."""
    small_business: bool | None
    """Small business without VAT; None: the vendor does not say."""


class VendorEventsView(Unified, kw_only=True, frozen=True):
    """Whether the accounting system tells Kontor of changes."""

    state: str
    """`subscribed`; `refused`: this connection may not subscribe; `none`."""
    reason: str | None
    """Why it does not, or not of everything: then changes are found by passes over its lists."""


class ConnectionView(Unified, kw_only=True, frozen=True):
    """One end customer's link to one target."""

    id: str
    """Names the connection; no secret."""
    target: str
    """The target's name."""
    environment: str
    """`test` or `live`."""
    credential_kind: str
    """`oauth` or `api_key`."""
    state: str
    """`pending`, `connected`, `degraded`, `reconnect_required` or `disconnected`."""
    state_since: datetime
    """Since when (UTC)."""
    reason: str | None
    """Why it is in this state; None while all is well."""
    what_to_do: str | None
    """What would bring it back; None while all is well."""
    label: str | None
    """As given in the connect session."""
    customer_reference: str | None
    """As given in the connect session."""
    organization: Organization | None
    """Whose books they are."""
    marks_writes: bool
    """Whether new documents carry the mark of their write."""
    keeps_replica: bool
    """Whether Kontor keeps a copy of what is read over it."""
    vendor_events: VendorEventsView
    """What the accounting system tells by itself, for that copy."""
    created_at: datetime
    """When it was first made (UTC)."""


class ConnectionChange(Input, kw_only=True, frozen=True):
    """What can be set on a connection. What is left out stays as it is."""

    marks_writes: bool | None = None
    """True: a new document carries a mark where nobody is shown it, by which a write that lost its answer is
    found at once. At Lexware Office: the time of day of a sales document's date."""
    keeps_replica: bool | None = None
    """True: Kontor reads all that there is, keeps a fresh copy of it, and answers reads from that. False, as
    every connection begins: nothing is kept, and what was is erased at once, events of its objects too."""


class ExchangeInput(Input, kw_only=True, frozen=True):
    """The one-time code that came to the return URL."""

    code: Annotated[
        str, Meta(min_length=1, max_length=200, description="Parameter `code` of the return URL.")
    ]


class Exchanged(Unified, kw_only=True, frozen=True):
    """A connection and the key that names it in calls."""

    connection: ConnectionView
    """The connection."""
    account_key: str | None
    """For the header X-ACCOUNT-KEY, shown this once; None on a renewal: the key you have goes on working."""


class AccountKey(Unified, kw_only=True, frozen=True):
    """A new account key; the former one has ended."""

    connection_id: str
    """The connection it names."""
    account_key: str
    """For the header X-ACCOUNT-KEY, shown this once."""


class ConnectionFilters(Filters, kw_only=True, frozen=True):
    """Pages of connections, newest first."""

    limit: Annotated[int, Meta(ge=1, le=250, description="Connections a page.")] = 100
    cursor: Annotated[str, Meta(max_length=100, description="`page.next` of the page before.")] | None = None


class Ending(Filters, kw_only=True, frozen=True):
    """What becomes of the copy of the connection's books."""

    data: Annotated[
        Data,
        Meta(
            description="`erase`: it ends with the connection, as do the events of its objects; `keep`: it "
            "stays as it is, to be exported, until it is erased."
        ),
    ] = "erase"


EXAMPLE = {
    "id": "con_0d1na8g0g8fsc6lq3r1ofqhb2k",
    "target": "lexoffice-sandbox",
    "environment": "test",
    "credentialKind": "oauth",
    "state": "connected",
    "stateSince": "2026-11-20T09:15:40Z",
    "reason": None,
    "whatToDo": None,
    "label": "Muster Handel GmbH",
    "customerReference": "K-10023",
    "organization": {
        "id": "aa93e8a8-2aa3-470b-b914-caad8a255dd8",
        "name": "Muster Handel GmbH",
        "priceMode": "net",
        "smallBusiness": False,
    },
    "marksWrites": False,
    "keepsReplica": False,
    "vendorEvents": {"state": "none", "reason": None},
    "createdAt": "2026-11-20T09:15:40Z",
}


@endpoint(
    "GET",
    "/v1/connections",
    scope="read",
    tag=TAG,
    summary="List connections",
    query=(ConnectionFilters,),
    answer=ConnectionView,
    page=True,
    example_answer=EXAMPLE,
)
async def list_connections(call: Call) -> Items:
    """All of this tenant and environment, newest first, disconnected ones among them."""
    query: ConnectionFilters = call.query
    async with call.rooms.database.read() as session:
        found = await call.rooms.connections.list(
            session, call.caller.tenant_id, call.caller.environment, query.cursor, query.limit + 1
        )
    page = found[: query.limit]
    following = page[-1].id if len(found) > query.limit else None
    return Items(items=tuple(map(view, page)), next=following, limit=query.limit)


@endpoint(
    "GET",
    "/v1/connections/{id}",
    scope="read",
    tag=TAG,
    summary="Show a connection",
    answer=ConnectionView,
    errors=(UnknownObject,),
    example_answer=EXAMPLE,
)
async def get_connection(call: Call) -> ConnectionView:
    """Its state, since when, why, and what to do about it."""
    return view(await own_connection(call))


@endpoint(
    "GET",
    "/v1/connections/{id}/capabilities",
    scope="read",
    tag=TAG,
    summary="Show what a connection can do",
    query=(CapabilityFilters,),
    answer=Capability,
    page=True,
    errors=(UnknownObject, Invalid),
    example_answer=EXAMPLE_CAPABILITY,
)
async def connection_capabilities(call: Call) -> Items:
    """Every operation on every resource, as far as this connection's credential, plan and tax status go; with
    `resource` of that one alone, with each field and filter. A connection that has to be renewed can do
    nothing meanwhile."""
    connection = await own_connection(call)
    asked = known_resource(call)
    found = call.rooms.targets.find(connection.target)
    resources = call.rooms.resources
    cells = tuple(capabilities(found[0], resources, connection.access, asked=asked)) if found else ()
    if connection.state in ("reconnect_required", "disconnected"):
        cells = tuple(_resting(cell, connection) for cell in cells)
    return Items(items=cells, limit=len(cells))


@endpoint(
    "POST",
    "/v1/connections/exchange",
    scope="write",
    tag=TAG,
    summary="Exchange a one-time code for the account key",
    body=ExchangeInput,
    answer=Exchanged,
    errors=(UnknownCode, CodeUsed),
    example_body={"code": "Vv0m…"},
    example_answer={"connection": EXAMPLE, "accountKey": "kontor_account_…"},
)
async def exchange_code(call: Call) -> Exchanged:
    """Works once, within 10 minutes, with a key of the tenant and environment that made the connect session.
    The account key is shown in this answer and never again."""
    connection, account_key = await call.rooms.onboarding.exchange.exchange(
        call.caller, call.body.code, call.request_id
    )
    return Exchanged(connection=view(connection), account_key=account_key)


@endpoint(
    "POST",
    "/v1/connections/{id}/account-key",
    scope="write",
    tag=TAG,
    summary="Make a new account key",
    answer=AccountKey,
    errors=(UnknownObject, Conflict),
    example_answer={"connectionId": EXAMPLE["id"], "accountKey": "kontor_account_…"},
)
async def rotate_account_key(call: Call) -> AccountKey:
    """The former key ends at once in this process and within seconds everywhere."""
    connection = await own_connection(call)
    rooms = call.rooms
    async with rooms.database.write() as session:
        if not await rooms.connections.has_account_key(session, connection.id):
            raise Conflict(
                "This connection has no account key to replace.",
                hint=WHAT_TO_DO.get(connection.state) or WHAT_TO_DO["pending"],
            )
        account_key = await rooms.connections.new_account_key(session, connection.id)
        await note(call, session, "account_key.rotated", "connection", connection.id)
    rooms.connections.forget_cached(connection.id)
    return AccountKey(connection_id=connection.id, account_key=account_key)


@endpoint(
    "PATCH",
    "/v1/connections/{id}",
    scope="write",
    tag=TAG,
    summary="Change a connection's settings",
    body=ConnectionChange,
    answer=ConnectionView,
    errors=(UnknownObject,),
    example_body={"marksWrites": True, "keepsReplica": True},
    example_answer=EXAMPLE,
)
async def change_connection(call: Call) -> ConnectionView:
    """Holds from now on; in other processes within 2 seconds."""
    connection = await own_connection(call)
    change: ConnectionChange = call.body
    rooms = call.rooms
    told: dict[str, Any] = {n: v for n, v in msgspec.to_builtins(change).items() if v is not None}
    async with rooms.database.write() as session:
        if change.marks_writes is not None:
            await rooms.connections.set_marking(session, connection.id, change.marks_writes)
        if change.keeps_replica is not None:
            await rooms.connections.set_replica(session, connection.id, change.keeps_replica)
        if change.keeps_replica is True:
            await begin(session, rooms.ambient, connection)
        if change.keeps_replica is not None:
            whose = (connection.tenant_id, connection.environment, connection.id)
            await subscribe(session, rooms.ambient, *whose)
        if change.keeps_replica is False:
            told["erased"] = await erase_copy(session, connection.tenant_id, connection.id)
        await note(call, session, "connection.changed", "connection", connection.id, **told)
    rooms.connections.forget_cached(connection.id)
    return view(await own_connection(call))


@endpoint(
    "DELETE",
    "/v1/connections/{id}",
    scope="write",
    tag=TAG,
    summary="Disconnect",
    status=204,
    query=(Ending,),
    errors=(UnknownObject,),
)
async def disconnect(call: Call) -> None:
    """Account key and tokens end, the vendor is told to revoke its grant (again later, should it not answer).
    A copy of its books is erased in the same transaction, unless it is to be kept. Write journal and audit
    trail stay. Disconnecting twice is not an error; with `data=erase` it erases what was kept before."""
    query: Ending = call.query
    await call.rooms.onboarding.disconnect.disconnect(
        call.caller, own_id(call, "connection"), call.request_id, query.data
    )


async def own_connection(call: Call) -> Connection:
    """The connection in the path. Raises UnknownObject."""
    id = own_id(call, "connection")
    async with call.rooms.database.read() as session:
        found = await call.rooms.connections.get(session, call.caller.tenant_id, call.caller.environment, id)
    if found is None:
        raise UnknownObject("connection")
    return found


def view(connection: Connection) -> ConnectionView:
    """A connection as callers see it."""
    identity = connection.identity
    return ConnectionView(
        id=connection.id,
        target=connection.target,
        environment=connection.environment,
        credential_kind=connection.credential_kind,
        state=connection.state,
        state_since=connection.state_since,
        reason=connection.state_reason,
        what_to_do=WHAT_TO_DO.get(connection.state),
        label=connection.label,
        customer_reference=connection.customer_reference,
        organization=Organization(
            id=identity.organization_id,
            name=identity.organization_name,
            price_mode=identity.price_mode,
            small_business=identity.small_business,
        )
        if identity
        else None,
        marks_writes=connection.marks_writes,
        keeps_replica=connection.keeps_replica,
        vendor_events=VendorEventsView(
            state=connection.vendor_events, reason=connection.vendor_events_reason
        ),
        created_at=connection.created_at,
    )


def _resting(cell: Capability, connection: Connection) -> Capability:
    if not cell.supported:
        return cell
    return msgspec.structs.replace(
        cell,
        supported=False,
        level="no",
        workaround=None,
        reason=connection.state_reason or f"The connection is {connection.state}.",
        alternative=WHAT_TO_DO[connection.state],
    )


ENDPOINTS = (
    list_connections,
    get_connection,
    connection_capabilities,
    exchange_code,
    rotate_account_key,
    change_connection,
    disconnect,
)
