"""What events name, read from the vendor: which object an event is about, and what belongs to it.

Source: "Event Subscriptions" (read 2026-11-20). `payment.changed` names the document that was paid.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec import Raw
from msgspec.structs import replace

from connectors.base.connector import Session
from connectors.base.errors import PermissionMissing, PlanTooSmall, RecordNotFound
from connectors.base.paging import Record
from connectors.base.webhooks import Found, Named
from connectors.lexoffice.client import LexofficeClient, mapped, raw_of
from connectors.lexoffice.parties.contacts import Contacts
from connectors.lexoffice.resources.bills import Bills
from connectors.lexoffice.resources.credit_notes import CreditNotes
from connectors.lexoffice.resources.customers import Customers
from connectors.lexoffice.resources.delivery_notes import DeliveryNotes
from connectors.lexoffice.resources.down_payment_invoices import DownPaymentInvoices
from connectors.lexoffice.resources.dunnings import Dunnings
from connectors.lexoffice.resources.invoices import Invoices
from connectors.lexoffice.resources.items import Items
from connectors.lexoffice.resources.payments import Payments
from connectors.lexoffice.resources.quotes import Quotes
from connectors.lexoffice.resources.recurring_invoices import RecurringInvoices
from connectors.lexoffice.resources.sales_orders import SalesOrders
from connectors.lexoffice.resources.sales_vouchers import SalesVouchers
from connectors.lexoffice.resources.suppliers import Suppliers
from connectors.lexoffice.resources.vendor_credits import VendorCredits
from connectors.lexoffice.sales.documents import OPEN_UNTOLD
from connectors.lexoffice.sales.reading import payment_status
from connectors.lexoffice.vouchers.documents import Vouchers
from schemas.payments import Payment

Looked = dict[str, Record[Any] | None]
"""By unified resource; None: there is none."""
Look = Callable[[Session, str], Awaitable[Looked]]
"""Reads an object by its id."""

PAYMENT = "payment"
OWN_PATHS: Mapping[str, tuple[str, type[Any]]] = {
    "article": ("items", Items),
    "credit-note": ("credit-notes", CreditNotes),
    "delivery-note": ("delivery-notes", DeliveryNotes),
    "down-payment-invoice": ("down-payment-invoices", DownPaymentInvoices),
    "dunning": ("dunnings", Dunnings),
    "invoice": ("invoices", Invoices),
    "order-confirmation": ("sales-orders", SalesOrders),
    "quotation": ("quotes", Quotes),
    "recurring-template": ("recurring-invoices", RecurringInvoices),
}
"""Nouns of events that have a path of their own: the unified resource and its class."""
VOUCHERS: Mapping[str, type[Vouchers[Any, Any]]] = {
    "bills": Bills,
    "vendor-credits": VendorCredits,
    "sales-vouchers": SalesVouchers,
}
"""Of the one path that all recorded documents have."""
CONTACTS: Mapping[str, type[Contacts[Any, Any]]] = {"customers": Customers, "suppliers": Suppliers}


async def read(session: Session, named: Named) -> tuple[Found, ...]:
    """What is there under an id: one call, and one more for what is paid, where that is asked or not told."""
    nouns = {type.partition(".")[0] for type in named.types}
    looked: Looked = {}
    for noun in sorted(nouns & LOOKS.keys()):
        looked |= await LOOKS[noun](session, named.id)
    if PAYMENT in nouns:
        paid = await _or_none(Payments(session).get(named.id))
        if not looked:
            looked = await _paid_document(session, named, paid)
        looked["payments"] = paid
    elif any(record is not None and _is_untold(record) for record in looked.values()):
        looked |= await _what_is_paid(session, named.id)
    elif "payments" in named.held and not any(looked.values()):
        looked["payments"] = None
    payment = looked.get("payments")
    return tuple(
        Found(resource=resource, record=filled(record, payment)) for resource, record in looked.items()
    )


def filled(record: Record[Any] | None, paid: Record[Payment] | None) -> Record[Any] | None:
    """A document with what its payments tell of it. Where they were read before or after a change of state,
    they are left out: the event of that change is on its way.
    """
    if record is None or paid is None or not _is_untold(record):
        return record
    document, payment = record.data, paid.data
    if payment.vendor_document_status != document.vendor_status:
        return record
    status = payment_status(document.status, document.totals.gross, payment.open)
    totals = replace(document.totals, open=payment.open)
    left = tuple(name for name in record.fields_unavailable if name not in OPEN_UNTOLD)
    return replace(
        record, data=replace(document, totals=totals, payment_status=status), fields_unavailable=left
    )


def _is_untold(record: Record[Any]) -> bool:
    return set(OPEN_UNTOLD) <= set(record.fields_unavailable)


async def _paid_document(session: Session, named: Named, paid: Record[Payment] | None) -> Looked:
    """The document of which payments alone were told. Without payments it went back to a draft, or is gone:
    then it is what is held under the id.
    """
    resources = named.held if paid is None else {paid.data.document_resource}
    looked: Looked = {}
    for noun, (resource, _) in OWN_PATHS.items():
        if resource in resources:
            looked |= await LOOKS[noun](session, named.id)
    if not VOUCHERS.keys().isdisjoint(resources):
        looked |= await _voucher(session, named.id)
    return looked


async def _what_is_paid(session: Session, id: str) -> Looked:
    """The payments of a document that is open. A connection that must not read them has the document."""
    try:
        return {"payments": await _or_none(Payments(session).get(id))}
    except (PermissionMissing, PlanTooSmall):
        return {}


async def _contact(session: Session, id: str) -> Looked:
    """One call for both roles."""
    raw = await _raw(session, "contacts", id)
    if raw is None:
        return dict.fromkeys(CONTACTS)
    return mapped(lambda: {name: role(session).listed(raw).row for name, role in CONTACTS.items()})


async def _voucher(session: Session, id: str) -> Looked:
    """One call; its type says which resource it is of."""
    raw = await _raw(session, "vouchers", id)
    if raw is None:
        return dict.fromkeys(VOUCHERS)
    return mapped(lambda: {name: _of_kind(kind(session), raw) for name, kind in VOUCHERS.items()})


def _of_kind(vouchers: Vouchers[Any, Any], raw: Raw) -> Record[Any] | None:
    try:
        return vouchers.record(raw)
    except RecordNotFound:
        return None


async def _raw(session: Session, noun: str, id: str) -> Raw | None:
    return await _or_none(LexofficeClient(session).object(noun, id, raw_of, f"events.{noun}"))


async def _or_none(reading: Awaitable[Any]) -> Any:
    """What is read; None where there is nothing."""
    try:
        return await reading
    except RecordNotFound:
        return None


def _on_its_path(resource: str, kind: type[Any]) -> Look:
    async def look(session: Session, id: str) -> Looked:
        return {resource: await _or_none(kind(session).get(id))}

    return look


LOOKS: Mapping[str, Look] = {
    **{noun: _on_its_path(*found) for noun, found in OWN_PATHS.items()},
    "contact": _contact,
    "voucher": _voucher,
}
"""By the noun of an event."""
