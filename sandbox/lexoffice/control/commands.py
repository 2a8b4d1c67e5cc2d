"""The commands of the control API. Arguments arrive as the members of a JSON object, in camelCase."""

from datetime import date
from decimal import Decimal
from typing import Any

import msgspec

from sandbox.lexoffice.app import TwinApp
from sandbox.lexoffice.companies import COMPANIES
from sandbox.lexoffice.dates import shown
from sandbox.lexoffice.events.delivery import Mishaps
from sandbox.lexoffice.faults import Fault
from sandbox.lexoffice.ledger import Received
from sandbox.lexoffice.quirks import Quirks
from sandbox.lexoffice.routing import Route
from sandbox.lexoffice.state import Client, Connection


def reset(app: TwinApp) -> Any:
    app.reset()
    return identity(app)


def identity(app: TwinApp) -> Any:
    return app.identity


def clock(app: TwinApp) -> Any:
    return {"now": shown(app.twin.clock.now())}


def advance(app: TwinApp, seconds: float | Decimal) -> Any:
    app.twin.advance(float(seconds))
    return clock(app)


def finalize(app: TwinApp, id: str) -> Any:
    app.twin.finalize(id)
    return document(app, id)


def pay(app: TwinApp, id: str, amount: Decimal | int | None = None, type: str = "manualPayment") -> Any:
    app.twin.mark_paid(id, None if amount is None else Decimal(amount), type)
    return document(app, id)


def pay_with_discount(app: TwinApp, id: str, percent: Decimal | int) -> Any:
    app.twin.pay_with_discount(id, Decimal(percent))
    return document(app, id)


def void(app: TwinApp, id: str) -> Any:
    app.twin.void(id)
    return document(app, id)


def back_to_draft(app: TwinApp, id: str) -> Any:
    app.twin.back_to_draft(id)
    return document(app, id)


def accept(app: TwinApp, id: str) -> Any:
    app.twin.decide(id, accepted=True)
    return document(app, id)


def reject(app: TwinApp, id: str) -> Any:
    app.twin.decide(id, accepted=False)
    return document(app, id)


def archive(app: TwinApp, id: str, archived: bool = True) -> Any:
    app.twin.archive(id, archived)
    return document(app, id)


def delete_document(app: TwinApp, id: str) -> Any:
    app.twin.delete_document(id)
    return {"deleted": id}


def add_entry(app: TwinApp, id: str, group: str, kind: str, entry: Any) -> Any:
    app.twin.add_entry(id, group, kind, entry)
    return app.twin.find_contact(id)[1].body


def archive_contact(app: TwinApp, id: str, archived: bool = True) -> Any:
    app.twin.archive_contact(id, archived)
    return {"id": id, "archived": archived}


def delete_contact(app: TwinApp, id: str) -> Any:
    app.twin.delete_contact(id)
    return {"deleted": id}


def pay_voucher(
    app: TwinApp, id: str, amount: Decimal | int | None = None, type: str = "manualPayment"
) -> Any:
    app.twin.pay_voucher(id, None if amount is None else Decimal(amount), type)
    return voucher(app, id)


def set_voucher_status(app: TwinApp, id: str, status: str) -> Any:
    app.twin.set_voucher_status(id, status)
    return voucher(app, id)


def delete_voucher(app: TwinApp, id: str) -> Any:
    app.twin.delete_voucher(id)
    return {"deleted": id}


def voucher(app: TwinApp, id: str) -> Any:
    organization, found = app.twin.find_voucher(id)
    return {
        "id": id,
        "organizationId": organization.id,
        "type": found.type,
        "number": found.number,
        "status": found.status,
        "version": found.version,
        "openAmount": found.open_amount,
    }


def assign_transaction(app: TwinApp, id: str, voucher_id: str, amount: Decimal | int | None = None) -> Any:
    app.twin.assign_transaction(id, voucher_id, None if amount is None else Decimal(amount))
    return {"id": id, "voucherId": voucher_id}


def create_down_payment_invoice(app: TwinApp, id: str, body: dict[str, Any], finalized: bool = True) -> Any:
    return document(app, app.twin.create_down_payment_invoice(id, body, finalized).id)


