"""What must be the same in the twin's books and in what the gateway keeps of them, each by its own words."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from msgspec.structs import replace

from sandbox.lexoffice.state import Contact, Document, Organization, Voucher

Object = tuple[str, str]
"""Unified resource and id."""
DOCUMENTS = {
    "invoices": "invoices",
    "credit-notes": "credit-notes",
    "quotations": "quotes",
    "order-confirmations": "sales-orders",
    "delivery-notes": "delivery-notes",
    "dunnings": "dunnings",
    "down-payment-invoices": "down-payment-invoices",
}
VOUCHERS = {
    "purchaseinvoice": "bills",
    "purchasecreditnote": "vendor-credits",
    "salesinvoice": "sales-vouchers",
    "salescreditnote": "sales-vouchers",
}
RESOURCES = frozenset({*DOCUMENTS.values(), *VOUCHERS.values(), "customers", "suppliers", "items"})
OWED = ("invoices", "bills")
BERLIN = ZoneInfo("Europe/Berlin")


class Fact(Struct, frozen=True, kw_only=True):
    """Of one object. Only what both sides tell of it."""

    version: str
    name: str | None = None
    """Of a document its number; of all others what they are called."""
    status: str | None = None
    """The vendor's own word."""
    archived: bool | None = None
    """None: the vendor's answer for one object does not tell it, and was the last that was read."""
    open: str | None = None
    """Of what is owed: still to be paid."""
    overdue: bool | None = None


def by_the_books(company: Organization, now: datetime | None) -> dict[Object, Fact]:
    """Everything that the company has, by the twin's own state, never by what it answers.

    `now`: None where it is not asked what is overdue: a midnight makes it so, and no event tells of that.
    """
    today = now.astimezone(BERLIN).date() if now is not None else None
    found: dict[Object, Fact] = {}
    for document in company.documents.values():
        found[DOCUMENTS[document.kind], document.id] = _of_document(DOCUMENTS[document.kind], document, today)
    for voucher in company.vouchers.values():
        found[VOUCHERS[voucher.type], voucher.id] = _of_document(VOUCHERS[voucher.type], voucher, today)
    for contact in company.contacts.values():
        for resource in _roles(contact):
            fact = Fact(version=str(contact.version), name=contact.name, archived=contact.archived)
            found[resource, contact.id] = fact
    for article in company.articles.values():
        found["items", article.id] = Fact(version=str(article.version), name=article.body["title"])
    return found


def by_documents(documents: Mapping[Object, Any]) -> dict[Object, Fact]:
    """Of unified documents, by resource and id."""
    return {(resource, id): _told(resource, document) for (resource, id), document in documents.items()}


def different(books: Mapping[Object, Fact], kept: Mapping[Object, Fact]) -> list[str]:
    """A line for each object that is not the same on both sides."""
    return [
        f"{resource} {id}: books {books.get((resource, id))}, kept {kept.get((resource, id))}"
        for resource, id in sorted({*books, *kept})
        if not _agree(books.get((resource, id)), kept.get((resource, id)))
    ]


def _agree(booked: Fact | None, kept: Fact | None) -> bool:
    if booked is not None and kept is not None:
        booked = booked if kept.archived is not None else replace(booked, archived=None)
        kept = kept if booked.overdue is not None else replace(kept, overdue=None)
    return booked == kept


def _roles(contact: Contact) -> Iterable[str]:
    """One contact may be both."""
    if contact.customer_number is not None:
        yield "customers"
    if contact.vendor_number is not None:
        yield "suppliers"


def _of_document(resource: str, document: Document | Voucher, today: date | None) -> Fact:
    owed = resource in OWED and document.status == "open"
    due = document.due.astimezone(BERLIN).date() if document.due is not None else None
    return Fact(
        version=str(document.version),
        name=document.number or None,
        status=document.status,
        archived=document.archived,
        open=_cents(document.open_amount) if owed else None,
        overdue=due is not None and due < today if owed and today is not None else None,
    )


def _told(resource: str, document: Any) -> Fact:
    if resource == "items":
        return Fact(version=document["version"], name=document["name"])
    if resource in ("customers", "suppliers"):
        return Fact(version=document["version"], name=document["name"], archived=document["archived"])
    owed = resource in OWED and document["vendorStatus"] == "open"
    return Fact(
        version=document["version"],
        name=document["number"],
        status=document["vendorStatus"],
        archived=document["archived"],
        open=_cents(document["totals"]["open"]) if owed else None,
        overdue=document["overdue"] if owed else None,
    )


def _cents(amount: Any) -> str | None:
    return None if amount is None else str(Decimal(str(amount)).quantize(Decimal("0.01")))
