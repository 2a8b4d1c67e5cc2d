"""One invoice of twenty lines: as the vendor sends it, and as a caller sends it."""

import json
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from tests.mapping.builders import sample

LINES = 20
CENT = Decimal("0.01")


def vendors() -> bytes:
    """The vendor's sample invoice with twenty different lines."""
    invoice = json.loads(sample("invoice.response"))
    invoice["lineItems"] = [_vendors_line(number) for number in range(1, LINES + 1)]
    return json.dumps(invoice, ensure_ascii=False).encode()


def callers() -> bytes:
    """The invoice to create, in unified words."""
    invoice = {
        "issuedOn": "2026-11-20",
        "buyer": {
            "name": "Erika Muster",
            "address": {
                "street": "Musterstraße 12",
                "postalCode": "79112",
                "city": "Freiburg",
                "countryCode": "DE",
            },
        },
        "lines": [_callers_line(number) for number in range(1, LINES + 1)],
        "introduction": "Für unsere Leistungen berechnen wir:",
        "paymentTerms": {"description": "Zahlbar in 14 Tagen", "dueDays": 14},
    }
    return json.dumps(invoice, ensure_ascii=False).encode()


def _price(number: int) -> Decimal:
    return Decimal("10.25") + number


def _vendors_line(number: int) -> dict[str, Any]:
    price, quantity = _price(number), Decimal(number) / 2
    gross, amount = (
        value.quantize(CENT, ROUND_HALF_UP) for value in (price * Decimal("1.19"), price * quantity)
    )
    return {
        "id": f"97b98491-e953-4dc9-97a9-ae437a8052{number:02}",
        "type": "material",
        "name": f"Sockelleiste Eiche Nr. {number}",
        "description": f"Echtholz, geölt, Länge 2,40 m, Ausführung {number}",
        "quantity": float(quantity),
        "unitName": "Stück",
        "unitPrice": {
            "currency": "EUR",
            "netAmount": float(price),
            "grossAmount": float(gross),
            "taxRatePercentage": 19,
        },
        "discountPercentage": 0,
        "lineItemAmount": float(amount),
    }


def _callers_line(number: int) -> dict[str, Any]:
    return {
        "type": "product",
        "itemId": f"97b98491-e953-4dc9-97a9-ae437a8052{number:02}",
        "name": f"Sockelleiste Eiche Nr. {number}",
        "description": f"Echtholz, geölt, Länge 2,40 m, Ausführung {number}",
        "quantity": str(Decimal(number) / 2),
        "unitName": "Stück",
        "unitPrice": str(_price(number)),
        "taxRate": "19",
    }