def create_closing_invoice(
    app: TwinApp, id: str, body: dict[str, Any], down_payment_invoices: list[str], finalized: bool = True
) -> Any:
    return document(app, app.twin.create_closing_invoice(id, body, down_payment_invoices, finalized).id)


def create_template(
    app: TwinApp, id: str, body: dict[str, Any], start: str | None = None, end: str | None = None, **more: Any
) -> Any:
    first, last = (date.fromisoformat(day) if day else None for day in (start, end))
    return {"id": app.twin.create_template(id, body, start=first, end=last, **more).id}


def mails(app: TwinApp) -> Any:
    """What would have been sent."""
    return [
        {"organizationId": organization.id, **msgspec.to_builtins(mail)}
        for organization in app.twin.world.organizations.values()
        for mail in organization.mails
    ]


def document(app: TwinApp, id: str) -> Any:
    organization, found = app.twin.find(id)
    return {
        "id": id,
        "organizationId": organization.id,
        "kind": found.kind,
        "number": found.number,
        "status": found.status,
        "version": found.version,
        "openAmount": found.open_amount,
    }


def documents(app: TwinApp, kind: str | None = None) -> Any:
    """Everything that exists, whoever asks."""
    return [
        document(app, found.id)
        for organization in app.twin.world.organizations.values()
        for found in organization.documents.values()
        if kind in (None, found.kind)
    ]


def connections(app: TwinApp) -> Any:
    return [_connection(connection) for connection in app.twin.world.connections.values()]


def _connection(connection: Connection) -> dict[str, Any]:
    return {
        "id": connection.id,
        "organizationId": connection.organization_id,
        "name": connection.name,
        "clientId": connection.client_id,
        "scopes": sorted(connection.scopes) if connection.scopes is not None else None,
        "revoked": connection.revoked,
    }


def revoke(app: TwinApp, id: str) -> Any:
    app.twin.revoke(id)
    return _connection(app.twin.world.connections[id])


def end_access(app: TwinApp, id: str) -> Any:
    app.twin.end_access(id)
    return _connection(app.twin.world.connections[id])


def create_organization(app: TwinApp, name: str, **more: Any) -> Any:
    organization = app.twin.create_organization(name, **more)
    return {"id": organization.id, "name": name, "apiKey": app.twin.create_api_key(organization.id)}


def found_company(app: TwinApp, name: str, seed: int = 1) -> Any:
    """A company with a year of books; `name` is one of the kinds of `companies.COMPANIES`."""
    year = COMPANIES[name](app.twin, seed)
    organization = year.organization
    counts = {"documents": len(organization.documents), "vouchers": len(organization.vouchers)}
    return {"id": organization.id, "name": organization.name, "apiKey": year.key, **counts}


def take_snapshot(app: TwinApp, name: str) -> Any:
    app.snapshots[name] = app.twin.snapshot()
    return {"snapshots": sorted(app.snapshots)}


def restore_snapshot(app: TwinApp, name: str) -> Any:
    app.twin.restore(app.snapshots[name])
    return {"restored": name}


def create_api_key(app: TwinApp, id: str, permissions: list[str] | None = None) -> Any:
    key = app.twin.create_api_key(id, permissions=permissions)
    return {"apiKey": key, "connectionId": app.twin.connection_of(key).id}


def set_plan(app: TwinApp, id: str, lapsed: bool) -> Any:
    app.twin.set_lapsed(id, lapsed)
    return {"id": id, "lapsed": lapsed}


def register_client(app: TwinApp, id: str, **more: Any) -> Any:
    client = app.twin.register_client(msgspec.convert({"id": id, "name": id, **more}, Client))
    return {
        "id": client.id,
        "name": client.name,
        "redirectUris": client.redirect_uris,
        "scopes": client.scopes,
    }


def ledger(app: TwinApp, method: str | None = None, path: str | None = None) -> list[Received]:
    return app.twin.ledger.of(method, path)


def ledger_summary(app: TwinApp) -> Any:
    book = app.twin.ledger
    by_status = {str(status): count for status, count in sorted(book.by_status.items())}
    return {"count": book.count, "byStatus": by_status, "mostInOneSecond": book.most_in()}


def clear_ledger(app: TwinApp) -> Any:
    app.twin.ledger.clear()
    return ledger_summary(app)


