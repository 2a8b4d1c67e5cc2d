"""Commands of the app's user: what is done to documents, contacts, vouchers, bank lines and templates."""

from datetime import date
from decimal import Decimal
from typing import Any

from sandbox.lexoffice.app import TwinApp
from sandbox.lexoffice.routing import Route


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


def edit_document(app: TwinApp, id: str, changes: dict[str, Any]) -> Any:
    app.twin.edit_document(id, changes)
    return document(app, id)


def delete_document(app: TwinApp, id: str) -> Any:
    app.twin.delete_document(id)
    return {"deleted": id}


def add_entry(app: TwinApp, id: str, group: str, kind: str, entry: Any) -> Any:
    app.twin.add_entry(id, group, kind, entry)
    return app.twin.find_contact(id)[1].body


def edit_contact(app: TwinApp, id: str, changes: dict[str, Any]) -> Any:
    app.twin.edit_contact(id, changes)
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


def edit_template(app: TwinApp, id: str, changes: dict[str, Any]) -> Any:
    app.twin.edit_template(id, changes)
    return {"id": id}


def pause_template(app: TwinApp, id: str) -> Any:
    app.twin.pause_template(id)
    return {"id": id}


def resume_template(app: TwinApp, id: str, start: str) -> Any:
    app.twin.resume_template(id, date.fromisoformat(start))
    return {"id": id}


def delete_template(app: TwinApp, id: str) -> Any:
    app.twin.delete_template(id)
    return {"deleted": id}


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


ROUTES = [
    Route("GET", "/documents", documents),
    Route("GET", "/documents/{}", document),
    Route("DELETE", "/documents/{}", delete_document),
    Route("PATCH", "/documents/{}", edit_document),
    Route("POST", "/documents/{}/finalize", finalize),
    Route("POST", "/documents/{}/pay", pay),
    Route("POST", "/documents/{}/void", void),
    Route("POST", "/documents/{}/back-to-draft", back_to_draft),
    Route("POST", "/documents/{}/accept", accept),
    Route("POST", "/documents/{}/reject", reject),
    Route("POST", "/documents/{}/pay-with-discount", pay_with_discount),
    Route("POST", "/documents/{}/archive", archive),
    Route("POST", "/contacts/{}/entries", add_entry),
    Route("PATCH", "/contacts/{}", edit_contact),
    Route("POST", "/contacts/{}/archive", archive_contact),
    Route("DELETE", "/contacts/{}", delete_contact),
    Route("GET", "/vouchers/{}", voucher),
    Route("POST", "/vouchers/{}/pay", pay_voucher),
    Route("PUT", "/vouchers/{}/status", set_voucher_status),
    Route("DELETE", "/vouchers/{}", delete_voucher),
    Route("POST", "/transactions/{}/assign", assign_transaction),
    Route("POST", "/organizations/{}/down-payment-invoices", create_down_payment_invoice),
    Route("POST", "/organizations/{}/closing-invoices", create_closing_invoice),
    Route("POST", "/organizations/{}/templates", create_template),
    Route("PATCH", "/templates/{}", edit_template),
    Route("POST", "/templates/{}/pause", pause_template),
    Route("POST", "/templates/{}/resume", resume_template),
    Route("DELETE", "/templates/{}", delete_template),
]
