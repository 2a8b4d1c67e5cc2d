"""Who calls: the bearer, what it may do, and whether the company's plan still runs."""

from datetime import datetime

from sandbox.lexoffice.errors import in_shape, of_gateway
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.routing import Route
from sandbox.lexoffice.state import Connection, World
from sandbox.lexoffice.wire import Request


def bearer(request: Request) -> str:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise of_gateway(401)
    return token.strip()


def connection_of(world: World, token: str, now: datetime) -> Connection:
    """The connection a key or an access token stands for; 401 for unknown, expired and revoked ones."""
    if (id := world.api_keys.get(token)) is not None:
        connection = world.connections[id]
        if connection.valid_until is not None and now >= connection.valid_until:
            raise of_gateway(401)
    elif (id := world.access_tokens.get(token)) is not None:
        connection = world.connections[id]
        client = world.clients.get(connection.client_id or "")
        expired = connection.access_expires is None or now >= connection.access_expires
        if connection.access_token != token or expired or client is None or not client.active:
            raise of_gateway(401)
    else:
        raise of_gateway(401)
    if connection.revoked:
        raise of_gateway(401)
    return connection


def authorize(connection: Connection, route: Route, quirks: Quirks) -> None:
    """403 when a scope is missing. The body is a guess: no source prints one."""
    held = connection.scopes
    if held is None:
        return
    lacks_all_of_any = route.any_scope and held.isdisjoint(route.any_scope)
    if not held.issuperset(route.scopes) or lacks_all_of_any:
        raise in_shape(quirks.missing_scope_shape, 403, "access_denied")


# The scopes a partner may ask for; the same words are the permissions of an API key.
SCOPES = (
    "articles.read", "articles.write", "contacts.read", "contacts.write", "contacts.bankaccounts.read",
    "contacts.bankaccounts.write", "credit-notes.read", "credit-notes.write", "delivery-notes.read",
    "delivery-notes.write", "dunnings.read", "dunnings.write", "invoices.read", "invoices.write",
    "order-confirmations.read", "order-confirmations.write", "quotations.read", "quotations.write",
    "recurring-templates.read", "payments.read", "voucherlist.read", "vouchers.read", "vouchers.write",
    "vouchers.sendmail", "files.read", "files.write", "files.status", "profile.read", "organization.read",
    "finance.read", "finance.write", "finance.delete", "cashbox.read", "cashbox.write", "cashbox.delete",
    "transaction-assignment-hint.write",
)  # fmt: skip