def rate_limit(app: TwinApp, on: bool) -> Any:
    app.twin.rate_limit(on)
    return {"on": on}


def quirks(app: TwinApp) -> Quirks:
    return app.twin.quirks


def set_quirks(app: TwinApp, **changes: Any) -> Quirks:
    """Change some; unknown names and values that do not fit change nothing."""
    merged = {**msgspec.to_builtins(app.twin.quirks), **changes}
    if unknown := set(changes) - set(Quirks.__struct_fields__):
        raise ValueError(f"no such quirk: {', '.join(sorted(unknown))}")
    checked = msgspec.convert(merged, Quirks)
    for name in changes:
        setattr(app.twin.quirks, name, getattr(checked, name))
    return app.twin.quirks


def faults(app: TwinApp) -> list[Fault]:
    return app.twin.faults.rules


def add_fault(app: TwinApp, **rule: Any) -> list[Fault]:
    app.twin.faults.add(msgspec.convert(rule, Fault, strict=False))
    return app.twin.faults.rules


def clear_faults(app: TwinApp) -> list[Fault]:
    app.twin.faults.clear()
    return app.twin.faults.rules


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


def set_mishaps(app: TwinApp, **mishaps: Any) -> Any:
    app.twin.mishaps = msgspec.convert(mishaps, Mishaps, strict=False)
    return app.twin.mishaps


ROUTES = [
    Route("POST", "/reset", reset),
    Route("GET", "/identity", identity),
    Route("GET", "/clock", clock),
    Route("POST", "/clock/advance", advance),
    Route("GET", "/documents", documents),
    Route("GET", "/documents/{}", document),
    Route("DELETE", "/documents/{}", delete_document),
    Route("POST", "/documents/{}/finalize", finalize),
    Route("POST", "/documents/{}/pay", pay),
    Route("POST", "/documents/{}/void", void),
    Route("POST", "/documents/{}/back-to-draft", back_to_draft),
    Route("POST", "/documents/{}/accept", accept),
    Route("POST", "/documents/{}/reject", reject),
    Route("POST", "/documents/{}/pay-with-discount", pay_with_discount),
    Route("POST", "/documents/{}/archive", archive),
    Route("POST", "/contacts/{}/entries", add_entry),
    Route("POST", "/contacts/{}/archive", archive_contact),
    Route("DELETE", "/contacts/{}", delete_contact),
    Route("GET", "/vouchers/{}", voucher),
    Route("POST", "/vouchers/{}/pay", pay_voucher),
    Route("PUT", "/vouchers/{}/status", set_voucher_status),
    Route("DELETE", "/vouchers/{}", delete_voucher),
    Route("POST", "/transactions/{}/assign", assign_transaction),
    Route("GET", "/connections", connections),
    Route("POST", "/connections/{}/revoke", revoke),
    Route("POST", "/connections/{}/end-access", end_access),
    Route("POST", "/companies", found_company),
    Route("PUT", "/snapshots/{}", take_snapshot),
    Route("POST", "/snapshots/{}/restore", restore_snapshot),
    Route("POST", "/organizations", create_organization),
    Route("POST", "/organizations/{}/api-keys", create_api_key),
    Route("PUT", "/organizations/{}/plan", set_plan),
    Route("POST", "/organizations/{}/down-payment-invoices", create_down_payment_invoice),
    Route("POST", "/organizations/{}/closing-invoices", create_closing_invoice),
    Route("POST", "/organizations/{}/templates", create_template),
    Route("GET", "/mails", mails),
    Route("PUT", "/clients/{}", register_client),
    Route("GET", "/ledger", ledger),
    Route("DELETE", "/ledger", clear_ledger),
    Route("GET", "/ledger/summary", ledger_summary),
    Route("PUT", "/rate-limit", rate_limit),
    Route("GET", "/quirks", quirks),
    Route("PATCH", "/quirks", set_quirks),
    Route("GET", "/faults", faults),
    Route("POST", "/faults", add_fault),
    Route("DELETE", "/faults", clear_faults),
    Route("GET", "/events", events),
    Route("GET", "/subscriptions", subscriptions),
    Route("GET", "/deliveries", deliveries),
    Route("PUT", "/mishaps", set_mishaps),
]


def overview() -> list[str]:
    return [f"{route.method} {route.path}" for route in ROUTES]
