"""The smallest objects that every connector must take."""

import hashlib
from datetime import date
from decimal import Decimal
from typing import Any

from connectors.base.files import Upload
from schemas.credit_notes import CreditNoteInput
from schemas.customers import CustomerInput
from schemas.invoices import InvoiceInput
from schemas.items import ItemInput
from schemas.lines import LineInput
from schemas.parties import AddressInput, CompanyInput
from schemas.suppliers import SupplierInput
from schemas.trade_parties import BuyerInput, PrintedAddressInput


def line(**more: Any) -> LineInput:
    """Two hours at 95.00 net, 19 %."""
    given = {
        "type": "custom",
        "name": "Beratung",
        "quantity": Decimal(2),
        "unit_name": "Stunde",
        "unit_price": Decimal(95),
        "tax_rate": Decimal(19),
    }
    return LineInput(**given | more)


def invoice(**more: Any) -> InvoiceInput:
    """190.00 net, 226.10 gross, to an address used once."""
    given = {
        "issued_on": date(2026, 11, 20),
        "buyer": BuyerInput(name="Erika Muster", address=PrintedAddressInput(country_code="DE")),
        "lines": [line()],
    }
    return InvoiceInput(**given | more)


def credit_note(**more: Any) -> CreditNoteInput:
    """The same, given back."""
    given = {
        "issued_on": date(2026, 11, 20),
        "buyer": BuyerInput(name="Erika Muster", address=PrintedAddressInput(country_code="DE")),
        "lines": [line()],
    }
    return CreditNoteInput(**given | more)


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n"


def upload(content: bytes = PDF, media_type: str = "application/pdf", filename: str = "beleg.pdf") -> Upload:
    """A receipt, as the door lets it in."""
    return Upload(
        content=content,
        media_type=media_type,
        filename=filename,
        sha256=hashlib.sha256(content).hexdigest(),
    )


def customer(**more: Any) -> CustomerInput:
    """A company in Offenburg."""
    return CustomerInput(**_party() | more)


def supplier(**more: Any) -> SupplierInput:
    """The same company, as a supplier."""
    return SupplierInput(**_party() | more)


def _party() -> dict[str, Any]:
    address = AddressInput(street="Weg 1", postal_code="77652", city="Offenburg", country_code="DE")
    return {"company": CompanyInput(name="Holzwerk Brandt GmbH"), "billing_addresses": [address]}


def item(**more: Any) -> ItemInput:
    """A product at 3.90 net, 19 %."""
    given = {
        "name": "Schleifband K120",
        "type": "product",
        "unit_name": "Stück",
        "price": Decimal("3.90"),
        "tax_rate": Decimal(19),
    }
    return ItemInput(**given | more)
