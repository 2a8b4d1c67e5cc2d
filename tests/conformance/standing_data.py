"""Objects of resources that cannot be created by API: what stands at the twin, or what its user makes."""

from collections.abc import Awaitable, Callable
from datetime import date
from typing import Any

from tests.conformance.vendor import Books


async def _category(books: Books) -> str:
    return "8f8664a8-fd86-11e1-a21f-0800200c9a66"


async def _terms(books: Books) -> str:
    return books.company.payment_conditions[0].id


async def _layout(books: Books) -> str:
    return books.company.print_layouts[0].id


async def _rate(books: Books) -> str:
    return "DE-standard-19-2021-01-01"


async def _paid(books: Books) -> str:
    return await books.invoice()


async def template(books: Books, name: str = "Wartung", start: date | None = date(2026, 12, 1)) -> str:
    """A monthly invoice over 120.00 net, 142.80 gross, to a customer."""
    customer = await books.contact()
    line = {
        "type": "custom",
        "name": "Wartungspauschale",
        "quantity": 1,
        "unitName": "Monat",
        "unitPrice": {"currency": "EUR", "netAmount": 120, "taxRatePercentage": 19},
    }
    body: dict[str, Any] = {
        "title": name,
        "voucherDate": "2026-11-20T00:00:00.000+01:00",
        "address": {"contactId": customer},
        "lineItems": [line],
        "totalPrice": {"currency": "EUR"},
        "taxConditions": {"taxType": "net"},
        "paymentConditions": {"paymentTermLabel": "Zahlbar in 14 Tagen", "paymentTermDuration": 14},
        "shippingConditions": {"shippingType": "none"},
    }
    return books.twin.create_template(books.company.id, body, start=start).id


async def down_payment(books: Books, final: bool = True) -> str:
    """2,000.00 net in advance, made in the application."""
    line = {
        "type": "custom",
        "name": "Abschlag",
        "quantity": 1,
        "unitName": "Pauschal",
        "unitPrice": {"currency": "EUR", "netAmount": 2000, "taxRatePercentage": 19},
    }
    body: dict[str, Any] = {
        "voucherDate": "2026-11-20T00:00:00.000+01:00",
        "address": {"name": "Erika Muster", "countryCode": "DE"},
        "lineItems": [line],
        "totalPrice": {"currency": "EUR"},
        "taxConditions": {"taxType": "net"},
        "shippingConditions": {"shippingType": "none"},
    }
    return books.twin.create_down_payment_invoice(books.company.id, body, finalized=final).id


STANDING: dict[str, Callable[[Books], Awaitable[str]]] = {
    "accounts": _category,
    "payment-terms": _terms,
    "print-layouts": _layout,
    "tax-rates": _rate,
    "payments": _paid,
    "recurring-invoices": template,
    "down-payment-invoices": down_payment,
}
"""The id of an object, by resource."""
