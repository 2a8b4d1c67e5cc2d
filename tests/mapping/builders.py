"""Vendor objects and inputs with sensible defaults, so that a test shows only what matters to it."""

import json
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from connectors.base.connector import Identity
from connectors.base.needs import Access
from connectors.lexoffice.client import ENCODER
from connectors.lexoffice.native.voucherlist import Row
from connectors.lexoffice.resources import (
    credit_notes,
    delivery_notes,
    down_payment_invoices,
    dunnings,
    invoices,
    quotes,
    sales_orders,
)
from connectors.lexoffice.sales.actions import allowed_actions
from connectors.lexoffice.sales.following import Trait
from connectors.lexoffice.sales.noun import View
from schemas.documents import DocumentStatus
from schemas.invoices import Invoice
from schemas.trade_parties import Seller

FIXTURES = Path(__file__).parent / "fixtures"
APP = "https://app.lexware.de"
TODAY = date(2026, 11, 20)
SELLER = Seller(supplier_id=None, name="Werkstatt Lindner e.K.", contact_person=None, address=None)
KINDS: dict[str, Any] = {
    "invoices": invoices.Invoices,
    "credit-notes": credit_notes.CreditNotes,
    "quotes": quotes.Quotes,
    "sales-orders": sales_orders.SalesOrders,
    "delivery-notes": delivery_notes.DeliveryNotes,
    "down-payment-invoices": down_payment_invoices.DownPaymentInvoices,
    "dunnings": dunnings.Dunnings,
}


def actions(
    resource: str,
    status: DocumentStatus,
    access: Access = Access(),
    standing: frozenset[Trait] = frozenset(),
) -> Any:
    """What can be done with a document of the resource over a connection."""
    return allowed_actions(KINDS[resource].noun, KINDS[resource], access, status, standing)


def view(today: date = TODAY, resource: str = "invoices") -> View:
    """What a document is read against."""
    return View(
        app=APP,
        today=today,
        seller=SELLER,
        actions=lambda status, standing: actions(resource, status, standing=standing),
    )


VIEW = view()


def sample(name: str) -> bytes:
    """A payload of the vendor."""
    return (FIXTURES / f"{name}.json").read_bytes()


def unified(value: Any) -> Any:
    """What a caller would read: the JSON of a unified object, decoded."""
    return json.loads(msgspec.json.encode(value))


def written(body: Any) -> Any:
    """What the vendor would read, numbers as decimals."""
    return json.loads(ENCODER.encode(body), parse_float=Decimal, parse_int=Decimal)


def expected(name: str) -> Any:
    """A payload of the vendor, numbers as decimals."""
    return json.loads(sample(name), parse_float=Decimal, parse_int=Decimal)


def identity(price_mode: str = "net") -> Identity:
    """Who is connected."""
    return Identity(
        organization_id="d2b33b5b-5157-4583-b3b8-8f932b33e75e",
        organization_name="Werkstatt Lindner e.K.",
        vendor_connection_id=None,
        price_mode=price_mode,
        small_business=False,
    )


def invoice_json(**changes: Any) -> bytes:
    """The vendor's sample invoice with fields replaced; None takes one away."""
    return _changed("invoice.response", changes)


def read_invoice(row: Row | None = None, today: date = TODAY, **changes: Any) -> Invoice:
    """The sample invoice, changed, in unified words."""
    return invoices.to_unified(invoices.DECODER.decode(invoice_json(**changes)), view(today), row)


def read(resource: str, name: str, row: Row | None = None, today: date = TODAY, **changes: Any) -> Any:
    """The vendor's sample `name`, changed, in unified words of the resource."""
    kind = KINDS[resource]
    return kind.to_unified(kind.decoder.decode(_changed(name, changes)), view(today, resource), row)


def read_credit_note(row: Row | None = None, **changes: Any) -> Any:
    """The sample credit note, changed, in unified words."""
    native = credit_notes.DECODER.decode(_changed("credit-note.response", changes))
    return credit_notes.to_unified(native, view(resource="credit-notes"), row)


def row(**changes: Any) -> Row:
    """The sample row of the voucher list, changed."""
    content = json.loads(sample("voucherlist.response"))["content"][0] | changes
    return msgspec.json.decode(json.dumps(content), type=Row)


def _changed(name: str, changes: dict[str, Any]) -> bytes:
    body = json.loads(sample(name)) | changes
    return json.dumps({key: value for key, value in body.items() if value is not None}).encode()
