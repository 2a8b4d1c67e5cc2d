"""Commands that only look: the ledger of calls, all that exists, what was announced, what would be mailed."""

from typing import Any

import msgspec

from sandbox.lexoffice.app import TwinApp
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.ledger import Received
from sandbox.lexoffice.routing import Route
from sandbox.lexoffice.state import Organization

# What an organization holds, each kind under its name in the API; mails, hints and Z-Bons are lists.
HELD = {
    "articles": "articles",
    "contacts": "contacts",
    "documents": "documents",
    "vouchers": "vouchers",
    "files": "files",
    "recurring-templates": "templates",
    "finance/accounts": "finance_accounts",
    "finance/transactions": "transactions",
    "cash-boxes": "cash_boxes",
    "event-subscriptions": "subscriptions",
}
SHOWN = ("kind", "type", "event_type", "number", "name", "status", "version", "open_amount", "archived")


def organizations(app: TwinApp) -> Any:
    return [
        {"id": own.id, "name": own.name, "lapsed": own.lapsed, "counts": _counts(own)}
        for own in app.twin.world.organizations.values()
    ]


def _counts(organization: Organization) -> dict[str, int]:
    return {name: len(getattr(organization, held)) for name, held in HELD.items()}


def books(app: TwinApp, id: str) -> Any:
    """Everything that exists in an organization, whether a call can see it or not."""
    own = app.twin.world.organizations[id]
    rows = {name: [_row(thing) for thing in getattr(own, held).values()] for name, held in HELD.items()}
    balances = {box: [closing.body for closing in closings] for box, closings in own.balances.items()}
    return {**rows, "transaction-assignment-hint": own.hints, "balances": balances, "mails": own.mails}


def _row(thing: Any) -> dict[str, Any]:
    """Its id and, of the members it has, those that tell what it is and how it stands."""
    told = {name: getattr(thing, name) for name in SHOWN if getattr(thing, name, None) is not None}
    return {"id": thing.id, **{_camel(name): value for name, value in told.items()}}


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.title() for other in others)


def mails(app: TwinApp) -> Any:
    """What would have been sent."""
    return [
        {"organizationId": organization.id, **msgspec.to_builtins(mail)}
        for organization in app.twin.world.organizations.values()
        for mail in organization.mails
    ]


def ledger(app: TwinApp, method: str | None = None, path: str | None = None) -> list[Received]:
    return app.twin.ledger.of(method, path)


def ledger_summary(app: TwinApp) -> Any:
    book = app.twin.ledger
    by_status = {str(status): count for status, count in sorted(book.by_status.items())}
    return {"count": book.count, "byStatus": by_status, "mostInOneSecond": book.most_in()}


def clear_ledger(app: TwinApp) -> Any:
    app.twin.ledger.clear()
    return ledger_summary(app)


def events(app: TwinApp) -> Any:
    return [
        {
            "organizationId": e.organization_id,
            "eventType": e.type,
            "resourceId": e.resource_id,
            "eventDate": shown(e.at),
        }
        for e in app.twin.events
    ]


def subscriptions(app: TwinApp) -> Any:
    return [
        {"organizationId": organization.id, **msgspec.to_builtins(subscription)}
        for organization in app.twin.world.organizations.values()
        for subscription in organization.subscriptions.values()
    ]


def deliveries(app: TwinApp) -> Any:
    """Callbacks that have not arrived yet, with the answers they got."""
    return list(app.twin.world.deliveries.values())


ROUTES = [
    Route("GET", "/organizations", organizations),
    Route("GET", "/organizations/{}/books", books),
    Route("GET", "/mails", mails),
    Route("GET", "/ledger", ledger),
    Route("DELETE", "/ledger", clear_ledger),
    Route("GET", "/ledger/summary", ledger_summary),
    Route("GET", "/events", events),
    Route("GET", "/subscriptions", subscriptions),
    Route("GET", "/deliveries", deliveries),
]
